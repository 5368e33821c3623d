//! Tokens work once, for one node, for a time.

use domain::ids::NodeId;
use jiff::SignedDuration;

use super::fixture::*;
use crate::enrol::{Enroller, make_token};
use crate::enrol_words::Continued;

#[tokio::test]
async fn a_token_works_once_for_its_node_and_in_its_time() {
    let province = Province::new().await;
    let (store, settings) = (&province.store, &province.settings);
    let enroller = Enroller::load(settings, store).unwrap();
    let node = NodeId::parse("06658-1").unwrap();
    let other = NodeId::parse("06676-1").unwrap();
    let token = make_token(store, settings, &node, "Cao Xanh", now()).await.unwrap().to_text();
    let enrol =
        async |request, at| enroller.enrol(&request, at).await.map_err(|error| error.code());

    assert_eq!(enrol(request(&other, &token), now()).await.err(), Some("enrol.wrong_node"));
    let mut wrong_name = request(&node, &token);
    wrong_name.csr_pem = csr("06676-1", &[]);
    assert_eq!(enrol(wrong_name, now()).await.err(), Some("enrol.wrong_node"));
    let mut wrong_lan = request(&node, &token);
    wrong_lan.lan_csr_pem = csr("x", &["example.com".into()]);
    assert_eq!(enrol(wrong_lan, now()).await.err(), Some("enrol.lan_name_not_allowed"));
    let late = now() + SignedDuration::from_hours(72);
    assert_eq!(enrol(request(&node, &token), late).await.err(), Some("enrol.token_expired"));
    let mut garbage = request(&node, &token);
    garbage.csr_pem = "hello".into();
    assert_eq!(enrol(garbage, now()).await.err(), Some("enrol.bad_request"));

    // none of that has spent it
    let answer = enrol(request(&node, &token), now()).await.unwrap();
    assert_eq!((answer.epoch, answer.unit_name.as_str()), (1, "Cao Xanh"));
    assert_eq!(enrol(request(&node, &token), now()).await.err(), Some("enrol.token_used"));

    // a newer token takes the older one's place
    let first = make_token(store, settings, &node, "Cao Xanh", now()).await.unwrap().to_text();
    let second = make_token(store, settings, &node, "Cao Xanh", now()).await.unwrap().to_text();
    assert_eq!(enrol(request(&node, &first), now()).await.err(), Some("enrol.unknown_token"));
    assert_eq!(enrol(request(&node, &second), now()).await.unwrap().epoch, 2);
    assert_eq!(
        province.count("SELECT count(*) FROM certificate WHERE revoked_us IS NULL").await,
        2
    );
}

#[tokio::test]
async fn a_box_that_comes_for_new_certificates_goes_on_with_its_journal() {
    let province = Province::new().await;
    let (store, settings) = (&province.store, &province.settings);
    let enroller = Enroller::load(settings, store).unwrap();
    let mut node = province.enrol("06658-1").await;
    node.write(vec![ticket("a", 1, "waiting")]);
    province.send(node.frame(1, 1)).await;

    let token = make_token(store, settings, &node.id, "Cao Xanh", now()).await.unwrap();
    let mut wanted = request(&node.id, &token.to_text());
    wanted.wrapped_master = "11aa".into();
    let hub_key = province.hub_key();
    // who has found the token but not the box
    let stranger = journal::seal::WrappingKey::generate().unwrap();
    wanted.continues = Some(Continued::new(&token, &hub_key, node.epoch, &stranger));
    let refused = enroller.enrol(&wanted, now()).await.err().unwrap();
    assert_eq!(refused.code(), "enrol.other_journal");
    // an older disk of a box that was replaced
    wanted.continues = Some(Continued::new(&token, &hub_key, node.epoch - 1, &node.wrapping));
    let refused = enroller.enrol(&wanted, now()).await.err().unwrap();
    assert_eq!(refused.code(), "enrol.other_journal");

    wanted.continues = Some(Continued::new(&token, &hub_key, node.epoch, &node.wrapping));
    let answer = enroller.enrol(&wanted, now()).await.unwrap();
    assert_eq!(answer.epoch, node.epoch);
    assert_eq!(answer.wrapping_key, journal::hex::encode(&node.wrapping.to_bytes()));
    node.write(vec![ticket("a", 2, "called")]);
    assert_eq!(committed(&province.send(node.frame(2, 2)).await), 2);
    assert!(store.check_chains().await.unwrap()[0].chain_ok);
    let client = store.client().await.unwrap();
    let master: Vec<u8> =
        client.query_one("SELECT wrapped_master FROM wrapping_key", &[]).await.unwrap().get(0);
    assert_eq!(master, [0x11, 0xaa], "the newest sheet's");
}

#[tokio::test]
async fn two_boxes_with_one_token_at_once_are_one_box() {
    let province = Province::new().await;
    let enroller = Enroller::load(&province.settings, &province.store).unwrap();
    let node = NodeId::parse("06658-1").unwrap();
    let token = make_token(&province.store, &province.settings, &node, "Cao Xanh", now())
        .await
        .unwrap()
        .to_text();
    let (first, second) = (request(&node, &token), request(&node, &token));
    let (first, second) =
        tokio::join!(enroller.enrol(&first, now()), enroller.enrol(&second, now()));
    let codes: Vec<_> =
        [first, second].into_iter().filter_map(|one| one.err().map(|error| error.code())).collect();
    assert_eq!(codes, ["enrol.token_used"]);
}

#[tokio::test]
async fn the_token_is_nowhere_in_the_store() {
    let province = Province::new().await;
    let node = NodeId::parse("06658-1").unwrap();
    let token =
        make_token(&province.store, &province.settings, &node, "Cao Xanh", now()).await.unwrap();
    let client = province.store.client().await.unwrap();
    let kept: Vec<u8> =
        client.query_one("SELECT token_hash FROM enrol_token", &[]).await.unwrap().get(0);
    assert_eq!(kept, token.hash());
    assert_ne!(kept[..20], token.secret);
}

#[tokio::test]
async fn the_command_line_knows_the_centers() {
    let province = Province::new().await;
    let settings = &province.settings;
    let text = crate::cli::enrol(settings, "06658-1", now()).await.unwrap();
    assert!(text.starts_with("motcua1.06658-1."));
    let row = &province.store.fleet(now()).await.unwrap()[0];
    assert_eq!(row.unit_name, "Trung tâm Phục vụ hành chính công phường Cao Xanh");
    crate::cli::enrol(settings, "22-1", now()).await.unwrap();
    let unknown = crate::cli::enrol(settings, "00001-1", now()).await.unwrap_err();
    assert_eq!(unknown.code(), "enrol.unknown_unit");
    let bad = crate::cli::enrol(settings, "Cao Xanh", now()).await.unwrap_err();
    assert_eq!(bad.code(), "enrol.bad_node");
    let report = crate::cli::check(settings).await.unwrap();
    assert_eq!(report.wrong.len(), 1, "only the root key that was not taken away: {report:?}");
}
