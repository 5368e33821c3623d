use super::*;
use crate::audit::{Audited, Sealed, changes};
use crate::query;

fn told(store: &Store, from: Timestamp, until: Timestamp) -> Vec<Audited> {
    let (segments, keys) = (store.segments(), keys());
    let journal = Sealed { segments: &segments, wrapping: &keys.wrapping, sealing: Sealing::On };
    read(store, |c| {
        let mut all = Vec::new();
        changes(c, journal, (from, until), |change| {
            all.push(change);
            Ok(())
        })?;
        Ok(all)
    })
}

#[test]
fn an_audit_tells_who_wrote_what_and_opens_nothing_but_tickets() {
    let folder = folder();
    let store = open(&folder);
    let first = Ticket { priority_ground: Some("elderly".to_owned()), ..ticket(1) };
    store.commit_now(batch().with(first.clone()).with(counter(1, 1))).unwrap();
    store.commit_now(batch().with(dossier(1))).unwrap();
    let tomorrow = Batch::new("tran.nam", after_s(86_400));
    store.commit_now(tomorrow.with(ticket(2))).unwrap();

    let today = told(&store, now(), after_s(3_600));
    let kinds: Vec<(u64, &str)> = today.iter().map(|one| (one.seq, one.kind.as_str())).collect();
    assert_eq!(kinds, [(1, "ticket"), (1, "counter"), (2, "dossier")]);
    assert!(today.iter().all(|one| one.actor == "nguyen.lan"));
    let sealed = today[0].private.clone().unwrap();
    assert_eq!(sealed["/priority_ground"], "elderly");
    assert_eq!(today[2].private, Some(serde_json::Value::Null), "nobody's dossier is opened");
    assert!(!format!("{today:?}").contains(NAME));
    let hash = read(&store, |c| query::journal::hash_at(c, 2));
    assert_eq!(hash, Some(today[2].hash));
    let next = told(&store, after_s(86_400), after_s(90_000));
    assert_eq!((next.len(), next[0].actor.as_str(), next[0].seq), (1, "tran.nam", 3));
}
