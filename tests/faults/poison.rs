//! 24: what no receiver can use: bytes that are no frame, bombs, entries of a later release, sealed
//! parts without their key. They come from a second center whose daemon is off, so that its stream
//! can be written here, with its own certificate and in its own chain. Real work goes on meanwhile at
//! the first center and behind the poison.

use crate::network::BUSY;
use crate::province::{Crash, Province};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use dice::Dice;
use domain::ids::NodeId;
use house::wire::Wire;
use house::{SOON, get, scaled, seen};
use journal::entry::{FORMAT, NO_HASH};
use journal::seal::{DataKey, Place, WrappedKey};
use journal::topics::{self, Lane};
use journal::{Change, ClockState, Entry, Frame, Stream};
use motcua::cli::demo::processes::wait_for;
use motcua::identity::Identity;
use serde_json::{Value, json};

/// A packet just below what the broker carries.
const OVERSIZE: usize = 1_000_000;
/// What the bomb unpacks to.
const BOMB: usize = 64 << 20;

/// The stream of the second center, written here.
struct Poisoner {
    node: NodeId,
    identity: Identity,
    seq: u64,
    prev: [u8; 32],
}

impl Poisoner {
    /// The next entry of the chain.
    fn entry(&mut self, change: impl FnOnce(&mut Entry)) -> Vec<u8> {
        let mut entry = Entry {
            format: FORMAT,
            node: self.node.clone(),
            epoch: self.identity.epoch,
            seq: self.seq + 1,
            at_utc_us: 1_795_000_000_000_000,
            boot_id: [1; 16],
            monotonic_ns: self.seq + 1,
            clock_state: ClockState::Steady,
            actor: "system".to_owned(),
            device: String::new(),
            request_key: String::new(),
            changes: Vec::new(),
            prev: self.prev,
            hash: NO_HASH,
        };
        change(&mut entry);
        let raw = entry.seal_hash().unwrap();
        self.seq += 1;
        self.prev = entry.hash;
        raw
    }

    /// A whole frame that takes no place in the chain.
    fn frame_of_nothing(&mut self) -> Vec<u8> {
        let before = (self.seq, self.prev);
        let raw = self.entry(|entry| entry.changes.push(note("cut", 1)));
        let frame = self.frame(raw, Vec::new());
        (self.seq, self.prev) = before;
        frame
    }

    /// A frame of one entry that was made last.
    fn frame(&self, raw: Vec<u8>, keys: Vec<WrappedKey>) -> Vec<u8> {
        let frame = Frame {
            node: self.node.clone(),
            stream: Stream::Up,
            epoch: self.identity.epoch,
            first_seq: self.seq,
            keys,
            entries: vec![raw],
        };
        frame.encode().unwrap()
    }
}

fn note(subject: &str, rev: u64) -> Change {
    Change {
        kind: "note".to_owned(),
        subject: subject.to_owned(),
        axis: String::new(),
        rev,
        base_rev: rev - 1,
        term: 0,
        schema: 1,
        public: b"{\"text\":\"one\"}".to_vec(),
        sealed: Vec::new(),
        blobs: Vec::new(),
    }
}

/// 24
pub async fn poison(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let mut p = Province::open_with_nodes("poison", &mut dice, 2).await;
    let told = poisoned(&mut p, &mut dice).await;
    if told.is_err() {
        p.keep();
    }
    p.close().await;
    told
}

async fn poisoned(p: &mut Province, dice: &mut Dice) -> anyhow::Result<Told> {
    let other = p.house.center(1);
    let identity = Identity::load(&other.data)?;
    let node = identity.node.clone();
    let topic = topics::up(&node, Lane::Rec);
    p.house.demo.daemon(1).stop(nix::sys::signal::Signal::SIGTERM).await;
    let hub = p.house.hub_tables().await?;
    let at = hub
        .query_one("SELECT acked_seq, head_hash FROM stream WHERE node = $1", &[&node.as_str()])
        .await?;
    let mut poisoner = Poisoner {
        node,
        identity,
        seq: u64::try_from(at.get::<_, i64>(0))?,
        prev: at.get::<_, &[u8]>(1).try_into()?,
    };
    p.begin(dice, BUSY).await?;
    let wire = Wire::of_center(&p.house, &other).await;

    // What is no frame, or too much of one.
    let bomb = [b"MCF1".as_slice(), &zeros_packed()?].concat();
    let whole = poisoner.frame_of_nothing();
    let noise: Vec<u8> = (0..OVERSIZE).map(|_| dice.index(256) as u8).collect();
    let refused: Vec<(&str, Vec<u8>)> = vec![
        ("frame.not_a_frame", b"MCF9 of a later release".to_vec()),
        ("frame.not_a_frame", noise),
        ("frame.decompression", bomb),
        ("frame.decompression", whole[..whole.len() - 5].to_vec()),
    ];
    let refused_count = refused.len();
    for (code, bytes) in refused {
        wire.publish(&topic, bytes);
        aside(p, &other.node, "refused", code).await;
    }

    // In the chain and not usable: parked by name, and the chain goes on over each.
    let data_key = DataKey::generate()?;
    let key_id = "dossier:poison";
    let place = Place { key_id, kind: "note", subject: "sealed", rev: 1 };
    let sealed = data_key.seal(place, b"{\"name\":\"x\"}")?;
    let mut parked = Vec::new();
    let raw = poisoner.entry(|entry| {
        entry.changes.push(Change { schema: 9_999, ..note("future", 1) });
    });
    parked.push(("entry.unknown_schema", poisoner.frame(raw, Vec::new())));
    let raw = poisoner.entry(|entry| {
        entry.changes.push(Change { public: b"{not json".to_vec(), ..note("broken", 1) });
    });
    parked.push(("entry.bad_json", poisoner.frame(raw, Vec::new())));
    let raw = poisoner.entry(|entry| {
        entry.changes.push(Change { sealed: sealed.clone(), ..note("sealed", 1) });
    });
    parked.push(("seal.does_not_open", poisoner.frame(raw, Vec::new())));
    let parked_count = parked.len();
    for (code, frame) in parked {
        wire.publish(&topic, frame);
        aside(p, &other.node, "parked", code).await;
    }
    // Behind them the lane goes on; this entry brings the key that was missing.
    let wrapped = poisoner.identity.keys.wrapping.wrap(key_id, &data_key)?;
    let raw = poisoner.entry(|entry| entry.changes.push(note("after", 1)));
    wire.publish(&topic, poisoner.frame(raw, vec![wrapped]));
    wait_for("the entry behind the poison", scaled(SOON), async || {
        let node = poisoner.node.as_str();
        let row =
            hub.query_one("SELECT acked_seq FROM stream WHERE node = $1", &[&node]).await.ok()?;
        (u64::try_from(row.get::<_, i64>(0)).ok()? == poisoner.seq).then_some(())
    })
    .await?;

    // A hub that starts with what it needs applies what was parked for the lack of it.
    p.kill(Crash::Hub).await?;
    p.is_whole().await?;
    let mut technician = p.house.technician();
    let path = format!("/api/v1/nodes/{}/parked", other.node);
    let left = get(&mut technician, &path).await;
    let codes: Vec<&str> = left["parked"]
        .as_array()
        .context("no list")?
        .iter()
        .filter_map(|row| row["code"].as_str())
        .collect();
    ensure!(
        codes.len() == parked_count - 1 && !codes.contains(&"seal.does_not_open"),
        "after the hub's restart still parked: {codes:?}"
    );
    let row = hub_row(p, &other.node).await?;
    ensure!(row == json!({ "name": "x" }), "what was parked is applied as {row}");
    drop(wire);
    let seen = p.end(dice).await?;
    must_disturb(seen.refused >= 1, &seen.to_string())?;
    Ok(Told {
        injected: format!(
            "{refused_count} frames that are none (a later release, 1 MB of noise, a bomb of {} MiB, \
             one cut short) and {parked_count} entries that cannot be used",
            BOMB >> 20
        ),
        disturbed: format!(
            "all named at the hub, the stream went on behind them, 1 of {parked_count} applied after \
             its key had come and the hub had started again; {seen}"
        ),
    })
}

fn zeros_packed() -> anyhow::Result<Vec<u8>> {
    Ok(zstd::bulk::compress(&vec![0; BOMB], 3)?)
}

async fn aside(p: &Province, node: &str, list: &str, code: &str) {
    let mut technician = p.house.technician();
    let path = format!("/api/v1/nodes/{node}/parked");
    seen(&mut technician, &path, &format!("{code} to be shown"), |aside| {
        aside[list].as_array().unwrap().iter().any(|row| row["code"] == code).then_some(())
    })
    .await;
}

async fn hub_row(p: &Province, node: &str) -> anyhow::Result<Value> {
    let hub = p.house.hub_tables().await?;
    let row = hub
        .query_one("SELECT private FROM subject WHERE node = $1 AND subject = 'sealed'", &[&node])
        .await?;
    Ok(row.get(0))
}
