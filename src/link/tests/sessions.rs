//! What the sessions promise, tried in the model.

use std::time::Duration;

use dice::Dice;
use journal::ctl::{Ack, Hello, HubMessage, HubSigner, NodeMessage};
use journal::topics::Lane;
use journal::{Frame, Stream};
use proptest::prelude::*;

use super::model::{CALM, Model, World};
use crate::hub_session::{DOWN_FORK, HubAction, HubEvent};
use crate::hublink::{IngestOutcome, Presence};
use crate::node_session::{NO_ACKNOWLEDGEMENT, NodeEvent};
use crate::settings::LinkSettings;
use crate::testing::WrittenChain;
use crate::types::{LinkState, ReadLimits};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn world() -> impl Strategy<Value = World> {
    let rare = |shortest: u64| prop_oneof![Just(u64::MAX), shortest..300_000u64];
    let rate = prop_oneof![Just(u64::MAX), 8_000..1_000_000u64];
    (0..40u64, 0..40u64, 1..3_000u64, rare(2_000), rare(5_000), rare(5_000), 0..20u64, rate)
        .prop_map(
            |(
                lost,
                doubled,
                delay_ms_max,
                cut_every_ms,
                node_restart_every_ms,
                hub_restart_every_ms,
                store_fault,
                bytes_per_s,
            )| World {
                lost,
                doubled,
                delay_ms_max,
                cut_every_ms,
                node_restart_every_ms,
                hub_restart_every_ms,
                store_fault,
                bytes_per_s,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_in_order_whatever_the_line_does(
        seed: u64,
        world in world(),
        up in 0..1_500u64,
        down in 0..60u64,
    ) {
        let mut model = Model::new(seed, world, LinkSettings::default());
        model.write_for(10 * MINUTE, up, down);
        model.run_until(10 * MINUTE);
        model.calm();
        let done = model.run_until_true(2 * HOUR, Model::everything_is_there);
        prop_assert!(
            done,
            "node {:?} hub {:?} acked {} down {:?} of {:?} acked {} state {:?} alarm {:?}",
            model.node_up.head(), model.hub_up.position, model.node_acked,
            model.node_down.position, model.hub_down.head(), model.hub_down_acked,
            model.node.state(), model.node_alarm,
        );
        let sent: Vec<Vec<u8>> = model.node_up.entries.iter().map(|e| e.raw.clone()).collect();
        prop_assert_eq!(sent, model.hub_up.entries);
        let orders: Vec<Vec<u8>> = model.hub_down.entries.iter().map(|e| e.raw.clone()).collect();
        prop_assert_eq!(orders, model.node_down.entries);
        prop_assert!(model.hub_times > 0);
        prop_assert_eq!(&model.node_alarm, &None);
    }
}

#[test]
fn a_backlog_flows_in_full_frames_on_a_calm_line() {
    let in_order = World { delay_ms_max: 1, ..CALM };
    let mut model = Model::new(1, in_order, LinkSettings::default());
    for _ in 0..5_000 {
        model.node_up.append(&[1; 200], Vec::new());
    }
    assert!(model.run_until_true(HOUR, Model::everything_is_there));
    // 50 frames, their acknowledgements, hello and resume; nothing twice.
    assert!(model.messages <= 110, "{} messages", model.messages);
    assert_eq!(model.node.frames_repeated(), 0);
}

#[test]
fn on_a_line_of_128_kbit_a_backlog_flows_without_choking_the_connection() {
    let slow = World { delay_ms_max: 1, bytes_per_s: 16_000, ..CALM };
    let mut model = Model::new(14, slow, LinkSettings::default());
    let mut dice = Dice::new(14);
    let mut bytes = 0;
    for _ in 0..2_000 {
        // Sealed parts do not get smaller.
        let noise: Vec<u8> = (0..1_000).map(|_| dice.roll().to_le_bytes()[0]).collect();
        model.node_up.append(&noise, Vec::new());
        bytes += noise.len();
    }
    assert!(model.run_until_true(HOUR, Model::everything_is_there));
    // A ping that waits behind more than this finds the connection given up.
    assert!(model.queueing_max < Duration::from_secs(18), "{:?}", model.queueing_max);
    assert_eq!(model.node.frames_repeated(), 0);
    let ideal = bytes as f64 / 16_000.0;
    assert!(model.now.as_secs_f64() < 1.35 * ideal, "{:?} for {ideal} s", model.now);
}

#[test]
fn a_journal_that_could_not_be_read_is_asked_again_without_being_woken() {
    let mut model = Model::new(15, World { store_fault: 100, ..CALM }, LinkSettings::default());
    model.node_up.append(b"one", Vec::new());
    model.hub_down.append(b"two", Vec::new());
    model.run_until(MINUTE);
    assert!(model.hub_up.entries.is_empty() && model.node_down.entries.is_empty());
    model.calm();
    assert!(model.run_until_true(10 * MINUTE, Model::everything_is_there));
}

#[test]
fn a_lost_frame_is_asked_for_and_does_not_wait_for_the_probe() {
    let mut model = Model::new(5, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    model.deaf_hub = true;
    model.node_up.append(b"lost", Vec::new());
    model.node_event(NodeEvent::Woken);
    model.run_until(MINUTE + Duration::from_secs(1));
    model.deaf_hub = false;
    model.node_up.append(b"comes", Vec::new());
    model.node_event(NodeEvent::Woken);
    let deadline = MINUTE + Duration::from_secs(3);
    assert!(model.run_until_true(deadline, Model::everything_is_there));
}

#[test]
fn a_hub_that_hears_nothing_is_an_alarm_within_two_minutes_and_it_ends_by_itself() {
    let mut model = Model::new(2, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    assert_eq!(model.node.state(), LinkState::Online);
    model.deaf_hub = true;
    model.node_up.append(b"into the void", Vec::new());
    model.node_event(NodeEvent::Woken);
    model.run_until(3 * MINUTE);
    let (at, alarm) = model.node_alarms.last().unwrap();
    assert_eq!(alarm.as_ref().unwrap().code, NO_ACKNOWLEDGEMENT);
    assert!(*at < 3 * MINUTE);
    model.deaf_hub = false;
    assert!(model.run_until_true(20 * MINUTE, Model::everything_is_there));
    assert_eq!(model.node_alarm, None);
}

#[test]
fn a_hello_that_nobody_answers_is_an_alarm_within_two_minutes() {
    let mut model = Model::new(3, CALM, LinkSettings::default());
    model.deaf_hub = true;
    model.run_until(2 * MINUTE);
    assert_eq!(model.node_alarm.as_ref().unwrap().code, NO_ACKNOWLEDGEMENT);
}

#[test]
fn a_silent_hub_is_probed_ever_more_seldom() {
    let mut model = Model::new(4, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    model.deaf_hub = true;
    model.node_up.append(b"into the void", Vec::new());
    model.node_event(NodeEvent::Woken);
    let before = model.messages;
    model.run_until(MINUTE + 24 * HOUR);
    let probes = model.messages - before;
    // 10, 20, 40, 80, 160, then every 300 s.
    assert!((280..300).contains(&probes), "{probes} probes in a day");
}

#[test]
fn a_forged_acknowledgement_is_ignored_and_reported() {
    let mut model = Model::new(6, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    model.deaf_hub = true;
    model.node_up.append(b"not at the hub", Vec::new());
    model.node_event(NodeEvent::Woken);
    model.run_until(MINUTE + Duration::from_secs(1));

    let forger = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    let head = model.node_up.head();
    let mut ack = Ack {
        epoch: head.epoch,
        acked_seq: head.seq,
        head_hash: head.hash,
        parked: Vec::new(),
        credit: 8,
        hub_time_us: 0,
        sig: [0; 64],
    };
    forger.sign_ack(&model.node_id, &mut ack);
    let payload = HubMessage::Ack(ack).encode();
    for _ in 0..50 {
        let payload = payload.clone();
        model.node_event(NodeEvent::Message { lane: Lane::Ctl, payload });
    }
    assert_eq!(model.node_acked, 0);
    assert_eq!(model.node.acked().unwrap().seq, 0);
    let codes: Vec<&str> = model.node_reports.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(codes, ["link.bad_signature"], "once, not fifty times");
}

#[test]
fn an_order_that_the_hub_has_not_signed_is_not_applied() {
    let mut model = Model::new(7, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    let mut forged = crate::testing::WrittenChain::new(model.node_id.clone(), 7);
    forged.append(b"open the vault", Vec::new());
    let frame = Frame {
        node: model.node_id.clone(),
        stream: Stream::Down,
        epoch: 7,
        first_seq: 1,
        keys: Vec::new(),
        entries: vec![forged.entries[0].raw.clone()],
    };
    let message = frame.encode().unwrap();
    let forger = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    for payload in [message.clone(), crate::signed::sign(&forger, &model.node_id, &message)] {
        model.node_event(NodeEvent::Message { lane: Lane::Rec, payload });
    }
    model.run_until(2 * MINUTE);
    assert!(model.node_down.entries.is_empty());
    assert_eq!(model.node_reports[0].code, "link.bad_signature");
}

/// The codes that the hub has shown about one journal, in their order; `None` is an end.
fn alarms_of(model: &Model, about: Stream) -> Vec<Option<&str>> {
    let shown = model.hub_alarms.iter().filter(|(stream, _)| *stream == about);
    shown.map(|(_, alarm)| alarm.as_ref().map(|alarm| alarm.code.as_str())).collect()
}

/// A frame as the node would send it, changed by the test.
fn frame(model: &mut Model, change: impl FnOnce(&mut Frame)) -> HubEvent {
    model.node_up.append(b"one", Vec::new());
    model.node_up.append(b"two", Vec::new());
    let read = model.node_up.read(1, ReadLimits { entries_max: 2, bytes_max: 100_000 });
    let mut frame = Frame {
        node: model.node_id.clone(),
        stream: Stream::Up,
        epoch: model.node_up.head().epoch,
        first_seq: 1,
        keys: Vec::new(),
        entries: read.entries.into_iter().map(|entry| entry.raw).collect(),
    };
    change(&mut frame);
    HubEvent::Message { lane: Lane::Rec, payload: frame.encode().unwrap() }
}

fn refused_with(change: impl FnOnce(&mut Frame)) -> (String, Model) {
    let mut model = Model::new(8, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    model.deaf_hub = true;
    let event = frame(&mut model, change);
    model.hub_event(event);
    model.run_until(MINUTE + Duration::from_secs(1));
    let refused =
        model.published_down.iter().rev().find_map(|(_, payload)| {
            match HubMessage::decode(payload) {
                Ok(HubMessage::Refused(refused)) if refused.code != "link.hello_wanted" => {
                    Some(refused.code)
                }
                _ => None,
            }
        });
    assert_eq!(model.hub_up.position.seq, 0, "nothing of it was applied");
    (refused.unwrap(), model)
}

#[test]
fn a_frame_of_another_node_is_refused_by_name_and_kept_aside() {
    let (code, model) = refused_with(|frame| frame.node = "06994-2".parse().unwrap());
    assert_eq!(code, "frame.wrong_node");
    assert_eq!(model.quarantined[0].code, "frame.wrong_node");
    assert_eq!(alarms_of(&model, Stream::Up), [None, Some("frame.wrong_node")]);
}

#[test]
fn a_frame_of_another_epoch_is_refused_by_name() {
    let (code, model) = refused_with(|frame| frame.epoch += 1);
    assert_eq!(code, "frame.wrong_epoch");
    assert_eq!(model.quarantined[0].code, "frame.wrong_epoch");
}

#[test]
fn a_broken_chain_is_refused_by_name_and_the_center_goes_on() {
    let (code, mut model) = refused_with(|frame| frame.entries.swap(0, 1));
    assert_eq!(code, "entry.chain_broken");
    model.deaf_hub = false;
    assert!(model.run_until_true(HOUR, Model::everything_is_there));
    assert_eq!(model.node_alarm, None);
}

#[test]
fn rubbish_under_a_nodes_name_is_refused_by_name_and_kept_aside() {
    let mut model = Model::new(9, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    for payload in [b"MCF1 no zstd".to_vec(), vec![0; 10], Vec::new()] {
        model.hub_event(HubEvent::Message { lane: Lane::Rec, payload });
    }
    model.hub_event(HubEvent::Message { lane: Lane::Ctl, payload: b"{".to_vec() });
    let codes: Vec<&str> = model.quarantined.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(
        codes,
        ["frame.decompression", "frame.not_a_frame", "frame.not_a_frame", "ctl.malformed"]
    );
    model.node_up.append(b"still works", Vec::new());
    model.node_event(NodeEvent::Woken);
    assert!(model.run_until_true(HOUR, Model::everything_is_there));
}

#[test]
fn a_journal_restored_from_a_backup_is_frozen_and_nothing_is_merged() {
    let mut model = Model::new(10, CALM, LinkSettings::default());
    model.write_for(MINUTE, 50, 0);
    assert!(
        model.run_until_true(HOUR, |m| m.node_up.entries.len() == 50 && m.everything_is_there())
    );
    let at_hub = model.hub_up.entries.clone();
    // The box comes back with 20 of its entries and writes others after them.
    model.node_up.entries.truncate(20);
    for _ in 0..40 {
        model.node_up.append(b"another history", Vec::new());
    }
    let (head, down) = (model.node_up.head(), model.node_down.position);
    let since = model.now;
    model.node_event(NodeEvent::Disconnected);
    model.node_event(NodeEvent::Connected { session: "again".to_owned(), head, down });
    model.run_until(since + HOUR);
    assert_eq!(model.node.state(), LinkState::Frozen);
    assert_eq!(model.node_alarm.as_ref().unwrap().code, "link.fork");
    assert_eq!(model.hub_up.entries, at_hub);
}

#[test]
fn a_shorter_journal_than_the_hubs_is_frozen_and_the_hub_raises_the_alarm() {
    let mut model = Model::new(11, CALM, LinkSettings::default());
    model.write_for(MINUTE, 50, 0);
    assert!(
        model.run_until_true(HOUR, |m| m.node_up.entries.len() == 50 && m.everything_is_there())
    );
    model.node_up.entries.truncate(20);
    let (head, down) = (model.node_up.head(), model.node_down.position);
    let since = model.now;
    model.node_event(NodeEvent::Disconnected);
    model.node_event(NodeEvent::Connected { session: "again".to_owned(), head, down });
    model.run_until(since + MINUTE);
    assert_eq!(model.node.state(), LinkState::Frozen);
    assert_eq!(alarms_of(&model, Stream::Up).last(), Some(&Some("link.fork")));
}

#[test]
fn a_hub_restored_from_an_older_dump_gets_everything_again() {
    let mut model = Model::new(12, CALM, LinkSettings::default());
    for _ in 0..500 {
        model.node_up.append(b"kept at the node", Vec::new());
    }
    assert!(model.run_until_true(HOUR, Model::everything_is_there));
    let read = model.node_up.hash_at(200).unwrap();
    model.hub_up.entries.truncate(200);
    model.hub_up.position.seq = 200;
    model.hub_up.position.hash = read;
    model.restart_hub();
    assert!(model.run_until_true(2 * HOUR, Model::everything_is_there));
    assert_eq!(model.hub_up.entries.len(), 500);
}

#[test]
fn a_paused_node_goes_on_when_the_hub_lets_it() {
    let mut model = Model::new(13, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    let position = model.node.acked().unwrap();
    let mut ack = Ack {
        epoch: position.epoch,
        acked_seq: position.seq,
        head_hash: position.hash,
        parked: Vec::new(),
        credit: 0,
        hub_time_us: 0,
        sig: [0; 64],
    };
    model.signer().sign_ack(&model.node_id.clone(), &mut ack);
    let payload = HubMessage::Ack(ack).encode();
    model.node_event(NodeEvent::Message { lane: Lane::Ctl, payload });
    model.published_up.clear();
    model.node_up.append(b"waits", Vec::new());
    model.node_event(NodeEvent::Woken);
    assert!(model.published_up.is_empty());
    // The word that it may go on was lost; the node asks by itself.
    assert!(model.run_until_true(10 * MINUTE, Model::everything_is_there));
    let hello = NodeMessage::decode(&model.published_up[0].1).unwrap();
    assert!(matches!(hello, NodeMessage::Hello(_)));
}

#[test]
fn an_alarm_from_before_the_hubs_restart_is_withdrawn_when_the_node_is_well() {
    let mut model = Model::new(16, CALM, LinkSettings::default());
    model.node_up.append(b"one", Vec::new());
    assert!(model.run_until_true(MINUTE, Model::everything_is_there));
    assert_eq!(alarms_of(&model, Stream::Up), [None], "once, and no more");
    assert_eq!(alarms_of(&model, Stream::Down), [None], "once, and no more");
}

#[test]
fn a_frame_that_the_store_never_takes_is_an_alarm_and_ends_by_itself() {
    let mut model = Model::new(17, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    let event = frame(&mut model, |_| ());
    model.hub.handle(event, model.now, 0);
    let mut alarms = Vec::new();
    let tell = |alarms: &mut Vec<_>, actions: Vec<HubAction>| {
        alarms.extend(actions.into_iter().filter_map(|action| match action {
            HubAction::Alarm { alarm, .. } => Some(alarm.map(|alarm| alarm.code)),
            _ => None,
        }));
    };
    let mut now = model.now;
    while now < model.now + 2 * MINUTE {
        tell(&mut alarms, model.hub.handle(HubEvent::IngestFailed, now, 0));
        now = model.hub.deadline().unwrap();
        tell(&mut alarms, model.hub.handle(HubEvent::Tick, now, 0));
    }
    assert_eq!(alarms, [Some("link.store".to_owned())]);
    let position = model.hub_up.position;
    let outcome = IngestOutcome::Committed { position, parked: Vec::new() };
    tell(&mut alarms, model.hub.handle(HubEvent::Ingested(outcome), now, 0));
    assert_eq!(alarms, [Some("link.store".to_owned()), None]);
}

#[test]
fn the_store_hears_in_which_epoch_a_node_says_it_is() {
    let mut model = Model::new(23, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    let record = model.record();
    let hello = NodeMessage::Hello(Hello {
        session: "another.1".to_owned(),
        epoch: record.up.epoch + 1,
        max_seq: 0,
        head_hash: [0; 32],
        down_epoch: 0,
        down_seq: 0,
        down_hash: [0; 32],
        format: 1,
        version: "0.1.0".to_owned(),
    });
    let event = HubEvent::Message { lane: Lane::Ctl, payload: hello.encode() };
    model.hub.handle(event, model.now, 0);
    let expected = record.up.epoch + 1;
    let actions = model.hub.handle(HubEvent::Record(record), model.now, 0);
    let told = actions.iter().find_map(|action| match action {
        HubAction::Presence(Presence::Online { epoch, .. }) => Some(*epoch),
        _ => None,
    });
    assert_eq!(told, Some(expected));
}

/// The hub's store comes back from an older dump: it has forgotten its last orders and writes others.
fn fork_down(model: &mut Model) {
    for _ in 0..5 {
        model.hub_down.append(b"an order", Vec::new());
    }
    model.hub_event(HubEvent::Woken);
    assert!(model.run_until_true(MINUTE, Model::everything_is_there));
    model.hub_down.entries.truncate(2);
    for _ in 0..4 {
        model.hub_down.append(b"another order", Vec::new());
    }
    model.hub_alarms.clear();
    model.restart_hub();
    model.run_until(3 * MINUTE);
}

#[test]
fn a_fork_of_the_hubs_journal_stays_an_alarm_while_the_nodes_journal_goes_up() {
    let mut model = Model::new(18, CALM, LinkSettings::default());
    fork_down(&mut model);
    for _ in 0..20 {
        model.node_up.append(b"goes up", Vec::new());
        model.node_event(NodeEvent::Woken);
        model.run_until(model.now + MINUTE);
    }
    assert_eq!(model.hub_up.entries.len(), 20);
    assert_eq!(alarms_of(&model, Stream::Down), [Some(DOWN_FORK)]);
    assert_eq!(model.node_down.entries.len(), 5, "nothing of the other journal was taken");
}

/// A person has the hub's journal begun anew.
fn begin_down_anew(model: &mut Model) {
    model.hub_down = WrittenChain::new(model.node_id.clone(), model.hub_down.head().epoch + 1);
    model.hub_down_acked = 0;
    for _ in 0..3 {
        model.hub_down.append(b"said again", Vec::new());
    }
    model.hub_event(HubEvent::Record(model.record()));
}

#[test]
fn a_journal_that_is_begun_anew_right_after_a_hello_arrives() {
    let mut model = Model::new(20, CALM, LinkSettings::default());
    fork_down(&mut model);
    model.hub_alarms.clear();
    model.restart_hub();
    let forked = |model: &Model| alarms_of(model, Stream::Down).last() == Some(&Some(DOWN_FORK));
    assert!(model.run_until_true(model.now + MINUTE, forked));
    begin_down_anew(&mut model);
    assert!(model.run_until_true(model.now + MINUTE, Model::everything_is_there));
}

#[test]
fn a_fork_of_the_hubs_journal_ends_when_a_person_has_it_begun_anew() {
    let mut model = Model::new(19, CALM, LinkSettings::default());
    fork_down(&mut model);
    begin_down_anew(&mut model);
    assert!(model.run_until_true(model.now + HOUR, Model::everything_is_there));
    assert_eq!(alarms_of(&model, Stream::Down).last(), Some(&None));
}

#[test]
fn a_node_that_does_not_acknowledge_stays_an_alarm_while_its_own_journal_goes_up() {
    let mut model = Model::new(20, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    model.hub_down.append(b"an order", Vec::new());
    model.node_refuses_down = true;
    model.hub_event(HubEvent::Woken);
    for _ in 0..10 {
        model.node_up.append(b"goes up", Vec::new());
        model.node_event(NodeEvent::Woken);
        model.run_until(model.now + MINUTE);
    }
    assert_eq!(alarms_of(&model, Stream::Down), [None, Some(NO_ACKNOWLEDGEMENT)]);
    model.node_refuses_down = false;
    assert!(model.run_until_true(model.now + HOUR, Model::everything_is_there));
    assert_eq!(alarms_of(&model, Stream::Down), [None, Some(NO_ACKNOWLEDGEMENT), None]);
}

/// The credit in each acknowledgement and resume that the hub has sent.
fn credits(model: &Model) -> Vec<u32> {
    let control = model.published_down.iter().filter(|(lane, _)| *lane == Lane::Ctl);
    control
        .map(|(_, payload)| HubMessage::decode(payload).unwrap())
        .filter_map(|message| match message {
            HubMessage::Ack(ack) => Some(ack.credit),
            HubMessage::Resume(resume) => Some(resume.credit),
            _ => None,
        })
        .collect()
}

#[test]
fn while_the_hubs_store_fails_the_node_pauses_and_both_ends_show_it() {
    let settings = LinkSettings::default();
    let window = u32::try_from(settings.window_frames).unwrap();
    let mut model = Model::new(21, CALM, settings);
    model.run_until(MINUTE);
    assert_eq!(credits(&model), [window]);
    model.hub_store_fails = true;
    model.published_up.clear();
    model.published_down.clear();
    for _ in 0..3_000 {
        model.node_up.append(&[7; 500], Vec::new());
    }
    model.node_event(NodeEvent::Woken);
    model.run_until(5 * MINUTE);
    let failing: Vec<u32> = credits(&model).into_iter().skip_while(|it| *it == window).collect();
    assert!(failing.contains(&0) && failing.iter().all(|credit| *credit <= 1), "{failing:?}");
    assert_eq!(model.node_alarm.as_ref().unwrap().code, NO_ACKNOWLEDGEMENT);
    assert_eq!(alarms_of(&model, Stream::Up).last(), Some(&Some("link.store")));
    // A window at first, then one frame at each question.
    let frames = model.published_up.iter().filter(|(lane, _)| *lane == Lane::Rec).count();
    assert!(frames <= 8 + 4 * 60 / 10 + 1, "{frames} frames for a store that takes nothing");
    model.hub_store_fails = false;
    assert!(model.run_until_true(HOUR, Model::everything_is_there));
    assert_eq!(model.node_alarm, None);
    assert_eq!(alarms_of(&model, Stream::Up).last(), Some(&None));
    assert_eq!(credits(&model).last(), Some(&window));
}

#[test]
fn a_frame_that_found_no_room_is_asked_for_when_there_is_some() {
    let mut model = Model::new(22, CALM, LinkSettings::default());
    model.run_until(MINUTE);
    let window = model.settings.window_frames;
    let count = window + 2;
    for _ in 0..count {
        model.node_up.append(b"one", Vec::new());
    }
    let mut ingested = 0;
    let mut wanted = Vec::new();
    let mut take = |actions: Vec<HubAction>, ingested: &mut usize| {
        for action in actions {
            match action {
                HubAction::Ingest(_) => *ingested += 1,
                HubAction::Publish { payload, .. } => {
                    if let Ok(HubMessage::Refused(refused)) = HubMessage::decode(&payload) {
                        wanted.push(refused.code);
                    }
                }
                _ => {}
            }
        }
    };
    // A node that does not keep to its credit: one frame is being applied, a window waits, one is lost.
    for seq in 1..=count as u64 {
        let frame = Frame {
            node: model.node_id.clone(),
            stream: Stream::Up,
            epoch: model.node_up.head().epoch,
            first_seq: seq,
            keys: Vec::new(),
            entries: vec![model.node_up.entries[seq as usize - 1].raw.clone()],
        };
        let payload = frame.encode().unwrap();
        let event = HubEvent::Message { lane: Lane::Rec, payload };
        take(model.hub.handle(event, model.now, 0), &mut ingested);
    }
    while let Some(seq) = (ingested > 0).then_some(model.hub_up.position.seq + 1) {
        ingested = 0;
        let read = model.node_up.read(seq, ReadLimits { entries_max: 1, bytes_max: 1 });
        let Some(entry) = read.entries.first() else { break };
        model.hub_up.position.seq = seq;
        model.hub_up.position.hash = entry.hash;
        let outcome =
            IngestOutcome::Committed { position: model.hub_up.position, parked: Vec::new() };
        take(model.hub.handle(HubEvent::Ingested(outcome), model.now, 0), &mut ingested);
    }
    assert_eq!(model.hub_up.position.seq as usize, window + 1);
    assert_eq!(wanted, ["link.missing"]);
}
