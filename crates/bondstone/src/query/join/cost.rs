//! Which way of finding partners is the cheapest, by about how many rows there are.

use std::hash::Hash;

use bondstone_schema::{Model, Nullness};

use super::super::Query;
use super::lookup::{Lookup, lookup_of, order_of};
use super::merge::is_any_order;
use super::{Join, JoinKind};
use crate::expression::Expression;

/// A way to find partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By this index of the right side.
    Index(Lookup),
    /// By a hash table of the right side.
    HashRight,
    /// By a hash table of the left side.
    HashLeft,
    /// By the ordered indexes at these places.
    Merge { left: usize, right: usize },
}

impl Way {
    pub(super) const fn kind(self) -> JoinKind {
        match self {
            Self::Index(_) => JoinKind::IndexLoop,
            Self::HashRight | Self::HashLeft => JoinKind::Hash,
            Self::Merge { .. } => JoinKind::Merge,
        }
    }
}

// Work is counted in rows of a scan. Only the proportions matter: they decide where two ways are near each other, and then
// either will do.

/// A row is entered in a hash table.
const BUILD: f64 = 6.0;
/// A hash table is asked.
const PROBE: f64 = 4.0;
/// A row is met in the order of an index: it lies anywhere, but is fetched ahead; and its key is encoded.
const MERGE: f64 = 4.0;

impl Lookup {
    /// An index is asked.
    const fn work(self) -> f64 {
        match self {
            Self::Id => 2.0,
            Self::Children(_) => 3.0,
            Self::Key | Self::Hash(_) => 6.0,
            Self::Ordered { .. } => 15.0,
        }
    }
}

/// About how many rows a query has.
fn about<M: Model>(query: &Query<'_, M>) -> f64 {
    let most = query.spec.limit.map_or(f64::INFINITY, |limit| limit as f64);
    query.clone().normal().choose_any().meant.min(most)
}

impl<'v, L, R, A, B, N> Join<'v, L, R, A, B, N>
where
    L: Model,
    R: Model,
    A: Expression<L, Value: Eq + Hash>,
    B: Expression<R, Value = A::Value>,
    N: Nullness,
{
    /// How partners are to be found.
    pub(super) fn choose(&self) -> (JoinKind, Way) {
        let ways = self.ways();
        let is_wanted = |(way, _): &&(Way, f64)| self.force.is_none_or(|kind| kind == way.kind());
        let cheapest = |left: &&(Way, f64), right: &&(Way, f64)| left.1.total_cmp(&right.1);
        let wanted = ways.iter().filter(is_wanted).min_by(cheapest);
        let way =
            wanted.or_else(|| ways.iter().min_by(cheapest)).map_or(Way::HashRight, |way| way.0);
        (way.kind(), way)
    }

    /// All ways that are possible, with about how much work they are.
    fn ways(&self) -> Vec<(Way, f64)> {
        let (left, right) = (about(&self.left), about(&self.right));
        // With a limit on pairs perhaps only the first rows of the left are needed.
        let wanted =
            self.limit.map_or(f64::INFINITY, |limit| limit.saturating_add(self.offset) as f64);
        let needed = left.min(wanted);
        let mut ways = vec![
            (Way::HashRight, right * (1.0 + BUILD) + needed * PROBE),
            (Way::HashLeft, right * (1.0 + PROBE) + left * BUILD),
        ];
        if !is_any_order(&self.right) {
            return ways;
        }
        let is_whole = |lookup: &Lookup| {
            !(self.right.view().open.orphan && matches!(lookup, Lookup::Children(_)))
        };
        if let Some(lookup) = lookup_of(&self.right_by).filter(is_whole) {
            ways.push((Way::Index(lookup), needed * lookup.work()));
        }
        let orders = order_of(&self.left_by).zip(order_of(&self.right_by));
        if let Some((left_index, right_index)) = orders.filter(|_| is_any_order(&self.left)) {
            let view = self.left.view().sight();
            let rows = view.statistics::<L>().rows() + view.statistics::<R>().rows();
            let part = if left > 0.0 { needed / left } else { 1.0 };
            let way = Way::Merge { left: left_index, right: right_index };
            ways.push((way, rows as f64 * MERGE * part));
        }
        ways
    }
}
