//! A province in a temporary folder: its own PostgreSQL, keys and authorities, and nodes whose
//! journals are written here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::dossier::Dossier;
use domain::ids::NodeId;
use domain::split::Journaled;
use jiff::Timestamp;
use journal::seal::{DataKey, Place, WrappingKey};
use journal::{Change, ClockState, Entry, Frame, Stream};
use link::hublink::IngestOutcome;
use link::types::ReadLimits;
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::HubState;
use crate::authority::init::init;
use crate::enrol::{Enroller, make_token};
use crate::enrol_words::{EnrolAnswer, EnrolRequest, History};
use crate::settings::Settings;
use crate::store::Store;
use crate::store::nodes::ENROLLED;
use crate::testing::Cluster;

pub const NAME: &str = "Nguyễn Thị Ánh Tuyết";
pub const CITIZEN_NUMBER: &str = "022190001234";

pub struct Province {
    pub settings: Settings,
    pub store: Store,
    pub cluster: Cluster,
    // last: removed after everything that lies in it has ended
    _folder: TempDir,
}

pub fn now() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

pub fn settings(folder: &std::path::Path, connection: &str) -> Settings {
    let mut settings = Settings {
        data_folder: folder.join("hub"),
        centers_file: PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../config/units/centers.csv"
        )),
        points_file: PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../config/units/points.csv"
        )),
        services_file: PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../config/queue/services.toml"
        )),
        ..Settings::default()
    };
    settings.authority.offline_folder = folder.join("offline");
    settings.postgres.connection = connection.to_owned();
    settings
}

impl Province {
    pub async fn new() -> Province {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start_without_fsync(folder.path()).unwrap();
        let settings = settings(folder.path(), &cluster.database("hub").await.unwrap());
        init(&settings, now(), false).unwrap();
        let store = Store::open(&settings).await.unwrap();
        Province { settings, store, cluster, _folder: folder }
    }

    /// The same with a single connection to PostgreSQL for everything that the hub does.
    pub async fn with_one_connection() -> Province {
        let mut province = Province::new().await;
        province.settings.postgres.connections_max = 1;
        province.store = Store::open(&province.settings).await.unwrap();
        province
    }

    /// Makes a token and spends it.
    pub async fn enrol(&self, node: &str) -> TestNode {
        let node = NodeId::parse(node).unwrap();
        let token =
            make_token(&self.store, &self.settings, &node, "Trung tâm", now()).await.unwrap();
        let request = request(&node, &token.to_text());
        let enroller = Enroller::load(&self.settings, &self.store).unwrap();
        let answer = enroller.enrol(&request, now()).await.unwrap();
        TestNode::new(node, &answer)
    }

    /// By which its boxes know this hub.
    pub fn hub_key(&self) -> String {
        journal::hex::encode(&self.store.keys().signing_public().unwrap())
    }

    pub async fn send(&self, frame: Frame) -> IngestOutcome {
        self.store.ingest_frame(&frame.node.clone(), frame, now()).await.unwrap()
    }

    /// What the hub's journal says to a node, oldest first, opened as the node would.
    pub async fn heard(&self, node: &TestNode) -> Vec<Heard> {
        let limits = ReadLimits { entries_max: 100, bytes_max: 1 << 20 };
        let read = self.store.down_entries(node.id.as_str(), 1, limits).await.unwrap();
        let mut prev = journal::entry::NO_HASH;
        let mut heard = Vec::new();
        for (index, raw) in read.entries.iter().enumerate() {
            let entry = Entry::decode(&raw.raw).unwrap();
            entry.verify(&prev).unwrap();
            assert_eq!(entry.seq, index as u64 + 1);
            assert_eq!(entry.node, node.id);
            prev = entry.hash;
            for change in entry.changes {
                let private = if change.sealed.is_empty() {
                    Value::Null
                } else {
                    let key_id = journal::seal::key_id(&change.sealed).unwrap();
                    let wrapped = read.keys.iter().find(|key| key.key_id == key_id).unwrap();
                    let key = node.wrapping.unwrap(wrapped).unwrap();
                    let (kind, subject) = (change.kind.as_str(), change.subject.as_str());
                    let place = Place { key_id, kind, subject, rev: change.rev };
                    serde_json::from_slice(&key.open(place, &change.sealed).unwrap()).unwrap()
                };
                let public = serde_json::from_slice(&change.public).unwrap();
                if change.kind == ENROLLED {
                    // Each enrolment tells everybody; it stands in no test's way.
                    continue;
                }
                heard.push(Heard { kind: change.kind, public, private });
            }
        }
        heard
    }

    /// What the handlers work with, at an instant that stands still, without a broker.
    pub fn state(&self) -> actix_web::web::Data<HubState> {
        actix_web::web::Data::new(HubState {
            store: self.store.clone(),
            enroller: Enroller::load(&self.settings, &self.store).unwrap().into(),
            clock: std::sync::Arc::new(Still),
            machine_clock: std::sync::Arc::new(Still),
            link: tokio::sync::watch::channel(link::hublink::HubLinkStatus::default()).1,
            public: crate::public::Public::default(),
            bookings: crate::api::bookings::SharedLimits::default(),
        })
    }

    /// Where a scan's file lies.
    pub fn file(&self, sha256: [u8; 32]) -> PathBuf {
        let name = journal::hex::encode(&sha256);
        self.settings.data_folder.join("blobs").join(&name[..2]).join(&name)
    }

    /// Number of the last entry of a node's down journal.
    pub async fn down_head(&self, node: &str) -> u64 {
        let client = self.store.client().await.unwrap();
        let sql = "SELECT last_seq FROM down_stream WHERE node = $1";
        let last: i64 = client.query_one(sql, &[&node]).await.unwrap().get(0);
        last.try_into().unwrap()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.store.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}

struct Still;

impl domain::time::Clock for Still {
    fn now(&self) -> Timestamp {
        now()
    }
}

pub struct Heard {
    pub kind: String,
    pub public: Value,
    pub private: Value,
}

pub fn request(node: &NodeId, token: &str) -> EnrolRequest {
    EnrolRequest {
        token: token.to_owned(),
        node: node.to_string(),
        csr_pem: csr(node.as_str(), &[]),
        lan_csr_pem: csr(node.as_str(), &["motcua.local".into(), "192.168.1.10".into()]),
        wrapped_master: "00ff".into(),
        version: "0.1.0".into(),
        continues: None,
        history: History::BeginAnew,
    }
}

pub fn csr(name: &str, names: &[String]) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(names.to_vec()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serialize_request(&key).unwrap().pem().unwrap()
}

/// A node's journal, written by hand.
pub struct TestNode {
    pub id: NodeId,
    pub epoch: u64,
    pub wrapping: WrappingKey,
    pub prev: [u8; 32],
    pub seq: u64,
    pub raws: Vec<Vec<u8>>,
    pub keys: BTreeMap<String, DataKey>,
}

impl TestNode {
    pub fn new(id: NodeId, answer: &EnrolAnswer) -> TestNode {
        TestNode {
            id,
            epoch: answer.epoch,
            wrapping: WrappingKey::from_bytes(
                journal::hex::decode_array(&answer.wrapping_key).unwrap(),
            ),
            prev: journal::entry::NO_HASH,
            seq: 0,
            raws: Vec::new(),
            keys: BTreeMap::new(),
        }
    }

    /// Writes an entry and gives its number.
    pub fn write(&mut self, changes: Vec<Change>) -> u64 {
        let mut entry = Entry {
            format: journal::entry::FORMAT,
            node: self.id.clone(),
            epoch: self.epoch,
            seq: self.seq + 1,
            at_utc_us: now().as_microsecond(),
            boot_id: [0; 16],
            monotonic_ns: 0,
            clock_state: ClockState::Steady,
            actor: "lan".into(),
            device: "console".into(),
            request_key: String::new(),
            changes,
            prev: self.prev,
            hash: journal::entry::NO_HASH,
        };
        let raw = entry.seal_hash().unwrap();
        self.push(raw, entry.hash)
    }

    /// Appends bytes that someone else made.
    pub fn push(&mut self, raw: Vec<u8>, hash: [u8; 32]) -> u64 {
        self.raws.push(raw);
        self.prev = hash;
        self.seq += 1;
        self.seq
    }

    /// The entries from `first` to `last` as a frame.
    pub fn frame(&self, first: u64, last: u64) -> Frame {
        let keys = &self.keys;
        Frame {
            node: self.id.clone(),
            stream: Stream::Up,
            epoch: self.epoch,
            first_seq: first,
            keys: keys.iter().map(|(id, key)| self.wrapping.wrap(id, key).unwrap()).collect(),
            entries: self.raws[first as usize - 1..last as usize].to_vec(),
        }
    }

    pub fn dossier(&mut self, dossier: &Dossier) -> Change {
        let (public, private) = dossier.split();
        let key_id = format!("dossier:{}", dossier.id);
        let key = self.keys.entry(key_id.clone()).or_insert_with(|| DataKey::generate().unwrap());
        let subject = dossier.id.to_string();
        let place = Place { key_id: &key_id, kind: "dossier", subject: &subject, rev: dossier.rev };
        let sealed = key.seal(place, private.to_string().as_bytes()).unwrap();
        let blobs = dossier
            .components
            .iter()
            .flat_map(|component| &component.scans)
            .map(|scan| journal::hex::decode_array(&scan.sha256).unwrap())
            .collect();
        Change {
            term: dossier.term,
            sealed,
            blobs,
            ..change("dossier", &subject, dossier.rev, public)
        }
    }
}

pub fn change(kind: &str, subject: &str, rev: u64, public: Value) -> Change {
    Change {
        kind: kind.into(),
        subject: subject.into(),
        axis: String::new(),
        rev,
        base_rev: rev - 1,
        term: 0,
        schema: 1,
        public: public.to_string().into_bytes(),
        sealed: Vec::new(),
        blobs: Vec::new(),
    }
}

pub fn ticket(subject: &str, rev: u64, state: &str) -> Change {
    change("ticket", subject, rev, json!({ "state": state, "business_day": "2026-11-23" }))
}

pub fn new_dossier(node: &NodeId) -> Dossier {
    serde_json::from_value(json!({
        "id": "019ab000-0000-7000-8000-000000000007",
        "code": "H49.06658-261123-0001",
        "procedure": "1.000894", "procedure_version": 1, "procedure_name": "Đăng ký kết hôn",
        "service": "ho-tich",
        "applicant": { "name": NAME, "citizen_number": CITIZEN_NUMBER },
        "components": [{ "seq": 1, "name": "Tờ khai", "originals": 1, "copies": 0, "received": true }],
        "channel": "direct", "result_channel": "counter",
        "received_at": "2026-11-23T01:00:00Z", "received_by": "lan", "counter": 1,
        "deadline": { "due": "2026-11-24T17:00:00", "due_at": "2026-11-24T10:00:00Z", "reasons": [] },
        "state": 2, "origin": node, "holder": node, "term": 1,
        "custody": { "state": "held" }, "rev": 1
    }))
    .unwrap()
}

pub fn committed(outcome: &IngestOutcome) -> u64 {
    match outcome {
        IngestOutcome::Committed { position, .. } => position.seq,
        IngestOutcome::Refused { code, detail, .. } => panic!("{code}: {detail}"),
    }
}

pub fn refused(outcome: &IngestOutcome) -> &str {
    match outcome {
        IngestOutcome::Refused { code, .. } => code,
        IngestOutcome::Committed { .. } => panic!("it was taken"),
    }
}

pub fn parked(outcome: &IngestOutcome) -> Vec<(u64, &str)> {
    match outcome {
        IngestOutcome::Committed { parked, .. } => {
            parked.iter().map(|one| (one.seq, one.code.as_str())).collect()
        }
        IngestOutcome::Refused { code, detail, .. } => panic!("{code}: {detail}"),
    }
}
