use super::*;
use crate::ctl::{
    Ack, BlobHave, CTL_BYTES_MAX, CtlError, DownAck, Hello, HubMessage, HubSigner, HubVerifier,
    NodeMessage, Parked, Resume,
};

fn ack() -> Ack {
    Ack {
        epoch: 1,
        acked_seq: 2,
        head_hash: [3; 32],
        parked: vec![Parked { seq: 1, code: "entry.bad_text".to_owned() }],
        credit: 8,
        hub_time_us: 5,
        sig: [0; 64],
    }
}

#[test]
fn the_hubs_words_have_the_bytes_and_signatures_of_the_vector() {
    let vector = json(include_str!("../vectors/ctl_1.json"));
    let verifier = HubVerifier::new(array_of(&vector["public_key"]));
    let HubMessage::Ack(ack) = HubMessage::decode(vector["ack"].to_string().as_bytes()).unwrap()
    else {
        panic!("not an acknowledgement")
    };
    assert_eq!(hex::encode(&ack.signed_bytes(&node())), vector["ack_signed"].as_str().unwrap());
    assert_eq!(verifier.verify_ack(&node(), &ack), Ok(()));
    let HubMessage::Resume(resume) =
        HubMessage::decode(vector["resume"].to_string().as_bytes()).unwrap()
    else {
        panic!("not a resume")
    };
    assert_eq!(
        hex::encode(&resume.signed_bytes(&node())),
        vector["resume_signed"].as_str().unwrap()
    );
    assert_eq!(verifier.verify_resume(&node(), &resume), Ok(()));
    let message = bytes_of(&vector["down_message"]);
    assert_eq!(verifier.verify_down(&node(), &message, &array_of(&vector["down_sig"])), Ok(()));
}

#[test]
fn nobody_but_the_hub_can_acknowledge() {
    let signer = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    let verifier = HubVerifier::new(signer.public_key());
    let mut ack = ack();
    signer.sign_ack(&node(), &mut ack);
    assert_eq!(verifier.verify_ack(&node(), &ack), Ok(()));

    let other_node = NodeId::parse("22-1").unwrap();
    assert_eq!(verifier.verify_ack(&other_node, &ack), Err(CtlError::BadSignature));
    for changed in [
        Ack { epoch: 2, ..ack.clone() },
        Ack { acked_seq: 3, ..ack.clone() },
        Ack { head_hash: [4; 32], ..ack.clone() },
        Ack { parked: vec![], ..ack.clone() },
        Ack { credit: 0, ..ack.clone() },
        Ack { hub_time_us: 6, ..ack.clone() },
        Ack { sig: [1; 64], ..ack.clone() },
    ] {
        assert_eq!(verifier.verify_ack(&node(), &changed), Err(CtlError::BadSignature));
    }
    let stranger = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    assert_eq!(
        HubVerifier::new(stranger.public_key()).verify_ack(&node(), &ack),
        Err(CtlError::BadSignature)
    );
}

#[test]
fn a_resume_answers_one_hello_only() {
    let signer = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    let mut resume = Resume {
        session: "a".to_owned(),
        epoch: 1,
        acked_seq: 0,
        head_hash: [0; 32],
        credit: 8,
        hub_time_us: 5,
        sig: [0; 64],
    };
    signer.sign_resume(&node(), &mut resume);
    let verifier = HubVerifier::new(signer.public_key());
    assert_eq!(verifier.verify_resume(&node(), &resume), Ok(()));
    for changed in [
        Resume { session: "b".to_owned(), ..resume.clone() },
        Resume { hub_time_us: 6, ..resume.clone() },
    ] {
        assert_eq!(verifier.verify_resume(&node(), &changed), Err(CtlError::BadSignature));
    }
}

#[test]
fn nobody_but_the_hub_can_say_that_a_blob_is_there() {
    let signer = HubSigner::from_pkcs8(&HubSigner::generate_pkcs8().unwrap()).unwrap();
    let verifier = HubVerifier::new(signer.public_key());
    let mut have = BlobHave { sha256: [1; 32], bitmap: vec![1], complete: false, sig: Vec::new() };
    signer.sign_blob(&node(), &mut have);
    assert_eq!(verifier.verify_blob(&node(), &have), Err(CtlError::BadSignature));
    have.complete = true;
    signer.sign_blob(&node(), &mut have);
    assert_eq!(verifier.verify_blob(&node(), &have), Ok(()));
    let message = HubMessage::BlobHave(have.clone());
    assert_eq!(HubMessage::decode(&message.encode()), Ok(message));
    let other_node = NodeId::parse("22-1").unwrap();
    assert_eq!(verifier.verify_blob(&other_node, &have), Err(CtlError::BadSignature));
    have.sha256 = [2; 32];
    assert_eq!(verifier.verify_blob(&node(), &have), Err(CtlError::BadSignature));
}

#[test]
fn messages_come_back_as_they_were() {
    let hello = NodeMessage::Hello(Hello {
        session: "s".to_owned(),
        epoch: 1,
        max_seq: 2,
        head_hash: [3; 32],
        down_epoch: 4,
        down_seq: 5,
        down_hash: [6; 32],
        format: 1,
        version: "0.1.0".to_owned(),
    });
    assert_eq!(NodeMessage::decode(&hello.encode()), Ok(hello.clone()));
    assert!(
        String::from_utf8(hello.encode()).unwrap().starts_with(r#"{"type":"hello","session":"s""#)
    );
    let ack = HubMessage::Ack(ack());
    assert_eq!(HubMessage::decode(&ack.encode()), Ok(ack));
    let down = NodeMessage::DownAck(DownAck { epoch: 1, seq: 2, hash: [3; 32], parked: vec![] });
    assert_eq!(NodeMessage::decode(&down.encode()), Ok(down));
}

#[test]
fn a_message_that_is_none_is_refused() {
    assert_eq!(HubMessage::decode(b"{}"), Err(CtlError::Malformed));
    assert_eq!(HubMessage::decode(br#"{"type":"hello"}"#), Err(CtlError::Malformed));
    assert_eq!(NodeMessage::decode(&vec![b' '; CTL_BYTES_MAX + 1]), Err(CtlError::TooLarge));
    assert_eq!(HubSigner::from_pkcs8(b"no key").err(), Some(CtlError::BadKey));
}

#[test]
fn a_bitmap_says_which_pieces_are_there() {
    let have = BlobHave {
        sha256: [0; 32],
        bitmap: BlobHave::bitmap_of(11, [0, 9, 10, 11]),
        complete: false,
        sig: Vec::new(),
    };
    assert_eq!(have.bitmap, [0b0000_0001, 0b0000_0110]);
    assert!(have.has(0) && have.has(9) && have.has(10));
    assert!(!have.has(1) && !have.has(11) && !have.has(4_000_000_000));
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _either = HubMessage::decode(&bytes);
        let _either = NodeMessage::decode(&bytes);
    }
}
