//! What a power cut leaves of the things that nobody had synced.

use dice::Dice;

/// How much of what was not synced survives. What was synced survives always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: the barest disk that still keeps its promises.
    All,
    /// All names (created, renamed, removed) and no data: new files are there and empty, as after a
    /// rename without a sync.
    Data,
    /// All data and no names: a file that was created or renamed without a sync of its folder is not
    /// there, or has its old name.
    Names,
    /// Everything up to some moment, in the order in which it was done; the write of that moment is
    /// torn at a sector.
    Later,
    /// Chance: any sector or page of any file, in any order, and of each folder its first changes.
    Some,
}

/// All ways, in the order in which they are explained.
pub const LOSSES: [Loss; 5] = [Loss::All, Loss::Data, Loss::Names, Loss::Later, Loss::Some];

impl Loss {
    /// One of the ways, by chance.
    pub fn drawn(dice: &mut Dice) -> Loss {
        match dice.below(LOSSES.len() as u64) {
            0 => Loss::All,
            1 => Loss::Data,
            2 => Loss::Names,
            3 => Loss::Later,
            _ => Loss::Some,
        }
    }
}

/// What a cut took. All zero: the cut disturbed nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// Writes that were not synced and did not survive whole.
    pub writes: u64,
    /// Their bytes that are gone.
    pub bytes: u64,
    /// Changes of names that are gone.
    pub names: u64,
    /// Writes and changes of names that survived although nobody had synced them.
    pub survived: u64,
}

impl Lost {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Lost) -> Lost {
        Lost {
            writes: self.writes + other.writes,
            bytes: self.bytes + other.bytes,
            names: self.names + other.names,
            survived: self.survived + other.survived,
        }
    }

    /// Whether anything at all was under way.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Lost::default()
    }
}

/// What one cut goes by: the way, and for [`Loss::Later`] the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) loss: Loss,
    /// Changes up to this moment survive in [`Loss::Later`].
    pub(crate) moment: u64,
}
