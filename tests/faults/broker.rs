//! Faults of the broker: killed, halted, forgetful, strict; and the two cases in which it works and
//! nothing comes of it: no hub behind it, or a center that it does not let through any more.

use crate::network::BUSY;
use crate::province::{Crash, NODE, Province, times};
use crate::run::{Run, Told, must_disturb};
use anyhow::{Context, ensure};
use domain::ids::NodeId;
use house::ledger::{add_scan, receive_without_ticket};
use house::wire::Wire;
use house::{SOON, scaled};
use journal::topics::{self, Lane};
use motcua::cli::demo::NODES;
use motcua::cli::demo::processes::wait_for;
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// How long the broker stays away, one time after the other; in the list 0, 30 and 300 s.
const AWAY: [Duration; 3] = [Duration::ZERO, Duration::from_millis(1_500), LONGEST];
const LONGEST: Duration = Duration::from_millis(8_000);
/// How long it is halted; in the list 5 minutes.
const HALTED: Duration = Duration::from_secs(9);
/// How long people work on with a strict broker, without a hub.
const LASTS: Duration = Duration::from_secs(10);
/// An alarm must be raised in less than two minutes; here both are scaled.
const ALARM_MAX: Duration = Duration::from_secs(15);

/// 9: with persistence off, as it always is.
pub async fn killed(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    p.begin(&mut dice, BUSY).await?;
    let mut in_flight = 0;
    for away in AWAY {
        p.answered(20).await?;
        in_flight += p.ledger.under_way();
        p.process(Crash::Broker).kill_hard().await?;
        if away == LONGEST {
            p.hold(&mut dice, scaled(away)).await?;
        } else {
            p.work(scaled(away)).await;
        }
        p.process(Crash::Broker).start_again()?;
        p.is_whole().await?;
    }
    let seen = p.end(&mut dice).await?;
    must_disturb(seen.connections >= 3 && seen.hub_connections >= 3, &seen.to_string())?;
    let away = AWAY.map(|away| format!("{:.1}", scaled(away).as_secs_f64()));
    Ok(Told {
        injected: format!("{} kills, away for {} s", AWAY.len(), away.join(", ")),
        disturbed: format!("{in_flight} requests in flight at the kills, {seen}"),
    })
}

/// 10: once with everything it had kept, once with nothing.
pub async fn session_lost_or_kept(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    let files = BrokerFiles::of(p);
    let kept = p.house.folder.path.join("broker-kept");
    fs::create_dir_all(&kept)?;
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o777))?;
    let lines = format!(
        "persistence true\npersistence_location {}/\nautosave_interval 1\n",
        kept.display()
    );
    let ended = async {
        files.write(&files.conf.replace("persistence false", &lines))?;
        p.process(Crash::Broker).stop(Signal::SIGTERM).await;
        p.process(Crash::Broker).start_again()?;
        p.begin(&mut dice, BUSY).await?;
        let database = kept.join("mosquitto.db");
        for keep in [true, false, true] {
            p.answered(20).await?;
            p.process(Crash::Broker).stop(Signal::SIGTERM).await;
            ensure!(database.exists(), "the broker has kept nothing in {}", database.display());
            if !keep {
                fs::remove_file(&database)?;
                p.crash_now().await?;
            }
            p.process(Crash::Broker).start_again()?;
            p.is_whole().await?;
        }
        anyhow::Ok(())
    }
    .await;
    files.put_back()?;
    p.process(Crash::Broker).stop(Signal::SIGTERM).await;
    p.process(Crash::Broker).start_again()?;
    ended?;
    let seen = p.end(&mut dice).await?;
    must_disturb(seen.connections >= 3, &seen.to_string())?;
    Ok(Told {
        injected: "3 restarts with persistence on: its database kept, deleted, kept".to_owned(),
        disturbed: seen.to_string(),
    })
}

/// 11
pub async fn halted(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    p.begin(&mut dice, BUSY).await?;
    p.process(Crash::Broker).signal(Signal::SIGSTOP)?;
    p.hold(&mut dice, scaled(HALTED)).await?;
    p.process(Crash::Broker).signal(Signal::SIGCONT)?;
    let seen = p.end(&mut dice).await?;
    must_disturb(seen.connections > 0 && seen.hub_connections > 0, &seen.to_string())?;
    Ok(Told {
        injected: format!("SIGSTOP for {} s, then SIGCONT", scaled(HALTED).as_secs()),
        disturbed: seen.to_string(),
    })
}

/// 12: messages above 64 KiB are refused, ten may wait, one may be under way.
pub async fn limits_hit(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    let files = BrokerFiles::of(p);
    let ended = async {
        let strict = files
            .conf
            .replace("max_packet_size 1048576", "max_packet_size 65536\nmessage_size_limit 65536")
            .replace("max_inflight_messages 256", "max_inflight_messages 1")
            .replace("max_queued_messages 20000", "max_queued_messages 10");
        ensure!(strict != files.conf, "the broker's file has other lines than expected");
        files.write(&strict)?;
        p.begin(&mut dice, BUSY).await?;
        p.kill(Crash::Broker).await?;
        let dossier = receive_without_ticket(&p.ledger).await;
        add_scan(&p.ledger, &dossier, &mut dice, 600).await;
        p.hold(&mut dice, scaled(LASTS)).await?;
        // Records are small and go through; a large scan cannot, and holds nobody up.
        wait_for("the large scan to wait", scaled(SOON), async || {
            let health = p.ledger.center.health().await?;
            (health["uplink"]["blobs_waiting"].as_u64()? > 0).then_some(())
        })
        .await
        .context("the large scan went through the strict broker")
    }
    .await;
    files.put_back()?;
    p.kill(Crash::Broker).await?;
    ended?;
    let seen = p.end(&mut dice).await?;
    must_disturb(seen.anything(), &seen.to_string())?;
    Ok(Told {
        injected: format!(
            "64 KiB a message, 1 in flight, 10 queued for {} s, with a scan of 600 KiB",
            scaled(LASTS).as_secs()
        ),
        disturbed: seen.to_string(),
    })
}

/// 13: the broker acknowledges everything, and nobody is behind it.
pub async fn hub_away(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    p.begin(&mut dice, BUSY).await?;
    p.process(Crash::Hub).kill_hard().await?;
    p.hold(&mut dice, scaled(LASTS)).await?;
    let waiting = p.seen().waiting_most;
    p.process(Crash::Hub).start_again()?;
    p.began_anew(Crash::Hub);
    let seen = p.end(&mut dice).await?;
    must_disturb(waiting > 20, &seen.to_string())?;
    Ok(Told {
        injected: format!("no hub for {} s while the broker acknowledged", scaled(LASTS).as_secs()),
        disturbed: format!("{waiting} entries acknowledged by the broker alone, {seen}"),
    })
}

/// 14: the center is shut out by name, in the middle of its work; then somebody speaks in another
/// center's name. The broker says "success" to both.
pub async fn not_let_in(run: &mut Run) -> anyhow::Result<Told> {
    let mut dice = run.dice.clone();
    let p = run.province().await;
    let acl = p.house.folder.path.join("hub/broker/acl");
    let before = fs::read_to_string(&acl)?;
    p.begin(&mut dice, BUSY).await?;
    let ended = async {
        let shut_out = format!("{before}\nuser {NODE}\ntopic deny motcua/v1/#\n");
        fs::write(&acl, &shut_out)?;
        p.process(Crash::Broker).signal(Signal::SIGHUP)?;
        p.crash_now().await?;
        if p.crash == Some(Crash::Hub) {
            // A hub that starts finds a list that is not its own and puts its own back: once more.
            wait_for("the hub's own list", scaled(SOON), async || {
                (fs::read_to_string(&acl).ok()? == before).then_some(())
            })
            .await?;
            fs::write(&acl, &shut_out)?;
            p.process(Crash::Broker).signal(Signal::SIGHUP)?;
        }
        let begun = tokio::time::Instant::now();
        // Whoever connects anew may be told at once that it may not listen. A center that has just been
        // started needs its time besides.
        let anew = p.crash.is_some();
        let most = if anew { ALARM_MAX * 2 } else { ALARM_MAX };
        wait_for("an alarm about the missing acknowledgement", scaled(most), async || {
            let health = p.ledger.center.health().await?;
            let reason = health["uplink"]["reason_code"].as_str()?;
            let told = reason == "link.no_acknowledgement"
                || (anew && reason == "pipe.subscription_refused");
            told.then_some(())
        })
        .await?;
        anyhow::Ok(begun.elapsed())
    }
    .await;
    fs::write(&acl, &before)?;
    p.process(Crash::Broker).signal(Signal::SIGHUP)?;
    let alarm_after = ended?;

    let mut hub = Wire::of_hub(&p.house, &["motcua/v1/#"]).await;
    let stranger = Wire::of_center(&p.house, &p.ledger.center).await;
    let other = NodeId::parse(NODES[1].0)?;
    stranger.publish(&topics::up(&other, Lane::Rec), b"in another's name".to_vec());
    let own = NodeId::parse(NODE)?;
    let last = b"in its own name".to_vec();
    stranger.publish(&topics::up(&own, Lane::Blob), last.clone());
    wait_for("what was said in its own name", scaled(SOON), async || {
        let heard = hub.heard();
        assert!(heard.iter().all(|(_, payload)| payload != b"in another's name"));
        heard.iter().any(|(_, payload)| *payload == last).then_some(())
    })
    .await?;
    drop((hub, stranger));
    let seen = p.end(&mut dice).await?;
    must_disturb(seen.waiting_most > 20, &seen.to_string())?;
    Ok(Told {
        injected: "shut out by the access list under load; then a message in another's name".into(),
        disturbed: format!(
            "alarm after {:.1} s where {:.0} s are set, {seen}",
            alarm_after.as_secs_f64(),
            times().alarm_s
        ),
    })
}

/// The broker's own file, to be changed for a while.
struct BrokerFiles {
    path: PathBuf,
    conf: String,
}

impl BrokerFiles {
    fn of(p: &Province) -> Self {
        let path = p.house.folder.path.join("hub/broker/mosquitto.conf");
        Self { conf: fs::read_to_string(&path).unwrap(), path }
    }

    fn write(&self, text: &str) -> anyhow::Result<()> {
        Ok(fs::write(&self.path, text)?)
    }

    fn put_back(&self) -> anyhow::Result<()> {
        self.write(&self.conf)
    }
}
