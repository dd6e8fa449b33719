//! The condition to stand behind a cursor, and what an index can make of it.
//!
//! A row stands behind a cursor if the first key in which the two differ says so. No single range of an index is that. But
//! what the first key alone says is one: its value is the cursor's, or comes after it. So this is a condition of its own,
//! which such an index answers; the other one leaves out those rows whose first key is the same and which stand in front.

use std::cmp::Ordering;
use std::ops::Bound;

use bondstone_schema::{Id, KeyBuf, Model};

use super::cursor::{Cursor, Part};
use super::sequence::Sequence;
use crate::expression::{Access, At, Parameters};
use crate::predicate::hint::Encoded;
use crate::predicate::{Effort, Hint, Known, Leaf, Pred, Test, each};
use crate::query::order::Order;
use crate::query::plan::{Finds, ground};

/// To stand behind a cursor in some keys.
struct After<M: Model> {
    keys: Vec<(Order<M>, Part)>,
    /// Or to agree with it in all of them.
    or_same: bool,
    begin: Begin<M>,
}

/// Where an index may begin.
enum Begin<M: Model> {
    Nowhere,
    /// At the primary key, which the engine has numbered.
    Id(Id<M>),
    /// At a value.
    Value(Encoded),
    /// At the nulls, which are the last.
    Nulls,
}

impl<M: Model> Sequence<M> {
    /// The rows behind a cursor of this sequence.
    pub(super) fn after(&self, cursor: &Cursor) -> Pred<M> {
        let keys: Vec<_> =
            self.orders().iter().cloned().zip(cursor.parts.iter().cloned()).collect();
        let begin = match &keys[..] {
            [(_, part)] => numbered(part).map_or(Begin::Nowhere, Begin::Id),
            _ => Begin::Nowhere,
        };
        let coarse = match &keys[..] {
            [(first, part), _, ..] if is_indexed(first) => Begin::of(first, part),
            _ => Begin::Nowhere,
        };
        let coarse = match coarse {
            Begin::Nowhere => Pred::always(),
            begin => Pred::leaf(After { keys: keys[..1].to_vec(), or_same: true, begin }),
        };
        coarse & Pred::leaf(After { keys, or_same: false, begin })
    }
}

/// The id of which these are the bytes, if the engine assigns them.
fn numbered<M: Model>(part: &Part) -> Option<Id<M>> {
    let number = u64::from_be_bytes(part.bytes()?.try_into().ok()?);
    Id::from_number(number)
}

/// Does an ordered index know it?
fn is_indexed<M: Model>(order: &Order<M>) -> bool {
    let ground = ground::<M>();
    (0..ground.indexes()).map(|place| ground.index(place)).any(|index| {
        let mut columns = 0..index.width();
        index.kind == Finds::InOrder && columns.any(|nth| index.knows(nth, order.access()))
    })
}

impl<M: Model> Begin<M> {
    /// Where an index that has this order may begin.
    fn of(order: &Order<M>, part: &Part) -> Self {
        match part {
            // Nulls are less than all values, so everything else comes after them, or nothing.
            _ if order.is_nullable() && !order.has_nulls_as_indexed() => Self::Nowhere,
            Part::Null if order.descending => Self::Nulls,
            Part::Null => Self::Nowhere,
            Part::Value { bytes, open } => Self::Value(encoded(bytes, *open, order.descending)),
        }
    }
}

/// A value by its bytes.
///
/// In the last column of an index an open value is written otherwise: without the two bytes of its end, and zeros without
/// the 255 behind them. What that would be cannot be told from the bytes alone, but what is not greater (up to the first zero
/// they are the same), and what is not less (the bytes as they are).
fn encoded(bytes: &[u8], open: bool, descending: bool) -> Encoded {
    let key = |bytes: &[u8]| {
        let mut key = KeyBuf::new();
        key.push(bytes);
        key
    };
    let last = if open && !descending {
        let end = bytes.len().saturating_sub(2);
        let zero = bytes.windows(2).position(|pair| pair == [0, 255]);
        &bytes[..zero.unwrap_or(end).min(end)]
    } else {
        bytes
    };
    Encoded { whole: key(bytes), last: key(last) }
}

impl<M: Model> After<M> {
    /// How a row comes, seen from the cursor.
    fn compare(&self, row: &M, at: At<'_, '_>, bytes: &mut KeyBuf) -> Ordering {
        for (order, part) in &self.keys {
            bytes.clear();
            let is_value = order.encode(row, at, false, bytes);
            let own = is_value.then_some(bytes.bytes());
            match order.compare_encoded(own, part.bytes()) {
                Ordering::Equal => {}
                other => return other,
            }
        }
        Ordering::Equal
    }
}

impl<M: Model> Leaf<M> for After<M> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        let mut bytes = KeyBuf::new();
        each(rows, among, |row| match self.compare(row, at, &mut bytes) {
            Ordering::Less => false,
            Ordering::Equal => self.or_same,
            Ordering::Greater => true,
        })
    }

    fn effort(&self) -> Effort {
        let has_steps = self.keys.iter().any(|(order, _)| order.access() == Access::None);
        if has_steps { Effort::Parent } else { Effort::Row }
    }

    fn hint<'a>(&'a self, _parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let (order, _) = self.keys.first()?;
        let from = |value| match order.descending {
            false => (Bound::Excluded(value), Bound::Unbounded),
            true => (Bound::Unbounded, Bound::Excluded(value)),
        };
        let test = match &self.begin {
            Begin::Nowhere => return None,
            Begin::Nulls => Test::Null,
            Begin::Id(id) => {
                let (low, high) = from(Known::id(id));
                Test::Range(low, high)
            }
            Begin::Value(value) => {
                let (low, high) = from(Known::encoded(value, order.is_nullable()));
                let or_same = |bound| match bound {
                    Bound::Excluded(value) => Bound::Included(value),
                    bound => bound,
                };
                Test::Range(or_same(low), or_same(high))
            }
        };
        // A range that goes down goes down to the nulls and includes them, as if they were values.
        let nullable = matches!(self.begin, Begin::Nulls);
        Some(Hint::Values { access: order.access(), test, nullable })
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        let orders: Vec<String> = self.keys.iter().map(|(order, _)| order.text()).collect();
        let or_same = if self.or_same { "at or " } else { "" };
        format!("{or_same}behind the cursor by {}", orders.join(", "))
    }
}
