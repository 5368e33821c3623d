//! The whole hub with a real broker: a box is enrolled over HTTPS, its journal and a scan go up, an
//! order comes down, and a technician looks at the fleet.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::NodeId;
use journal::WrappingKey;
use link::mqtt::MqttPipe;
use link::settings::LinkSettings;
use link::testing::MemoryNode;
use link::uplink::{Uplink, UplinkConfig};
use serde_json::{Value, json};
use web::auth::Role;

use super::fixture::settings;
use crate::cli;
use crate::enrol_client::{EnrolOrder, Enrolled, Identity, IdentityFiles, Way, enrol};
use crate::enrol_words::EnrolToken;
use crate::run::SystemClock;
use crate::settings::Settings;
use crate::testing::Cluster;

pub(super) struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Settings of a hub that is set up for a real broker, which is still to be started.
pub(super) async fn with_broker(folder: &Path, cluster: &Cluster) -> Settings {
    let mut settings = settings(folder, &cluster.database("hub").await.unwrap());
    settings.http.listen = "127.0.0.1:0".parse().unwrap();
    settings.http.workers = 1;
    settings.broker.host = "localhost".into();
    settings.broker.port = link::testing::free_port().unwrap();
    settings.broker.user = "root".into();
    settings.broker.log = "stderr".into();
    settings.link.reconnect_first_ms = 50;
    settings.link.reconnect_max_ms = 500;
    cli::init(&settings, jiff::Timestamp::now(), false).await.unwrap();
    settings
}

pub(super) fn start_broker(settings: &Settings) -> Broker {
    let child = Command::new("/usr/sbin/mosquitto")
        .arg("-c")
        .arg(settings.data_folder.join("broker/mosquitto.conf"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto is missing: run ./provision/setup");
    Broker(child)
}

pub(super) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(180), "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) fn uplink(identity: &Identity, files: &IdentityFiles, node: Arc<MemoryNode>) -> Uplink {
    let config = UplinkConfig {
        node: identity.node.clone(),
        version: "0.1.0".into(),
        host: identity.broker_host.clone(),
        port: identity.broker_port,
        tls: Some(files.broker_tls()),
        hub_keys: vec![identity.hub_key().unwrap()],
        settings: LinkSettings {
            reconnect_first_ms: 50,
            reconnect_max_ms: 500,
            ..LinkSettings::default()
        },
    };
    Uplink::start(config, Arc::new(MqttPipe), node, Arc::new(SystemClock))
}

async fn enrolled(settings: &Settings, url: &str, folder: &Path, node: &str) -> Enrolled {
    let token = cli::enrol(settings, node, jiff::Timestamp::now()).await.unwrap();
    let order = EnrolOrder {
        hub_url: url.to_owned(),
        token: token.clone(),
        node: Some(NodeId::parse(node).unwrap()),
        lan_names: vec![format!("motcua-{node}.local"), "192.168.1.20".into()],
        folder: folder.to_owned(),
        version: "0.1.0".into(),
        way: Way::Join,
    };
    let enrolled = enrol(&order).await.unwrap();
    let again = enrol(&order).await.err().unwrap();
    assert_eq!(again.code(), "enrol.token_used", "{again}");
    // another authority's fingerprint: not a word is said
    let mut forged = EnrolToken::parse(&token).unwrap();
    forged.fingerprint[0] ^= 1;
    let forged = EnrolOrder { token: forged.to_text(), ..order };
    let forged = enrol(&forged).await.err().unwrap();
    assert_eq!(forged.code(), "enrol.hub_unreachable");
    assert!(forged.to_string().contains("UnknownIssuer"), "{forged}");
    enrolled
}

#[actix_web::test]
async fn a_box_comes_in_sends_and_hears() {
    let folder = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(folder.path()).unwrap();
    let settings = with_broker(folder.path(), &cluster).await;
    cli::officer_add(
        &settings,
        "binh",
        "Trần Bình",
        Role::Admin,
        "mat-khau-rat-dai-1",
        jiff::Timestamp::now(),
    )
    .await
    .unwrap();
    let broker = start_broker(&settings);
    let hub = crate::run::start(&settings, Arc::new(SystemClock)).await.unwrap();
    let url = format!("https://localhost:{}", hub.addresses()[0].port());

    let home = folder.path().join("box");
    let enrolled = enrolled(&settings, &url, &home, "06658-1").await;
    let files = IdentityFiles(home.clone());
    let master: [u8; 32] = std::fs::read(files.master_key()).unwrap().try_into().unwrap();
    let client = hub.store().client().await.unwrap();
    let wrapped: Vec<u8> =
        client.query_one("SELECT wrapped_master FROM wrapping_key", &[]).await.unwrap().get(0);
    assert_eq!(enrolled.sheet.as_ref().unwrap().open(&wrapped).unwrap(), master);
    let code = enrolled.sheet.as_ref().unwrap().code();
    assert!(enrolled.sheet_text().unwrap().contains(&code));
    let identity = Identity::load(&home).unwrap().unwrap();
    assert_eq!(identity, enrolled.identity);

    // up: records and a scan
    let node = Arc::new(MemoryNode::new(identity.node.clone(), identity.epoch, 1));
    let wrapping = std::fs::read(files.wrapping_key()).unwrap();
    node.lock().wrapping = WrappingKey::from_bytes(wrapping.try_into().unwrap());
    for number in 0..250 {
        let body = json!({ "number": number, "state": "waiting" }).to_string();
        node.lock().up.append(body.as_bytes(), Vec::new());
    }
    let scan = vec![7_u8; 300_000];
    let name = journal::entry::sha256(&scan);
    let seq = node.lock().up.append(b"{}", vec![name]);
    node.lock().blobs.push((name, scan.clone(), seq, false));
    let uplink = uplink(&identity, &files, node.clone());
    until("the acknowledgement", async || {
        node.lock().ack.as_ref().is_some_and(|ack| ack.position.seq == 251).then_some(())
    })
    .await;
    until("the scan", async || node.lock().blobs[0].3.then_some(())).await;
    assert_eq!(hub.store().read_blob(name).await.unwrap().unwrap(), scan);

    // down: an order that another process gives, after the list of boxes that came with enrolment
    cli::order(&settings, "Họp lúc 16 giờ", None, "binh", jiff::Timestamp::now()).await.unwrap();
    until("the order", async || (node.lock().down.position.seq == 2).then_some(())).await;
    until("its delivery", async || {
        hub.store().orders(None).await.unwrap()[0].nodes[0].delivered.then_some(())
    })
    .await;

    // beside the journal: how many wait there, for everybody to see
    let an_hour_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    uplink.tell_hall(json!({ "at": an_hour_ago, "open_counters": 2, "waiting": 7 }));
    until("the hall's figures", async || {
        let halls = hub.store().halls().await.unwrap();
        halls[0].told.as_ref().is_some_and(|(told, _)| told.waiting == 7).then_some(())
    })
    .await;

    // the pages
    rustls::crypto::ring::default_provider().install_default().ok();
    let root =
        reqwest::Certificate::from_pem(&std::fs::read(files.lan_authority()).unwrap()).unwrap();
    let browser = reqwest::Client::builder()
        .tls_built_in_root_certs(false)
        .add_root_certificate(root)
        .build()
        .unwrap();
    let get = async |path: &str, cookie: &str| {
        let response =
            browser.get(format!("{url}{path}")).header("Cookie", cookie).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(get("/api/v1/health", "").await.1["broker"], "connected");
    let public = browser.get(format!("{url}/cho")).send().await.unwrap();
    assert_eq!(
        (public.status().as_u16(), &public.headers()["cache-control"] == "public, max-age=5"),
        (200, true)
    );
    let public = public.text().await.unwrap();
    assert!(public.contains("Số liệu cũ") && public.contains("có 7 người chờ"), "{public}");
    let (status, problem) = get("/api/v1/nodes", "").await;
    assert_eq!((status, problem["code"].as_str()), (401, Some("auth.not_signed_in")));
    let signed_in = browser
        .post(format!("{url}/api/v1/session"))
        .json(&json!({ "login": "binh", "password": "mat-khau-rat-dai-1" }))
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status().as_u16(), 201);
    let cookie =
        signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = signed_in.json::<Value>().await.unwrap()["csrf"].as_str().unwrap().to_owned();
    let (_, nodes) = get("/api/v1/nodes", &cookie).await;
    assert_eq!(nodes[0]["node"], "06658-1");
    assert_eq!(nodes[0]["state"], "online");
    assert_eq!(nodes[0]["last_seq"], 251);
    assert_eq!(nodes[0]["lag_entries"], 0);
    assert_eq!(nodes[0]["blobs_missing"], 0);
    let (_, aside) = get("/api/v1/nodes/06658-1/parked", &cookie).await;
    assert_eq!(aside["parked"], json!([]));
    let (_, document) = get("/api/openapi.json", &cookie).await;
    assert!(document["paths"]["/api/v1/nodes"].is_object());
    let (status, report) =
        get("/api/v1/reports/queue?from=2026-11-23&to=2026-11-23", &cookie).await;
    assert_eq!((status, &report["rows"]), (200, &json!([])));
    assert_eq!(get("/api/v1/reports/queue?from=2026-11-23&to=2026-11-23", "").await.0, 401);
    let order = browser
        .post(format!("{url}/api/v1/orders"))
        .header("Cookie", &cookie)
        .header("X-CSRF-Token", &csrf)
        .header("Idempotency-Key", "1")
        .json(&json!({ "text": "Nghỉ lễ", "nodes": ["06658-1"] }))
        .send()
        .await
        .unwrap();
    assert_eq!(order.status().as_u16(), 201);
    until("the second order", async || (node.lock().down.position.seq == 3).then_some(())).await;

    // the database is killed under the running hub, and then the broker: nobody does anything
    let acknowledged = async |seq: u64| {
        let name = format!("entry {seq}");
        until(&name, async || {
            node.lock().ack.as_ref().is_some_and(|ack| ack.position.seq == seq).then_some(())
        })
        .await;
    };
    cluster.kill_and_restart().unwrap();
    node.lock().up.append(b"{}", Vec::new());
    uplink.wake();
    acknowledged(252).await;
    cli::order(&settings, "Họp lại", None, "binh", jiff::Timestamp::now()).await.unwrap();
    until("the third order", async || (node.lock().down.position.seq == 4).then_some(())).await;
    drop(broker);
    node.lock().up.append(b"{}", Vec::new());
    let _broker = start_broker(&settings);
    acknowledged(253).await;
    cli::order(&settings, "Nghỉ", None, "binh", jiff::Timestamp::now()).await.unwrap();
    until("the fourth order", async || (node.lock().down.position.seq == 5).then_some(())).await;
    uplink.stop().await;

    // new certificates, months later: the same journal and the same key
    let key = std::fs::read(files.wrapping_key()).unwrap();
    let certificate = std::fs::read(files.device_certificate()).unwrap();
    let again = self::enrolled(&settings, &url, &home, "06658-1").await;
    assert_eq!(again.identity, identity);
    assert_eq!(std::fs::read(files.wrapping_key()).unwrap(), key);
    assert_ne!(std::fs::read(files.device_certificate()).unwrap(), certificate);
    let renewed = self::uplink(&identity, &files, node.clone());
    node.lock().up.append(b"{}", Vec::new());
    renewed.wake();
    acknowledged(254).await;
    renewed.stop().await;
    until("the node to be gone", async || {
        let (_, nodes) = get("/api/v1/nodes", &cookie).await;
        (nodes[0]["state"] == "offline").then_some(())
    })
    .await;
    hub.stop().await;
}
