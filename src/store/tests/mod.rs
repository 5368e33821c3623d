//! The store by its promises. What the helpers make is small and made up; no person is meant.

mod accounts;
mod audit;
mod backup;
mod ballots;
mod blobs;
mod bookings;
mod check;
mod commit;
mod cuts;
mod down;
mod durability;
mod erase;
mod growth;
mod log;
mod medium;
mod other_journals;
mod pages;
mod privacy;
mod queries;
mod restore;
mod segments;
mod told_votes;
mod writer;

use domain::deadline::{Channel, Deadline};
use domain::dossier::{
    Applicant, ComponentReceived, Custody, Dossier, NationalState, ResultChannel, ScanRef,
};
use domain::ids::{CounterNumber, NodeId};
use domain::queue::{Counter, CounterState, Ticket, TicketState};
use domain::rating::{Level, Rating, Respondent, Stage, Within};
use jiff::{SignedDuration, Timestamp, civil};
use journal::{Sealing, WrappingKey, hex};
use tempfile::TempDir;
use uuid::Uuid;

use crate::query;
use crate::records::{Message, Officer};
use crate::{Batch, Keys, LocalWrite, Store, StoreConfig, StoreError, check_journal};

const NAME: &str = "Nguyễn Thị Thử Nghiệm";
const NUMBER: &str = "022199000123";
const ADDRESS: &str = "Ngõ Không Có Thật, phường Cao Xanh";

fn node() -> NodeId {
    NodeId::parse("06658-1").unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T01:00:00Z".parse().unwrap()
}

fn after_s(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn day() -> civil::Date {
    civil::date(2026, 11, 23)
}

fn keys() -> Keys {
    Keys { master: [7; 32], wrapping: WrappingKey::from_bytes([9; 32]) }
}

fn config(folder: &TempDir) -> StoreConfig {
    StoreConfig::new(folder.path().join("data"), node(), 1, keys())
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn put(store: &Store, write: LocalWrite) {
    store.commit_now(batch().and(write)).unwrap();
}

fn read<T>(
    store: &Store,
    question: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError>,
) -> T {
    store.readers().read_now(question).unwrap()
}

fn open(folder: &TempDir) -> Store {
    Store::open(config(folder)).unwrap()
}

/// An unkeyed store in a folder that is marked as a demonstration.
fn open_in_the_clear(folder: &TempDir) -> Store {
    let config = config(folder);
    std::fs::create_dir_all(&config.folder).unwrap();
    std::fs::write(config.folder.join(crate::DEMO_MARK), b"").unwrap();
    Store::open(StoreConfig { sealing: Sealing::Off, ..config }).unwrap()
}

fn batch() -> Batch {
    Batch::new("nguyen.lan", now())
}

fn ticket(number: u32) -> Ticket {
    let service = "ho-tich".parse().unwrap();
    Ticket::waiting(Uuid::now_v7(), day(), ('A', number), service, now(), "kiosk-1".to_owned())
}

fn called(ticket: &Ticket, counter: u16) -> Ticket {
    Ticket {
        state: TicketState::Called,
        counter: Some(CounterNumber(counter)),
        called_at: Some(after_s(60)),
        last_called_at: Some(after_s(60)),
        rev: ticket.rev + 1,
        ..ticket.clone()
    }
}

fn counter(number: u16, rev: u64) -> Counter {
    Counter {
        number: CounterNumber(number),
        name: format!("Quầy số {number}"),
        services: vec!["ho-tich".parse().unwrap()],
        withheld: Vec::new(),
        state: CounterState::Open,
        pause_reason: None,
        officer: Some("nguyen.lan".parse().unwrap()),
        current: None,
        last_class: None,
        regular_run: 0,
        opened_on: Some(day()),
        closed_at_day_end: false,
        rev,
    }
}

fn dossier(sequence: u32) -> Dossier {
    Dossier {
        id: Uuid::now_v7(),
        code: format!("H49.06658-261123-{sequence:04}"),
        procedure: "1.001193".parse().unwrap(),
        procedure_version: 1,
        procedure_name: "Đăng ký khai sinh".to_owned(),
        service: "ho-tich".parse().unwrap(),
        applicant: Applicant {
            name: NAME.to_owned(),
            citizen_number: Some(NUMBER.to_owned()),
            birth_date: None,
            sex: None,
            address: Some(ADDRESS.to_owned()),
            phone: None,
        },
        note: None,
        components: vec![ComponentReceived {
            seq: 1,
            name: "Giấy chứng sinh".to_owned(),
            originals: 1,
            copies: 0,
            received: true,
            condition: None,
            scans: vec![],
        }],
        channel: Channel::Direct,
        result_channel: ResultChannel::Counter,
        received_at: after_s(i64::from(sequence)),
        received_by: "nguyen.lan".parse().unwrap(),
        counter: CounterNumber(1),
        ticket: None,
        deadline: Deadline {
            due: civil::date(2026, 11, 24).at(17, 0, 0, 0),
            due_at: after_s(86_400),
            provisional: false,
            reasons: vec![],
        },
        fee_vnd: None,
        state: NationalState::Received,
        origin: node(),
        holder: node(),
        term: 1,
        custody: Custody::Held,
        custody_note: None,
        last_hand_over: None,
        result: None,
        returned: None,
        rev: 1,
    }
}

fn scan_of(sha256: [u8; 32], size: u64) -> ScanRef {
    ScanRef {
        sha256: hex::encode(&sha256),
        size,
        media_type: "image/jpeg".to_owned(),
        name: Some("giay-chung-sinh.jpg".to_owned()),
    }
}

fn rating(level: Level) -> Rating {
    Rating {
        id: Uuid::new_v4(),
        stage: Stage::Receipt,
        level,
        reasons: vec![],
        comment: None,
        respondent: Respondent::Citizen,
        service: Some("ho-tich".parse().unwrap()),
        at: now(),
        within: Within::Hour,
        rev: 1,
    }
}

fn message() -> Message {
    Message {
        id: Uuid::now_v7(),
        text: "Từ 14:00 hôm nay tạm dừng tiếp nhận hồ sơ đất đai.".to_owned(),
        from: "Trung tâm tỉnh".to_owned(),
        at: now(),
        received_at: after_s(2),
        read_at: None,
        read_by: None,
        readers: Vec::new(),
        rev: 1,
    }
}

fn officer() -> Officer {
    Officer {
        id: "nguyen.lan".parse().unwrap(),
        login: "lan".to_owned(),
        name: NAME.to_owned(),
        role: "officer".to_owned(),
        password_hash: "$argon2id$x".to_owned(),
        disabled: false,
        created_at: now(),
    }
}

/// Commits many batches in a few transactions.
fn commit_many(store: &Store, batches: &[Batch]) {
    let mut place = store.writer.lock().unwrap();
    let crate::WriterPlace::Waiting(core) = &mut *place else { panic!("the writer runs") };
    for some in batches.chunks(512) {
        core.commit(some).into_iter().for_each(|answer| {
            answer.unwrap();
        });
    }
}

/// A center's journal and tables are in order, with the store closed.
fn assert_in_order(folder: &TempDir) {
    let report = check_journal(&config(folder).folder, &keys()).unwrap();
    assert!(report.is_ok(), "{report:?}");
}

/// The hub has the journal up to a place.
fn acked(store: &Store, seq: u64) -> crate::LocalWrite {
    let hash = |c: &rusqlite::Connection| {
        crate::segments::hash_at(c, &store.segments(), seq).map(|hash| hash.unwrap())
    };
    crate::LocalWrite::UplinkAcked {
        epoch: 1,
        seq,
        hash: store.readers().read_now(hash).unwrap(),
        parked: vec![],
        message: b"signed".to_vec(),
    }
}

/// Every file below a folder, as one run of bytes.
fn raw_bytes(folder: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(raw_bytes(&path))
        } else {
            bytes.extend(std::fs::read(path).unwrap())
        }
    }
    bytes
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
