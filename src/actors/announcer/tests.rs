//! The rule is tried in `domain::announce`; here, that the shell keeps to it.

use super::*;
use crate::actors::device_host::{DeviceHost, DeviceHostSettings, DevicePorts};
use crate::actors::live::{HallCallKind, HallNow, Live};
use crate::actors::testing::{Center, until};
use actix::ArbiterHandle;
use devices::{DeviceConfig, TransportConfig, led_alpha};
use domain::announce::{Occasion, Way};
use domain::ids::CounterNumber;
use domain::time::Clock;
use jiff::SignedDuration;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A voice of five seconds that remembers what it said.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Voice for Heard {
    fn length(&self, _call: &Call, _hurried: bool) -> SignedDuration {
        SignedDuration::from_secs(5)
    }

    fn say(&mut self, call: &Call, hurried: bool) -> Vec<String> {
        let how = match (hurried, call.kind) {
            (true, _) => " in short",
            (false, HallCallKind::Recall) => " again",
            (false, HallCallKind::Call) => "",
        };
        self.0.lock().unwrap().push(format!("{}{how}", call.label));
        vec![format!("{}/1", call.label)]
    }
}

fn call(center: &Center, number: u16) -> Call {
    Call {
        ticket: Uuid::from_u128(u128::from(number)),
        label: format!("A{number:03}"),
        counter: CounterNumber(number),
        kind: HallCallKind::Call,
        at: center.clock.now(),
        occasion: Occasion::default(),
    }
}

/// An announcer of three seconds a call.
fn announcer(center: &Center, live: &Live, voice: impl Voice + 'static) -> Announcer {
    let call = SignedDuration::from_secs(3);
    Announcer::new(call, live.clone(), center.clock.clone(), Box::new(voice))
}

/// The test's own thread.
fn here() -> ArbiterHandle {
    actix_rt::System::current().arbiter().clone()
}

async fn shown(live: &Live, label: &str) -> HallNow {
    until(label, async || live.hall().now.filter(|now| now.label == label)).await
}

#[actix_rt::test]
async fn voice_and_large_line_go_on_together_and_a_recall_is_said_again() {
    let center = Center::start().await;
    let (live, heard) = (Live::unseen(), Heard::default());
    let announcer = announcer(&center, &live, heard.clone()).spawn(&here());
    announcer.call(call(&center, 1));
    announcer.call(call(&center, 2));
    let first = shown(&live, "A001").await;
    assert_eq!(first.voice, ["A001/1"]);
    assert_eq!(first.since, center.clock.now());

    announcer.call(Call { kind: HallCallKind::Recall, ..call(&center, 1) });
    center.clock.move_by(5);
    assert_eq!(shown(&live, "A002").await.voice, ["A002/1"]);
    center.clock.move_by(5);
    let again = shown(&live, "A001").await;
    assert_ne!(again.since, first.since);
    assert_eq!(*heard.0.lock().unwrap(), ["A001", "A002 in short", "A001 again"]);
}

#[actix_rt::test]
async fn the_large_line_tells_who_moves_on_and_where_a_result_is_returned() {
    let center = Center::start().await;
    let live = Live::unseen();
    let announcer = announcer(&center, &live, Heard::default()).spawn(&here());
    let occasion = Occasion { way: Way::MovesOn, result: true };
    announcer.call(Call { occasion, ..call(&center, 1) });
    let line = shown(&live, "A001").await;
    assert_eq!((line.way, line.result), (Way::MovesOn, true));
    let seen = serde_json::to_value(&line).unwrap();
    assert_eq!(seen["way"], "moves_on");
}

#[actix_rt::test]
async fn a_call_is_said_a_second_time_unless_its_citizen_came() {
    let center = Center::start().await;
    let (live, heard) = (Live::unseen(), Heard::default());
    let announcer = announcer(&center, &live, heard.clone()).spawn(&here());
    let said = async |count: usize| {
        until("it is said", async || (heard.0.lock().unwrap().len() == count).then_some(())).await;
    };
    announcer.call(call(&center, 1));
    let first = shown(&live, "A001").await;
    center.clock.move_by(5);
    said(2).await;
    let second = until("the line that goes with it", async || {
        live.hall().now.filter(|now| now.since != first.since)
    })
    .await;
    assert_eq!(second.label, "A001");

    announcer.call(call(&center, 2));
    center.clock.move_by(5);
    said(3).await;
    announcer.withdraw(call(&center, 2).ticket);
    center.clock.move_by(15);
    until("an empty line", async || live.hall().now.is_none().then_some(())).await;
    assert_eq!(*heard.0.lock().unwrap(), ["A001", "A001 again", "A002"]);
}

#[actix_rt::test]
async fn the_hall_s_board_shows_the_call_of_the_large_line_and_is_cleared_with_it() {
    let center = Center::start().await;
    let sign = led_alpha::sim::Control::new(&led_alpha::sim::Options::default()).unwrap();
    let (line, _server) = sign.line().await.unwrap();
    let board = DeviceConfig {
        id: "board".to_owned(),
        driver: "led_alpha".to_owned(),
        transport: TransportConfig::Simulated(line),
        counter: None,
        settings: toml::from_str("board = true").unwrap(),
    };
    let live = Live::unseen();
    let devices = DeviceHost::new(
        DeviceHostSettings { devices: vec![board], slip_printers: Vec::new(), discovery: None },
        DevicePorts {
            store: center.ports.clone(),
            live: live.clone(),
            clock: center.clock.clone(),
        },
    )
    .spawn(&here());
    let announcer = announcer(&center, &live, Silence).with_boards(devices).spawn(&here());
    let shows = |text: &str| sign.shown().text.contains(text).then_some(());
    announcer.call(call(&center, 1));
    announcer.call(call(&center, 2));
    until("the first call on the board", async || shows("A001 QUAY 1")).await;
    center.clock.move_by(3);
    until("the second call on the board", async || shows("A002 QUAY 2")).await;
    center.clock.move_by(15);
    until("an empty board", async || (shows("A002").is_none()).then_some(())).await;
}
