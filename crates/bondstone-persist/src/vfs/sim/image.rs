//! What is found after a crash, described.

use super::state::Dice;

/// Which unsynced operations survive a crash, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Which survive.
    pub kept: Kept,
    /// The last append is torn after so many bytes.
    pub torn: Option<usize>,
    /// Appended bytes that do not survive leave their length behind, filled so.
    pub fill: Option<Fill>,
}

/// Which unsynced operations survive: appends, truncations and changes of names alike, counted in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// None.
    None,
    /// All.
    All,
    /// The i-th, if bit i is set.
    Bits(u128),
    /// Each with a probability of one half, decided by the seed.
    Random(u64),
}

/// What stands where bytes were promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zeros,
    /// Anything.
    Garbage,
    /// What stood there before a truncation, or elsewhere in the file.
    Old,
}

impl Image {
    /// All unsynced is lost.
    pub const fn lost() -> Self {
        Self { kept: Kept::None, torn: None, fill: None }
    }

    /// All unsynced is kept.
    pub const fn kept() -> Self {
        Self { kept: Kept::All, ..Self::lost() }
    }

    /// The i-th unsynced operation is kept if bit i is set.
    pub const fn bits(bits: u128) -> Self {
        Self { kept: Kept::Bits(bits), ..Self::lost() }
    }

    /// Each unsynced operation is kept with a probability of one half.
    pub const fn random(seed: u64) -> Self {
        Self { kept: Kept::Random(seed), ..Self::lost() }
    }

    /// The same, with the last append torn after so many bytes.
    pub const fn torn(mut self, bytes: usize) -> Self {
        self.torn = Some(bytes);
        self
    }

    /// The same, with the lengths of lost bytes left behind.
    pub const fn filled(mut self, fill: Fill) -> Self {
        self.fill = Some(fill);
        self
    }

    pub(super) fn keeps(self, operation: usize) -> bool {
        match self.kept {
            Kept::None => false,
            Kept::All => true,
            Kept::Bits(bits) => operation < 128 && bits >> operation & 1 == 1,
            Kept::Random(seed) => Dice(seed ^ operation as u64).next() & 1 == 1,
        }
    }

    /// The images of [`SimDisk::images`](super::SimDisk::images).
    pub(super) fn enumerate(
        unsynced: usize,
        last: usize,
        seed: u64,
    ) -> impl Iterator<Item = Self> + use<> {
        let subsets = match unsynced {
            0 => 0..0,
            // None and all are there already.
            1..=8 => 1..(1_u64 << unsynced) - 1,
            _ => 0..64,
        };
        let subset = move |number| match unsynced {
            ..=8 => Self::bits(u128::from(number)),
            _ => Self::random(seed.wrapping_mul(64).wrapping_add(number)),
        };
        let plain = if unsynced == 0 { 0 } else { 1 };
        let torn = [1, last / 2, last.saturating_sub(1), 511, 512, 4096]
            .into_iter()
            .filter(move |at| (1..last).contains(at))
            .collect::<std::collections::BTreeSet<usize>>();
        let fills = [Fill::Zeros, Fill::Garbage, Fill::Old];
        let hollow = fills.into_iter().flat_map(move |fill| {
            [Self::lost().filled(fill), Self::kept().torn(last / 2).filled(fill)]
        });
        std::iter::once(Self::lost())
            .chain(std::iter::once(Self::kept()).take(plain))
            .chain(subsets.map(subset))
            .chain(torn.into_iter().map(|at| Self::kept().torn(at)))
            .chain(hollow.take(if last == 0 { 0 } else { usize::MAX }))
    }
}
