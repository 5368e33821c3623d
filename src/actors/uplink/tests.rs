use super::actor::heads;
use super::{NodeKeys, NodeTables, Stuck, UplinkDesk, UplinkHandle, UplinkPorts};
use crate::actors::live::Topic;
use crate::actors::testing::{Center, NODE, WRAPPING, at_counter, issuing, receiving, until};
use domain::dossier::{Custody, CustodyDecision, CustodyOutcome};
use domain::ids::NodeId;
use domain::time::Clock;
use futures_util::{FutureExt, StreamExt};
use journal::{Change, ClockState, Entry, Frame, Sealing, Stream, WrappingKey};
use link::uplink::{DownApplied, NodeStore};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::records::Message;
use store::{Batch, Fact};
use tokio::sync::{Notify, watch};
use uuid::Uuid;

fn tables(center: &Center) -> NodeTables {
    NodeTables {
        writer: center.ports.writer.clone(),
        readers: center.ports.readers.clone(),
        segments: center.store.segments(),
        blobs: center.store.blobs(),
        dossiers: center.dossiers.clone(),
        keys: NodeKeys {
            node: NodeId::parse(NODE).unwrap(),
            wrapping: WrappingKey::from_bytes(WRAPPING),
            sealing: Sealing::On,
        },
        clock: center.clock.clone(),
        messages_changed: Arc::new(Notify::new()),
        stuck: Stuck::default(),
    }
}

fn spawn(center: &Center) -> UplinkHandle {
    let arbiter = actix_rt::System::current().arbiter().clone();
    let ports = UplinkPorts {
        tables: tables(center),
        live: center.live.clone(),
        clock: center.clock.clone(),
        guarded: None,
    };
    UplinkDesk::new(None, ports).spawn(&arbiter)
}

/// The hub's journal for this node, entry by entry.
struct HubJournal {
    epoch: u64,
    prev: [u8; 32],
    seq: u64,
    at_utc_us: i64,
}

impl HubJournal {
    fn new(center: &Center) -> Self {
        Self { epoch: 1, prev: [0; 32], seq: 0, at_utc_us: center.clock.now().as_microsecond() }
    }

    fn entry(&mut self, kind: &str, subject: Uuid, public: &Value) -> Vec<u8> {
        self.entry_of(vec![Self::change(kind, subject, public)])
    }

    fn change(kind: &str, subject: Uuid, public: &Value) -> Change {
        Change {
            kind: kind.to_owned(),
            subject: subject.to_string(),
            axis: String::new(),
            rev: 1,
            base_rev: 0,
            term: 0,
            schema: 1,
            public: serde_json::to_vec(public).unwrap(),
            sealed: Vec::new(),
            blobs: Vec::new(),
        }
    }

    fn entry_of(&mut self, changes: Vec<Change>) -> Vec<u8> {
        self.seq += 1;
        let mut entry = Entry {
            format: journal::entry::FORMAT,
            node: NodeId::parse(NODE).unwrap(),
            epoch: self.epoch,
            seq: self.seq,
            at_utc_us: self.at_utc_us,
            boot_id: [0; 16],
            monotonic_ns: 0,
            clock_state: ClockState::Steady,
            actor: "hub".to_owned(),
            device: String::new(),
            request_key: String::new(),
            changes,
            prev: self.prev,
            hash: [0; 32],
        };
        let raw = entry.seal_hash().unwrap();
        self.prev = entry.hash;
        raw
    }

    fn message(&mut self, text: &str) -> Vec<u8> {
        let id = Uuid::from_u128(u128::from(self.seq) + 1);
        let at = jiff::Timestamp::from_microsecond(self.at_utc_us).unwrap();
        self.entry("message", id, &json!({ "id": id, "text": text, "from": "it", "at": at }))
    }
}

fn frame(first_seq: u64, entries: Vec<Vec<u8>>) -> Frame {
    Frame {
        node: NodeId::parse(NODE).unwrap(),
        stream: Stream::Down,
        epoch: 1,
        first_seq,
        keys: Vec::new(),
        entries,
    }
}

async fn messages(center: &Center) -> Vec<Message> {
    let read = |conn: &rusqlite::Connection| store::query::messages::recent(conn, 50);
    center.ports.readers.read(read).await.unwrap()
}

#[actix_rt::test]
async fn an_order_of_the_hub_is_taken_in_once() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    let first = frame(1, vec![hub.message("Họp lúc 16:30"), hub.message("Mất điện ngày mai")]);
    let applied = tables.apply_down(first.clone()).await.unwrap();
    let DownApplied::Applied { position, parked } = applied else { panic!("{applied:?}") };
    assert_eq!((position.seq, position.hash, parked.len()), (2, hub.prev, 0));
    assert_eq!(tables.down_position().await.unwrap(), position);
    assert_eq!(messages(&center).await.len(), 2);
    // The acknowledgement was lost: the hub sends the frame again.
    assert!(matches!(tables.apply_down(first).await.unwrap(), DownApplied::Applied { .. }));
    assert_eq!(messages(&center).await.len(), 2);
}

#[actix_rt::test]
async fn what_cannot_be_applied_is_kept_beside_and_does_not_stop_the_stream() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    let nobody = Uuid::now_v7();
    let decision = CustodyDecision {
        dossier_id: nobody,
        outcome: CustodyOutcome::TakenBack,
        holder: NodeId::parse(NODE).unwrap(),
        term: 1,
        other: NodeId::parse("22-1").unwrap(),
        note: None,
    };
    let entries = vec![
        hub.entry("catalogue", Uuid::now_v7(), &json!({ "from": "a newer hub" })),
        hub.entry("custody_decision", nobody, &serde_json::to_value(&decision).unwrap()),
        hub.message("Vẫn đến"),
    ];
    let applied = tables.apply_down(frame(1, entries)).await.unwrap();
    let DownApplied::Applied { position, parked } = applied else { panic!("{applied:?}") };
    assert_eq!(position.seq, 3);
    let codes: Vec<&str> = parked.iter().map(|parked| parked.code.as_str()).collect();
    assert_eq!(codes, ["down.unknown_kind.catalogue", "dossier.unknown"]);
    assert_eq!(messages(&center).await.len(), 1);
}

#[actix_rt::test]
async fn the_hubs_journal_may_begin_anew_and_what_it_says_again_is_here_once() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    let first = vec![hub.message("Họp lúc 16:30"), hub.message("Mất điện ngày mai")];
    tables.apply_down(frame(1, first)).await.unwrap();

    let mut anew = HubJournal { epoch: 2, ..HubJournal::new(&center) };
    // The second one of before, under the id that it had.
    let same = Uuid::from_u128(2);
    let at = center.clock.now();
    let again = json!({ "id": same, "text": "Mất điện ngày mai", "from": "it", "at": at });
    let entries = vec![anew.entry("message", same, &again), {
        let order = json!({ "id": Uuid::from_u128(9), "text": "Mới", "from": "it", "at": at });
        anew.entry("message", Uuid::from_u128(9), &order)
    }];
    // Only its beginning may follow another epoch.
    let later = Frame { epoch: 2, ..frame(2, entries[1..].to_vec()) };
    let refused = tables.apply_down(later).await.unwrap();
    assert!(matches!(refused, DownApplied::Refused { .. }), "{refused:?}");
    let begin = Frame { epoch: 2, ..frame(1, entries) };
    let applied = tables.apply_down(begin).await.unwrap();
    let DownApplied::Applied { position, parked } = applied else { panic!("{applied:?}") };
    assert_eq!((position.epoch, position.seq, parked.len()), (2, 2, 0));
    assert_eq!(tables.down_position().await.unwrap(), position);
    assert_eq!(messages(&center).await.len(), 3);
    // What is left of the older epoch is refused.
    let late = hub.message("Từ kỳ cũ");
    let refused = tables.apply_down(frame(3, vec![late])).await.unwrap();
    assert!(matches!(refused, DownApplied::Refused { .. }), "{refused:?}");
}

#[actix_rt::test]
async fn an_entry_that_the_store_refuses_is_kept_beside_after_some_tries() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    let same = Uuid::from_u128(7);
    let at = center.clock.now();
    let order = json!({ "id": same, "text": "Họp", "from": "it", "at": at });
    let twice = || HubJournal::change("message", same, &order);
    let entries =
        vec![hub.message("Đến"), hub.entry_of(vec![twice(), twice()]), hub.message("Vẫn đến")];
    let parked = until("the stream to go on", async || {
        match tables.apply_down(frame(1, entries.clone())).await {
            Ok(DownApplied::Applied { position, parked }) if position.seq == 3 => Some(parked),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
    })
    .await;
    let told: Vec<(u64, &str)> =
        parked.iter().map(|parked| (parked.seq, parked.code.as_str())).collect();
    assert_eq!(told, [(2, "down.not_storable")]);
    assert_eq!(messages(&center).await.len(), 2);
}

#[actix_rt::test]
async fn a_broken_chain_is_refused_by_name_and_stores_nothing() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    drop(hub.message("lost on the way"));
    let gap = tables.apply_down(frame(2, vec![hub.message("too early")])).await.unwrap();
    assert!(
        matches!(&gap, DownApplied::Refused { code, .. } if code == "down.chain_broken"),
        "{gap:?}"
    );
    let rubbish = tables.apply_down(frame(1, vec![vec![0; 40]])).await.unwrap();
    assert!(matches!(rubbish, DownApplied::Refused { .. }));
    assert_eq!(messages(&center).await.len(), 0);
}

#[actix_rt::test]
async fn the_hubs_word_about_custody_ends_the_hand_over() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    let received = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let dossier = received.dossier.unwrap();
    let other = NodeId::parse("22-1").unwrap();
    center.dossiers.hand_over(at_counter(), dossier.id, other.clone(), None).await.unwrap();
    let decision = CustodyDecision {
        dossier_id: dossier.id,
        outcome: CustodyOutcome::Accepted,
        holder: other.clone(),
        term: 2,
        other: other.clone(),
        note: None,
    };
    let public = serde_json::to_value(&decision).unwrap();
    let entries = vec![hub.entry("custody_decision", dossier.id, &public)];
    let applied = tables.apply_down(frame(1, entries)).await.unwrap();
    assert!(matches!(applied, DownApplied::Applied { ref parked, .. } if parked.is_empty()));
    let id = dossier.id;
    let after =
        center.ports.readers.read(move |conn| store::query::dossiers::by_id(conn, id)).await;
    let after = after.unwrap().unwrap();
    assert_eq!((after.holder.clone(), after.term), (other.clone(), 2));
    assert_eq!(after.custody, Custody::AcceptedAway { to: other });
}

#[actix_rt::test]
async fn a_center_without_a_hub_works_and_says_what_waits() {
    let center = Center::start().await;
    let uplink = spawn(&center);
    center.queue.issue(at_counter(), issuing()).await.unwrap();
    let status = uplink.status().await.unwrap();
    assert_eq!((status.state, status.entries_waiting), ("not_enrolled", 1));
    until("the console to be told", async || {
        let told = center.live.snapshot(Topic::Uplink)?;
        (told.data["state"] == "not_enrolled").then_some(())
    })
    .await;
}

#[actix_rt::test]
async fn each_officer_who_reads_a_message_is_noted_and_the_first_one_stays() {
    let center = Center::start().await;
    let (uplink, mut hub) = (spawn(&center), HubJournal::new(&center));
    tables(&center).apply_down(frame(1, vec![hub.message("Họp lúc 16:30")])).await.unwrap();
    let id = messages(&center).await[0].id;
    let other = crate::actors::Origin::officer("tran.minh", "console-2");
    let (first, second) =
        futures_util::join!(uplink.mark_read(at_counter(), id), uplink.mark_read(other, id));
    assert_eq!(first.unwrap().read_by, second.unwrap().read_by);
    let again = uplink.mark_read(at_counter(), id).await.unwrap();
    assert_eq!((again.readers.len(), again.rev), (2, 3));
    assert!(uplink.mark_read(at_counter(), Uuid::now_v7()).await.is_err());
    until("the console to be told", async || {
        let told = center.live.snapshot(Topic::Messages)?;
        told.data["messages"][0]["read_by"].as_str().map(str::to_owned)
    })
    .await;
}

#[actix_rt::test]
async fn a_message_with_its_full_number_of_readers_is_read_by_the_next_officer_too() {
    let center = Center::start().await;
    let (uplink, mut hub) = (spawn(&center), HubJournal::new(&center));
    tables(&center).apply_down(frame(1, vec![hub.message("Họp lúc 16:30")])).await.unwrap();
    let message = messages(&center).await.remove(0);
    let now = center.clock.now();
    let full = Message {
        readers: (0..Message::READERS_MAX).map(|number| format!("officer-{number}")).collect(),
        rev: message.rev + 1,
        ..message
    };
    let batch = Batch::new("test", now).with(Fact::Message(full.clone()));
    center.ports.writer.commit(batch).await.unwrap();
    let entries = tables(&center).head().await.unwrap().seq;

    let reads = async |officer: &str| {
        center.clock.move_by(1);
        let origin = crate::actors::Origin::officer(officer, "console-2");
        uplink.mark_read(origin, full.id).await.unwrap().readers
    };
    let first = reads("tran.minh").await;
    let second = reads("le.hoa").await;
    assert_eq!((first.len(), second.len()), (full.readers.len() + 1, full.readers.len() + 2));
    assert_eq!(reads("tran.minh").await, second, "once is enough");
    assert_eq!(reads("officer-7").await, second, "among the first, nothing changes either");
    // What the pages draw: no banner for either, and the first readers as they were.
    let shown = messages(&center).await.remove(0).readers;
    assert_eq!(shown[..full.readers.len()], full.readers);
    assert_eq!(shown[full.readers.len()..], ["tran.minh", "le.hoa"]);
    until("the console to be told", async || {
        let told = center.live.snapshot(Topic::Messages)?;
        (told.data["messages"][0]["readers"].as_array()?.len() == shown.len()).then_some(())
    })
    .await;
    assert_eq!(tables(&center).head().await.unwrap().seq, entries, "the journal does not grow");
}

#[actix_rt::test]
async fn the_link_reads_the_journal_and_the_keys_that_it_needs() {
    let center = Center::start().await;
    let tables = tables(&center);
    center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let head = tables.head().await.unwrap();
    assert_eq!((head.epoch, head.seq), (1, 1));
    assert_eq!(tables.hash_at(1).await.unwrap(), Some(head.hash));
    assert_eq!(tables.hash_at(2).await.unwrap(), None);
    let limits = link::types::ReadLimits { entries_max: 10, bytes_max: 1 << 20 };
    let read = tables.entries_from(1, limits).await.unwrap();
    assert_eq!((read.entries.len(), read.keys.len()), (1, 1));
    assert_eq!(tables.acked().await.unwrap(), None);
}

#[actix_rt::test]
async fn an_order_to_erase_is_carried_out_and_said() {
    let center = Center::start().await;
    let (tables, mut hub) = (tables(&center), HubJournal::new(&center));
    let received = center.dossiers.receive(at_counter(), receiving()).await.unwrap();
    let id = received.dossier.unwrap().id;
    let key_id = format!("dossier:{id}");
    let order = json!({
        "key_id": key_id, "rule": "dossier", "reason": "hết thời hạn lưu", "by": "quan.tri",
    });
    let entries = vec![hub.entry("erase", id, &order), hub.message("Vẫn đến")];
    let applied = tables.apply_down(frame(1, entries)).await.unwrap();
    assert!(matches!(applied, DownApplied::Applied { ref parked, .. } if parked.is_empty()));
    let read = center.ports.readers.read(move |conn| store::query::dossiers::by_id(conn, id));
    let after = read.await.unwrap().unwrap();
    assert_eq!(after.applicant, domain::dossier::Applicant::default());
    let limits = link::types::ReadLimits { entries_max: 10, bytes_max: 1 << 20 };
    let read = tables.entries_from(1, limits).await.unwrap();
    let sent = read.keys.iter().find(|key| key.key_id == key_id).unwrap();
    assert!(sent.is_destroyed(), "what was sealed goes without its key, and says so");
    let said = Entry::decode(&read.entries[1].raw).unwrap();
    let kinds: Vec<&str> = said.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["dossier", "erasure", "down_cursor"]);

    // Said again, the order has nothing left to do.
    let again = vec![hub.entry("erase", id, &order)];
    let applied = tables.apply_down(frame(3, again)).await.unwrap();
    assert!(matches!(applied, DownApplied::Applied { ref parked, .. } if parked.is_empty()));
}

#[actix_rt::test]
async fn entries_committed_within_a_moment_are_told_to_the_link_together() {
    let (grow, head) = watch::channel(0);
    let mut told = Box::pin(heads(head, Duration::from_millis(1)));
    told.next().await.expect("what is there at the start is told at once");
    for seq in 1..=3 {
        grow.send_replace(seq);
    }
    told.next().await.expect("it grew");
    assert!(told.next().now_or_never().is_none(), "three entries were told more than once");
    grow.send_replace(4);
    told.next().await.expect("it grew again");

    let (grow, head) = watch::channel(0);
    let mut told = Box::pin(heads(head, Duration::from_secs(3_600)));
    told.next().await.expect("after a rest nothing waits");
    grow.send_replace(1);
    assert!(told.next().now_or_never().is_none(), "told again before the moment was over");
}
