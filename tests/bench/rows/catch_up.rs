//! `catch_up`: entries a second that a hub takes in from a center that was away: from the center's
//! tables over the broker into the hub's tables, acknowledged and noted at the center. Entries of
//! 1 KiB, frames of 100, eight under way. Against the same frames, built already, sent and stored by
//! plain programs; see [`crate::baseline::catch_up`].
//!
//! Both sides count from the first frame that is committed to the last.

use crate::Effort;
use crate::baseline::Way;
use crate::baseline::catch_up::{Plan, catch_up};
use crate::baseline::frames::Frame;
use crate::figure::{Figure, Must, Side};
use crate::province::{NODE, Province};
use anyhow::{Context, bail, ensure};
use domain::queue::{Ticket, TicketState};
use domain::time::business_day;
use hub::authority::Paths;
use jiff::{SignedDuration, Timestamp};
use journal::frame::FRAME_ENTRIES_MAX;
use journal::topics::{Lane, Topic};
use journal::{Entry, Frame as JournalFrame, Stream};
use motcua::cli::demo::processes::wait_for;
use motcua::identity::Identity;
use std::time::{Duration, Instant};
use store::{Batch, Store};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The name.
pub const NAMES: &[&str] = &["catch_up"];

/// Entries in each turn.
const ENTRIES: usize = 30_000;
/// Size of an entry. Bytes.
const ENTRY_BYTES: usize = 1024;
/// How often the hub's cursor is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Nothing may hang longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures.
pub fn measure(names: &[&'static str], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let [name] = names else { bail!("one figure is measured here") };
    // The store's writer is an actor.
    actix::System::new().block_on(async {
        let mut province = Province::start().await?;
        let measured = turns(&mut province, effort).await;
        province.stop().await;
        let (value, against, bytes) = measured?;
        Ok(vec![Figure {
            name,
            value,
            unit: "entries/s",
            against,
            against_what: "the same frames built already, the same SQL and commits, plain programs",
            must: Must::RatioAndValueAtLeast(0.6, 5_000.0),
            beside: format!("entries of {bytes} bytes in frames of {FRAME_ENTRIES_MAX}"),
        }])
    })
}

async fn turns(province: &mut Province, effort: Effort) -> anyhow::Result<(Side, Side, usize)> {
    let count = effort.of(ENTRIES).next_multiple_of(FRAME_ENTRIES_MAX);
    let (mut ours, mut plain, mut bytes) = (Side::default(), Side::default(), 0);
    for turn in 0..effort.turns {
        // Both sides begin with the same tables, and nothing else is under way.
        wait_for("the center to have nothing to send", PATIENCE, async || {
            let node = province.demo.node_journal().await.ok()?;
            let hub = province.demo.hub_journal().await.ok()?;
            (node.missing_in(&hub) == 0).then_some(())
        })
        .await?;
        let spare = format!("plain_{turn}");
        province.demo.hub_process().kill_hard().await?;
        province.demo.center_process().kill_hard().await?;
        copy_database(province, &spare).await?;
        let hub_database = connect(&database(province, "motcua")).await?;
        let before = acked(&hub_database).await?;
        let frames = fill(province, count, before, turn).await?;
        bytes = frames[0].entries[0].2.len();
        ensure!(bytes.abs_diff(ENTRY_BYTES) < 64, "the entries have {bytes} bytes");

        province.demo.hub_process().start_again()?;
        province.demo.wait_hub().await?;
        province.demo.center_process().start_again()?;
        let last = before + count as i64;
        let took = until_acked(&hub_database, before, last).await?;
        ours.0.push(took);

        province.demo.center_process().kill_hard().await?;
        province.demo.hub_process().kill_hard().await?;
        let plan = plan(province, &spare)?;
        let took = catch_up(&plan, frames).await?.as_secs_f64();
        plain.0.push((count - FRAME_ENTRIES_MAX) as f64 / took);
        let spare_database = connect(&database(province, &spare)).await?;
        ensure!(acked(&spare_database).await? == last, "the plain programs lost something");
        province.demo.hub_process().start_again()?;
        province.demo.wait_hub().await?;
        province.demo.center_process().start_again()?;
    }
    Ok((ours, plain, bytes))
}

/// A database of the hub's PostgreSQL.
pub(super) fn database(province: &Province, name: &str) -> String {
    let folder = province.folder().join("province/postgres/postgres");
    format!("host={} user=motcua dbname={name}", folder.display())
}

/// A connection to it.
pub(super) async fn connect(database: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The hub's way to the broker, with its own certificate.
pub(super) fn hub_way(province: &Province) -> anyhow::Result<Way> {
    let folder = province.folder().join("province");
    let settings = hub::Settings::load(Some(&folder.join("hub.toml")))?;
    let paths = Paths::new(&folder.join("hub"));
    Ok(Way {
        host: settings.broker.host.clone(),
        port: settings.broker.port,
        files: [paths.device_root(), paths.mqtt_certificate(), paths.mqtt_key()],
    })
}

/// A database with the same tables and rows. Whoever was connected to it has been killed; PostgreSQL
/// may need a moment to miss the last of them.
async fn copy_database(province: &Province, name: &str) -> anyhow::Result<()> {
    let client = connect(&database(province, "postgres")).await?;
    wait_for("the hub's database to be left", PATIENCE, async || {
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE motcua")).await.ok()
    })
    .await
}

async fn acked(hub: &Client) -> anyhow::Result<i64> {
    Ok(hub.query_one("SELECT acked_seq FROM stream WHERE node = $1", &[&NODE]).await?.get(0))
}

/// Entries a second from the first commit that is seen to the last.
async fn until_acked(hub: &Client, before: i64, last: i64) -> anyhow::Result<f64> {
    let end = Instant::now() + PATIENCE;
    let mut first = None;
    loop {
        let now = acked(hub).await?;
        let seen = Instant::now();
        let (at, from) = *first.get_or_insert((seen, now));
        if from == before && now > before {
            first = Some((seen, now));
        } else if now >= last {
            return Ok((last - from) as f64 / (seen - at).as_secs_f64());
        }
        ensure!(seen < end, "the hub is at {now} of {last}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Writes entries into the center's tables while its daemon does not run; gives them as frames.
async fn fill(
    province: &Province,
    count: usize,
    before: i64,
    turn: usize,
) -> anyhow::Result<Vec<Frame>> {
    let config = province.store_config()?;
    let (node, epoch) = (config.node.clone(), config.epoch);
    let store = Store::open(config)?;
    let writer = store.writer()?;
    let now = Timestamp::now();
    // Not today's, and nothing left open: the queue has nothing to do with it.
    let day = business_day(now - SignedDuration::from_hours(48));
    let mut waiting = Vec::new();
    for index in 0..count {
        let number = u32::try_from(turn * count + index + 1)?;
        waiting.push(writer.submit(Batch::new("kiosk-1", now).with(ticket(number, day, now)?))?);
        if waiting.len() == 1_000 {
            for pending in waiting.drain(..) {
                pending.await?;
            }
        }
    }
    for pending in waiting {
        pending.await?;
    }
    let raws: Vec<Vec<u8>> = store.readers().read_now(|c| {
        let mut rows = c.prepare("SELECT raw FROM entry WHERE seq > ?1 ORDER BY seq")?;
        let found = rows.query_map([before], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    })?;
    writer.close().await;
    let frames: Vec<Frame> = raws
        .chunks(FRAME_ENTRIES_MAX)
        .map(|raws| frame(&node, epoch, raws))
        .collect::<anyhow::Result<_>>()?;
    ensure!(raws.len() == count, "{} entries instead of {count}: something else wrote", raws.len());
    Ok(frames)
}

fn ticket(number: u32, day: jiff::civil::Date, now: Timestamp) -> anyhow::Result<Ticket> {
    // Fills the entry up to its size with something that does not compress to nothing.
    let filling: String = (0..8).map(|_| Uuid::new_v4().simple().to_string()).collect();
    let service = "ho-tich".parse()?;
    Ok(Ticket {
        state: TicketState::Completed,
        finished_at: Some(now),
        ..Ticket::waiting(Uuid::now_v7(), day, ('A', number), service, now, filling)
    })
}

/// Entries as the product sends them, and as a plain program writes them.
pub(super) fn frame(
    node: &domain::ids::NodeId,
    epoch: u64,
    raws: &[Vec<u8>],
) -> anyhow::Result<Frame> {
    let entries: Vec<Entry> =
        raws.iter().map(|raw| Entry::decode(raw)).collect::<Result<_, _>>()?;
    let first = entries.first().context("an empty frame")?;
    let message = JournalFrame {
        node: node.clone(),
        stream: Stream::Up,
        epoch,
        first_seq: first.seq,
        keys: Vec::new(),
        entries: raws.to_vec(),
    }
    .encode()?;
    let mut frame = Frame { message, ..Frame::default() };
    for (entry, raw) in entries.iter().zip(raws) {
        let seq = i64::try_from(entry.seq)?;
        frame.entries.push((seq, entry.at_utc_us, raw.clone(), entry.hash.to_vec()));
        for change in &entry.changes {
            ensure!(change.sealed.is_empty(), "the plain programs open no sealed parts");
            frame.subjects.push((
                change.kind.clone(),
                change.subject.clone(),
                change.axis.clone(),
                i64::try_from(change.rev)?,
                i64::try_from(change.term)?,
                i32::from(change.schema),
                serde_json::from_slice(&change.public)?,
                seq,
            ));
        }
    }
    Ok(frame)
}

fn plan(province: &Province, spare: &str) -> anyhow::Result<Plan> {
    let folder = province.folder().join("province");
    let identity = Identity::load(&folder.join(NODE).join("data"))?;
    let files = &identity.files;
    Ok(Plan {
        node: NODE.to_owned(),
        epoch: i64::try_from(identity.epoch)?,
        node_way: Way {
            host: identity.broker_host.clone(),
            port: identity.broker_port,
            files: [files.device_root(), files.device_certificate(), files.device_key()],
        },
        hub_way: hub_way(province)?,
        frames_topic: Topic::Up(identity.node.clone(), Lane::Rec).to_string(),
        acks_topic: Topic::Down(identity.node.clone(), Lane::Ctl).to_string(),
        database: database(province, spare),
    })
}
