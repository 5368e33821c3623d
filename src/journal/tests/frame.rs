use super::*;
use crate::frame::{CHUNK_BYTES_MAX, FRAME_BYTES_MAX, FRAME_ENTRIES_MAX, FRAME_KEYS_MAX, fitting};
use crate::{BlobChunk, Frame, FrameError, Stream, WrappedKey};

fn frame(entries: Vec<Vec<u8>>) -> Frame {
    Frame { node: node(), stream: Stream::Up, epoch: 1, first_seq: 1, keys: Vec::new(), entries }
}

#[test]
fn a_frame_of_another_program_is_read() {
    let frame = Frame::decode(&unhex(include_str!("../vectors/frame_1.hex"))).unwrap();
    let wrapped = json(include_str!("../vectors/wrapped_1.json"));
    let expected = Frame {
        keys: vec![WrappedKey {
            key_id: wrapped["key_id"].as_str().unwrap().to_owned(),
            wrapped: bytes_of(&wrapped["wrapped"]),
        }],
        ..self::frame(vec![
            unhex(include_str!("../vectors/entry_1.hex")),
            unhex(include_str!("../vectors/entry_2.hex")),
        ])
    };
    assert_eq!(frame, expected);
    assert_eq!(Frame::decode(&expected.encode().unwrap()), Ok(expected));
}

#[test]
fn a_piece_of_a_blob_of_another_program_is_read() {
    let raw = unhex(include_str!("../vectors/chunk_1.hex"));
    let chunk = BlobChunk::decode(&raw).unwrap();
    assert_eq!(chunk.bytes, [b"hello scan".as_slice(), &[0xaa; 16]].concat());
    assert_eq!((chunk.index, chunk.total, chunk.size), (0, 1, 10));
    assert_eq!(chunk.sha256, crate::entry::sha256(b"hello scan"));
    assert_eq!(chunk.encode(), raw);
}

#[test]
fn a_frame_beyond_a_limit_is_not_made() {
    assert_eq!(frame(vec![]).encode(), Err(FrameError::Empty));
    assert_eq!(frame(vec![vec![0]; FRAME_ENTRIES_MAX + 1]).encode(), Err(FrameError::TooLarge));
    assert_eq!(
        frame(vec![vec![0; FRAME_BYTES_MAX / 2 + 1]; 2]).encode(),
        Err(FrameError::TooLarge)
    );
    let mut many_keys = frame(vec![vec![0]]);
    many_keys.keys =
        vec![WrappedKey { key_id: "k".to_owned(), wrapped: vec![] }; FRAME_KEYS_MAX + 1];
    assert_eq!(many_keys.encode(), Err(FrameError::TooLarge));
    // one large entry travels alone
    let alone = frame(vec![vec![7; 500 * 1024]]);
    assert_eq!(Frame::decode(&alone.encode().unwrap()), Ok(alone));
    assert_eq!(frame(vec![vec![7; 513 * 1024]]).encode(), Err(FrameError::TooLarge));
}

#[test]
fn a_frame_that_unpacks_without_end_is_refused_early() {
    let bomb = [b"MCF1".as_slice(), &zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap()].concat();
    assert!(bomb.len() < 16 * 1024);
    assert_eq!(Frame::decode(&bomb), Err(FrameError::Decompression));
}

#[test]
fn garbage_is_refused_by_name() {
    assert_eq!(Frame::decode(b""), Err(FrameError::NotAFrame));
    assert_eq!(Frame::decode(b"MCB1xxxx"), Err(FrameError::NotAFrame));
    assert_eq!(Frame::decode(b"MCF1garbage"), Err(FrameError::Decompression));
    let empty = [b"MCF1".as_slice(), &zstd::bulk::compress(b"", 3).unwrap()].concat();
    assert_eq!(Frame::decode(&empty), Err(FrameError::Truncated));
    assert_eq!(BlobChunk::decode(b"MCB1"), Err(FrameError::Truncated));
}

#[test]
fn a_piece_that_cannot_be_is_refused() {
    let fine = BlobChunk { sha256: [1; 32], index: 0, total: 1, size: 3, bytes: vec![1; 3 + 16] };
    let refused = |chunk: BlobChunk| BlobChunk::decode(&chunk.encode()).unwrap_err();
    assert_eq!(refused(BlobChunk { index: 1, ..fine.clone() }), FrameError::BadValue);
    assert_eq!(refused(BlobChunk { bytes: vec![1; 16], ..fine.clone() }), FrameError::BadValue);
    assert_eq!(refused(BlobChunk { size: 2, ..fine.clone() }), FrameError::BadValue);
    assert_eq!(refused(BlobChunk { size: u64::MAX, ..fine.clone() }), FrameError::TooLarge);
    assert_eq!(
        refused(BlobChunk { bytes: vec![0; CHUNK_BYTES_MAX + 17], ..fine }),
        FrameError::TooLarge
    );
}

#[test]
fn as_many_entries_go_into_a_frame_as_fit() {
    assert_eq!(fitting([]), 0);
    assert_eq!(fitting([500 * 1024, 1]), 1);
    assert_eq!(fitting([FRAME_BYTES_MAX, 1]), 1);
    assert_eq!(fitting([1, FRAME_BYTES_MAX]), 1);
    assert_eq!(fitting([FRAME_BYTES_MAX / 2, FRAME_BYTES_MAX / 2, 1]), 2);
    assert_eq!(fitting([1; 1000]), FRAME_ENTRIES_MAX);
}

proptest! {
    #[test]
    fn what_fits_becomes_a_frame_and_back(
        entries in vec(vec(any::<u8>(), 1..3000), 1..120),
        keys in vec(("[a-z:0-9]{1,40}", vec(any::<u8>(), 60..=60)), 0..5),
        down in any::<bool>(), epoch in any::<u64>(), first_seq in any::<u64>(),
    ) {
        let count = fitting(entries.iter().map(Vec::len));
        let frame = Frame {
            node: node(),
            stream: if down { Stream::Down } else { Stream::Up },
            epoch,
            first_seq,
            keys: keys.into_iter().map(|(key_id, wrapped)| WrappedKey { key_id, wrapped }).collect(),
            entries: entries[..count].to_vec(),
        };
        prop_assert_eq!(Frame::decode(&frame.encode().unwrap()), Ok(frame));
    }

    #[test]
    fn any_bytes_are_a_frame_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _either = Frame::decode(&bytes);
        let _either = BlobChunk::decode(&bytes);
        let packed = [b"MCF1".as_slice(), &zstd::bulk::compress(&bytes, 1).unwrap()].concat();
        let _either = Frame::decode(&packed);
        let _either = BlobChunk::decode(&[b"MCB1".as_slice(), &bytes].concat());
    }
}
