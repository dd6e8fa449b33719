//! From conditions to ranges of an ordered index: the encoded keys between which it must lie.
//!
//! A key is the encodings of its columns, one after the other. Each but the last shows where it ends, so that the keys
//! that agree in their first columns are those that begin with the same bytes. A column that may be null begins with 0 or 1,
//! and null is less than all values.

use std::ops::Bound;

use bondstone_schema::KeyBuf;
use bondstone_storage::KeyRange;

use super::{Index, Task, Wish};
use crate::predicate::{Hint, Known, Test};

/// The encoded keys between which a range lies.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) low: Bound<KeyBuf>,
    pub(crate) high: Bound<KeyBuf>,
}

impl Bounds {
    /// The keys that begin so.
    fn beginning_with(key: &KeyBuf) -> Self {
        if key.bytes().is_empty() {
            return Self { low: Bound::Unbounded, high: Bound::Unbounded };
        }
        Self { low: Bound::Included(key.clone()), high: below_next(key.clone()) }
    }

    /// Only keys that are at least so great, too.
    fn raise(&mut self, low: Bound<KeyBuf>) {
        let stricter = match (&self.low, &low) {
            (_, Bound::Unbounded) => false,
            (Bound::Unbounded, _) => true,
            (Bound::Included(old) | Bound::Excluded(old), Bound::Included(new)) => {
                new.bytes() > old.bytes()
            }
            (Bound::Included(old), Bound::Excluded(new)) => new.bytes() >= old.bytes(),
            (Bound::Excluded(old), Bound::Excluded(new)) => new.bytes() > old.bytes(),
        };
        if stricter {
            self.low = low;
        }
    }

    /// Only keys that are at most so great, too.
    fn lower(&mut self, high: Bound<KeyBuf>) {
        let stricter = match (&self.high, &high) {
            (_, Bound::Unbounded) => false,
            (Bound::Unbounded, _) => true,
            (Bound::Included(old) | Bound::Excluded(old), Bound::Included(new)) => {
                new.bytes() < old.bytes()
            }
            (Bound::Included(old), Bound::Excluded(new)) => new.bytes() <= old.bytes(),
            (Bound::Excluded(old), Bound::Excluded(new)) => new.bytes() < old.bytes(),
        };
        if stricter {
            self.high = high;
        }
    }

    /// Can no key lie between?
    fn is_empty(&self) -> bool {
        match (&self.low, &self.high) {
            (Bound::Included(low), Bound::Included(high)) => low.bytes() > high.bytes(),
            (
                Bound::Included(low) | Bound::Excluded(low),
                Bound::Included(high) | Bound::Excluded(high),
            ) => low.bytes() >= high.bytes(),
            _ => false,
        }
    }

    pub(crate) fn key_range(&self) -> KeyRange<'static> {
        KeyRange::Encoded(self.low.clone(), self.high.clone())
    }
}

/// Below the least key that is above all that begin so.
fn below_next(mut key: KeyBuf) -> Bound<KeyBuf> {
    if key.step_over_prefix() { Bound::Excluded(key) } else { Bound::Unbounded }
}

/// A column of an index behind its fixed ones.
struct Column<'k> {
    /// The encoding of the columns before.
    prefix: &'k KeyBuf,
    nullable: bool,
    last: bool,
}

impl Column<'_> {
    /// The beginning of all keys with a value in this column.
    fn values(&self) -> KeyBuf {
        let mut key = self.prefix.clone();
        if self.nullable {
            key.push(&[1]);
        }
        key
    }

    fn key(&self, value: &Known<'_>) -> KeyBuf {
        let mut key = self.prefix.clone();
        value.encode(self.last, &mut key);
        key
    }

    /// From there on. `None`: no key is so great.
    fn low(&self, bound: Bound<&Known<'_>>) -> Option<Bound<KeyBuf>> {
        Some(match bound {
            Bound::Included(value) => Bound::Included(self.key(value)),
            Bound::Excluded(value) if self.last => Bound::Excluded(self.key(value)),
            Bound::Excluded(value) => {
                // Behind all keys that have this value, whatever follows it.
                let mut key = self.key(value);
                key.step_over_prefix().then_some(Bound::Included(key))?
            }
            Bound::Unbounded => Bound::Unbounded,
        })
    }

    /// Up to there.
    fn high(&self, bound: Bound<&Known<'_>>) -> Bound<KeyBuf> {
        match bound {
            Bound::Included(value) if self.last => Bound::Included(self.key(value)),
            Bound::Included(value) => below_next(self.key(value)),
            Bound::Excluded(value) => Bound::Excluded(self.key(value)),
            Bound::Unbounded => Bound::Unbounded,
        }
    }

    fn text(&self, prefix: &str) -> KeyBuf {
        let mut key = self.values();
        if self.last {
            key.push(prefix.as_bytes())
        } else {
            key.push_escaped(prefix.as_bytes())
        }
        key
    }

    /// The keys that meet tests on this column, each of which is a range of values or of texts; `None` if there can be none.
    fn bounds(&self, tests: &[&Test<'_>]) -> Option<Bounds> {
        let mut bounds = Bounds::beginning_with(&self.values());
        for test in tests {
            match test {
                Test::Range(low, high) => {
                    bounds.raise(self.low(low.as_ref())?);
                    bounds.lower(self.high(high.as_ref()));
                }
                Test::Prefix(prefix) => {
                    let Bounds { low, high } = Bounds::beginning_with(&self.text(prefix));
                    bounds.raise(low);
                    bounds.lower(high);
                }
                _ => {}
            }
        }
        (!bounds.is_empty()).then_some(bounds)
    }
}

/// So many ranges, or lookups, are made for one query at most: from so many on a scan is better anyway.
pub(super) const MOST: usize = 1 << 16;

impl Task<'_, '_> {
    /// The ranges of an ordered index in which conditions fix the first columns, each at one value or at one of several, and
    /// others ask something of the one behind. `None`, if they do not: the conditions have other values than those that the
    /// path was made for.
    pub(crate) fn ranges(
        &self,
        index: &Index,
        equal: &[u16],
        range: &[u16],
    ) -> Option<Vec<Bounds>> {
        let mut prefixes = vec![KeyBuf::new()];
        for (nth, number) in equal.iter().enumerate() {
            let last = nth + 1 == index.width();
            prefixes = extended(&prefixes, self.wish(*number).test(index, nth)?, last)?;
        }
        let nth = equal.len();
        if range.is_empty() {
            let whole = nth == index.width();
            return Some(prefixes.iter().map(|key| beginning(key, whole)).collect());
        }
        let tests = || range.iter().map(|number| self.wish(*number));
        let nullable = tests().any(is_nullable);
        let tests: Vec<&Test<'_>> =
            tests().map(|wish| wish.test(index, nth)).collect::<Option<_>>()?;
        let is_range = |test: &&Test<'_>| matches!(test, Test::Range(..) | Test::Prefix(_));
        if !tests.iter().all(is_range) {
            return None;
        }
        let bounds = prefixes.iter().filter_map(|prefix| {
            let column = Column { prefix, nullable, last: nth + 1 == index.width() };
            column.bounds(&tests)
        });
        Some(bounds.collect())
    }
}

fn is_nullable(wish: &Wish<'_>) -> bool {
    matches!(wish, Wish::Hint(Hint::Values { nullable: true, .. }))
}

/// The keys that begin so, or that are this one if it is whole.
fn beginning(key: &KeyBuf, whole: bool) -> Bounds {
    if whole {
        return Bounds { low: Bound::Included(key.clone()), high: Bound::Included(key.clone()) };
    }
    Bounds::beginning_with(key)
}

/// The keys with one column more, which has the values that a test says.
fn extended(keys: &[KeyBuf], test: &Test<'_>, last: bool) -> Option<Vec<KeyBuf>> {
    let values = match test {
        Test::Equal(value) => std::slice::from_ref(value),
        Test::Among(values) => values,
        Test::Null => {
            let null = |key: &KeyBuf| {
                let mut key = key.clone();
                key.push(&[0]);
                key
            };
            return Some(keys.iter().map(null).collect());
        }
        Test::Range(..) | Test::Prefix(_) | Test::Other => return None,
    };
    if keys.len().saturating_mul(values.len()) > MOST {
        return None;
    }
    let column = |prefix| Column { prefix, nullable: false, last };
    let keys =
        keys.iter().flat_map(|prefix| values.iter().map(move |value| column(prefix).key(value)));
    Some(keys.collect())
}
