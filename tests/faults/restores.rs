//! 21, 22: disks that are damaged, copied or set back, and the boxes that are made of what there is.
//!
//! A box that was restored knows no request keys of the time after its copy was made, and the hub has
//! none: people go on with requests of their own. Votes that lay in the box are gone with its disk; the
//! console says so beforehand.

use crate::history;
use crate::network::BUSY;
use crate::province::{Crash, NODE, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use dice::Dice;
use house::ledger::{
    Ledger, add_scan, audit, nobody_was_called_twice, receive_without_ticket, scans_are_at_the_hub,
    votes_in_the_box,
};
use house::restoring::{
    Copy, at_hub, clone_disk, go_on, has_alarm, kill, new_disk, plug_in, restore_from,
    restore_from_hub, risk_is, said, sheet,
};
use house::{CATCH_UP_MAX, issue, printed, run as run_command, scaled};
use motcua::cli::demo::processes::wait_for;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is overwritten at once, and in how many places of the database.
const PAGE: usize = 4096;
const PAGES: usize = 4;
/// A scan that the hub does not have yet. KiB.
const SCAN_KIB: usize = 300;

/// 21: pages of the database, of its log and of a scan are overwritten while the line is down. The
/// damage is told, and the box is rebuilt: from the second medium while the hub is out of reach; a
/// second time from the hub alone.
pub async fn damaged_page(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open("damaged", &mut dice).await;
    let told = damaged(&mut p, &mut dice).await;
    leave(p, told).await
}

/// 22: a cloned disk is switched on beside the original; then the box is made of an old backup.
pub async fn restored_and_cloned(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open("fork", &mut dice).await;
    let told = forked(&mut p, &mut dice).await;
    leave(p, told).await
}

async fn damaged(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    let center = p.ledger.center.clone();
    let sheet = sheet(&p.house, &center);
    let stick = plug_in(&mut p.house, &center).await;
    p.begin(dice, BUSY).await?;
    p.host.pull_the_plug();
    let dossier = receive_without_ticket(&p.ledger).await;
    add_scan(&p.ledger, &dossier, dice, SCAN_KIB).await;
    p.answered(60).await?;
    p.pause().await;
    let waiting = p.seen().waiting_most;
    risk_is(&center, "everything to be on the medium", |risk| {
        risk["medium"] == "ok" && risk["entries"] == 0
    })
    .await;
    scans_are_on(&stick.join(format!("motcua-{NODE}/blobs")), p).await?;
    let votes = votes_in_the_box(&p.ledger.center).await;
    kill(&mut p.house).await;
    let hurt = hurt(&center.data.join("store"), dice)?;
    told_by_check(p).await?;
    new_disk(&center, "damaged-disk");
    let restored = restore_from(&center, &stick, Some(&sheet)).await;
    ensure!(restored.status.success(), "from the medium: {}", said(&restored));
    start(p).await?;
    // With the hub out of reach everything that people were answered is there.
    audit(&p.ledger, &mut p.head).await;
    p.host.put_the_plug_in();
    let first = p.ledger.clone();
    work_on(p, dice).await?;
    holds(p, &[&first]).await?;

    // Once more, with the hub alone.
    let votes = votes + votes_in_the_box(&p.ledger.center).await;
    kill(&mut p.house).await;
    hurt_database(&center.data.join("store"), dice)?;
    told_by_check(p).await?;
    new_disk(&center, "damaged-again");
    let restored = restore_from_hub(&p.house, &center, &sheet).await;
    ensure!(restored.status.success(), "from the hub: {}", said(&restored));
    start(p).await?;
    let second = p.ledger.clone();
    work_on(p, dice).await?;
    holds(p, &[&first, &second]).await?;
    must_disturb(waiting > 20, &format!("{waiting} entries were waiting"))?;
    Ok(Told {
        injected: format!("{hurt} overwritten at random; the database a second time"),
        disturbed: format!(
            "told by the check both times, {waiting} entries and a scan that the hub did not have \
             came from the second medium, then everything from the hub; {votes} votes of the hour \
             gone with the disks"
        ),
    })
}

async fn forked(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    let center = p.ledger.center.clone();
    let sheet = sheet(&p.house, &center);
    p.begin(dice, BUSY).await?;
    let backup = p.house.folder.path.join("backup");
    printed(&["backup", &backup.display().to_string()], &center.config).await?;
    p.answered(40).await?;

    // The disk is copied while the box is off, and both are switched on.
    p.process(Crash::Center).kill_hard().await?;
    let disk = p.house.folder.path.join("cloned-disk");
    clone_disk(&center.data, &disk);
    p.process(Crash::Center).start_again()?;
    p.began_anew(Crash::Center);
    p.is_whole().await?;
    p.answered(20).await?;
    let prefix = p.host.place().center_prefix;
    let prefix: Vec<&str> = prefix.iter().map(String::as_str).collect();
    let mut copy = Copy::of(&center, &disk, &p.house);
    copy.switch_on(&prefix);
    copy.link_is("frozen").await;
    let of_the_clone = id_of(&issue(&mut copy.kiosk(), "khac").await)?;
    at_hub(&p.house, "the stream to be frozen", |row, aside| {
        row["state"] == "frozen"
            && has_alarm(aside, "stream.fork")
            && aside["salvaged"].to_string().contains(&of_the_clone)
    })
    .await;
    p.answered(40).await?;
    let waiting = p.ledger.center.health().await.context("the center is silent")?;
    let waiting = waiting["uplink"]["entries_waiting"].as_u64().unwrap_or(0);
    copy.switch_off().await;
    go_on(&p.house).await;
    p.answered(20).await?;
    let seen = p.end(dice).await?;

    // The box dies, and somebody makes one of the old backup.
    let votes = votes_in_the_box(&p.ledger.center).await;
    kill(&mut p.house).await;
    new_disk(&center, "old-disk");
    let restored = restore_from(&center, &backup, Some(&sheet)).await;
    ensure!(restored.status.success(), "from the backup: {}", said(&restored));
    p.process(Crash::Center).start_again()?;
    center.is_up().await;
    let of_the_backup = id_of(&issue(&mut p.house.kiosk(), "ho-tich").await)?;
    at_hub(&p.house, "the stream to be frozen again", |row, aside| {
        row["state"] == "frozen" && aside["salvaged"].to_string().contains(&of_the_backup)
    })
    .await;
    // A person chooses the hub's journal: the box is made of that.
    kill(&mut p.house).await;
    new_disk(&center, "of-the-backup");
    let restored = restore_from_hub(&p.house, &center, &sheet).await;
    ensure!(restored.status.success(), "from the hub: {}", said(&restored));
    start(p).await?;
    let before = p.ledger.clone();
    work_on(p, dice).await?;
    holds(p, &[&before]).await?;
    let books = p.house.demo.hub_books().await?;
    for other in [&of_the_clone, &of_the_backup] {
        ensure!(!books.has("ticket", other), "a ticket of the other journal was merged");
    }
    must_disturb(waiting > 20, &format!("{waiting} entries were held back"))?;
    Ok(Told {
        injected: "a cloned disk beside the original, then a box made of an old backup".to_owned(),
        disturbed: format!(
            "frozen twice and told, {waiting} entries held back until a person chose, two foreign \
             tickets kept for reading and not merged; {votes} votes of the hour gone with the disk; \
             {seen}"
        ),
    })
}

/// The daemon starts on what was restored.
async fn start(p: &mut Province) -> anyhow::Result<()> {
    p.process(Crash::Center).start_again()?;
    p.began_anew(Crash::Center);
    p.ledger.center.is_up().await;
    Ok(())
}

/// People come back with a new ledger.
async fn work_on(p: &mut Province, dice: &mut Dice) -> anyhow::Result<()> {
    p.is_whole().await?;
    p.ledger = Ledger::of(&p.house);
    p.begin(dice, BUSY).await?;
    p.answered(30).await?;
    p.pause().await;
    Ok(())
}

/// Everything that was answered, before and after, is at the center and at the hub, and both hold the
/// same.
async fn holds(p: &mut Province, before: &[&Arc<Ledger>]) -> anyhow::Result<()> {
    p.is_whole().await?;
    let center = p.ledger.center.clone();
    let demo = &p.house.demo;
    wait_for("center and hub to hold the same", scaled(CATCH_UP_MAX), async || {
        let health = center.health().await?;
        if health["uplink"]["entries_waiting"] != 0 {
            return None;
        }
        let (here, there) = (demo.node_books().await.ok()?, demo.hub_books().await.ok()?);
        (here.differences(&there) == 0 && there.differences(&here) == 0).then_some(())
    })
    .await?;
    printed(&["check", "journal"], &center.config).await?;
    let hub = p.house.hub_tables().await?;
    let after = p.ledger.clone();
    let ledgers = [before, &[&after]].concat();
    for ledger in ledgers {
        audit(ledger, &mut p.head).await;
        nobody_was_called_twice(ledger);
        scans_are_at_the_hub(&p.house, ledger).await;
        let compared = history::answers_stand(&hub, NODE, ledger).await?;
        ensure!(compared > 0, "nothing was compared");
    }
    p.nothing_stands_aside().await
}

/// `motcua check journal` says that the disk is damaged.
async fn told_by_check(p: &Province) -> anyhow::Result<()> {
    let checked = run_command(&["check", "journal"], Some(&p.ledger.center.config)).await;
    ensure!(!checked.status.success(), "the check finds nothing on a damaged disk");
    Ok(())
}

/// Every scan that the hub lacks is on the medium.
async fn scans_are_on(blobs: &Path, p: &Province) -> anyhow::Result<()> {
    let scans: Vec<String> = p.ledger.locked().scans.iter().cloned().collect();
    wait_for("the scans to be on the medium", scaled(CATCH_UP_MAX), async || {
        let at_hub = p.house.demo.hub_blobs().await.ok()?;
        let there =
            |scan: &String| at_hub.contains(scan) || blobs.join(&scan[..2]).join(scan).exists();
        scans.iter().all(there).then_some(())
    })
    .await
}

/// Overwrites pages of the database, of its log, and of one scan; tells what.
fn hurt(store: &Path, dice: &mut Dice) -> anyhow::Result<String> {
    let pages = hurt_database(store, dice)?;
    let log = store.join("center.db-wal");
    let with_log = log.exists() && std::fs::metadata(&log)?.len() > PAGE as u64;
    if with_log {
        overwrite(&log, dice)?;
    }
    let scans = files_below(&store.join("blobs"))?;
    let scan = scans.get(dice.index(scans.len().max(1))).context("there is no scan")?;
    overwrite(scan, dice)?;
    let log = if with_log { ", one of its log" } else { "" };
    Ok(format!("{pages} pages of the database{log}, one of a scan"))
}

fn hurt_database(store: &Path, dice: &mut Dice) -> anyhow::Result<usize> {
    for _ in 0..PAGES {
        overwrite(&store.join("center.db"), dice)?;
    }
    Ok(PAGES)
}

/// Overwrites a page somewhere in a file.
fn overwrite(path: &Path, dice: &mut Dice) -> anyhow::Result<()> {
    let pages = std::fs::metadata(path)?.len().div_ceil(PAGE as u64).max(1);
    let at = dice.index(usize::try_from(pages)?) * PAGE;
    let mut noise = [0; PAGE];
    File::open("/dev/urandom")?.read_exact(&mut noise)?;
    let mut file = File::options().write(true).open(path)?;
    file.seek(SeekFrom::Start(at as u64))?;
    Ok(file.write_all(&noise)?)
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn id_of(issued: &Value) -> anyhow::Result<String> {
    Ok(issued["ticket"]["id"].as_str().context("a ticket has no id")?.to_owned())
}

async fn leave(mut p: Province, told: anyhow::Result<Told>) -> anyhow::Result<Told> {
    if told.is_err() {
        p.keep();
    }
    p.close().await;
    told
}
