//! Order without sorting: which index, or whether the primary key, has the order that is asked for.

use super::access::Offer;
use super::estimate::{DESCENT, LOOKUP, ROW};
use super::{Finds, Index, Kinds, Path, PlanKind, Task};
use crate::expression::Access;

/// One key of an order, without types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderKey {
    pub(crate) access: Access,
    pub(crate) descending: bool,
    /// Nulls stand where an index has them, or there are none.
    pub(crate) nulls_as_indexed: bool,
}

impl Task<'_, '_> {
    /// The offers that come in this order.
    pub(super) fn ordered_offers(&self, keys: &[OrderKey]) -> Vec<Offer> {
        let mut offers: Vec<Offer> =
            (0..self.ground.indexes()).filter_map(|place| self.index_order(place, keys)).collect();
        offers.extend(self.key_order(keys));
        offers
    }

    fn index_order(&self, place: usize, keys: &[OrderKey]) -> Option<Offer> {
        let index = self.ground.index(place);
        if !matches!(index.kind, Finds::InOrder | Finds::InOwnOrder) {
            return None;
        }
        let (mut equal, mut range) = self.usable(&index, true);
        if index.kind == Finds::InOwnOrder {
            // The whole index: what its keys look like is not known here.
            equal.clear();
            range.clear();
        }
        let backwards = has_order(&index, equal.len(), keys)?;
        let ranges = match index.kind {
            Finds::InOrder => self.ranges(&index, &equal, &range)?,
            _ => Vec::new(),
        };
        let mut offer = if index.kind == Finds::InOrder && !(equal.is_empty() && range.is_empty()) {
            self.range_offer(place, &index, equal, range, &ranges)
        } else {
            let path = Path::Range { index: place, equal, range, descending: false };
            Offer { path, rows: self.rows(), work: DESCENT, each: ROW, kinds: Kinds::NONE }
        };
        if let Path::Range { descending, .. } = &mut offer.path {
            *descending = backwards;
        }
        let kind = if backwards { PlanKind::IndexOrderBackwards } else { PlanKind::IndexOrder };
        offer.kinds = offer.kinds.with(kind);
        Some(offer)
    }

    /// By numbered keys, of which no two are the same: what comes after the key in an order means nothing.
    fn key_order(&self, keys: &[OrderKey]) -> Option<Offer> {
        let key = self.ground.key();
        let first = keys.first()?;
        if key.kind != Finds::Number || !key.knows(0, first.access) {
            return None;
        }
        let range = self.ids();
        let kind = if first.descending { PlanKind::KeyOrderBackwards } else { PlanKind::KeyOrder };
        let (conditions, rows, kinds) = match range {
            Some(Offer { path: Path::Ids { conditions, .. }, rows, kinds, .. }) => {
                (conditions, rows, kinds)
            }
            _ => (super::Numbers::new(), self.rows(), Kinds::NONE),
        };
        let path = Path::Ids { conditions, descending: first.descending };
        Some(Offer { path, rows, work: LOOKUP, each: ROW, kinds: kinds.with(kind) })
    }
}

/// Is this the order of an index whose first columns are fixed, and is it read backwards then?
fn has_order(index: &Index, fixed: usize, keys: &[OrderKey]) -> Option<bool> {
    let mut next = fixed;
    let mut backwards = None;
    for key in keys {
        if (0..fixed).any(|nth| index.knows(nth, key.access)) {
            continue;
        }
        let is_next = next < index.width() && index.knows(next, key.access);
        let agrees = *backwards.get_or_insert(key.descending) == key.descending;
        if !is_next || !agrees || !key.nulls_as_indexed {
            return None;
        }
        next += 1;
    }
    Some(backwards.unwrap_or(false))
}
