//! A box in an old one's place, two journals under one name, and a store that went back.

use jiff::civil::date;
use journal::ctl::Forked;
use journal::{Entry, Frame, Stream};
use serde_json::json;

use super::fixture::*;
use crate::enrol::{Enroller, make_token};
use crate::enrol_words::History;
use crate::restore;
use crate::restore_words::{PageAsk, Part, Proven, RestoreLook, SnapshotPage};

fn ask(part: Part) -> PageAsk {
    PageAsk { part, since: date(2026, 11, 23), after: None, rows_max: 2 }
}

/// All pages of a part, as the node would get them.
async fn part(province: &Province, node: &TestNode, part: Part) -> Vec<SnapshotPage> {
    let mut wanted = ask(part);
    let mut pages = Vec::new();
    loop {
        let proven = Proven::new(&node.id, node.epoch, &node.wrapping, &wanted).unwrap();
        let answer = restore::page(&province.store, &proven).await.unwrap();
        let page: SnapshotPage = answer.open(&node.id, &node.wrapping).unwrap();
        wanted.after = page.next.clone();
        pages.push(page);
        if wanted.after.is_none() {
            return pages;
        }
    }
}

fn subjects(pages: &[SnapshotPage]) -> Vec<(String, String)> {
    pages.iter().flat_map(|page| &page.rows).map(|r| (r.kind.clone(), r.subject.clone())).collect()
}

#[tokio::test]
async fn the_snapshot_has_what_a_center_opens_with_first_and_not_what_the_new_box_wrote() {
    let province = Province::new().await;
    let mut old = province.enrol("06658-1").await;
    let dossier = new_dossier(&old.id);
    let mut over = new_dossier(&old.id);
    over.id = "019ab000-0000-7000-8000-000000000008".parse().unwrap();
    over.state = domain::dossier::NationalState::Returned;
    over.received_at = "2026-11-01T01:00:00Z".parse().unwrap();
    let (dossier, over) = (old.dossier(&dossier), old.dossier(&over));
    let yesterday = change("ticket", "b", 1, json!({ "business_day": "2026-11-22" }));
    old.write(vec![dossier, over]);
    // A center opens with the policy that its head chose, not with that of its files.
    let policy = change("calling_policy", "0000000001", 1, json!({ "number": 1 }));
    // And it knows which of today's bookings somebody came by, so that no place of theirs is given again.
    let booking = |subject: &str, state: &str, to: &str| {
        change("booking", subject, 1, json!({ "state": state, "to": to }))
    };
    old.write(vec![
        ticket("a", 1, "waiting"),
        yesterday,
        ticket("c", 3, "called"),
        policy,
        booking("d", "arrived", "2026-11-23T03:00:00Z"),
        booking("e", "arrived", "2026-11-20T03:00:00Z"),
        booking("f", "booked", "2026-12-01T03:00:00Z"),
        booking("g", "cancelled", "2026-12-01T03:00:00Z"),
    ]);
    province.send(old.frame(1, 2)).await;

    // The token alone shows what there is; it stays good.
    let (store, settings) = (&province.store, &province.settings);
    let token = make_token(store, settings, &old.id, "Cao Xanh", now()).await.unwrap();
    let look = RestoreLook { token: token.to_text(), node: old.id.to_string() };
    let offer = restore::look(store, &look, now()).await.unwrap();
    assert_eq!((offer.subjects, offer.last_seq, offer.wrapped_master.as_str()), (10, 2, "00ff"));
    let mut wanted = request(&old.id, &token.to_text());
    wanted.history = History::None;
    let enroller = Enroller::load(settings, store).unwrap();
    let refused = enroller.enrol(&wanted, now()).await.err().unwrap();
    assert_eq!(refused.code(), "enrol.has_history");
    wanted.history = History::Restore;
    let answer = enroller.enrol(&wanted, now()).await.unwrap();
    let mut new = TestNode::new(old.id.clone(), &answer);

    let open = part(&province, &new, Part::Open).await;
    assert_eq!(open.len(), 3, "two a page");
    let id = "019ab000-0000-7000-8000-00000000000";
    let named = |kind: &str, subject: &str| (kind.to_owned(), subject.to_owned());
    assert_eq!(
        subjects(&open),
        [
            named("booking", "d"),
            named("booking", "f"),
            named("calling_policy", "0000000001"),
            named("dossier", &format!("{id}7")),
            named("ticket", "a"),
            named("ticket", "c"),
        ]
    );
    assert_eq!(open[0].digest.as_ref().unwrap().rows, 6);
    let kept = open.iter().flat_map(|page| &page.rows).find(|row| row.kind == "dossier");
    assert_eq!(kept.unwrap().private["/applicant"]["name"], NAME);

    // The center is open and works; what it wrote does not come back to it.
    new.write(vec![ticket("a", 2, "called")]);
    province.send(new.frame(1, 1)).await;
    let rest = part(&province, &new, Part::Rest).await;
    assert_eq!(
        subjects(&rest),
        [
            named("booking", "e"),
            named("booking", "g"),
            named("dossier", &format!("{id}8")),
            named("ticket", "b"),
        ]
    );
    let mut rows: Vec<_> = rest
        .iter()
        .flat_map(|page| &page.rows)
        .map(|row| journal::books::BookRow {
            kind: row.kind.clone(),
            subject: row.subject.clone(),
            axis: row.axis.clone(),
            rev: row.rev,
            sha256: journal::books::row_hash(&row.public, &row.private),
        })
        .collect();
    let digest = rest[0].digest.as_ref().unwrap();
    assert_eq!((digest.rows, digest.sha256.clone()), (4, journal::books::digest(&mut rows)));

    // The old box's key asks for nothing any more.
    let proven = Proven::new(&old.id, old.epoch, &old.wrapping, &ask(Part::Open)).unwrap();
    let refused = restore::page(store, &proven).await.err().unwrap();
    assert_eq!(refused.code(), "restore.not_proven");
}

/// What a node says when the hub's cursor is not in its journal.
fn forked(node: &TestNode, first_seq: u64) -> Forked {
    let hash = |seq: u64| {
        let raw = node.raws.get(seq as usize - 1);
        raw.map_or(journal::entry::NO_HASH, |raw| Entry::decode(raw).unwrap().hash)
    };
    Forked {
        session: "s.1".into(),
        epoch: node.epoch,
        first_seq,
        first_hash: hash(first_seq),
        max_seq: node.seq,
        head_hash: node.prev,
    }
}

#[tokio::test]
async fn a_copy_that_is_behind_is_shown_and_one_that_has_parted_freezes_the_stream_once() {
    let province = Province::new().await;
    let store = &province.store;
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    let answer = crate::enrol_words::EnrolAnswer {
        wrapping_key: journal::hex::encode(&node.wrapping.to_bytes()),
        epoch: node.epoch,
        ..enrol_answer()
    };
    let mut copy = TestNode::new(node.id.clone(), &answer);
    copy.push(node.raws[0].clone(), node.prev);
    node.write(vec![ticket("b", 1, "waiting")]);
    province.send(node.frame(1, 2)).await;

    let name = node.id.as_str().to_owned();
    let name = name.as_str();
    store.forked(name, &forked(&copy, 2), now()).await.unwrap();
    let codes = async || -> Vec<String> {
        store.alarms(name).await.unwrap().into_iter().map(|alarm| alarm.code).collect()
    };
    assert_eq!(codes().await, ["link.stale_copy"]);
    // What the link itself raised is over; this stays until a person has looked.
    store.show_link_alarm(name, Stream::Up, None, now()).await.unwrap();
    assert_eq!(codes().await, ["link.stale_copy"]);
    node.write(vec![ticket("c", 1, "waiting")]);
    assert_eq!(committed(&province.send(node.frame(3, 3)).await), 3);

    copy.write(vec![ticket("x", 1, "waiting")]);
    store.forked(name, &forked(&copy, 2), now()).await.unwrap();
    node.write(vec![ticket("d", 1, "waiting")]);
    assert_eq!(refused(&province.send(node.frame(4, 4)).await), "stream.fork");

    let tail = Frame { stream: Stream::Salvage, ..copy.frame(1, 2) };
    for _ in 0..2 {
        store.salvage(&node.id, &tail, now()).await.unwrap();
    }
    let salvaged = store.salvaged(name).await.unwrap();
    assert_eq!(salvaged.len(), 1, "what both have is not listed, and nothing twice");
    assert_eq!(salvaged[0].content[0]["subject"], "x");
    assert_eq!(store.restore_offer(name).await.unwrap().unwrap().subjects, 3, "applied nowhere");

    assert!(store.thaw(name, now()).await.unwrap());
    assert_eq!(codes().await, [""; 0]);
    copy.write(vec![ticket("y", 1, "waiting")]);
    store.forked(name, &forked(&copy, 2), now()).await.unwrap();
    assert_eq!(committed(&province.send(node.frame(4, 4)).await), 4, "that copy was decided about");
    let other = forked(&TestNode { raws: Vec::new(), ..copy }, 2);
    store.forked(name, &other, now()).await.unwrap();
    assert_eq!(
        refused(&province.send(node.frame(4, 4)).await),
        "stream.fork",
        "another one was not"
    );
}

fn enrol_answer() -> crate::enrol_words::EnrolAnswer {
    crate::enrol_words::EnrolAnswer {
        node: String::new(),
        unit_name: String::new(),
        epoch: 0,
        certificate_pem: String::new(),
        device_root_pem: String::new(),
        lan_certificate_pem: String::new(),
        lan_authority_pem: String::new(),
        broker_host: String::new(),
        broker_port: 0,
        hub_signing_key: String::new(),
        wrapping_key: String::new(),
    }
}
