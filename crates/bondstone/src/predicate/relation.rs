//! Conditions on related rows: `User::ORDERS.any(…)`, `Order::USER_ID.is(…)`, `User::ORDERS.size().gt(3)`.

use bondstone_schema::{Fk, IntoTerm, Many, ManyVia, Model, Nullness, One, Path, Req};
use bondstone_storage::Linked;

use super::hint::{Back, Hint};
use super::side::{Conditioned, Onward};
use super::{CHUNK, Effort, Leaf, Node, Pred, first};
use crate::expression::{At, Expression, Parameters};
use crate::query::plan::ground;
use crate::related::{self, Related, RelatedIter};
use crate::view::View;

/// A relation to several rows: what it may be asked about them.
///
/// ```
#[doc = include_str!("../example.txt")]
/// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
/// let snap = db.read();
/// let count = |condition| snap.query::<User>().filter(condition).count();
/// assert_eq!(count(User::ORDERS.any(Order::QUANTITY.gt(2))), 1);
/// assert_eq!(count(User::ORDERS.all(Order::QUANTITY.gt(3))), 0);
/// assert_eq!(count(User::ORDERS.none(Order::QUANTITY.gt(3))), 1);
/// assert_eq!(count(User::ORDERS.size().ge(1)), 1);
/// # Ok::<(), Error>(())
/// ```
pub trait ToMany<P: Model>: RelatedTo<P> {
    /// Is there a related row that meets the condition?
    ///
    /// # Panics
    /// If that goes through 64 relations, one within the other, already.
    fn any(self, condition: impl Into<Pred<Self::Target>>) -> Pred<P> {
        let condition = condition.into().0;
        Pred::leaf(Exists { relation: self, hops: one_more(&condition), condition })
    }

    /// Do all related rows meet the condition? True where there are none.
    fn all(self, condition: impl Into<Pred<Self::Target>>) -> Pred<P> {
        self.none(!condition.into())
    }

    /// Does no related row meet the condition?
    fn none(self, condition: impl Into<Pred<Self::Target>>) -> Pred<P> {
        !self.any(condition)
    }

    /// Is there no related row at all?
    fn is_empty(self) -> Pred<P> {
        self.none(Pred::always())
    }

    /// How many related rows there are, as a number to compare, order and group by. O(1) where none came or went since the
    /// view's state.
    fn size(self) -> CountOf<Self> {
        CountOf(self)
    }
}

/// A relation from `P` to rows of another model, or of the same.
pub trait RelatedTo<P: Model>: Copy + Send + Sync + 'static {
    /// The model of the related rows.
    type Target: Model;

    /// The rows related to this one.
    #[doc(hidden)]
    fn rows<'v>(self, row: &P, db: &'v View) -> Related<'v, Self::Target>;

    /// The rows related to one of several.
    #[doc(hidden)]
    type OfEach<'v>: Iterator<Item = &'v Self::Target>;

    /// Calls `visit` for each of the marked rows, with its place among them all and the rows related to it.
    #[doc(hidden)]
    fn rows_of_each<'v>(
        self,
        rows: &[&P],
        among: u64,
        db: &'v View,
        visit: impl FnMut(usize, Self::OfEach<'v>),
    );

    /// Which of the marked rows have a related one at all.
    #[doc(hidden)]
    fn have_any(self, rows: &[&P], among: u64, db: &View) -> u64 {
        let mut found = 0;
        self.rows_of_each(rows, among, db, |place, mut related| {
            found |= u64::from(related.next().is_some()) << place;
        });
        found
    }

    /// How related rows lead back to those that they are related to.
    #[doc(hidden)]
    fn back(self) -> Back;

    /// As it is written in a plan.
    #[doc(hidden)]
    fn text(self) -> String {
        <Self::Target as Model>::DEFINITION.name.to_owned()
    }
}

impl<P: Model, C: Model> RelatedTo<P> for Many<P, C> {
    type Target = C;
    type OfEach<'v> = RelatedIter<'v, C>;

    fn rows<'v>(self, row: &P, db: &'v View) -> Related<'v, C> {
        related::children(self, row, db)
    }

    fn rows_of_each<'v>(
        self,
        rows: &[&P],
        among: u64,
        db: &'v View,
        mut visit: impl FnMut(usize, RelatedIter<'v, C>),
    ) {
        let mut places = marked(among);
        related::children_of_each(self, marked(among).map(|place| rows[place]), db, |children| {
            if let Some(place) = places.next() {
                visit(place, children);
            }
        });
    }

    /// How many there are stands beside where they are: no related row is touched.
    fn have_any(self, rows: &[&P], among: u64, db: &View) -> u64 {
        let has = |place: &usize| !self.rows(rows[*place], db).is_empty();
        marked(among).filter(has).fold(0, |found, place| found | 1 << place)
    }

    fn back(self) -> Back {
        Back::ToParents(self.foreign_key())
    }
}

impl<P: Model, T: Model, J: Model> RelatedTo<P> for ManyVia<P, T, J> {
    type Target = T;
    type OfEach<'v> = Linked<'v, J, T>;

    fn rows<'v>(self, row: &P, db: &'v View) -> Related<'v, T> {
        related::linked(self, row, db)
    }

    fn rows_of_each<'v>(
        self,
        rows: &[&P],
        among: u64,
        db: &'v View,
        mut visit: impl FnMut(usize, Linked<'v, J, T>),
    ) {
        for place in marked(among) {
            if let Some(links) = related::links(self, rows[place], db) {
                visit(place, links);
            }
        }
    }

    fn back(self) -> Back {
        Back::ByLinks { join: ground::<J>(), near: self.near(), far: self.far() }
    }
}

impl<P: Model, C: Model> ToMany<P> for Many<P, C> {}
impl<P: Model, T: Model, J: Model> ToMany<P> for ManyVia<P, T, J> {}

/// The places that are marked in a word.
fn marked(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(place)
    })
}

/// Related rows side by side, to be judged together; and for each, which row it belongs to.
struct Chunk<'v, 'c, C> {
    condition: &'c Node<C>,
    at: At<'v, 'c>,
    rows: Vec<&'v C>,
    owners: Vec<usize>,
    /// The rows to which one belongs that meets the condition.
    met: u64,
}

impl<'v, 'c, C: Model> Chunk<'v, 'c, C> {
    /// With room for so many rows to begin with.
    fn new(condition: &'c Node<C>, at: At<'v, 'c>, room: usize) -> Self {
        let room = room.min(CHUNK);
        let (rows, owners) = (Vec::with_capacity(room), Vec::with_capacity(room));
        Self { condition, at, rows, owners, met: 0 }
    }

    /// Is it known already of the row in this place?
    fn is_met(&self, owner: usize) -> bool {
        self.met >> owner & 1 != 0
    }

    #[inline]
    fn add(&mut self, row: &'v C, owner: usize) {
        self.rows.push(row);
        self.owners.push(owner);
        if self.rows.len() == CHUNK {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let met = self.condition.judge(&self.rows, first(self.rows.len()), self.at);
        for nth in marked(met) {
            self.met |= 1 << self.owners[nth];
        }
        self.rows.clear();
        self.owners.clear();
    }

    /// For which rows the condition is met.
    fn judged(mut self) -> u64 {
        self.judge();
        self.met
    }
}

/// Conditions on related rows may stand within each other so often: each takes room on the stack, of the planner most of all.
const HOPS: u32 = 64;

/// How many relations there are with the one to the rows that are to meet a condition.
fn one_more<M: Model>(condition: &Node<M>) -> u32 {
    let hops = condition.hops() + 1;
    assert!(
        hops <= HOPS,
        "a condition goes through {hops} relations, one within the other: {HOPS} may be"
    );
    hops
}

/// There is a related row that meets a condition.
struct Exists<R, C> {
    relation: R,
    condition: Node<C>,
    hops: u32,
}

impl<P: Model, R: RelatedTo<P>> Leaf<P> for Exists<R, R::Target> {
    fn judge(&self, rows: &[&P], among: u64, at: At<'_, '_>) -> u64 {
        if matches!(&self.condition, Node::All(parts) if parts.is_empty()) {
            return self.relation.have_any(rows, among, at.view);
        }
        // A row has several related ones as a rule.
        let mut chunk = Chunk::new(&self.condition, at, 8 * among.count_ones() as usize);
        self.relation.rows_of_each(rows, among, at.view, |place, mut related| {
            while !chunk.is_met(place)
                && let Some(row) = related.next()
            {
                chunk.add(row, place);
            }
        });
        chunk.judged()
    }

    fn effort(&self) -> Effort {
        Effort::Rows
    }

    fn hops(&self) -> u32 {
        self.hops
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        Some(Conditioned::hint(&self.condition, parameters, self.relation.back()))
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        format!("any of {}: {}", self.relation.text(), self.condition.text(parameters))
    }
}

/// A relation to one row at most: what it may be asked about it.
///
/// ```
#[doc = include_str!("../example.txt")]
/// db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
/// let snap = db.read();
/// let count = |condition| snap.query::<Order>().filter(condition).count();
/// assert_eq!(count(Order::USER_ID.is(User::EMAIL.starts_with("ann@"))), 1);
/// # Ok::<(), Error>(())
/// ```
pub trait ToOne<M: Model>: Clone + Send + Sync + 'static {
    /// The model of the related row.
    type Target: Model;

    /// The related row, if there is one.
    #[doc(hidden)]
    fn row<'v>(&self, row: &M, db: &'v View) -> Option<&'v Self::Target>;

    /// What a plan could know of the related row's meeting a condition.
    #[doc(hidden)]
    fn hint<'a>(
        &'a self,
        condition: &'a Node<Self::Target>,
        parameters: &'a dyn Parameters,
    ) -> Hint<'a>;

    /// As it is written in a plan.
    #[doc(hidden)]
    fn way(&self) -> String;

    /// Is there a related row, and does it meet the condition?
    ///
    /// # Panics
    /// If that goes through 64 relations, one within the other, already.
    fn is(self, condition: impl Into<Pred<Self::Target>>) -> Pred<M> {
        let condition = condition.into().0;
        Pred::leaf(Is { relation: self, hops: one_more(&condition), condition })
    }
}

impl<M: Model, P: Model, N: Nullness> ToOne<M> for Fk<M, P, N> {
    type Target = P;

    #[inline]
    fn row<'v>(&self, row: &M, db: &'v View) -> Option<&'v P> {
        db.sight().get(self.get(row)?)
    }

    fn hint<'a>(&'a self, condition: &'a Node<P>, parameters: &'a dyn Parameters) -> Hint<'a> {
        Conditioned::hint(condition, parameters, Back::ToChildren(self.position()))
    }

    fn way(&self) -> String {
        self.name().to_owned()
    }
}

impl<M: Model, P: Model, N: Nullness, X: ToOne<P>> ToOne<M> for Path<M, P, N, X> {
    type Target = X::Target;

    #[inline]
    fn row<'v>(&self, row: &M, db: &'v View) -> Option<&'v X::Target> {
        self.then().row(db.sight().get(self.key().get(row)?)?, db)
    }

    fn hint<'a>(
        &'a self,
        condition: &'a Node<X::Target>,
        parameters: &'a dyn Parameters,
    ) -> Hint<'a> {
        Onward::hint(self.then(), condition, parameters, Back::ToChildren(self.key().position()))
    }

    fn way(&self) -> String {
        format!("{}.{}", self.key().name(), self.then().way())
    }
}

impl<P: Model, C: Model> ToOne<P> for One<P, C> {
    type Target = C;

    fn row<'v>(&self, row: &P, db: &'v View) -> Option<&'v C> {
        related::child(*self, row, db)
    }

    fn hint<'a>(&'a self, condition: &'a Node<C>, parameters: &'a dyn Parameters) -> Hint<'a> {
        Conditioned::hint(condition, parameters, Back::ToParents(self.foreign_key()))
    }

    fn way(&self) -> String {
        C::DEFINITION.name.to_owned()
    }
}

/// For which of the marked rows the related row meets a condition.
pub(super) fn judge_related<M: Model, R: ToOne<M>>(
    relation: &R,
    condition: &Node<R::Target>,
    rows: &[&M],
    among: u64,
    at: At<'_, '_>,
) -> u64 {
    if among.is_power_of_two() {
        // One alone needs no room for others.
        let row = rows[among.trailing_zeros() as usize];
        let met = relation.row(row, at.view).map_or(0, |row| condition.judge(&[row], 1, at));
        return met << among.trailing_zeros();
    }
    let mut chunk = Chunk::new(condition, at, among.count_ones() as usize);
    for place in marked(among) {
        if let Some(related) = relation.row(rows[place], at.view) {
            chunk.add(related, place);
        }
    }
    chunk.judged()
}

/// The related row meets a condition.
struct Is<R, T> {
    relation: R,
    condition: Node<T>,
    hops: u32,
}

impl<M: Model, R: ToOne<M>> Leaf<M> for Is<R, R::Target> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        judge_related(&self.relation, &self.condition, rows, among, at)
    }

    fn effort(&self) -> Effort {
        self.condition.effort().max(Effort::Parent)
    }

    fn hops(&self) -> u32 {
        self.hops
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        Some(self.relation.hint(&self.condition, parameters))
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        format!("{}: {}", self.relation.way(), self.condition.text(parameters))
    }
}

/// How many rows a relation leads to.
#[derive(Clone, Copy, Debug)]
pub struct CountOf<R>(R);

impl<P: Model, R: RelatedTo<P>> Expression<P> for CountOf<R> {
    type Value = u64;
    type Null = Req;
    type Seen<'v> = u64;

    fn see<'v>(&self, row: &'v P, at: At<'v, '_>) -> Option<u64> {
        Some(self.0.rows(row, at.view).count() as u64)
    }

    fn text(&self) -> String {
        format!("number of {}", self.0.text())
    }
}

impl<M, V, R> IntoTerm<M, V> for CountOf<R> {
    type Term = Self;

    fn into_term(self) -> Self {
        self
    }
}
