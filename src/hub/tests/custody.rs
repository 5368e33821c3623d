//! A dossier on its way between two nodes, with the nodes' own rules at both ends.

use domain::dossier::custody::{accept, apply_decision, hand_over, offered, refuse, take_back};
use domain::dossier::{Custody, CustodyDecision, CustodyOutcome, Dossier, HandOverEnding};
use domain::ids::NodeId;
use domain::split::Journaled;

use super::fixture::*;

struct Two {
    province: Province,
    giver: TestNode,
    receiver: TestNode,
    dossier: Dossier,
}

async fn two() -> Two {
    let province = Province::new().await;
    let mut giver = province.enrol("06658-1").await;
    let receiver = province.enrol("06676-1").await;
    let dossier = new_dossier(&giver.id);
    let written = giver.dossier(&dossier);
    giver.write(vec![written]);
    province.send(giver.frame(1, 1)).await;
    Two { province, giver, receiver, dossier }
}

impl Two {
    fn give(&mut self, dossier: Dossier) {
        let change = self.giver.dossier(&dossier);
        self.giver.write(vec![change]);
        self.dossier = dossier;
    }

    fn hand_over(&mut self) {
        let to = self.receiver.id.clone();
        let handed = hand_over(&self.dossier, to, Some("chuyển"), &self.giver.id, now()).unwrap();
        self.give(handed.dossier);
    }

    fn take_back(&mut self) {
        let wanted = take_back(&self.dossier, &self.giver.id, now()).unwrap();
        self.give(wanted.dossier);
    }

    async fn send(&self) {
        let last = self.giver.seq;
        committed(&self.province.send(self.giver.frame(1, last)).await);
    }

    async fn receive(&mut self, dossier: &Dossier) {
        let change = self.receiver.dossier(dossier);
        let seq = self.receiver.write(vec![change]);
        committed(&self.province.send(self.receiver.frame(seq, seq)).await);
    }

    async fn offer(&self) -> Dossier {
        let heard = self.province.heard(&self.receiver).await;
        let offer = heard.into_iter().rfind(|heard| heard.kind == "hand_over_offer").unwrap();
        Dossier::join(offer.public, offer.private).unwrap()
    }

    async fn decisions(&self) -> Vec<CustodyDecision> {
        let heard = self.province.heard(&self.giver).await;
        heard
            .into_iter()
            .filter(|heard| heard.kind == "custody_decision")
            .map(|heard| CustodyDecision::join(heard.public, heard.private).unwrap())
            .collect()
    }

    async fn take_decision(&mut self) -> CustodyOutcome {
        let decision = self.decisions().await.pop().unwrap();
        let after = apply_decision(&self.dossier, &decision, &self.giver.id, now()).unwrap();
        self.give(after.dossier);
        self.send().await;
        decision.outcome
    }

    async fn conflicts(&self, node: &NodeId) -> Vec<String> {
        let aside = self.province.store.aside(node.as_str()).await.unwrap();
        aside.conflicts.into_iter().map(|conflict| conflict.code).collect()
    }
}

#[tokio::test]
async fn a_dossier_that_is_accepted_changes_hands_with_the_next_term() {
    let mut two = two().await;
    two.hand_over();
    two.send().await;
    let offer = two.offer().await;
    assert_eq!(offer.applicant.name, NAME);
    assert_eq!(two.take_decision().await, CustodyOutcome::PassedOn);
    assert!(matches!(&two.dossier.custody, Custody::PassedOn { to, .. } if *to == two.receiver.id));
    let here = offered(None, &offer, two.giver.id.clone(), now()).unwrap().dossier;
    two.receive(&here).await;
    let taken = accept(&here, &two.receiver.id).unwrap().dossier;
    two.receive(&taken).await;
    assert_eq!(two.take_decision().await, CustodyOutcome::Accepted);
    assert_eq!(two.dossier.custody, Custody::AcceptedAway { to: two.receiver.id.clone() });
    assert_eq!((two.dossier.term, two.dossier.holder.clone()), (2, two.receiver.id.clone()));
    assert!(two.conflicts(&two.giver.id).await.is_empty());
    let rows = two.province.store.fleet(now()).await.unwrap();
    let open: Vec<u64> = rows.iter().map(|row| row.open_dossiers).collect();
    assert_eq!(open, [0, 1]);
}

#[tokio::test]
async fn a_take_back_before_the_hubs_commit_wins() {
    let mut two = two().await;
    two.hand_over();
    two.take_back();
    two.send().await;
    assert!(two.province.heard(&two.receiver).await.is_empty());
    assert_eq!(two.take_decision().await, CustodyOutcome::TakenBack);
    assert_eq!((two.dossier.custody.clone(), two.dossier.term), (Custody::Held, 1));
    // and it can be handed over again
    two.hand_over();
    two.send().await;
    assert_eq!(two.offer().await.id, two.dossier.id);
}

#[tokio::test]
async fn a_take_back_after_the_hubs_commit_is_refused_and_a_refusal_sends_it_home() {
    let mut two = two().await;
    two.hand_over();
    two.send().await;
    two.take_back();
    two.send().await;
    let told: Vec<CustodyOutcome> =
        two.decisions().await.iter().map(|decision| decision.outcome).collect();
    assert_eq!(told, [CustodyOutcome::PassedOn, CustodyOutcome::TooLate]);
    assert_eq!(two.take_decision().await, CustodyOutcome::TooLate);
    assert_eq!(two.dossier.holder, two.giver.id, "nobody else has accepted it");
    let offer = two.offer().await;
    let here = offered(None, &offer, two.giver.id.clone(), now()).unwrap().dossier;
    let declined = refuse(&here, Some("thiếu giấy tờ"), now()).unwrap().dossier;
    two.receive(&declined).await;
    assert_eq!(two.take_decision().await, CustodyOutcome::Declined);
    assert_eq!((two.dossier.custody.clone(), two.dossier.term), (Custody::Held, 2));
    assert_eq!(two.dossier.custody_note.as_deref(), Some("thiếu giấy tờ"));
    assert!(two.conflicts(&two.giver.id).await.is_empty());
    assert!(two.conflicts(&two.receiver.id).await.is_empty());
}

#[tokio::test]
async fn accepting_working_and_handing_on_may_come_in_one_frame() {
    let mut two = two().await;
    let third = two.province.enrol("06994-2").await;
    two.hand_over();
    two.send().await;
    let offer = two.offer().await;
    let here = offered(None, &offer, two.giver.id.clone(), now()).unwrap().dossier;
    let mut taken = accept(&here, &two.receiver.id).unwrap().dossier;
    taken.note = Some("đã kiểm tra".into());
    let on = hand_over(&taken, third.id.clone(), None, &two.receiver.id, now()).unwrap().dossier;
    for dossier in [&here, &taken, &on] {
        let change = two.receiver.dossier(dossier);
        two.receiver.write(vec![change]);
    }
    let last = two.receiver.seq;
    committed(&two.province.send(two.receiver.frame(1, last)).await);
    let accepted = two.decisions().await.pop().unwrap();
    assert_eq!(
        (accepted.outcome, accepted.holder),
        (CustodyOutcome::Accepted, two.receiver.id.clone())
    );
    let heard = two.province.heard(&third).await;
    let offer = Dossier::join(heard[0].public.clone(), heard[0].private.clone()).unwrap();
    assert_eq!((offer.term, offer.note.as_deref()), (2, Some("đã kiểm tra")));
}

#[tokio::test]
async fn a_frame_that_comes_again_offers_once() {
    let mut two = two().await;
    two.hand_over();
    two.send().await;
    two.send().await;
    assert_eq!(two.province.heard(&two.receiver).await.len(), 1);
}

#[tokio::test]
async fn an_edit_with_a_stale_term_stands_beside_and_changes_nobodys_custody() {
    let mut two = two().await;
    let before = two.dossier.clone();
    two.hand_over();
    two.send().await;
    // an edit while it is on its way
    let mut edited = before.clone();
    edited.rev = two.dossier.rev + 1;
    edited.note = Some("sửa khi đang bàn giao".into());
    two.give(edited);
    two.send().await;
    assert_eq!(two.conflicts(&two.giver.id).await, ["dossier.edited_in_hand_over"]);
    let offer = two.offer().await;
    let here = offered(None, &offer, two.giver.id.clone(), now()).unwrap().dossier;
    let taken = accept(&here, &two.receiver.id).unwrap().dossier;
    two.receive(&taken).await;
    // an edit by who held it before
    let mut edited = before;
    edited.rev = two.dossier.rev + 1;
    two.give(edited);
    two.send().await;
    let codes = two.conflicts(&two.giver.id).await;
    assert!(codes.contains(&"dossier.stale_term".to_owned()), "{codes:?}");
    let holder = two
        .province
        .count("SELECT count(*) FROM custody WHERE holder = '06676-1' AND term = 2")
        .await;
    assert_eq!(holder, 1);
    assert_eq!(two.province.count("SELECT count(*) FROM conflict").await, 2);
}

#[tokio::test]
async fn a_hand_over_to_a_node_that_is_not_enrolled_comes_back_at_once() {
    let mut two = two().await;
    let nobody = NodeId::parse("06652-1").unwrap();
    let handed = hand_over(&two.dossier, nobody, None, &two.giver.id, now()).unwrap();
    two.give(handed.dossier);
    two.send().await;
    assert_eq!(two.take_decision().await, CustodyOutcome::NoBox);
    assert_eq!((two.dossier.custody.clone(), two.dossier.term), (Custody::Held, 2));
    let end = two.dossier.last_hand_over.clone().unwrap();
    assert_eq!((end.to.as_str(), end.how), ("06652-1", HandOverEnding::NoBox));
}
