//! 18: power cuts. Center and hub stand on disks that forget ([`forgetful_disk`]); while people work,
//! the power of one or of both goes between any two calls of a program, and what nobody had synced is
//! gone, or partly gone, torn and out of order. After each cut everything that was answered must be
//! there: at the center what people were told, at the hub what it had acknowledged.
//!
//! The same with a center that does not sync, with disks that leave out the sync of a folder, and
//! with a hub whose disk does not sync must lose something: that shows that this would be noticed.

use crate::province::{NODE, TIMES};
use crate::run::{Run, Told};
use anyhow::{Context, bail, ensure};
use forgetful_disk::{Disk, Lie, Loss, Lost};
use house::ledger::{
    Crowd, Ledger, People, audit, nobody_was_called_twice, old_answers_stand, scans_are_at_the_hub,
    the_books_hold_what_was_answered,
};
use house::{Folder, House, get};
use motcua::cli::day::client::CenterClient;
use motcua::cli::day::crowd::Dice;
use motcua::cli::demo::Place;
use motcua::cli::demo::processes::wait_for;
use motcua::identity::Identity;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use store::records::BlobState;
use store::{Onlooker, query};

/// A cut comes at most so many changes of the disk after people were answered again.
const CHANGES_AT_CENTER: usize = 300;
const CHANGES_AT_HUB: usize = 600;
/// Before each cut so many answers are waited for, at most.
const ANSWERS_MAX: usize = 12;
/// Nothing may be so quiet that an appointed change does not come.
const CUT_MAX: Duration = Duration::from_secs(30);
/// A province whose day has so many tickets is replaced by a fresh one.
const TICKETS_MAX: usize = 2_800;
/// So many old requests are sent again at the end.
const REPEATED_AT_END: usize = 30;
/// People rest so long between two things: the day's numbers must do for all cuts.
const REST: Duration = Duration::from_millis(15);

/// What loses its power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    Center,
    Hub,
    Both,
}

/// A province on two disks.
struct Machines {
    house: House,
    center_disk: Disk,
    hub_disk: Disk,
    ledger: Arc<Ledger>,
    head: CenterClient,
}

/// What the cuts did.
#[derive(Default)]
struct Tally {
    lost: Lost,
    hits: [usize; 3],
    losses: HashMap<String, usize>,
    nothing: usize,
}

/// 18: [`Run::cuts`] times.
pub async fn power_cut(run: &mut Run) -> anyhow::Result<Told> {
    ensure!(run.cuts > 0, "--cuts 0 cuts nothing");
    let mut tally = Tally::default();
    let (mut left, mut retried, mut entries) = (run.cuts, 0, 0);
    while left > 0 {
        let mut machines = Machines::open("cuts", &mut run.dice).await?;
        let done = machines.cuts(left, &mut run.dice, &mut tally).await?;
        left -= done;
        retried += machines.ledger.tried_again();
        entries += machines.at_the_end(&mut run.dice).await?;
    }
    let caught = [
        ("a center that does not sync", unsynced_center(run).await?),
        ("folders that are not synced", unsynced_folders(run).await?),
        ("a hub that does not sync", unsynced_hub(run).await?),
    ];
    for (what, lost) in caught {
        ensure!(lost > 0, "{what} lost nothing: this test would not notice a loss");
    }
    let Tally { lost, hits: [center, hub, both], losses, nothing } = tally;
    crate::run::must_disturb(lost.writes > 0 && lost.names > 0 && retried > 0, "nothing was lost")?;
    let mut ways: Vec<String> =
        losses.iter().map(|(way, count)| format!("{count} {way}")).collect();
    ways.sort();
    Ok(Told {
        injected: format!(
            "{} power cuts ({center} of the center, {hub} of the hub, {both} of both; {}); \
             controls that must lose: {}",
            run.cuts,
            ways.join(", "),
            caught.map(|(what, lost)| format!("{what} {lost}")).join(", "),
        ),
        disturbed: format!(
            "{} unsynced writes ({} KiB) and {} unsynced names gone, {} others survived, \
             {nothing} cuts found nothing unsynced, {retried} requests tried again, {entries} entries \
             at both ends",
            lost.writes,
            lost.bytes / 1024,
            lost.names,
            lost.survived,
        ),
    })
}

impl Machines {
    async fn open(name: &str, dice: &mut Dice) -> anyhow::Result<Self> {
        let folder = Folder::new(&format!("{name}-{}", dice.roll() % 10_000));
        let center_disk = Disk::mount(&folder.path.join(NODE).join("data"))?;
        let mut hub_disk = Disk::mount(&folder.path.join("hub-disk"))?;
        hub_disk.show("postgres", &folder.path.join("postgres"))?;
        hub_disk.show("hub", &folder.path.join("hub"))?;
        let house = House::open_with(folder, 1, Place::default(), Some(TIMES)).await;
        // What the test itself wrote while it prepared the province is not what is tried.
        center_disk.settle();
        hub_disk.settle();
        let ledger = Ledger::of(&house);
        let head = ledger.center.head();
        Ok(Self { house, center_disk, hub_disk, ledger, head })
    }

    fn people(&self, dice: &mut Dice) -> People {
        People::start(&self.ledger, dice, Crowd { rest: REST, ..Crowd::default() })
    }

    /// Cuts until there were enough, or the day's numbers are used up; how many there were.
    async fn cuts(
        &mut self,
        most: usize,
        dice: &mut Dice,
        tally: &mut Tally,
    ) -> anyhow::Result<usize> {
        let mut people = self.people(dice);
        let mut done = 0;
        while done < most && self.ledger.locked().tickets.len() < TICKETS_MAX {
            let hit = match dice.below(20) {
                0..10 => Hit::Center,
                10..17 => Hit::Hub,
                _ => Hit::Both,
            };
            let wanted = self.ledger.count() + 1 + dice.below(ANSWERS_MAX) as u64;
            wait_for("people to be answered", CUT_MAX, async || {
                people.check();
                (self.ledger.count() > wanted).then_some(())
            })
            .await?;
            self.cut(hit, dice, tally).await.with_context(|| format!("{hit:?}, cut {done}"))?;
            tally.hits[hit as usize] += 1;
            done += 1;
        }
        people.close().await;
        Ok(done)
    }

    /// One cut, and the questions after it.
    async fn cut(&mut self, hit: Hit, dice: &mut Dice, tally: &mut Tally) -> anyhow::Result<()> {
        let (center, hub) = (hit != Hit::Hub, hit != Hit::Center);
        if center {
            self.center_disk.cut_after(dice.below(CHANGES_AT_CENTER) as u64);
        }
        if hub {
            self.hub_disk.cut_after(dice.below(CHANGES_AT_HUB) as u64);
        }
        let gone = wait_for("the power to go", CUT_MAX, async || {
            let gone = (center && self.center_disk.is_cut()) || (hub && self.hub_disk.is_cut());
            gone.then_some(())
        });
        gone.await?;
        // One of two may have been quiet: now both go.
        if center {
            self.center_disk.cut();
            self.house.demo.center_process().kill_hard().await?;
        }
        if hub {
            self.hub_disk.cut();
            self.house.demo.hub_process().kill_hard().await?;
            self.house.demo.cluster().kill_hard()?;
        }
        let loss = Loss::drawn(&mut forgetful_disk::Dice::new(dice.roll()));
        *tally.losses.entry(format!("{loss:?}").to_lowercase()).or_default() += 1;
        let mut lost = Lost::default();
        for disk in center.then_some(&self.center_disk).into_iter().chain(hub.then_some(&self.hub_disk)) {
            lost = lost.and(disk.restore_power(loss, &mut forgetful_disk::Dice::new(dice.roll())));
        }
        tally.lost = tally.lost.and(lost);
        tally.nothing += usize::from(lost.is_nothing());
        if center {
            self.house.demo.center_process().start_again()?;
        }
        if hub {
            self.house.demo.cluster().start_again()?;
            // Before the hub runs: it would be sent again what it lost, and nobody would notice.
            let missing = self.hub_lacks().await?;
            ensure!(missing.is_empty(), "{loss:?}: the hub acknowledged and lost {missing:?}");
            self.house.demo.hub_process().start_again()?;
            self.house.demo.wait_hub().await?;
        }
        if center {
            self.ledger.center.is_up().await;
            audit(&self.ledger, &mut self.head).await;
            let missing = self.scans_lost().await?;
            ensure!(missing == 0, "{loss:?}: {missing} scans were answered and are nowhere");
        }
        Ok(())
    }

    fn tables(&self) -> anyhow::Result<Onlooker> {
        let center = &self.ledger.center;
        let settings = motcua::settings::Settings::load_from(Some(&center.config), &[])?;
        let identity = Identity::load(&center.data)?;
        Ok(Onlooker::open(&motcua::center::store_config(&settings, &identity))?)
    }

    /// What the center has the hub's signed word for, and the hub has not.
    async fn hub_lacks(&self) -> anyhow::Result<Vec<String>> {
        let tables = self.tables()?;
        let (acked, blobs) = tables.readers().read_now(|c| {
            Ok((query::cursors::uplink(c)?.map_or(0, |cursor| cursor.seq), query::blobs::all(c)?))
        })?;
        let settings = self.house.hub_settings();
        let (entries, chain_ok) = hub::cli::journal(&settings, NODE).await?;
        let mut missing = Vec::new();
        if !chain_ok {
            missing.push("the chain".to_owned());
        }
        let last = entries.last().map_or(0, |(seq, _)| *seq);
        if last < acked {
            missing.push(format!("the entries {} to {acked}", last + 1));
        }
        let whole: BTreeSet<String> = hub::cli::blobs(&settings).await?.into_iter().collect();
        missing.extend(
            blobs
                .iter()
                .filter(|blob| blob.state == BlobState::AtHub)
                .map(|blob| journal::hex::encode(&blob.sha256))
                .filter(|name| !whole.contains(name))
                .map(|name| format!("the scan {name}")),
        );
        Ok(missing)
    }

    /// Scans that people were told are stored, and that lie neither here, whole, nor at the hub.
    async fn scans_lost(&self) -> anyhow::Result<usize> {
        let tables = self.tables()?;
        let rows = tables.readers().read_now(query::blobs::all)?;
        let known: HashMap<String, BlobState> =
            rows.iter().map(|row| (journal::hex::encode(&row.sha256), row.state)).collect();
        let answered = self.ledger.locked().scans.clone();
        let lost = answered.iter().filter(|name| match known.get(*name) {
            Some(BlobState::AtHub) => false,
            Some(_) => {
                let bytes = journal::hex::decode_array(name).map(|hash| tables.blobs().read(&hash));
                !bytes.is_some_and(|bytes| {
                    bytes.is_ok_and(|bytes| {
                        journal::hex::encode(&journal::entry::sha256(&bytes)) == **name
                    })
                })
            }
            None => true,
        });
        Ok(lost.count())
    }

    /// Everything is asked once more when all has come to rest; how many entries there are.
    async fn at_the_end(mut self, dice: &mut Dice) -> anyhow::Result<usize> {
        audit(&self.ledger, &mut self.head).await;
        nobody_was_called_twice(&self.ledger);
        old_answers_stand(&self.ledger, dice, REPEATED_AT_END).await;
        let journal = self.house.books_agree(0).await;
        scans_are_at_the_hub(&self.house, &self.ledger).await;
        the_books_hold_what_was_answered(&self.ledger, &self.house.demo.node_books().await?);
        let missing = self.scans_lost().await?;
        ensure!(missing == 0, "{missing} scans are nowhere");
        self.close().await;
        Ok(journal.entries.len())
    }

    async fn close(self) {
        let Self { house, center_disk, hub_disk, .. } = self;
        let House { demo, folder } = house;
        demo.stop().await;
        drop((center_disk, hub_disk));
        drop(folder);
    }

    /// Tickets that people hold and the center does not know.
    async fn tickets_lost(&mut self) -> usize {
        let listed = get(&mut self.head, "/api/v1/tickets").await;
        let there: BTreeSet<String> = listed["tickets"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|ticket| ticket["id"].as_str().map(str::to_owned))
            .collect();
        let answered = self.ledger.locked();
        answered.tickets.values().filter(|(_, id, _)| !there.contains(id)).count()
    }

    /// People work until there are so many more scans, and go home.
    async fn some_work(&mut self, dice: &mut Dice, scans: usize) -> anyhow::Result<()> {
        let mut people = self.people(dice);
        let wanted = self.ledger.locked().scans.len() + scans;
        wait_for("people to bring scans", CUT_MAX, async || {
            people.check();
            (self.ledger.locked().scans.len() >= wanted).then_some(())
        })
        .await?;
        people.close().await;
        Ok(())
    }

    async fn cut_center_barely(&mut self) -> anyhow::Result<()> {
        self.center_disk.cut();
        self.house.demo.center_process().kill_hard().await?;
        self.center_disk.restore_power(Loss::All, &mut forgetful_disk::Dice::new(1));
        self.house.demo.center_process().start_again()?;
        self.ledger.center.is_up().await;
        Ok(())
    }
}

/// The center runs with synchronous=OFF: how many tickets a cut takes.
async fn unsynced_center(run: &mut Run) -> anyhow::Result<usize> {
    let mut machines = Machines::open("cuts-unsynced", &mut run.dice).await?;
    let center = machines.house.demo.center_process();
    center.kill_hard().await?;
    std::fs::write(machines.ledger.center.data.join("UNSYNCED"), b"")?;
    machines.center_disk.settle();
    machines.house.demo.center_process().start_again()?;
    machines.ledger.center.is_up().await;
    machines.some_work(&mut run.dice, 1).await?;
    machines.cut_center_barely().await?;
    let lost = machines.tickets_lost().await;
    machines.close().await;
    Ok(lost)
}

/// The center's disk leaves out the sync of folders, and the hub is away: how many scans a cut takes.
async fn unsynced_folders(run: &mut Run) -> anyhow::Result<usize> {
    let mut machines = Machines::open("cuts-folders", &mut run.dice).await?;
    machines.house.demo.hub_process().kill_hard().await?;
    machines.center_disk.lie(Lie { folders: true, files: false });
    machines.some_work(&mut run.dice, 3).await?;
    machines.cut_center_barely().await?;
    let lost = machines.scans_lost().await?;
    if machines.tickets_lost().await > 0 {
        bail!("tickets were lost, too: the database was synced only with its folder");
    }
    machines.close().await;
    Ok(lost)
}

/// The hub's disk does not sync: how much of what it acknowledged a cut takes.
async fn unsynced_hub(run: &mut Run) -> anyhow::Result<usize> {
    let mut machines = Machines::open("cuts-hub", &mut run.dice).await?;
    machines.hub_disk.lie(Lie { folders: false, files: true });
    machines.some_work(&mut run.dice, 1).await?;
    machines.hub_disk.cut();
    machines.house.demo.hub_process().kill_hard().await?;
    machines.house.demo.cluster().kill_hard()?;
    machines.hub_disk.restore_power(Loss::All, &mut forgetful_disk::Dice::new(1));
    machines.house.demo.cluster().start_again()?;
    let lost = machines.hub_lacks().await?.len();
    machines.close().await;
    Ok(lost)
}
