//! What chance decides at a cut, drawn from a seed (splitmix64): the same seed cuts the same way.

/// A small generator of the disk's own.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 when there is none.
    pub fn below(&mut self, count: u64) -> u64 {
        // The bias of a remainder is far below what a test could see.
        self.roll().checked_rem(count).unwrap_or(0)
    }
}
