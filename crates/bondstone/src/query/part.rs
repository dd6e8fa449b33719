//! A value as it was seen, to be told from others: a part of a group's key, one of the values met so far.
//!
//! What is seen by reference stays where it is, so comparing it with others would read the row in which each was first met:
//! a cache miss for every row of a large query. Therefore a value of at most eight bytes, an id, a number, a date, is kept
//! beside the reference as a word, which alone is compared, ordered and hashed.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use bondstone_schema::Value;

/// A value of type `V` seen as `S`, or null: equal, ordered and hashed as the value is, nulls first.
#[doc(hidden)]
pub struct Part<S, V> {
    seen: Option<S>,
    /// The value as a number, if it is [packed](Part::PACKED); 0 for null.
    word: u64,
    marker: PhantomData<fn() -> V>,
}

impl<S: Borrow<V>, V: Value> Part<S, V> {
    /// Does the word say all? It has the order of the values, and equal words mean equal values; only enums may have an
    /// equality of their own, wherever they stand in it.
    const PACKED: bool = match V::WIDTH {
        Some(width) => width <= size_of::<u64>() && !V::DECLARED,
        None => false,
    };

    #[inline]
    pub(super) fn new(seen: Option<S>) -> Self {
        let word = match &seen {
            Some(seen) if Self::PACKED => seen.borrow().word(),
            _ => 0,
        };
        Self { seen, word, marker: PhantomData }
    }

    /// As it was seen.
    #[inline]
    pub(super) fn into_seen(self) -> Option<S> {
        self.seen
    }

    #[inline]
    fn value(&self) -> Option<&V> {
        self.seen.as_ref().map(Borrow::borrow)
    }

    /// How it compares, where values have an order among some of them only.
    #[inline]
    pub(super) fn order(&self, other: &Self) -> Option<Ordering>
    where
        V: PartialOrd,
    {
        if Self::PACKED {
            Some(self.packed().cmp(&other.packed()))
        } else {
            self.value().partial_cmp(&other.value())
        }
    }

    /// What stands for the value if the word says all.
    #[inline]
    const fn packed(&self) -> (bool, u64) {
        (self.seen.is_some(), self.word)
    }
}

impl<S: Clone, V> Clone for Part<S, V> {
    fn clone(&self) -> Self {
        Self { seen: self.seen.clone(), ..*self }
    }
}

impl<S: Borrow<V>, V: Value> PartialEq for Part<S, V> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        if Self::PACKED { self.packed() == other.packed() } else { self.value() == other.value() }
    }
}

impl<S: Borrow<V>, V: Value + Eq> Eq for Part<S, V> {}

impl<S: Borrow<V>, V: Value + Ord> PartialOrd for Part<S, V> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<S: Borrow<V>, V: Value + Ord> Ord for Part<S, V> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if Self::PACKED {
            self.packed().cmp(&other.packed())
        } else {
            self.value().cmp(&other.value())
        }
    }
}

impl<S: Borrow<V>, V: Value + Hash> Hash for Part<S, V> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // That there is a value need not be hashed: hashes may meet, and most keys are never null.
        match self.value() {
            Some(value) if !Self::PACKED => value.hash(state),
            _ => state.write_u64(self.word),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::hash::BuildHasher;

    use foldhash::fast::FixedState;

    use super::*;

    /// All values, and null, compare as parts as they do themselves.
    fn agree<V: Value + Ord + Hash + Debug>(values: &[V]) {
        let all: Vec<Option<&V>> = [None].into_iter().chain(values.iter().map(Some)).collect();
        for left in &all {
            for right in &all {
                let (a, b) = (Part::<&V, V>::new(*left), Part::<&V, V>::new(*right));
                assert_eq!(a.cmp(&b), left.cmp(right), "{left:?} {right:?}");
                assert_eq!(a == b, left == right);
                let hash = |part: &Part<&V, V>| FixedState::default().hash_one(part);
                assert!(a != b || hash(&a) == hash(&b));
            }
        }
    }

    #[test]
    fn parts_compare_as_their_values_do() {
        agree(&[i64::MIN, -1, 0, 1, i64::MAX]);
        agree(&[i8::MIN, -1, 0, 1, i8::MAX]);
        agree(&[0_u8, 1, 255]);
        agree(&[0_u64, 1, u64::MAX]);
        agree(&[i16::MIN, -1, 0, 1, i16::MAX]);
        agree(&[isize::MIN, -1, 0, 1, isize::MAX]);
        #[cfg(feature = "jiff")]
        agree(
            &[(-9999, 1, 1), (-1, 12, 31), (0, 1, 1), (2024, 2, 29), (2024, 3, 1), (9999, 12, 31)]
                .map(|(year, month, day)| jiff::civil::date(year, month, day)),
        );
        agree(&[i128::MIN, -1, 0, i128::MAX]);
        agree(&['\0', 'a', 'ß', char::MAX]);
        agree(&[false, true]);
        agree(&["", "\0", "a", "a\0", "ab", "b"].map(String::from));
        agree(&[(false, 1_u8), (false, 2), (true, 0)]);
        const { assert!(Part::<&i64, i64>::PACKED && !Part::<&String, String>::PACKED) };
    }
}
