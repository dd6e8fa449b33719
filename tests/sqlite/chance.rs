//! Values by chance, few enough that they meet, some of them against the rules.

use bondstone::AutoKey;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

use crate::models::{Line, Town};

pub fn maybe<T>(value: impl Fn(&mut Dice) -> T) -> impl Fn(&mut Dice) -> Option<T> {
    move |dice| (dice.roll(3) > 0).then(|| value(dice))
}

pub fn small(dice: &mut Dice) -> i64 {
    dice.roll(9) as i64 - i64::from(dice.roll(6) == 0)
}

pub fn age(dice: &mut Dice) -> i64 {
    dice.roll(80) as i64
}

pub fn id<M: Model<Key = AutoKey>>(dice: &mut Dice) -> Id<M> {
    Id::from_u64(dice.roll(8) + 1).expect("ids begin at 1")
}

/// Perhaps too long.
pub fn name(dice: &mut Dice) -> String {
    if dice.roll(20) == 0 { "longer".to_owned() } else { format!("n{}", dice.roll(12)) }
}

/// Perhaps too long.
pub fn code(dice: &mut Dice) -> String {
    ["AA", "AB", "AC", "ÄÖ", "B", "AAA", "AA"][dice.roll(7) as usize].to_owned()
}

pub fn town(dice: &mut Dice) -> Id<Town> {
    Id::new(code(dice))
}

pub fn line(dice: &mut Dice) -> Id<Line> {
    Id::new((id(dice), small(dice)))
}
