//! A folder's names: as programs see them, as they were at the folder's last sync, and every change
//! between.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// One change of a folder's names, whole or not at all.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) moment: u64,
    /// Names that point elsewhere afterwards; `None`: that are gone.
    pub(crate) sets: Vec<(OsString, Option<u64>)>,
    /// For the old name of something that moved to another folder: that folder, and the moment of
    /// the change there. The old name never goes without the new one coming.
    pub(crate) after: Option<(u64, u64)>,
}

/// The names of one folder.
#[derive(Debug, Default)]
pub(crate) struct Names {
    now: BTreeMap<OsString, u64>,
    safe: BTreeMap<OsString, u64>,
    pending: Vec<Change>,
}

impl Names {
    pub(crate) fn now(&self) -> &BTreeMap<OsString, u64> {
        &self.now
    }

    pub(crate) fn get(&self, name: &OsStr) -> Option<u64> {
        self.now.get(name).copied()
    }

    pub(crate) fn pending(&self) -> &[Change] {
        &self.pending
    }

    pub(crate) fn change(&mut self, change: Change) {
        apply(&mut self.now, &change);
        self.pending.push(change);
    }

    /// The first `count` changes are on the disk.
    pub(crate) fn sync(&mut self, count: usize) {
        for change in self.pending.drain(..count) {
            apply(&mut self.safe, &change);
        }
    }

    /// Becomes what a cut leaves when the first `kept` changes survive.
    pub(crate) fn cut(&mut self, kept: usize) {
        self.sync(kept);
        self.pending.clear();
        self.now.clone_from(&self.safe);
    }

    /// Drops names that point nowhere any more.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u64) -> bool) {
        self.safe.retain(|_, node| keep(*node));
        self.now.clone_from(&self.safe);
    }
}

fn apply(names: &mut BTreeMap<OsString, u64>, change: &Change) {
    for (name, node) in &change.sets {
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}
