//! Chance.

use bondstone::AutoKey;
use bondstone::prelude::*;

use crate::models::Town;

/// Numbers that need not be good, and are the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.roll(3) > 0).then(|| value(self))
    }

    pub fn small(&mut self) -> i64 {
        self.roll(9) as i64 - i64::from(self.roll(6) == 0)
    }

    pub fn id<M: Model<Key = AutoKey>>(&mut self) -> Id<M> {
        Id::from_u64(self.roll(8) + 1).expect("ids begin at 1")
    }

    /// Perhaps too long.
    pub fn name(&mut self) -> String {
        if self.roll(20) == 0 { "longer".to_owned() } else { format!("n{}", self.roll(12)) }
    }

    /// Perhaps too long.
    pub fn code(&mut self) -> String {
        ["AA", "AB", "AC", "ÄÖ", "B", "AAA", "AA"][self.roll(7) as usize].to_owned()
    }

    pub fn town(&mut self) -> Id<Town> {
        Id::new(self.code())
    }
}
