//! A file's bytes: as programs read them, as they were at the last sync, and every change between.

use std::collections::HashMap;

use crate::loss::{Cut, Loss, Lost};
use dice::Dice;

/// The unit in which a disk writes whole or not at all. Bytes.
const SECTOR: usize = 512;
/// The unit in which a system writes files back. Bytes.
const PAGE: usize = 4096;
/// A file with more than this not synced has its older half written back, as a system does after a
/// while. Bytes.
const PENDING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The bytes of one file.
#[derive(Debug, Default)]
pub(crate) struct Content {
    now: Vec<u8>,
    safe: Vec<u8>,
    pending: Vec<Pending>,
    pending_bytes: usize,
}

#[derive(Debug)]
struct Pending {
    moment: u64,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

impl Step {
    fn bytes(&self) -> usize {
        match self {
            Step::Write { bytes, .. } => bytes.len(),
            Step::Resize(_) => 0,
        }
    }

    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Step::Write { at, bytes } => put(to, *at, bytes),
            Step::Resize(size) => to.resize(*size, 0),
        }
    }
}

fn put(to: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[at..end].copy_from_slice(bytes);
}

impl Content {
    /// What programs read.
    pub(crate) fn now(&self) -> &[u8] {
        &self.now
    }

    pub(crate) fn write(&mut self, moment: u64, at: usize, bytes: &[u8]) {
        put(&mut self.now, at, bytes);
        self.wait(moment, Step::Write { at, bytes: bytes.to_vec() });
    }

    pub(crate) fn resize(&mut self, moment: u64, size: usize) {
        if size != self.now.len() {
            self.now.resize(size, 0);
            self.wait(moment, Step::Resize(size));
        }
    }

    fn wait(&mut self, moment: u64, step: Step) {
        self.pending_bytes += step.bytes();
        self.pending.push(Pending { moment, step });
        if self.pending_bytes > PENDING_BYTES_MAX {
            self.write_back(self.pending.len() / 2);
        }
    }

    /// Everything is on the disk.
    pub(crate) fn sync(&mut self) {
        self.write_back(self.pending.len());
    }

    fn write_back(&mut self, count: usize) {
        for Pending { step, .. } in self.pending.drain(..count) {
            self.pending_bytes -= step.bytes();
            step.apply(&mut self.safe);
        }
    }

    /// The moment of the oldest change that is not synced.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.pending.first().map(|pending| pending.moment)
    }

    /// Becomes what the cut leaves.
    pub(crate) fn cut(&mut self, cut: Cut, dice: &mut Dice) -> Lost {
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        let mut left = std::mem::take(&mut self.safe);
        let lost = match cut.loss {
            Loss::All | Loss::Data => lost_all(&pending),
            Loss::Names => {
                left.clone_from(&self.now);
                Lost { survived: pending.len() as u64, ..Lost::default() }
            }
            Loss::Later => keep_until(&mut left, &pending, cut.moment, dice),
            Loss::Some => keep_some(&mut left, &pending, self.now.len(), dice),
        };
        self.now.clone_from(&left);
        self.safe = left;
        lost
    }
}

fn lost_all(pending: &[Pending]) -> Lost {
    Lost {
        writes: pending.len() as u64,
        bytes: pending.iter().map(|pending| pending.step.bytes() as u64).sum(),
        ..Lost::default()
    }
}

fn keep_until(left: &mut Vec<u8>, pending: &[Pending], moment: u64, dice: &mut Dice) -> Lost {
    let kept = pending.partition_point(|pending| pending.moment <= moment);
    for pending in &pending[..kept] {
        pending.step.apply(left);
    }
    let mut lost = lost_all(&pending[kept..]);
    lost.survived = kept as u64;
    if let Some(Pending { step: Step::Write { at, bytes }, moment: torn }) = pending.get(kept)
        && *torn == moment + 1
    {
        // Torn at a border of the disk's sectors, not of the write.
        let border = (*at + dice.below(bytes.len() as u64 + 1) as usize) / SECTOR * SECTOR;
        let part = border.saturating_sub(*at).min(bytes.len());
        if part > 0 {
            put(left, *at, &bytes[..part]);
            lost.bytes -= part as u64;
        }
    }
    lost
}

/// Each sector or page of the file comes from some moment of its own: with all that was written to it
/// before and nothing that was written later, as when a system writes pages back in an order of its
/// own. A change of size is a border: what came after one that is lost, is lost too.
fn keep_some(left: &mut Vec<u8>, pending: &[Pending], size: usize, dice: &mut Dice) -> Lost {
    let resizes = pending.iter().filter(|one| matches!(one.step, Step::Resize(_))).count();
    let mut resizes_kept = dice.below(resizes as u64 + 1) as usize;
    let end = pending
        .iter()
        .position(|one| {
            matches!(one.step, Step::Resize(_)) && {
                let lost = resizes_kept == 0;
                resizes_kept = resizes_kept.saturating_sub(1);
                lost
            }
        })
        .unwrap_or(pending.len());
    let mut lost = lost_all(&pending[end..]);
    let unit = if dice.below(2) == 0 { SECTOR } else { PAGE };
    let mut touched: HashMap<usize, u64> = HashMap::new();
    for one in &pending[..end] {
        each_unit(&one.step, unit, |place, _, _| *touched.entry(place).or_default() += 1);
    }
    let mut places: Vec<(usize, u64)> = touched.into_iter().collect();
    places.sort_unstable(); // a map's order is not the seed's
    let mut rest: HashMap<usize, u64> =
        places.into_iter().map(|(place, count)| (place, dice.below(count + 1))).collect();
    for one in &pending[..end] {
        if let Step::Resize(_) = one.step {
            one.step.apply(left);
            lost.survived += 1;
            continue;
        }
        let mut gone = 0;
        each_unit(&one.step, unit, |place, at, bytes| match rest.get_mut(&place) {
            Some(rest) if *rest > 0 => {
                *rest -= 1;
                put(left, at, bytes);
            }
            _ => gone += bytes.len() as u64,
        });
        lost.bytes += gone;
        if gone > 0 {
            lost.writes += 1;
        } else {
            lost.survived += 1;
        }
    }
    // A file may have its new length without the bytes that made it so long.
    if end == pending.len() && left.len() < size && dice.below(2) == 0 {
        left.resize(size, 0);
    }
    lost
}

/// The pieces of a write, each within one unit of the file: the unit's number, where, what.
fn each_unit(step: &Step, unit: usize, mut take: impl FnMut(usize, usize, &[u8])) {
    let Step::Write { at, bytes } = step else { return };
    let (mut at, mut rest) = (*at, bytes.as_slice());
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(rest.len().min(unit - at % unit));
        take(at / unit, at, piece);
        at += piece.len();
        rest = later;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(loss: Loss) -> Cut {
        Cut { loss, moment: 0 }
    }

    #[test]
    fn only_what_was_synced_survives_the_barest_cut() {
        let mut content = Content::default();
        content.write(1, 0, b"before");
        content.sync();
        content.write(2, 0, b"AFTER!");
        content.write(3, 6, b" and more");
        assert_eq!(content.now(), b"AFTER! and more");
        let lost = content.cut(cut(Loss::All), &mut Dice::new(1));
        assert_eq!(content.now(), b"before");
        assert_eq!((lost.writes, lost.bytes), (2, 15));
    }

    #[test]
    fn a_write_is_torn_at_a_sector_and_nothing_after_it_is_there() {
        let mut whole = 0;
        for seed in 0..200 {
            let mut content = Content::default();
            content.write(1, 0, &[1; 1000]);
            content.write(2, 1000, &[2; 3000]);
            content.write(3, 0, &[3; 1]);
            content.cut(Cut { loss: Loss::Later, moment: 1 }, &mut Dice::new(seed));
            let left = content.now();
            assert!(left.len() == 1000 || left.len() % SECTOR == 0, "{}", left.len());
            assert!(left[..1000].iter().all(|byte| *byte == 1));
            assert!(left[1000..].iter().all(|byte| *byte == 2));
            whole += usize::from(left.len() > 1000);
        }
        assert!((20..200).contains(&whole), "{whole}");
    }

    #[test]
    fn a_sector_holds_the_bytes_of_one_moment() {
        let mut seen = std::collections::HashSet::new();
        for seed in 0..500 {
            let mut content = Content::default();
            content.write(1, 0, &[1; 2 * SECTOR]);
            content.sync();
            content.write(2, 0, &[2; 2 * SECTOR]);
            content.write(3, 10, &[3; 20]);
            content.cut(cut(Loss::Some), &mut Dice::new(seed));
            let left = content.now();
            assert!(left[SECTOR..].iter().all(|byte| *byte == left[SECTOR]));
            if left[10] == 3 {
                assert_eq!((left[0], left[30]), (2, 2), "the second write without the first");
            }
            seen.insert((left[0], left[10], left[SECTOR]));
        }
        assert_eq!(seen.len(), 6, "{seen:?}");
    }

    #[test]
    fn nothing_is_written_after_a_truncation_that_was_lost() {
        for seed in 0..100 {
            let mut content = Content::default();
            content.write(1, 0, b"long content");
            content.sync();
            content.resize(2, 0);
            content.write(3, 0, b"new");
            content.cut(cut(Loss::Some), &mut Dice::new(seed));
            let left = content.now();
            assert!(
                [&b"long content"[..], b"", b"new", b"\0\0\0"].contains(&left),
                "{:?}",
                String::from_utf8_lossy(left)
            );
        }
    }
}
