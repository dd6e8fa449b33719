//! Values by chance, few enough that they meet, some of them against the rules.

use bondstone::AutoKey;
use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

/// A type whose values are drawn.
pub trait Chance: Sized {
    fn draw(dice: &mut Dice) -> Self;
}

/// Below zero now and then.
impl Chance for i64 {
    fn draw(dice: &mut Dice) -> Self {
        dice.roll(9) as Self - Self::from(dice.roll(6) == 0)
    }
}

/// Perhaps too long.
impl Chance for String {
    fn draw(dice: &mut Dice) -> Self {
        if dice.roll(20) == 0 { "longer".to_owned() } else { format!("n{}", dice.roll(9)) }
    }
}

impl Chance for AutoKey {
    fn draw(dice: &mut Dice) -> Self {
        Self::new(dice.roll(8) + 1).expect("keys begin at 1")
    }
}

impl<T: Chance> Chance for Option<T> {
    fn draw(dice: &mut Dice) -> Self {
        (dice.roll(3) > 0).then(|| T::draw(dice))
    }
}

impl<A: Chance, B: Chance> Chance for (A, B) {
    fn draw(dice: &mut Dice) -> Self {
        (A::draw(dice), B::draw(dice))
    }
}

impl<M: Model<Key: Chance>> Chance for Id<M> {
    fn draw(dice: &mut Dice) -> Self {
        Self::new(M::Key::draw(dice))
    }
}
