use domain::Journaled;
use domain::dossier::{CustodyDecision, CustodyOutcome};
use journal::entry::NO_HASH;
use journal::seal::Place;
use journal::{Change, ClockState, DataKey, Entry, EntryError, WrappedKey};
use serde_json::Value;

use super::*;
use crate::down::{DownItem, DownMessage, read_entries};
use crate::records::ParkedStream;
use crate::{LocalWrite, StoreError, query};

/// The hub's journal for this node, as the hub would write it.
struct HubJournal {
    raws: Vec<Vec<u8>>,
    keys: Vec<WrappedKey>,
    prev: [u8; 32],
}

impl HubJournal {
    fn new() -> HubJournal {
        HubJournal { raws: vec![], keys: vec![], prev: NO_HASH }
    }

    fn write(&mut self, kind: &str, subject: String, public: &Value, private: &Value) {
        let key_id = format!("dossier:{subject}");
        let sealed = if private.is_null() {
            vec![]
        } else {
            let wrapping = &keys().wrapping;
            let key = match self.keys.iter().find(|key| key.key_id == key_id) {
                Some(known) => wrapping.unwrap(known).unwrap(),
                None => {
                    let key = DataKey::generate().unwrap();
                    self.keys.push(wrapping.wrap(&key_id, &key).unwrap());
                    key
                }
            };
            let place = Place { key_id: &key_id, kind, subject: &subject, rev: 1 };
            key.seal(place, &serde_json::to_vec(private).unwrap()).unwrap()
        };
        let change = Change {
            kind: kind.to_owned(),
            subject,
            axis: String::new(),
            rev: 1,
            base_rev: 0,
            term: 0,
            schema: 1,
            public: serde_json::to_vec(public).unwrap(),
            sealed,
            blobs: vec![],
        };
        let mut entry = Entry {
            format: 1,
            node: node(),
            epoch: 1,
            seq: self.raws.len() as u64 + 1,
            at_utc_us: now().as_microsecond(),
            boot_id: [0; 16],
            monotonic_ns: 0,
            clock_state: ClockState::Steady,
            actor: "hub".to_owned(),
            device: String::new(),
            request_key: String::new(),
            changes: vec![change],
            prev: self.prev,
            hash: NO_HASH,
        };
        self.raws.push(entry.seal_hash().unwrap());
        self.prev = entry.hash;
    }

    fn read(&self) -> Result<Vec<crate::down::DownEntry>, EntryError> {
        read_entries(&node(), &self.raws, &self.keys, &keys().wrapping, Sealing::On)
    }
}

fn journal() -> (HubJournal, Dossier) {
    let mut hub = HubJournal::new();
    let message = DownMessage {
        id: Uuid::now_v7(),
        text: "Xin chào".to_owned(),
        from: "22-1".to_owned(),
        at: now(),
    };
    let (public, private) = message.split();
    assert!(!public.to_string().contains("Xin chào"));
    hub.write("message", message.id.to_string(), &public, &private);
    let dossier = dossier(1);
    let (public, private) = dossier.split();
    hub.write("hand_over_offer", dossier.id.to_string(), &public, &private);
    let decision = CustodyDecision {
        dossier_id: dossier.id,
        outcome: CustodyOutcome::Declined,
        holder: node(),
        term: 2,
        other: NodeId::parse("06676-1").unwrap(),
        note: Some("thiếu giấy tờ".to_owned()),
    };
    let (public, private) = decision.split();
    hub.write("custody_decision", dossier.id.to_string(), &public, &private);
    hub.write("weather", "today".to_owned(), &Value::Null, &Value::Null);
    let nodes = serde_json::json!({ "nodes": ["06658-1", "06676-1"] });
    hub.write("enrolled_nodes", "enrolled_nodes".to_owned(), &nodes, &Value::Null);
    (hub, dossier)
}

#[test]
fn the_hubs_entries_are_read_as_what_they_say() {
    let (hub, dossier) = journal();
    let entries = hub.read().unwrap();
    let item = |place: usize| entries[place].items.as_ref().unwrap()[0].clone();
    assert!(matches!(item(0), DownItem::Message(message) if message.text == "Xin chào"));
    assert!(matches!(item(1), DownItem::HandOverOffer(offered) if *offered == dossier));
    assert!(matches!(item(2), DownItem::CustodyDecision(decision)
        if decision.note.as_deref() == Some("thiếu giấy tờ")));
    assert!(matches!(item(3), DownItem::Unknown { kind } if kind == "weather"));
    let DownItem::EnrolledNodes(enrolled) = item(4) else { panic!("{:?}", item(4)) };
    assert_eq!(enrolled.nodes, [node(), NodeId::parse("06676-1").unwrap()]);
    assert_eq!(entries[0].at, Some(now()));
}

#[test]
fn the_cursor_moves_to_the_beginning_of_a_newer_epoch_and_to_nothing_else_of_another() {
    let folder = folder();
    let store = open(&folder);
    let taken = |epoch, seq, prev| LocalWrite::DownTaken { epoch, seq, prev, hash: [9; 32] };
    let take = |write| store.commit_now(batch().and(write)).map(|_| ());
    take(taken(4, 1, NO_HASH)).unwrap();
    for wrong in
        [taken(3, 1, NO_HASH), taken(5, 2, [9; 32]), taken(5, 1, [9; 32]), taken(4, 1, NO_HASH)]
    {
        assert_eq!(take(wrong), Err(StoreError::Conflict("down.not_next")));
    }
    take(taken(5, 1, NO_HASH)).unwrap();
    take(taken(5, 2, [9; 32])).unwrap();
    let cursor = store.readers().read_now(query::cursors::down).unwrap().unwrap();
    assert_eq!((cursor.epoch, cursor.seq), (5, 2));
}

#[test]
fn the_cursor_moves_only_to_the_next_entry_and_with_what_it_brings() {
    let folder = folder();
    let store = open(&folder);
    let (hub, _) = journal();
    let entries = hub.read().unwrap();
    let take = |place: usize| store.commit_now(batch().and(entries[place].taken()));
    assert_eq!(take(1), Err(StoreError::Conflict("down.not_next")));
    take(0).unwrap();
    assert_eq!(take(0), Err(StoreError::Conflict("down.not_next")), "not twice");
    // several in one transaction, with what they bring
    let whole = entries[1..=3]
        .iter()
        .fold(batch().with(message()), |batch, entry| batch.and(entry.taken()));
    store.commit_now(whole.and(entries[3].parked("down.unknown_kind", now()))).unwrap();
    let cursor = store.readers().read_now(query::cursors::down).unwrap().unwrap();
    assert_eq!((cursor.epoch, cursor.seq, cursor.hash), (1, 4, entries[3].outline.hash));
    let parked = store.readers().read_now(query::parked::all).unwrap();
    assert_eq!(
        (parked[0].stream, parked[0].seq, parked[0].raw.as_ref()),
        (ParkedStream::Down, 4, Some(&hub.raws[3]))
    );
}

#[test]
fn a_frame_that_is_not_in_order_is_refused_whole() {
    let (mut hub, _) = journal();
    hub.raws.swap(1, 2);
    assert_eq!(hub.read().unwrap_err(), EntryError::ChainBroken);
    let (mut hub, _) = journal();
    hub.raws[2][50] ^= 1;
    assert_eq!(hub.read().unwrap_err(), EntryError::HashMismatch);
    let (hub, _) = journal();
    let other = NodeId::parse("22-1").unwrap();
    let read = read_entries(&other, &hub.raws, &hub.keys, &keys().wrapping, Sealing::On);
    assert_eq!(read.unwrap_err(), EntryError::BadNode);
}

#[test]
fn an_entry_that_cannot_be_understood_is_named() {
    let (mut hub, _) = journal();
    hub.keys.clear();
    let entries = hub.read().unwrap();
    assert_eq!(entries[1].items.as_ref().err(), Some(&"down.no_key"));
    let mut hub = HubJournal::new();
    hub.write("message", "x".to_owned(), &serde_json::json!({ "id": 5 }), &Value::Null);
    assert_eq!(hub.read().unwrap()[0].items.as_ref().err(), Some(&"down.bad_message"));
}

#[test]
fn an_offered_dossier_is_sealed_with_the_key_that_came_with_it() {
    let folder = folder();
    let store = open(&folder);
    let (hub, dossier) = journal();
    let entry = &hub.read().unwrap()[1];
    assert_eq!(entry.keys, hub.keys[1..], "its own, and not the message's");
    let offer = entry.data_keys().fold(batch().with(dossier.clone()), Batch::and);
    store.commit_now(offer).unwrap();
    let kept = store.readers().read_now(|c| {
        let entries = query::journal::entries_from(c, 1, 1, 1 << 20)?;
        query::journal::keys_for(c, [entries[0].raw.as_slice()])
    });
    assert_eq!(kept.unwrap(), entry.keys[..1]);

    // a key that does not open here would make the dossier unwritable
    let foreign =
        WrappingKey::from_bytes([1; 32]).wrap("dossier:x", &DataKey::generate().unwrap()).unwrap();
    let refused = store.commit_now(batch().and(crate::LocalWrite::DataKey(foreign)));
    assert_eq!(refused, Err(StoreError::Conflict("data_key.does_not_open")));
}

#[test]
fn an_offered_dossier_brings_its_own_revisions() {
    let folder = folder();
    let store = open(&folder);
    let other = NodeId::parse("22-1").unwrap();
    let offered = |rev| Dossier {
        custody: Custody::Offered { from: other.clone(), at: now() },
        holder: other.clone(),
        rev,
        ..dossier(1)
    };
    let first = offered(8);
    store.commit_now(batch().with(first.clone())).unwrap();
    let accepted =
        Dossier { custody: Custody::Held, holder: node(), term: 2, rev: 9, ..first.clone() };
    store.commit_now(batch().with(accepted)).unwrap();
    // given away, changed elsewhere, offered again
    let again = Dossier { rev: 14, term: 3, ..first.clone() };
    store.commit_now(batch().with(again)).unwrap();
    let stale = store.commit_now(batch().with(Dossier { rev: 14, ..first }));
    assert_eq!(stale.unwrap_err().code(), "store.stale_revision");
    drop(store);
    assert!(crate::check_journal(&config(&folder).folder, &keys()).unwrap().is_ok());
}

#[test]
fn an_entry_whose_key_does_not_open_is_kept_beside_and_the_next_one_is_taken() {
    let folder = folder();
    let store = open(&folder);
    let mut hub = HubJournal::new();
    let (public, private) = dossier(1).split();
    hub.write("hand_over_offer", dossier(1).id.to_string(), &public, &private);
    hub.write("weather", "today".to_owned(), &Value::Null, &Value::Null);
    let foreign = WrappingKey::from_bytes([1; 32]);
    hub.keys = vec![foreign.wrap(&hub.keys[0].key_id, &DataKey::generate().unwrap()).unwrap()];
    for entry in hub.read().unwrap() {
        let code = entry.items.as_ref().err().copied().unwrap_or("down.unknown_kind");
        let whole = entry.data_keys().fold(batch(), |batch, key| batch.and(key));
        store.commit_now(whole.and(entry.parked(code, now())).and(entry.taken())).unwrap();
    }
    let cursor = store.readers().read_now(query::cursors::down).unwrap().unwrap();
    assert_eq!(cursor.seq, 2);
    let parked = store.readers().read_now(query::parked::all).unwrap();
    assert_eq!(parked[0].code, "down.no_key");
}

#[test]
fn a_booking_of_the_provinces_page_is_read_and_one_that_is_none_is_named() {
    let mut hub = HubJournal::new();
    let word = serde_json::json!({
        "id": "019ab000-0000-7000-8000-000000000009", "code": "K7Q2M4XDPA", "service": "ho-tich",
        "kind": "appointment", "from": "2026-11-24T01:00:00Z", "to": "2026-11-24T01:30:00Z",
        "place": 1, "made_at": "2026-11-23T01:00:00Z",
    });
    hub.write("booking", "one".to_owned(), &word, &Value::Null);
    let mut newer = word.clone();
    newer["from_a_newer_hub"] = true.into();
    hub.write("booking", "two".to_owned(), &newer, &Value::Null);
    let mut wrong = word.clone();
    wrong["code"] = "Ưu tiên".into();
    hub.write("booking", "three".to_owned(), &wrong, &Value::Null);
    let entries = hub.read().unwrap();
    for entry in &entries[..2] {
        let item = &entry.items.as_ref().unwrap()[0];
        let DownItem::Booking(read) = item else { panic!("{item:?}") };
        assert_eq!(serde_json::to_value(read).unwrap(), word);
    }
    assert_eq!(entries[2].items.as_ref().unwrap_err(), &"down.bad_booking");
}
