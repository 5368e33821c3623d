use super::*;
use domain::ids::NodeId;
use journal::WrappingKey;
use store::records::Session;
use store::{Keys, StoreConfig};

#[test]
fn an_officer_has_a_name_that_colleagues_can_read() {
    assert_eq!(shown_name("  Nguye\u{302}\u{303}n Thị Lan ").unwrap(), "Nguyễn Thị Lan");
    let long = "ă".repeat(NAME_LENGTH_MAX + 1);
    for bad in ["", " \t", "Lan\u{7}", "\u{202e}naL", long.as_str()] {
        let said = shown_name(bad).unwrap_err().to_string();
        assert!(said.contains("--name"), "{said}");
    }
    assert!(shown_name(&"ă".repeat(NAME_LENGTH_MAX)).is_ok());
}

fn store(folder: &tempfile::TempDir) -> Store {
    let keys = Keys { master: [9; 32], wrapping: WrappingKey::from_bytes([7; 32]) };
    let node = NodeId::parse("06658-1").unwrap();
    Store::open(StoreConfig::new(folder.path(), node, 1, keys)).unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T01:00:00Z".parse().unwrap()
}

fn lan(password_hash: &str) -> Officer {
    Officer {
        id: OfficerId::parse("lan").unwrap(),
        login: "lan".to_owned(),
        name: "Nguyễn Thị Lan".to_owned(),
        role: "officer".to_owned(),
        password_hash: password_hash.to_owned(),
        disabled: false,
        created_at: now(),
    }
}

/// The officer logs in somewhere; says how to look whether that still counts.
fn session(store: &Store) -> impl Fn() -> bool {
    let expires_at = now() + jiff::SignedDuration::from_hours(10);
    let session = Session {
        token_hash: [1; 32],
        officer: lan("").id,
        csrf: String::new(),
        created_at: now(),
        seen_at: now(),
        expires_at,
    };
    store.commit_now(Batch::new("test", now()).and(LocalWrite::Session(session))).unwrap();
    let readers = store.readers();
    move || {
        let found = readers.read_now(|c| query::sessions::by_token(c, &[1; 32], now()));
        found.unwrap().is_some()
    }
}

#[test]
fn a_new_password_ends_the_sessions_that_the_old_one_began() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    add_officer(&store, lan("old"), now()).unwrap();
    let still_in = session(&store);
    assert!(still_in());
    add_officer(&store, lan("new"), now()).unwrap();
    assert!(!still_in());
}

#[test]
fn a_disabled_account_is_out_at_once_and_stays_out_until_it_is_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    add_officer(&store, lan("old"), now()).unwrap();
    let still_in = session(&store);
    assert_eq!(set_disabled(&store, "lan", true, now()).unwrap(), 1);
    assert!(!still_in());
    let account =
        || store.readers().read_now(|c| query::officers::by_login(c, "lan")).unwrap().unwrap();
    assert!(account().disabled);
    assert!(add_officer(&store, lan("new"), now()).unwrap().disabled, "a password is no pardon");
    set_disabled(&store, "lan", false, now()).unwrap();
    assert_eq!((account().disabled, account().password_hash.as_str()), (false, "new"));
    assert!(set_disabled(&store, "minh", true, now()).is_err(), "a mistyped name is told");
}

#[test]
fn a_withdrawn_token_is_none_and_a_mistyped_name_withdraws_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let made = |number: u8, role: &str, counter: Option<u16>| DeviceToken {
        token_hash: [number; 32],
        role: role.to_owned(),
        counter: counter.map(CounterNumber),
        title: String::new(),
        created_at: now(),
        revoked_at: None,
    };
    let tokens = [made(1, "kiosk", None), made(2, "tablet", Some(1)), made(3, "tablet", Some(2))];
    for token in &tokens {
        let write = LocalWrite::DeviceToken(token.clone());
        store.commit_now(Batch::new("test", now()).and(write)).unwrap();
    }
    let valid = || {
        let found = store.readers().read_now(|c| {
            let valid = |number: u8| query::sessions::device_by_token(c, &[number; 32]);
            Ok([valid(1)?, valid(2)?, valid(3)?].map(|token| token.is_some()))
        });
        found.unwrap()
    };
    let named = |names: &[&str]| Unwanted {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        role: None,
        counter: None,
    };
    let kiosk = device_name(&tokens[0]);
    assert_eq!(kiosk, "kiosk-010101");
    assert!(revoke(&store, &named(&[&kiosk, "kiosk-ffffff"]), now()).is_err());
    assert_eq!(valid(), [true, true, true]);
    assert_eq!(revoke(&store, &named(&[&kiosk]), now()).unwrap(), [kiosk.as_str()]);
    assert_eq!(valid(), [false, true, true]);
    assert!(revoke(&store, &named(&[&kiosk]), now()).is_err(), "it is withdrawn already");
    let tablet =
        Unwanted { role: Some("tablet".to_owned()), counter: Some(CounterNumber(2)), ..named(&[]) };
    assert_eq!(revoke(&store, &tablet, now()).unwrap(), ["tablet-2-030303"]);
    assert_eq!(valid(), [false, true, false]);
}

#[test]
fn an_officers_groups_are_set_by_their_codes_and_kept_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    store.commit_now(Batch::new("test", now()).and(LocalWrite::Officer(lan("hash")))).unwrap();
    let files = crate::actors::testing::queue_settings();
    let set = |login: &str, named: Option<&[&str]>| {
        let named = named.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        set_skills(&store, &files, login, named, now())
    };
    assert_eq!(groups(&set("lan", Some(&["ho-tich", " dat-dai"])).unwrap()), "ho-tich, dat-dai");
    let refused = |login, named| set(login, Some(named)).unwrap_err().to_string();
    assert!(refused("nobody", &["ho-tich"]).contains("no account"));
    assert!(refused("lan", &["khong-co"]).contains("queue.unknown_service"));
    let kept = store.readers().read_now(query::governed::skills).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].services.as_ref().unwrap().len(), 2, "a refusal changes nothing");
    assert!(groups(&set("lan", None).unwrap()).contains("every group"));
}
