//! Both drivers over a real mosquitto with the configuration of the field.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::NodeId;
use journal::ctl::HubSigner;
use journal::topics::{self, Lane};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::hublink::{HubLink, HubLinkConfig, Presence, all_shards};
use crate::mqtt::MqttPipe;
use crate::node_session::NO_ACKNOWLEDGEMENT;
use crate::pipe::{ConnectConfig, Connection, Pipe, PipeEvent, TlsFiles};
use crate::settings::LinkSettings;
use crate::testing::{Broker, MemoryHub, MemoryNode, SystemClock, TestAuthority};
use crate::types::LinkState;
use crate::uplink::{Uplink, UplinkConfig, UplinkStatus};

const PATIENCE: Duration = Duration::from_secs(180);

/// Times scaled down; their proportions stay.
fn quick() -> LinkSettings {
    LinkSettings {
        keep_alive_s: 1,
        connect_timeout_s: 5,
        reconnect_first_ms: 50,
        reconnect_max_ms: 500,
        probe_first_ms: 500,
        probe_max_ms: 2_000,
        alarm_after_ms: 2_000,
        ..LinkSettings::default()
    }
}

struct Site {
    folder: TempDir,
    authority: TestAuthority,
    broker: Broker,
    hub: Arc<MemoryHub>,
    signer: Arc<HubSigner>,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = TestAuthority::new(&folder.path().join("certificates")).unwrap();
        let broker = Broker::start(&folder.path().join("broker"), None, Some(&authority)).unwrap();
        let signer = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
        Self { folder, authority, broker, hub: Arc::default(), signer: Arc::new(signer) }
    }

    fn hub_link(&self) -> HubLink {
        let config = HubLinkConfig {
            client_id: "hub-test".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.broker.port(),
            tls: Some(self.authority.issue("hub").unwrap()),
            signer: self.signer.clone(),
            shards: all_shards(),
            settings: quick(),
        };
        HubLink::start(config, Arc::new(MqttPipe), self.hub.clone(), Arc::new(SystemClock))
    }

    fn node(&self, name: &str) -> (NodeId, Arc<MemoryNode>) {
        let node = NodeId::parse(name).unwrap();
        self.hub.enrol(&node, 1, 1);
        (node.clone(), Arc::new(MemoryNode::new(node, 1, 0)))
    }

    fn uplink(&self, node: &NodeId, store: &Arc<MemoryNode>) -> Uplink {
        self.uplink_as(node, store, self.authority.issue(node.as_str()).unwrap())
    }

    fn uplink_as(&self, node: &NodeId, store: &Arc<MemoryNode>, tls: TlsFiles) -> Uplink {
        let config = UplinkConfig {
            node: node.clone(),
            version: "test".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.broker.port(),
            tls: Some(tls),
            hub_keys: vec![self.signer.public_key()],
            settings: quick(),
        };
        Uplink::start(config, Arc::new(MqttPipe), store.clone(), Arc::new(SystemClock))
    }

    fn hub_entries(&self, node: &NodeId) -> usize {
        self.hub.of(node, |node| node.up.entries.len()).unwrap()
    }

    fn connect_config(&self, name: &str, tls: Option<TlsFiles>) -> ConnectConfig {
        quick().connect_config(
            name.to_owned(),
            ("127.0.0.1", self.broker.port()),
            tls,
            Vec::new(),
            None,
        )
    }
}

/// Waits for a condition with a deadline; says what was waited for.
async fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn wait_status(
    uplink: &Uplink,
    what: &str,
    holds: impl FnMut(&UplinkStatus) -> bool,
) -> UplinkStatus {
    let mut status = uplink.status();
    match within(status.wait_for(holds)).await {
        Some(Ok(status)) => status.clone(),
        _ => panic!("waited in vain: {what}; {:?}", *uplink.status().borrow()),
    }
}

async fn within<F: Future>(future: F) -> Option<F::Output> {
    tokio::time::timeout(PATIENCE, future).await.ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journals_and_blobs_reach_the_hub_and_orders_reach_the_node() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let (other, other_store) = site.node("06994-2");
    store.append(1_000, 1_000);
    let scan = store.add_blob((0..700_000u32).map(|n| n.to_le_bytes()[0]).collect());
    site.hub.of(&node, |node| node.down.append(b"before anybody was there", Vec::new()));
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    let other_uplink = site.uplink(&other, &other_store);

    wait_for("journal", || site.hub_entries(&node) == 1_001).await;
    wait_for("blob", || site.hub.of(&node, |node| node.blobs.contains_key(&scan)).unwrap()).await;
    wait_for("order", || store.lock().down.entries.len() == 1).await;
    site.hub.of(&node, |node| node.down.append(b"while connected", Vec::new()));
    hub_link.wake(&node);
    wait_for("second order", || store.lock().down.entries.len() == 2).await;

    other_store.append(1, 10);
    other_uplink.wake();
    wait_for("the other node's entry", || site.hub_entries(&other) == 1).await;

    let status = wait_status(&uplink, "quiet", |status| {
        status.entries_waiting == 0 && status.blobs_waiting == 0
    })
    .await;
    assert_eq!(status.state, LinkState::Online);
    assert_eq!(status.acked_seq, 1_001);
    assert!(status.last_ack_at.is_some() && status.alarm.is_none());
    wait_for("acknowledgement kept", || {
        store.lock().ack.as_ref().is_some_and(|ack| ack.position.seq == 1_001)
    })
    .await;
    wait_for("order acknowledged", || site.hub.of(&node, |node| node.down_acked.seq).unwrap() == 2)
        .await;
    let online = site.hub.of(&node, |node| node.presence.clone()).unwrap();
    assert!(matches!(online, Some(Presence::Online { .. })));

    uplink.stop().await;
    wait_for("offline", || {
        site.hub.of(&node, |node| node.presence == Some(Presence::Offline)).unwrap()
    })
    .await;
    hub_link.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_killed_under_load_again_and_again_loses_nothing() {
    let mut site = Site::new();
    let (node, store) = site.node("06658-1");
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    for round in 1..=5 {
        wait_status(&uplink, "connected again", |status| status.connections >= round).await;
        let before = site.hub_entries(&node);
        wait_for("the load", || {
            store.append(40, 900);
            uplink.wake();
            site.hub.of(&node, |node| node.down.append(b"an order", Vec::new()));
            hub_link.wake(&node);
            site.hub_entries(&node) > before + 100
        })
        .await;
        site.broker.kill().unwrap();
        store.append(200, 900);
        site.broker.restart().unwrap();
    }
    let written = store.lock().up.entries.len();
    wait_for("everything", || site.hub_entries(&node) == written).await;
    let orders = site.hub.of(&node, |node| node.down.entries.len()).unwrap();
    wait_for("every order", || store.lock().down.entries.len() == orders).await;
    let sent: Vec<Vec<u8>> =
        store.lock().up.entries.iter().map(|entry| entry.raw.clone()).collect();
    assert!(site.hub.of(&node, |node| node.up.entries == sent).unwrap());
    assert_eq!(uplink.status().borrow().alarm, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_halted_broker_is_noticed_by_the_watchdog_and_left() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    wait_status(&uplink, "online", |status| status.state == LinkState::Online).await;
    site.broker.halt().unwrap();
    store.append(10, 100);
    uplink.wake();
    wait_status(&uplink, "offline", |status| status.state == LinkState::Offline).await;
    let reason =
        wait_status(&uplink, "a reason", |status| status.down.is_some()).await.down.unwrap();
    assert!(["pipe.silent", "pipe.lost"].contains(&reason.code), "{reason:?}");
    site.broker.go_on().unwrap();
    wait_for("everything", || site.hub_entries(&node) == 10).await;
    drop(hub_link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_another_center_gets_nothing_through_and_the_missing_answer_is_an_alarm() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    store.append(5, 100);
    let hub_link = site.hub_link();
    // The broker lets 06994-2 in, and lets it write nothing under 06658-1.
    let foreign = site.authority.issue("06994-2").unwrap();
    let uplink = site.uplink_as(&node, &store, foreign);
    // Depending on the broker the subscription is refused or granted without effect.
    let status = wait_status(&uplink, "alarm or refusal", |status| {
        status.alarm.as_ref().is_some_and(|alarm| alarm.code == NO_ACKNOWLEDGEMENT)
            || status.down.as_ref().is_some_and(|down| down.code == "pipe.subscription_refused")
    })
    .await;
    assert_ne!(status.state, LinkState::Online);
    assert_eq!(site.hub_entries(&node), 0);
    drop(hub_link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_that_the_broker_drops_is_an_alarm_and_ends_when_it_is_allowed_again() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    wait_status(&uplink, "online", |status| status.state == LinkState::Online).await;
    // The connection stays up and every publish is confirmed by the broker, without effect.
    let acl = std::fs::read_to_string(site.broker.acl_path()).unwrap();
    let narrower = acl.replace("pattern write motcua/v1/+/%u/up/#", "");
    std::fs::write(site.broker.acl_path(), narrower).unwrap();
    site.broker.reload().unwrap();
    // The broker reads it a moment later; what is written until then still goes through.
    wait_for("alarm", || {
        store.append(1, 100);
        uplink.wake();
        uplink.status().borrow().alarm.is_some()
    })
    .await;
    let alarm = uplink.status().borrow().alarm.clone();
    assert_eq!(alarm.unwrap().code, NO_ACKNOWLEDGEMENT);
    let written = store.lock().up.entries.len();
    assert!(site.hub_entries(&node) < written);
    std::fs::write(site.broker.acl_path(), acl).unwrap();
    site.broker.reload().unwrap();
    wait_for("everything", || site.hub_entries(&node) == written).await;
    wait_status(&uplink, "no alarm", |status| status.alarm.is_none()).await;
    drop(hub_link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_comes_in_without_a_certificate_of_the_authority() {
    let site = Site::new();
    let stranger = TestAuthority::new(&site.folder.path().join("stranger")).unwrap();
    let foreign = stranger.issue("06658-1").unwrap();
    let ours = site.authority.issue("06658-1").unwrap();
    for tls in [
        None,
        // Their authority vouches for them, ours does not.
        Some(TlsFiles { authority: ours.authority.clone(), ..foreign.clone() }),
        // They do not accept our broker either.
        Some(TlsFiles { authority: foreign.authority.clone(), ..ours.clone() }),
    ] {
        let mut connection = MqttPipe.connect(&site.connect_config("x", tls)).unwrap();
        let event = within(connection.events.recv()).await.unwrap();
        assert!(matches!(event, Some(PipeEvent::Down(_))), "{event:?}");
    }
    let mut connection = MqttPipe.connect(&site.connect_config("x", Some(ours))).unwrap();
    assert!(matches!(within(connection.events.recv()).await.unwrap(), Some(PipeEvent::Up)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_used_at_the_next_connection() {
    let mut site = Site::new();
    let (node, store) = site.node("06658-1");
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    wait_status(&uplink, "online", |status| status.state == LinkState::Online).await;
    // The files are overwritten under the running uplink, and the old ones would not do any more.
    site.authority = TestAuthority::new(&site.folder.path().join("certificates")).unwrap();
    site.broker.kill().unwrap();
    site.broker = Broker::start(
        &site.folder.path().join("broker"),
        Some(site.broker.port()),
        Some(&site.authority),
    )
    .unwrap();
    site.authority.issue("hub").unwrap();
    site.authority.issue("06658-1").unwrap();
    store.append(3, 100);
    uplink.wake();
    wait_for("everything", || site.hub_entries(&node) == 3).await;
    drop(hub_link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_end_may_stop_and_start_at_any_moment() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let mut hub_link = site.hub_link();
    let mut uplink = site.uplink(&node, &store);
    for round in 1..=6 {
        store.append(300, 500);
        uplink.wake();
        if round % 2 == 0 {
            wait_for("something", || site.hub_entries(&node) > (round - 1) * 300).await;
            hub_link.stop().await;
            hub_link = site.hub_link();
        } else {
            drop(uplink);
            uplink = site.uplink(&node, &store);
        }
    }
    wait_for("everything", || site.hub_entries(&node) == 1_800).await;
    drop(hub_link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_whose_database_is_away_takes_up_where_it_was() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    wait_status(&uplink, "online", |status| status.state == LinkState::Online).await;
    site.hub.lock().fault = Some(crate::types::StoreFault::new("hub.database", "away"));
    store.append(50, 500);
    uplink.wake();
    let status = wait_status(&uplink, "alarm", |status| status.alarm.is_some()).await;
    assert_eq!(status.alarm.unwrap().code, NO_ACKNOWLEDGEMENT);
    site.hub.lock().fault = None;
    wait_for("everything", || site.hub_entries(&node) == 50).await;
    drop(hub_link);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_larger_than_a_packet_is_refused_here_and_not_by_the_line() {
    let site = Site::new();
    let tls = site.authority.issue("hub").unwrap();
    let mut connection = MqttPipe.connect(&site.connect_config("x", Some(tls))).unwrap();
    assert!(matches!(within(connection.events.recv()).await.unwrap(), Some(PipeEvent::Up)));
    let too_large = vec![0; 1024 * 1024];
    let refused = connection.sender.try_publish("motcua/v1/x", too_large, false);
    assert_eq!(refused, Err(crate::pipe::PublishError::TooLarge));
    // The largest that is allowed goes through, and the connection lives on.
    let largest = vec![0; 1024 * 1024 - 64];
    assert_eq!(connection.sender.try_publish("motcua/v1/x", largest, false), Ok(()));
    let gone = tokio::time::timeout(Duration::from_secs(2), connection.events.recv()).await;
    assert!(gone.is_err(), "{gone:?}");
}

/// A connection of its own with this name's certificate and these subscriptions.
async fn connected(site: &Site, name: &str, client_id: &str, topics: &[&str]) -> Connection {
    let mut config = site.connect_config(client_id, Some(site.authority.issue(name).unwrap()));
    config.subscriptions = topics.iter().map(|topic| (*topic).to_owned()).collect();
    let mut connection = MqttPipe.connect(&config).unwrap();
    let event = within(connection.events.recv()).await.unwrap();
    assert!(matches!(event, Some(PipeEvent::Up)), "{event:?}");
    connection
}

/// The topics of everything that comes until the message `end`.
async fn topics_until_end(connection: &mut Connection) -> Vec<String> {
    let mut topics = Vec::new();
    while let Some(PipeEvent::Message { topic, payload, .. }) =
        within(connection.events.recv()).await.unwrap()
    {
        if payload == b"end" {
            return topics;
        }
        topics.push(topic);
    }
    panic!("the connection ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_bytes_were_changed_on_the_way_is_told_and_not_believed() {
    let site = Site::new();
    let mut hub = connected(&site, "hub", "hub", &["motcua/v1/#"]).await;
    // Somebody who does not put the check that both ends put.
    let config = site.connect_config("bent", Some(site.authority.issue("hub").unwrap()));
    let tls = crate::tls::client_config(config.tls.as_ref().unwrap(), None).unwrap();
    let mut options = rumqttc::MqttOptions::new("bent", &config.host, config.port);
    let tls = rumqttc::TlsConfiguration::Rustls(tls);
    options.set_transport(rumqttc::Transport::Tls(tls));
    let (client, mut event_loop) = rumqttc::AsyncClient::new(options, 16);
    let polling = tokio::spawn(async move { while event_loop.poll().await.is_ok() {} });
    let bent = b"{\"type\":\"hello\",\"max_seq\":16}".to_vec();
    let topic = topics::up(&"06658-1".parse().unwrap(), Lane::Ctl);
    client.publish(&topic, rumqttc::QoS::AtLeastOnce, false, bent).await.unwrap();
    match within(hub.events.recv()).await.unwrap() {
        Some(PipeEvent::Spoilt { topic: told }) => assert_eq!(told, topic),
        other => panic!("{other:?}"),
    }
    // And the connection goes on.
    hub.sender.try_publish("motcua/v1/x", b"whole".to_vec(), false).unwrap();
    match within(hub.events.recv()).await.unwrap() {
        Some(PipeEvent::Message { payload, .. }) => assert_eq!(payload, b"whole"),
        other => panic!("{other:?}"),
    }
    polling.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_center_writes_only_under_its_name_and_reads_only_what_is_meant_for_it() {
    let site = Site::new();
    let own = topics::up(&"06658-1".parse().unwrap(), Lane::Rec);
    let foreign = topics::up(&"06994-2".parse().unwrap(), Lane::Rec);
    let own_down = topics::down(&"06658-1".parse().unwrap(), Lane::Rec);
    let foreign_down = topics::down(&"06994-2".parse().unwrap(), Lane::Rec);
    let mut hub = connected(&site, "hub", "hub", &["motcua/v1/#"]).await;
    let mut node = connected(&site, "06658-1", "06658-1", &[&own_down]).await;
    for topic in [&foreign, &foreign_down, &own_down, topics::HUB_STATE, "elsewhere", &own] {
        node.sender.try_publish(topic, b"from the node".to_vec(), false).unwrap();
    }
    node.sender.try_publish(&own, b"end".to_vec(), false).unwrap();
    assert_eq!(topics_until_end(&mut hub).await, [own]);

    for topic in [&foreign_down, &own_down] {
        hub.sender.try_publish(topic, b"from the hub".to_vec(), false).unwrap();
    }
    hub.sender.try_publish(&own_down, b"end".to_vec(), false).unwrap();
    assert_eq!(topics_until_end(&mut node).await, [own_down]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_center_shut_out_in_the_access_list_is_out_also_on_its_open_connection() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let (other, other_store) = site.node("06994-2");
    let _hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    let other_uplink = site.uplink(&other, &other_store);
    wait_status(&uplink, "online", |status| status.state == LinkState::Online).await;
    let acl = std::fs::read_to_string(site.broker.acl_path()).unwrap();
    let deny = "\nuser 06658-1\ntopic deny motcua/v1/#\n";
    std::fs::write(site.broker.acl_path(), acl + deny).unwrap();
    site.broker.reload().unwrap();
    wait_for("alarm", || {
        store.append(1, 100);
        uplink.wake();
        uplink.status().borrow().alarm.is_some()
    })
    .await;
    let at_hub = site.hub_entries(&node);
    other_store.append(3, 100);
    other_uplink.wake();
    wait_for("the other center goes on", || site.hub_entries(&other) == 3).await;
    assert_eq!(site.hub_entries(&node), at_hub);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_the_hub_does_not_know_gets_no_answer() {
    let site = Site::new();
    let node: NodeId = "22-1".parse().unwrap();
    let store = Arc::new(MemoryNode::new(node.clone(), 1, 0));
    store.append(5, 100);
    let _hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    let status = wait_status(&uplink, "alarm", |status| status.alarm.is_some()).await;
    assert_eq!(status.alarm.unwrap().code, NO_ACKNOWLEDGEMENT);
    assert_eq!(status.acked_seq, 0);
    // From the moment it is enrolled everything flows.
    site.hub.enrol(&node, 1, 1);
    wait_for("everything", || site.hub_entries(&node) == 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_stream_takes_nothing_and_goes_on_when_a_person_has_decided() {
    let site = Site::new();
    let (node, store) = site.node("06658-1");
    let hub_link = site.hub_link();
    let uplink = site.uplink(&node, &store);
    wait_status(&uplink, "online", |status| status.state == LinkState::Online).await;
    site.hub.of(&node, |node| node.frozen = Some("node.frozen".to_owned()));
    hub_link.wake(&node);
    wait_for("the alarm at the node", || {
        store.append(1, 100);
        uplink.wake();
        let status = uplink.status();
        let alarm = status.borrow().alarm.clone();
        alarm.is_some_and(|alarm| alarm.code == "node.frozen")
    })
    .await;
    let at_hub = site.hub_entries(&node);
    store.append(5, 100);
    uplink.wake();
    site.hub.of(&node, |node| node.frozen = None);
    hub_link.wake(&node);
    let written = store.lock().up.entries.len();
    assert!(at_hub < written);
    wait_for("everything", || site.hub_entries(&node) == written).await;
}
