//! The query as a user writes it: built from the typed constants, asked of a view.

use std::ops::Bound;

use bondstone::prelude::*;
use bondstone::{PlanKind, Term};

use super::cell::Cell;
use super::join::Joined;
use super::question::{
    Answer, Ask, By, Comparison, Condition, End, Fetch, Order, Quantifier, Row, Start, Way,
};
use super::results::{Fetched, Grouped, Summed, Values};
use super::typed::{
    Asked, IntoTerm, KeyVisitor, Leads, LeadsToOne, ManyVisitor, OneVisitor, PairVisitor, Readable,
    Target, Told, compare, with_model,
};

/// What bondstone answers: as it likes, and forced to use each kind of plan that is possible; and what its plan is made of.
pub(crate) fn answers(ask: &Ask, view: &View, db: &Database) -> Vec<(Run, Answer)> {
    let related = ask
        .start
        .as_ref()
        .and_then(|start| with_model!(start.table, P => answers_of_related::<P>(start, ask, view)));
    related.unwrap_or_else(|| with_model!(ask.table, M => answers_of_all::<M>(ask, view, db)))
}

/// How a query was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// As the planner likes; what its plan is made of.
    Planned(Vec<PlanKind>),
    /// With a plan of this kind.
    Forced(PlanKind),
    /// Prepared, with a parameter.
    Prepared,
}

fn answers_of_all<M: Asked>(ask: &Ask, view: &View, db: &Database) -> Vec<(Run, Answer)> {
    let mut answers = answers_of::<M>(ask, view, view.query());
    let leaf = ask.conditions.first().and_then(Condition::first_leaf);
    if let (Some(earlier), Some(leaf)) = (&ask.prepared, leaf) {
        let prepare = Prepare { ask, leaf, earlier, view, db };
        answers.extend(prepare.answer::<M>().map(|answer| (Run::Prepared, answer)));
    }
    answers
}

/// Of the rows that a row is related to; nothing, where there is no row to begin with.
fn answers_of_related<P: Asked>(
    start: &Start,
    ask: &Ask,
    view: &View,
) -> Option<Vec<(Run, Answer)>> {
    let count = view.iter::<P>().count();
    let row = view.iter::<P>().nth(usize::from(start.row) % count.max(1))?;
    Some(P::with_many(start.relation, Begin { row, ask, view }))
}

struct Begin<'a, P> {
    row: &'a P,
    ask: &'a Ask,
    view: &'a View,
}

impl<P: Asked> ManyVisitor<P> for Begin<'_, P> {
    type Out = Vec<(Run, Answer)>;

    fn visit<R: Leads<P>>(self, relation: R) -> Self::Out {
        answers_of(self.ask, self.view, relation.of(self.row, self.view).query())
    }
}

fn answers_of<'v, M: Asked>(ask: &Ask, view: &'v View, start: Query<'v, M>) -> Vec<(Run, Answer)> {
    let query = built(ask, &ask.conditions, start);
    let plan = query.clone().explain();
    let mut answers = vec![(Run::Planned(plan.kinds().collect()), ended(ask, view, query.clone()))];
    for kind in PlanKind::ALL {
        if let Some(query) = query.clone().force(kind) {
            answers.push((Run::Forced(kind), ended(ask, view, query)));
        }
    }
    answers
}

fn keys_of<M: Asked>(rows: Vec<&M>) -> Vec<Row> {
    rows.into_iter().map(|row| M::id_cells(&row.id())).collect()
}

fn only<M: Asked>(row: Result<&M, Error>) -> Answer {
    Answer::One(match row {
        Ok(row) => Ok(M::id_cells(&row.id())),
        Err(Error::NotOne { several, .. }) => Err(several),
        Err(other) => panic!("one() refuses only by number: {other}"),
    })
}

fn ended<'v, M: Asked>(ask: &Ask, view: &'v View, query: Query<'v, M>) -> Answer {
    match &ask.end {
        End::All => Answer::Rows(keys_of(query.all())),
        End::Ids => Answer::Rows(query.ids().iter().map(M::id_cells).collect()),
        End::Count => Answer::Count(query.count()),
        End::Exists => Answer::Exists(query.exists()),
        End::First => Answer::Rows(keys_of(query.first().into_iter().collect())),
        End::One => only(query.one()),
        End::Aggregate(summary) => Answer::Lines(M::with_key(summary.key, Summed(query, summary))),
        End::Group(group) => Answer::Lines(match group.by {
            By::Key(key) => M::with_key(key, Grouped(query, group)),
            By::Pair(pair) => M::with_pair(pair, Grouped(query, group)),
        }),
        End::Select(by, distinct) => Answer::Lines(match by {
            By::Key(key) => M::with_key(key, Values(query, *distinct)),
            By::Pair(pair) => M::with_pair(*pair, Values(query, *distinct)),
        }),
        End::With(fetch) if is_to_many(ask, fetch) => {
            Answer::Nested(M::with_many(fetch.relation, Fetched(query, fetch)))
        }
        End::With(fetch) => Answer::Nested(M::with_one(fetch.relation, Fetched(query, fetch))),
        End::Join(join) => Answer::Pairs(M::with_join(join.by, Joined { view, query, join })),
        End::Pages(size) => Answer::Pages(pages(query, *size)),
    }
}

/// All pages. Each cursor is printed and read again.
fn pages<M: Asked>(query: Query<'_, M>, size: usize) -> Vec<Vec<Row>> {
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let page = query.clone().page(size, cursor).expect("the cursor is of this query");
        pages.push(keys_of(page.rows));
        let Some(next) = page.next else { return pages };
        cursor = Some(next.to_string().parse().expect("what was printed can be read"));
    }
}

/// The query, with all that comes before its end.
fn built<'v, M: Asked>(
    ask: &Ask,
    conditions: &[Condition],
    mut query: Query<'v, M>,
) -> Query<'v, M> {
    for condition in conditions {
        query = query.filter(predicate::<M>(condition));
    }
    if let Some(refused) = ask.refused {
        query = query.filter_fn(move |row| accepts(&[number_of(row)], refused));
    }
    for order in &ask.orders {
        query = query.order_by(M::with_key(order.key, Sort(order)));
    }
    if ask.offset > 0 {
        query = query.offset(ask.offset);
    }
    if let Some(limit) = ask.limit {
        query = query.limit(limit);
    }
    query
}

/// What closures look at.
pub(crate) fn number_of<M: Asked>(row: &M) -> Cell {
    row.cells().swap_remove(M::TABLE.column(M::TABLE.specification().number))
}

fn is_to_many(ask: &Ask, fetch: &Fetch) -> bool {
    let manies = ask.table.specification().manies;
    manies.iter().any(|relation| std::ptr::eq(relation, fetch.relation))
}

/// What the closure of a query does: it refuses rows whose numbers together leave this when divided by three.
pub(crate) fn accepts(numbers: &[Cell], refused: u8) -> bool {
    let sum: i64 = numbers.iter().filter_map(Cell::number).sum();
    sum.rem_euclid(3) != i64::from(refused)
}

/// The condition as a predicate.
pub(crate) fn predicate<M: Asked>(condition: &Condition) -> Pred<M> {
    let all = |parts: &[Condition]| parts.iter().map(predicate::<M>).collect::<Vec<_>>();
    match condition {
        Condition::Compare(key, comparison, cell) => M::with_key(key, Compare(*comparison, cell)),
        Condition::Pair(pair, comparison) => M::with_pair(*pair, ComparePair(*comparison)),
        Condition::Within(key, low, high) => M::with_key(key, Within(low, high)),
        Condition::In(key, cells) => M::with_key(key, In(cells)),
        Condition::IsNone(key) => M::with_key(key, IsNull(true)),
        Condition::IsSome(key) => M::with_key(key, IsNull(false)),
        Condition::IsTrue(key) => M::with_key(key, IsTrue),
        Condition::Text(key, way, ignoring_case, part) => {
            M::with_key(key, Text(*way, *ignoring_case, part))
        }
        Condition::Related(relation, quantifier, condition) => {
            M::with_many(relation, Each(*quantifier, condition))
        }
        Condition::IsEmpty(relation) => M::with_many(relation, IsEmpty),
        Condition::Is(relation, condition) => M::with_one(relation, Is(condition)),
        Condition::Under(above) => {
            id_of::<M>(above).and_then(M::under).expect("only hierarchies are asked")
        }
        Condition::Above(below) => {
            id_of::<M>(below).and_then(M::above).expect("only hierarchies are asked")
        }
        Condition::And(parts) => {
            let parts = all(parts).into_iter();
            parts.reduce(|left, right| left & right).unwrap_or_else(Pred::always)
        }
        Condition::Or(parts) => {
            let parts = all(parts).into_iter();
            parts.reduce(|left, right| left | right).unwrap_or_else(Pred::never)
        }
        Condition::Not(condition) => !predicate::<M>(condition),
    }
}

/// The condition with another one in the place of its first leaf.
fn with_leaf<M: Asked>(condition: &Condition, leaf: Pred<M>) -> Pred<M> {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => {
            let Some((first, others)) = parts.split_first() else { return leaf };
            let is_all = matches!(condition, Condition::And(_));
            let both = |left, right| if is_all { left & right } else { left | right };
            others.iter().map(predicate::<M>).fold(with_leaf(first, leaf), both)
        }
        Condition::Not(condition) => !with_leaf::<M>(condition, leaf),
        _ => leaf,
    }
}

/// The query, prepared with the values of the first leaf as parameters, run with earlier values and then with these.
struct Prepare<'a> {
    ask: &'a Ask,
    leaf: &'a Condition,
    earlier: &'a [Cell; 2],
    view: &'a View,
    db: &'a Database,
}

impl Prepare<'_> {
    fn answer<M: Asked>(self) -> Option<Answer> {
        match self.leaf {
            Condition::Compare(key, ..) | Condition::Within(key, ..) => {
                Some(M::with_key(key, self))
            }
            _ => None,
        }
    }
}

/// The value of a bound, null where there is none.
fn cell_of(bound: &Bound<Cell>) -> &Cell {
    match bound {
        Bound::Included(cell) | Bound::Excluded(cell) => cell,
        Bound::Unbounded => &Cell::Null,
    }
}

impl<M: Asked> KeyVisitor<M> for Prepare<'_> {
    type Out = Answer;

    fn visit<E: Readable<M>>(self, key: E) -> Answer {
        let Prepare { ask, leaf, earlier: [first, second], view, db } = self;
        let values = |first, second| (E::Value::of(first), E::Value::of(second));
        let (earlier, now) = match leaf {
            Condition::Compare(_, _, cell) => (values(first, second), values(cell, second)),
            Condition::Within(_, low, high) => {
                (values(first, second), values(cell_of(low), cell_of(high)))
            }
            _ => unreachable!("only comparisons are prepared"),
        };
        type Values<V> = (Option<V>, Option<V>);
        let prepared = db.prepare::<M, Values<E::Value>>(|query, (one, other)| {
            let leaf = match leaf {
                Condition::Within(_, low, high) => {
                    key.within((low.as_ref().map(|_| one), high.as_ref().map(|_| other)))
                }
                Condition::Compare(_, comparison, _) => compare!(*comparison, key, one),
                _ => unreachable!("only comparisons are prepared"),
            };
            let query = query.filter(with_leaf(&ask.conditions[0], leaf));
            built(ask, &ask.conditions[1..], query)
        });
        let run = |values| prepared.run(view, values);
        let _ = (run(earlier.clone()).all(), run(earlier.clone()).count(), run(earlier).first());
        match &ask.end {
            End::All => Answer::Rows(keys_of(run(now).all())),
            End::Ids => Answer::Rows(run(now).ids().iter().map(M::id_cells).collect()),
            End::Count => Answer::Count(run(now).count()),
            End::Exists => Answer::Exists(run(now).exists()),
            End::First => Answer::Rows(keys_of(run(now).first().into_iter().collect())),
            End::One => only(run(now).one()),
            _ => ended(ask, view, run(now).query()),
        }
    }
}

struct Compare<'a>(Comparison, &'a Cell);

impl<M: Model> KeyVisitor<M> for Compare<'_> {
    type Out = Pred<M>;

    fn visit<E: Readable<M>>(self, key: E) -> Pred<M> {
        compare!(self.0, key, E::Value::of(self.1))
    }
}

struct Within<'a>(&'a Bound<Cell>, &'a Bound<Cell>);

impl<M: Model> KeyVisitor<M> for Within<'_> {
    type Out = Pred<M>;

    fn visit<E: Readable<M>>(self, key: E) -> Pred<M> {
        let told = |bound: &Bound<Cell>| bound.as_ref().map(E::Value::of);
        key.within((told(self.0), told(self.1)))
    }
}

struct In<'a>(&'a [Cell]);

impl<M: Model> KeyVisitor<M> for In<'_> {
    type Out = Pred<M>;

    fn visit<E: Readable<M>>(self, key: E) -> Pred<M> {
        key.in_(self.0.iter().map(E::Value::of))
    }
}

struct IsNull(bool);

impl<M: Model> KeyVisitor<M> for IsNull {
    type Out = Pred<M>;

    fn visit<E: Readable<M>>(self, key: E) -> Pred<M> {
        if self.0 { key.is_none() } else { key.is_some() }
    }
}

struct IsTrue;

impl<M: Model> KeyVisitor<M> for IsTrue {
    type Out = Pred<M>;

    fn visit<E: Readable<M>>(self, key: E) -> Pred<M> {
        E::Value::is_true(key).expect("only flags are asked whether they are true")
    }
}

struct Text<'a>(Way, bool, &'a str);

impl<M: Model> KeyVisitor<M> for Text<'_> {
    type Out = Pred<M>;

    fn visit<E: Readable<M>>(self, key: E) -> Pred<M> {
        let Text(way, ignoring_case, part) = self;
        E::Value::is_like(key, way, ignoring_case, part).expect("only texts are asked for parts")
    }
}

pub(crate) struct Sort<'a>(pub &'a Order);

impl<M: Model> KeyVisitor<M> for Sort<'_> {
    type Out = bondstone::Order<M>;

    fn visit<E: Readable<M>>(self, key: E) -> bondstone::Order<M> {
        let order = if self.0.descending { key.desc() } else { key.asc() };
        match self.0.nulls_first {
            None => order,
            Some(true) => order.nulls_first(),
            Some(false) => order.nulls_last(),
        }
    }
}

struct Each<'a>(Quantifier, &'a Condition);

impl<M: Asked> ManyVisitor<M> for Each<'_> {
    type Out = Pred<M>;

    fn visit<R: Leads<M>>(self, relation: R) -> Pred<M> {
        let condition = predicate::<Target<M, R>>(self.1);
        match self.0 {
            Quantifier::Any => relation.any(condition),
            Quantifier::All => relation.all(condition),
            Quantifier::None => relation.none(condition),
        }
    }
}

struct IsEmpty;

impl<M: Asked> ManyVisitor<M> for IsEmpty {
    type Out = Pred<M>;

    fn visit<R: Leads<M>>(self, relation: R) -> Pred<M> {
        relation.is_empty()
    }
}

struct Is<'a>(&'a Condition);

impl<M: Asked> OneVisitor<M> for Is<'_> {
    type Out = Pred<M>;

    fn visit<R: LeadsToOne<M>>(self, relation: R) -> Pred<M> {
        relation.is(predicate::<R::Target>(self.0))
    }
}

struct ComparePair(Comparison);

impl<M: Model> PairVisitor<M> for ComparePair {
    type Out = Pred<M>;

    fn visit<L, R>(self, left: L, right: R) -> Pred<M>
    where
        L: Readable<M>,
        R: Readable<M, Value = L::Value> + IntoTerm<M, L::Value, Term: Term<M, L::Value>>,
    {
        compare!(self.0, left, right)
    }
}

fn id_of<M: Asked>(cell: &Cell) -> Option<Id<M>> {
    M::id_of(std::slice::from_ref(cell))
}
