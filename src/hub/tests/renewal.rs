//! Certificates are renewed by the key that a box has, also after their end, and taken away for good.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use jiff::{SignedDuration, Timestamp};
use link::mqtt::MqttPipe;
use link::testing::MemoryNode;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

use super::fixture::*;
use super::running::{start_broker, until, uplink, with_broker};
use crate::authority::{Paths, Request};
use crate::cli;
use crate::enrol::{Enroller, make_token};
use crate::enrol_client::{EnrolOrder, Identity, IdentityFiles, Way, enrol, signing_request};
use crate::keys::{write_public, write_secret};
use crate::renew_client::{RenewOrder, step};
use crate::renew_words::{CertificateFacts, RenewDone, RenewRequest};
use crate::run::SystemClock;
use crate::testing::Cluster;

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// A box with its key and the serial of its certificate.
struct Machine {
    node: NodeId,
    key: KeyPair,
    serial: String,
}

impl Machine {
    async fn enrolled(province: &Province, enroller: &Enroller, at: Timestamp) -> Machine {
        let node = NodeId::parse("06658-1").unwrap();
        let (store, settings) = (&province.store, &province.settings);
        let token = make_token(store, settings, &node, "Cao Xanh", at).await.unwrap();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut wanted = request(&node, &token.to_text());
        wanted.csr_pem = signing_request(node.as_str(), &[], &key).unwrap();
        let answer = enroller.enrol(&wanted, at).await.unwrap();
        let serial = CertificateFacts::read(&answer.certificate_pem).unwrap().serial;
        Machine { node, key, serial }
    }

    fn twin(&self) -> Machine {
        let key = KeyPair::from_pem(&self.key.serialize_pem()).unwrap();
        Machine { node: self.node.clone(), key, serial: self.serial.clone() }
    }

    fn asks(&self, enroller: &Enroller, next: &KeyPair, at: Timestamp) -> RenewRequest {
        let challenge = enroller.challenge(self.node.as_str(), at).unwrap().challenge;
        let csr = signing_request(self.node.as_str(), &[], next).unwrap();
        RenewRequest::signed(&self.node, &self.serial, &challenge, csr, None, &self.key).unwrap()
    }

    /// Renews and gives the box with the new pair.
    async fn renew(&self, enroller: &Enroller, at: Timestamp) -> Result<Machine, &'static str> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let request = self.asks(enroller, &key, at);
        let answer = enroller.renew(&request, at).await.map_err(|error| error.code())?;
        let facts = CertificateFacts::read(&answer.certificate_pem).unwrap();
        assert!(facts.belongs_to(&key) && !facts.belongs_to(&self.key));
        Ok(Machine { node: self.node.clone(), key, serial: facts.serial })
    }

    async fn done(&self, enroller: &Enroller, at: Timestamp) -> Result<(), &'static str> {
        let challenge = enroller.challenge(self.node.as_str(), at).unwrap().challenge;
        let done = RenewDone::signed(&self.node, &self.serial, &challenge, &self.key).unwrap();
        enroller.renewed(&done, at).await.map_err(|error| error.code())
    }
}

#[tokio::test]
async fn a_box_renews_by_its_old_key_also_after_the_end_of_its_certificate() {
    let province = Province::new().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let first = Machine::enrolled(&province, &enroller, now()).await;
    let second = first.renew(&enroller, now() + days(45)).await.unwrap();
    second.done(&enroller, now() + days(45)).await.unwrap();
    // off for half a year: the second ended on day 135
    let third = second.renew(&enroller, now() + days(135 + 179)).await.unwrap();
    third.done(&enroller, now() + days(135 + 179)).await.unwrap();
    let late = now() + days(135 + 179 + 90 + 181);
    assert_eq!(third.renew(&enroller, late).await.err(), Some("renew.too_late"));
    let epoch = province.count("SELECT epoch FROM stream").await;
    assert_eq!(epoch, 1, "the journal goes on as it was");
    assert_eq!(
        province.count("SELECT count(*) FROM certificate WHERE purpose = 'device'").await,
        3
    );
}

#[tokio::test]
async fn only_the_key_of_a_certificate_that_is_worth_something_renews() {
    let province = Province::new().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let own = Machine::enrolled(&province, &enroller, now()).await;
    let at = now() + days(50);
    let next = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let renew = async |request: RenewRequest, at| {
        enroller.renew(&request, at).await.err().map(|error| error.code())
    };
    let stranger = Machine { key: KeyPair::generate().unwrap(), ..own.twin() };
    assert_eq!(renew(stranger.asks(&enroller, &next, at), at).await, Some("renew.bad_signature"));
    let unknown = Machine { serial: "40".repeat(16), ..own.twin() };
    let refused = renew(unknown.asks(&enroller, &next, at), at).await;
    assert_eq!(refused, Some("renew.unknown_certificate"));
    // what was signed cannot be changed
    let mut changed = own.asks(&enroller, &next, at);
    changed.csr_pem = csr("06658-1", &[]);
    assert_eq!(renew(changed, at).await, Some("renew.bad_signature"));
    // a challenge is for one box and some minutes, and only the hub makes it
    let mut other = own.asks(&enroller, &next, at);
    other.challenge = enroller.challenge("06676-1", at).unwrap().challenge;
    assert_eq!(renew(other, at).await, Some("renew.bad_challenge"));
    let old = own.asks(&enroller, &next, at);
    let later = at + SignedDuration::from_mins(5);
    assert_eq!(renew(old, later).await, Some("renew.bad_challenge"));
    for garbage in ["", "00", &"ff".repeat(40)] {
        let mut forged = own.asks(&enroller, &next, at);
        forged.challenge = garbage.to_owned();
        assert_eq!(renew(forged, at).await, Some("renew.bad_challenge"));
    }
    // another node's name in the request
    let request = RenewRequest::signed(
        &own.node,
        &own.serial,
        &enroller.challenge("06658-1", at).unwrap().challenge,
        signing_request("06676-1", &[], &next).unwrap(),
        None,
        &own.key,
    );
    assert_eq!(renew(request.unwrap(), at).await, Some("enrol.wrong_node"));
    assert_eq!(
        province.count("SELECT count(*) FROM certificate WHERE purpose = 'device'").await,
        1
    );
}

#[tokio::test]
async fn an_answer_that_was_lost_locks_nobody_out_and_what_was_used_takes_the_older_ones_away() {
    let province = Province::new().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let first = Machine::enrolled(&province, &enroller, now()).await;
    let at = now() + days(45);
    let lost = first.renew(&enroller, at).await.unwrap();
    assert_eq!(first.renew(&enroller, at).await.err(), Some("renew.too_soon"));
    let at = at + SignedDuration::from_mins(2);
    let second = first.renew(&enroller, at).await.unwrap();
    assert_eq!(lost.done(&enroller, at).await.err(), Some("renew.revoked"), "nobody has it");
    second.done(&enroller, at).await.unwrap();
    second.done(&enroller, at).await.unwrap();
    let at = at + days(1);
    assert_eq!(first.renew(&enroller, at).await.err(), Some("renew.revoked"), "an old disk");
    let listed = province.store.revoked_certificates(at).await.unwrap();
    let mut serials: Vec<&str> = listed.iter().map(|one| one.serial.as_str()).collect();
    serials.sort_unstable();
    let mut expected = [first.serial.as_str(), lost.serial.as_str()];
    expected.sort_unstable();
    assert_eq!(serials, expected);
    let ended = at + days(365);
    assert!(province.store.revoked_certificates(ended).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_revoked_node_is_frozen_shut_out_and_comes_back_only_with_a_token() {
    let province = Province::new().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let stolen = Machine::enrolled(&province, &enroller, now()).await;
    let refused = enroller.revoke("06676-1", "binh", now()).await.unwrap_err();
    assert_eq!(refused.code(), "hub.unknown_node");
    assert_eq!(enroller.revoke("06658-1", "binh", now()).await.unwrap(), 1);
    let at = now() + days(1);
    assert_eq!(stolen.renew(&enroller, at).await.err(), Some("renew.revoked"));
    let store = &province.store;
    let frozen = store.known_node("06658-1").await.unwrap().unwrap().frozen;
    assert_eq!(frozen.as_deref(), Some("node.revoked"));
    assert!(!store.thaw("06658-1", at).await.unwrap(), "a click does not give it back");
    let broker = Paths::new(&province.settings.data_folder).broker;
    let acl = || std::fs::read_to_string(broker.join("acl")).unwrap();
    assert!(acl().contains("user 06658-1\ntopic deny motcua/v1/#"), "{}", acl());
    let rows = store.with_certificates(store.fleet(at).await.unwrap(), at).await.unwrap();
    assert!(rows[0].certificate_late);

    let new = Machine::enrolled(&province, &enroller, at).await;
    assert!(!acl().contains("\nuser 06658-1\n"), "{}", acl());
    assert_eq!(store.known_node("06658-1").await.unwrap().unwrap().frozen, None);
    assert_eq!(stolen.renew(&enroller, at + days(1)).await.err(), Some("renew.revoked"));
    new.renew(&enroller, at + days(45)).await.unwrap();
}

#[tokio::test]
async fn the_broker_is_told_also_when_all_other_connections_are_taken() {
    let province = Province::with_one_connection().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let broker = Paths::new(&province.settings.data_folder).broker;
    let told = |file: &str| std::fs::read_to_string(broker.join(file)).unwrap();
    let first = Machine::enrolled(&province, &enroller, now()).await;
    let at = now() + days(45);
    let enrolled = told("revoked.pem");
    let second = first.renew(&enroller, at).await.unwrap();
    let renewed = told("revoked.pem");
    assert_ne!(renewed, enrolled, "another month, and a list of its own");
    second.done(&enroller, at).await.unwrap();
    assert_ne!(told("revoked.pem"), renewed, "with the older certificate");
    assert_eq!(enroller.revoke("06658-1", "binh", at).await.unwrap(), 1);
    assert!(told("acl").contains("user 06658-1\ntopic deny motcua/v1/#"), "{}", told("acl"));
}

#[tokio::test]
async fn the_fleet_shows_when_certificates_end_and_which_should_have_been_renewed() {
    let province = Province::new().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let own = Machine::enrolled(&province, &enroller, now()).await;
    let row = async |at| {
        let rows = province.store.fleet(at).await.unwrap();
        province.store.with_certificates(rows, at).await.unwrap().remove(0)
    };
    assert_eq!(row(now()).await.certificate_ends_at, Some(now() + days(90)));
    assert!(!row(now() + days(59)).await.certificate_late);
    assert!(row(now() + days(61)).await.certificate_late);
    own.renew(&enroller, now() + days(61)).await.unwrap();
    let after = row(now() + days(61)).await;
    assert_eq!(after.certificate_ends_at, Some(now() + days(151)));
    assert!(!after.certificate_late);

    let late = |at| {
        let own = enroller.own_certificates(at).unwrap();
        own.iter().map(|own| own.late).collect::<Vec<_>>()
    };
    assert_eq!(late(now() + days(200)), [false; 3]);
    assert_eq!(late(now() + days(300)), [true; 3]);
    crate::authority::init::init(&province.settings, now() + days(300), true).unwrap();
    assert_eq!(late(now() + days(300)), [false; 3]);
}

/// Gives a box a certificate that was issued some days ago, as if it had been off since.
async fn age(hub: &crate::run::RunningHub, settings: &crate::Settings, home: &Path, ago: i64) {
    let issued_at = Timestamp::now() - days(ago);
    let files = IdentityFiles(home.to_owned());
    let node = Identity::load(home).unwrap().unwrap().node;
    let authority =
        crate::authority::device::DeviceAuthority::load(&Paths::new(&settings.data_folder));
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let wanted = Request::parse(&signing_request(node.as_str(), &[], &key).unwrap()).unwrap();
    let issued = authority.unwrap().issue_node(&node, wanted, issued_at, 90).unwrap();
    let mut client = hub.store().client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.execute("DELETE FROM certificate WHERE purpose = 'device'", &[]).await.unwrap();
    let name = node.as_str();
    hub.store().add_certificate(&tx, name, "device", &issued, issued_at).await.unwrap();
    tx.commit().await.unwrap();
    write_secret(&files.device_key(), key.serialize_pem().as_bytes()).unwrap();
    write_public(&files.device_certificate(), issued.chain_pem.as_bytes()).unwrap();
}

#[actix_web::test]
async fn a_box_that_was_off_for_long_renews_and_its_backlog_goes_up_and_a_stolen_one_is_shut_out() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start_without_fsync(folder.path()).unwrap();
    let settings = with_broker(folder.path(), &cluster).await;
    let _broker = start_broker(&settings);
    let hub = crate::run::start(&settings, Arc::new(SystemClock)).await.unwrap();
    let home = folder.path().join("box");
    let enrolling = async |wanted: &str| {
        let token = cli::enrol(&settings, wanted, Timestamp::now()).await.unwrap();
        let order = EnrolOrder {
            hub_url: format!("https://localhost:{}", hub.addresses()[0].port()),
            token,
            node: Some(NodeId::parse(wanted).unwrap()),
            lan_names: vec!["motcua.local".into()],
            folder: home.clone(),
            version: "0.1.0".into(),
            way: Way::Join,
        };
        enrol(&order).await.unwrap().identity
    };
    let identity = enrolling("06658-1").await;
    let files = IdentityFiles(home.clone());
    let order = RenewOrder {
        folder: home.clone(),
        lan_names: vec!["motcua.local".into()],
        pipe: Arc::new(MqttPipe),
    };
    let serial = || {
        CertificateFacts::read(&std::fs::read_to_string(files.device_certificate()).unwrap())
            .unwrap()
            .serial
    };

    // young: nothing is due
    let fresh = serial();
    assert_eq!(step(&order, Timestamp::now()).await.unwrap(), Default::default());
    assert_eq!(serial(), fresh);

    // its certificate ended ten days ago: the broker does not let it in
    age(&hub, &settings, &home, 100).await;
    let old = serial();
    let node = Arc::new(MemoryNode::new(identity.node.clone(), identity.epoch, 1));
    for _ in 0..50 {
        node.lock().up.append(b"{}", Vec::new());
    }
    let link = uplink(&identity, &files, node.clone());
    let acked = || node.lock().ack.as_ref().map_or(0, |ack| ack.position.seq);
    tokio::time::timeout(Duration::from_secs(2), async {
        until("an acknowledgement that must not come", async || (acked() > 0).then_some(())).await;
    })
    .await
    .expect_err("the broker let an ended certificate in");
    // its clock is years behind, too
    let renewed = step(&order, Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(renewed.device_until.unwrap() > Timestamp::now() + days(89));
    assert_ne!(serial(), old);
    until("the backlog", async || (acked() == 50).then_some(())).await;
    assert_eq!(Identity::load(&home).unwrap().unwrap(), identity, "name, epoch and hub as before");
    for left in ["device.next.pem", "device.next.key", "device.old.pem", "device.old.key"] {
        assert!(!home.join(left).exists(), "{left} is left behind");
    }
    let listed = hub.store().revoked_certificates(Timestamp::now()).await.unwrap();
    assert!(listed.is_empty(), "what has ended need not be listed: {listed:?}");

    // past its half life: the older one is listed as revoked, and the broker refuses it
    age(&hub, &settings, &home, 50).await;
    let old = serial();
    let kept =
        [files.device_certificate(), files.device_key()].map(|file| std::fs::read(file).unwrap());
    step(&order, Timestamp::now()).await.unwrap().device_until.unwrap();
    let listed = hub.store().revoked_certificates(Timestamp::now()).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.serial.as_str()).collect::<Vec<_>>(), [old.as_str()]);
    let thief = folder.path().join("thief");
    copy_folder(&home, &thief);
    write_public(&thief.join("device.pem"), &kept[0]).unwrap();
    write_secret(&thief.join("device.key"), &kept[1]).unwrap();
    let refused = until("the broker to have read its list", async || {
        let_in(&identity, &IdentityFiles(thief.clone())).await.err()
    })
    .await;
    assert!(refused.contains("pipe."), "{refused}");
    let_in(&identity, &files).await.unwrap();

    // stolen: the open connection goes deaf and dumb at once
    link.wake();
    cli::revoke(&settings, "06658-1", Timestamp::now()).await.unwrap();
    node.lock().up.append(b"{}", Vec::new());
    link.wake();
    let refused =
        until("the broker to have read its lists", async || let_in(&identity, &files).await.err())
            .await;
    assert!(refused.contains("pipe."), "{refused}");
    let refused = step(&order, Timestamp::now() + days(60)).await.unwrap_err();
    assert_eq!(refused.code(), "renew.revoked");
    assert_eq!(acked(), 50, "nothing is taken from it");

    // found again: a token lets it in, and its journal goes on
    link.stop().await;
    assert_eq!(enrolling("06658-1").await.epoch, identity.epoch);
    let link = uplink(&identity, &files, node.clone());
    until("the rest", async || (acked() == 51).then_some(())).await;
    link.stop().await;
    hub.stop().await;
}

async fn let_in(identity: &Identity, files: &IdentityFiles) -> Result<(), String> {
    crate::renew_client::try_with_broker(&MqttPipe, identity, files.broker_tls())
        .await
        .map_err(|error| error.to_string())
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
