//! A second medium on which files of another journal lie, or one that nobody can read any more.

use std::fs;

use super::medium::{mirror, mirrored};
use super::*;
use crate::archive::{Archive, checkpoint};

#[test]
fn a_run_of_another_journal_gives_way_to_the_one_of_its_name_from_here() {
    let (_folders, at, store, mut medium) = mirrored();
    store.commit_now(batch().and(acked(&store, 2))).unwrap();
    let (archive, later) = (Archive { run: 2, ..store.archive() }, after_s(100 * 86_400));
    let record = read(&store, |c| archive.seal_next(c, later, later)).unwrap();
    let file = at.join(format!("segments/{:020}.mcs", record.first_seq));
    fs::write(&file, b"of the box that stood here before").unwrap();
    store.commit_now(checkpoint(record.clone(), later)).unwrap();
    mirror(&store, &mut medium);
    let on_it = fs::read(&file).unwrap();
    assert_eq!(hex::encode(&journal::entry::sha256(&on_it)), record.sha256);
}
