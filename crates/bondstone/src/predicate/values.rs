//! The values that one must be among.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

/// So many values are compared one by one: that is sooner done than a hash.
const FEW: usize = 8;

/// Values, all different.
pub(super) enum Values<V> {
    Few(Vec<V>),
    Many(HashSet<V, RandomState>),
}

impl<V: Eq + Hash> Values<V> {
    #[inline]
    pub(super) fn contains(&self, value: &V) -> bool {
        match self {
            Self::Few(values) => values.contains(value),
            Self::Many(values) => values.contains(value),
        }
    }

    /// All of them, in no order.
    pub(super) fn all(&self) -> Vec<&V> {
        match self {
            Self::Few(values) => values.iter().collect(),
            Self::Many(values) => values.iter().collect(),
        }
    }
}

impl<V: Eq + Hash> FromIterator<V> for Values<V> {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let values: HashSet<V, RandomState> = values.into_iter().collect();
        if values.len() <= FEW {
            Self::Few(values.into_iter().collect())
        } else {
            Self::Many(values)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_all_there_once() {
        for count in [0, 1, FEW, FEW + 1, 100] {
            let values: Values<usize> = (0..count).chain(0..count).collect();
            assert_eq!(matches!(values, Values::Few(_)), count <= FEW);
            assert!((0..count).all(|value| values.contains(&value)));
            assert!(!values.contains(&count));
            let mut all = values.all();
            all.sort();
            assert!(all.into_iter().copied().eq(0..count));
        }
    }
}
