//! Groups: the rows that agree in a key, and what they have together.
//!
//! ```text
//! rows ──► key of each ──► its group's state, updated ──► having ──► in key order ──► (key, results)
//! ```
//!
//! A key is kept as it was seen, so nothing is cloned for a row, and nothing allocated but for a new group. A key that depends
//! on one parent alone, be it the value at the end of a long path, is not even looked at again for other rows of that parent.

mod groups;
mod memo;
mod table;

use std::hash::Hash;

use bondstone_schema::Model;

use super::Query;
use super::aggregate::{Aggregate, Always, Both, Condition, Joined};
use super::select::Selection;

pub use groups::Groups;
use table::Table;

/// A query whose rows are grouped: [`Query::group_by`]. `H` is what its groups must meet.
#[must_use = "groups are made when they are asked for"]
pub struct GroupBy<'v, M: Model, K, H = Condition<(), Always>> {
    query: Query<'v, M>,
    key: K,
    having: H,
}

impl<'v, M: Model> Query<'v, M> {
    /// The rows in groups, by a key: a column, a foreign key, a path, a hybrid, a calculation, the size of a relation, or a
    /// tuple of up to six of these. Null is a key like others.
    ///
    /// The groups come in the order of the key, nulls first. A filter, an offset or a limit of the query is one of its rows;
    /// groups are chosen by [`having`](GroupBy::having) and [`Groups::limit`].
    ///
    /// O(rows + groups · log groups). Where rows come in the order of the key, nothing is hashed or sorted.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let bob = db.write(|tx| tx.insert(NewUser { email: "bob@x.org".into() }))?;
    /// for (user_id, quantity) in [(bob, 9), (ann, 1), (bob, 5)] {
    ///     db.write(|tx| tx.insert(NewOrder { user_id, quantity }))?;
    /// }
    /// let snap = db.read();
    ///
    /// let per_user = snap.query().group_by(Order::USER_ID).aggregate((count(), Order::QUANTITY.sum()));
    /// assert_eq!(per_user[..], [(&ann, (1, 1)), (&bob, (2, 14))]);
    ///
    /// for (email, pieces) in snap.query().group_by(Order::USER_ID.to(User::EMAIL)).aggregate(Order::QUANTITY.sum()) {
    ///     println!("{email} ordered {pieces}");
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn group_by<K>(self, key: K) -> GroupBy<'v, M, K>
    where
        K: Selection<M>,
        K::Seen<'v>: Ord + Hash,
    {
        GroupBy { query: self, key, having: Condition::new((), Always) }
    }
}

impl<'v, M, K, H> GroupBy<'v, M, K, H>
where
    M: Model,
    K: Selection<M>,
    K::Seen<'v>: Ord + Hash,
    H: Aggregate<M, Output<'v> = bool>,
{
    /// Only groups that meet this condition, too: one over aggregates, which need not be among the results.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// for quantity in [1, 2] {
    ///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
    /// }
    /// let snap = db.read();
    /// let by_user = || snap.query().group_by(Order::USER_ID);
    /// assert_eq!(by_user().having(Order::QUANTITY.sum().gt(300)).count(), 0);
    /// let often = count().ge(2) & !Order::QUANTITY.max().lt(2);
    /// assert_eq!(by_user().having(often).aggregate(Order::QUANTITY.avg())[..], [(&ann, Some(1.5))]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn having<A, T>(
        self,
        condition: Condition<A, T>,
    ) -> GroupBy<'v, M, K, Joined<H, Condition<A, T>>>
    where
        Condition<A, T>: Aggregate<M>,
    {
        let having = Condition::new((self.having, condition), Both);
        GroupBy { query: self.query, key: self.key, having }
    }

    /// The groups, each with its key and what its rows have together: one aggregate, or a tuple of up to eight.
    pub fn aggregate<A: Aggregate<M>>(self, what: A) -> Groups<K::Item<'v>, A::Output<'v>> {
        let Found { mut groups, in_order } = self.run(what);
        if !in_order {
            groups.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        }
        groups.into_iter().map(|(key, results)| (K::item(key), results)).collect()
    }

    /// The keys of the groups, in order.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 301 }))?;
    /// let snap = db.read();
    /// let large = snap.query().group_by(Order::USER_ID).having(Order::QUANTITY.sum().gt(300)).keys();
    /// assert_eq!(snap.query().filter(User::ID.in_(large)).count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn keys(self) -> Vec<K::Item<'v>> {
        self.aggregate(()).into_iter().map(|(key, ())| key).collect()
    }

    /// How many groups there are.
    #[must_use]
    pub fn count(self) -> usize {
        self.run(()).groups.len()
    }

    /// The groups that meet the condition.
    fn run<A: Aggregate<M>>(self, what: A) -> Found<K::Seen<'v>, A::Output<'v>> {
        let Self { query, key, having } = self;
        let all = (having, what);
        let mut table = Table::new();
        query.for_each_judged(&all, |row, place, marks, at| {
            let parent = key.decided_by(row).map(|parent| parent.number);
            let state = table.state(parent, || key.select(row, at), || all.begin());
            all.update(state, row, place, marks, at);
        });
        let (groups, in_order) = table.into_groups();
        let finished = groups.into_iter().filter_map(|(key, (condition, results))| {
            all.0.finish(condition).then(|| (key, all.1.finish(results)))
        });
        Found { groups: finished.collect(), in_order }
    }
}

/// Groups that were made.
struct Found<K, R> {
    groups: Vec<(K, R)>,
    /// Are they in the order of their keys?
    in_order: bool,
}
