use super::*;
use crate::entry::{ENTRY_BYTES_MAX, NO_HASH};
use crate::segment::{SEGMENT_BYTES_MAX, SEGMENT_ENTRIES_MAX, full};
use crate::{Segment, SegmentError, SegmentHead};

const KEY: [u8; 32] = [5; 32];

fn vector() -> (Vec<u8>, [u8; 32], [u8; 12]) {
    let fields = json(include_str!("../vectors/segment_1.json"));
    (
        unhex(include_str!("../vectors/segment_1.hex")),
        array_of(&fields["key"]),
        array_of(&fields["nonce"]),
    )
}

fn vector_entries() -> Vec<Vec<u8>> {
    vec![
        unhex(include_str!("../vectors/entry_1.hex")),
        unhex(include_str!("../vectors/entry_2.hex")),
    ]
}

/// Entries that follow each other, with so many bytes in each.
fn chain(count: u64, bytes: usize) -> Vec<Vec<u8>> {
    let mut prev = NO_HASH;
    (1..=count)
        .map(|seq| {
            let mut entry = Entry {
                format: 1,
                node: node(),
                epoch: 1,
                seq,
                at_utc_us: 0,
                boot_id: [0; 16],
                monotonic_ns: 0,
                clock_state: ClockState::Steady,
                actor: String::new(),
                device: String::new(),
                request_key: String::new(),
                changes: vec![Change {
                    kind: "ticket".to_owned(),
                    subject: seq.to_string(),
                    axis: String::new(),
                    rev: 1,
                    base_rev: 0,
                    term: 0,
                    schema: 1,
                    public: vec![b' '; bytes],
                    sealed: vec![],
                    blobs: vec![],
                }],
                prev,
                hash: NO_HASH,
            };
            let raw = entry.seal_hash().unwrap();
            prev = entry.hash;
            raw
        })
        .collect()
}

#[test]
fn a_segment_of_another_program_is_read() {
    let (file, key, nonce) = vector();
    let segment = Segment::decode(&file, &key).unwrap();
    assert_eq!(segment.entries, vector_entries());
    assert_eq!(segment, Segment::new(node(), vector_entries()).unwrap());
    assert_eq!((segment.head.first_seq, segment.head.last_seq()), (1, 2));
    assert_eq!(SegmentHead::of_file(&file), Ok(segment.head.clone()));
    // The head and the nonce are byte for byte the same; how well zstd packs is its own affair.
    let own = segment.encode_with_nonce(&key, nonce).unwrap();
    let clear = file.windows(nonce.len()).position(|window| window == nonce).unwrap();
    assert_eq!(own[..clear + nonce.len()], file[..clear + nonce.len()]);
    assert_eq!(Segment::decode(&own, &key), Ok(segment));
}

#[test]
fn a_segment_opens_only_under_its_key_and_unchanged() {
    let (file, key, _) = vector();
    assert_eq!(Segment::decode(&file, &KEY), Err(SegmentError::DoesNotOpen));
    for place in 0..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1;
        assert!(Segment::decode(&changed, &key).is_err(), "byte {place}");
        assert!(Segment::decode(&file[..place], &key).is_err(), "cut at {place}");
    }
    assert!(Segment::decode(&[file.as_slice(), &[0]].concat(), &key).is_err());
}

#[test]
fn a_segment_is_one_run_of_one_chain() {
    let entries = chain(5, 10);
    let segment = Segment::new(node(), entries[1..4].to_vec()).unwrap();
    let read = Segment::decode(&segment.encode(&KEY).unwrap(), &KEY).unwrap();
    assert_eq!(read.entries_from(3), &entries[2..4]);
    assert!(read.entries_from(1).is_empty());
    assert!(read.entries_from(5).is_empty());

    let with_gap = vec![entries[0].clone(), entries[2].clone()];
    assert_eq!(Segment::new(node(), with_gap), Err(SegmentError::OtherRun));
    let other = NodeId::parse("06994-2").unwrap();
    assert_eq!(Segment::new(other, entries.clone()), Err(SegmentError::OtherRun));
    let mut changed = entries;
    changed[2][100] ^= 1;
    assert!(matches!(Segment::new(node(), changed), Err(SegmentError::Entry(_))));
    assert_eq!(Segment::new(node(), vec![]), Err(SegmentError::Empty));
}

#[test]
fn a_segment_is_full_by_number_or_by_size() {
    assert_eq!(full(vec![100; SEGMENT_ENTRIES_MAX - 1]), None);
    assert_eq!(full(vec![100; SEGMENT_ENTRIES_MAX + 5]), Some(SEGMENT_ENTRIES_MAX));
    let large = SEGMENT_BYTES_MAX / ENTRY_BYTES_MAX;
    assert_eq!(full(vec![ENTRY_BYTES_MAX; large]), None);
    assert_eq!(full(vec![ENTRY_BYTES_MAX; large + 1]), Some(large));
    assert!(Segment::new(node(), chain(2 * large as u64, 250 * 1024)).is_ok());
    let too_large = chain(2 * large as u64 + 2, 250 * 1024);
    assert_eq!(Segment::new(node(), too_large), Err(SegmentError::TooLarge));
    let too_many = chain(SEGMENT_ENTRIES_MAX as u64 + 1, 0);
    assert_eq!(Segment::new(node(), too_many), Err(SegmentError::TooLarge));
}

#[test]
fn a_segment_that_unpacks_without_end_is_refused_early() {
    let (file, ..) = vector();
    let clear = &file[..file.len() - unsealed_length(&file)];
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
    let sealed = crate::seal::seal_with(&KEY, clear, &bomb).unwrap();
    let file = [clear, &sealed].concat();
    assert_eq!(Segment::decode(&file, &KEY), Err(SegmentError::Decompression));
}

/// Bytes after the magic and the head.
fn unsealed_length(file: &[u8]) -> usize {
    let head = u32::from_be_bytes(file[4..8].try_into().unwrap()) as usize;
    file.len() - 8 - head
}

proptest! {
    #[test]
    fn bytes_by_chance_are_refused_and_nothing_worse(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert!(Segment::decode(&bytes, &KEY).is_err());
        let marked = [b"MCS1".as_slice(), &bytes].concat();
        prop_assert!(Segment::decode(&marked, &KEY).is_err());
    }
}
