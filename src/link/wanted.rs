//! Which blobs the hub asks a node for again: those that entries name and that are not here. A message
//! carries so many; the rest follows page by page, in the order of their names, so that each is reached,
//! also behind others that the node does not have any more, and on a line that never holds for long.

use std::time::Duration;

use journal::ctl::BLOBS_WANTED_MAX;

use crate::outbound::Now;
use crate::types::Hash;

/// Between two pages: the node has time to send some of the first.
const PAGE_PAUSE: Duration = Duration::from_secs(60);

/// How far a hub has come in asking one node.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// The last one that was asked for; `None` at the beginning.
    after: Option<Hash>,
    /// This round began behind some that were asked for before the connection was lost.
    began_behind: bool,
    /// When the next page is due.
    at: Option<Now>,
}

impl Wanted {
    /// The node has said hello. Gives behind which blob to look.
    pub(crate) fn begin(&mut self) -> Option<Hash> {
        self.at = None;
        self.began_behind = self.after.is_some();
        self.after
    }

    /// A page was found and asked for.
    pub(crate) fn asked(&mut self, page: &[Hash], now: Now) {
        let last = page.last().filter(|_| page.len() >= BLOBS_WANTED_MAX);
        self.after = last.copied();
        let more = self.after.is_some() || std::mem::take(&mut self.began_behind);
        self.at = more.then_some(now + PAGE_PAUSE);
    }

    /// Whether a page is due now, and behind which blob to look for it. One that cannot be looked for now
    /// is due again after the pause.
    pub(crate) fn due(&mut self, now: Now) -> Option<Option<Hash>> {
        if self.at.is_none_or(|at| at > now) {
            return None;
        }
        self.at = Some(now + PAGE_PAUSE);
        Some(self.after)
    }

    /// The connection is gone: the next one goes on where this one was.
    pub(crate) fn pause(&mut self) {
        self.at = None;
    }

    /// When the next page is due.
    pub(crate) fn deadline(&self) -> Option<Now> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(first: u16, length: usize) -> Vec<Hash> {
        let hash = |number: u16| {
            let mut hash = [0; 32];
            hash[..2].copy_from_slice(&number.to_be_bytes());
            hash
        };
        (first..).take(length).map(hash).collect()
    }

    #[test]
    fn every_missing_blob_is_asked_for_also_on_a_line_that_never_holds_for_long() {
        let all = page(0, 3 * BLOBS_WANTED_MAX + 7);
        let from = |after: Option<Hash>| -> Vec<Hash> {
            let behind = all.iter().filter(|hash| after.is_none_or(|after| **hash > after));
            behind.take(BLOBS_WANTED_MAX).copied().collect()
        };
        let (mut wanted, mut now) = (Wanted::default(), Now::ZERO);
        let mut asked = Vec::new();
        // Cut off after each page.
        for _ in 0..4 {
            let found = from(wanted.begin());
            wanted.asked(&found, now);
            asked.extend(found);
            wanted.pause();
            assert_eq!(wanted.deadline(), None);
        }
        assert_eq!(asked, all);

        // On a line that holds, from the middle on and around.
        let found = from(wanted.begin());
        wanted.asked(&found, now);
        wanted.pause();
        let mut asked = from(wanted.begin());
        wanted.asked(&asked, now);
        while let Some(at) = wanted.deadline() {
            assert_eq!(wanted.due(now), None, "not before its time");
            now = at;
            let found = from(wanted.due(now).unwrap());
            wanted.asked(&found, now);
            asked.extend(found);
        }
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked, all, "and then it ends");
    }

    #[test]
    fn a_page_that_the_store_could_not_read_is_looked_for_again_after_the_pause() {
        let mut wanted = Wanted::default();
        let first = page(0, BLOBS_WANTED_MAX);
        assert_eq!(wanted.begin(), None);
        wanted.asked(&first, Now::ZERO);
        let due = wanted.deadline().unwrap();
        let behind = Some(first.last().copied());
        assert_eq!(wanted.due(due), behind);
        // The store fails, and says nothing here.
        assert_eq!(wanted.due(due), None, "not at once");
        let again = wanted.deadline().unwrap();
        assert_eq!((again, wanted.due(again)), (due + PAGE_PAUSE, behind));
        wanted.asked(&page(500, 1), again);
        assert_eq!(wanted.deadline(), None, "the last page ends it");
    }

    #[test]
    fn what_fits_in_one_message_is_asked_for_once_a_hello() {
        let mut wanted = Wanted::default();
        assert_eq!(wanted.begin(), None);
        wanted.asked(&page(0, 3), Now::ZERO);
        assert_eq!(wanted.deadline(), None);
        assert_eq!(wanted.begin(), None);
    }
}
