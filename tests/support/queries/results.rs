//! The ends of a query that give other things than rows: aggregates, groups, values, rows with their relatives.

use std::borrow::Borrow;
use std::hash::Hash;

use bondstone::prelude::*;
use bondstone::{FetchKind, Query, Selection, With};

use super::cell::Cell;
use super::engine::{Sort, predicate};
use super::question::{Distinct, Fetch, Group, Row, Summary};
use super::typed::{
    Asked, IntoTerm, KeyVisitor, Leads, LeadsToOne, ManyVisitor, OneVisitor, PairVisitor, Readable,
    Target, Told, ToldItem,
};

fn number(count: usize) -> Cell {
    Cell::Number(count as i64)
}

fn sum(sum: i128) -> Cell {
    i64::try_from(sum).ok().into()
}

/// What a query says of many rows.
pub(crate) struct Summed<'a, 'v, M: Model>(pub Query<'v, M>, pub &'a Summary);

impl<M: Asked> KeyVisitor<M> for Summed<'_, '_, M> {
    type Out = Vec<Row>;

    fn visit<E: Readable<M>>(self, key: E) -> Vec<Row> {
        let Summed(query, summary) = self;
        let meant = || predicate::<M>(&summary.condition);
        let of_key = query.clone().aggregate((
            count(),
            count_if(meant()),
            key.clone().count(),
            key.clone().count_distinct().filter(meant()),
            key.clone().min(),
            key.max().filter(meant()),
        ));
        let of_measure = query.clone().aggregate((
            M::MEASURE.sum(),
            sum_if(M::MEASURE, meant()),
            M::MEASURE.avg(),
            M::MEASURE.min(),
        ));
        let (total, meant_total, average, least) = of_measure;
        let short = (query.clone().sum(M::MEASURE), query.clone().avg(M::MEASURE));
        assert_eq!(short, (total, average), "the same in fewer words");
        assert_eq!(query.min(M::MEASURE), least.copied(), "the same in fewer words");
        let seen = |seen: Option<<E as Expression<M>>::Seen<'_>>| {
            seen.map_or(Cell::Null, |seen| Borrow::<E::Value>::borrow(&seen).cell())
        };
        vec![vec![
            number(of_key.0),
            number(of_key.1),
            number(of_key.2),
            number(of_key.3),
            seen(of_key.4),
            seen(of_key.5),
            sum(total),
            sum(meant_total),
            Cell::average(average),
            least.told(),
        ]]
    }
}

/// What a query says of groups.
pub(crate) struct Grouped<'a, 'v, M: Model>(pub Query<'v, M>, pub &'a Group);

impl<'v, M: Asked> Grouped<'_, 'v, M> {
    fn by<K>(self, key: K, tell: impl Fn(K::Item<'v>) -> Row) -> Vec<Row>
    where
        K: Selection<M>,
        K::Seen<'v>: Ord + Hash,
    {
        let Grouped(query, group) = self;
        let meant = || predicate::<M>(&group.condition);
        let having = group.having;
        let large = count().ge(having.rows)
            & M::MEASURE.sum().gt(i128::from(having.above))
            & !M::MEASURE.max().lt(having.least);
        let groups = query.group_by(key).having(large | count().eq(having.just));
        let results = groups.aggregate((
            count(),
            count_if(meant()),
            M::MEASURE.sum(),
            M::MEASURE.avg().filter(meant()),
            M::MEASURE.min(),
        ));
        let results = results.limit(group.limit.unwrap_or(usize::MAX));
        let line = |(key, (rows, met, total, average, least))| {
            let mut line: Row = tell(key);
            line.extend([number(rows), number(met), sum(total), Cell::average(average)]);
            line.push(Option::<&i64>::told(&least));
            line
        };
        results.into_iter().map(line).collect()
    }
}

impl<M: Asked> KeyVisitor<M> for Grouped<'_, '_, M> {
    type Out = Vec<Row>;

    fn visit<E: Readable<M>>(self, key: E) -> Vec<Row> {
        self.by(key, |item| vec![item.told()])
    }
}

impl<M: Asked> PairVisitor<M> for Grouped<'_, '_, M> {
    type Out = Vec<Row>;

    fn visit<L, R>(self, left: L, right: R) -> Vec<Row>
    where
        L: Readable<M>,
        R: Readable<M, Value = L::Value>
            + IntoTerm<M, L::Value, Term: bondstone::Term<M, L::Value>>,
    {
        self.by((left, right), |(left, right)| vec![left.told(), right.told()])
    }
}

/// Values of the rows.
pub(crate) struct Values<'v, M: Model>(pub Query<'v, M>, pub Distinct);

impl<'v, M: Asked> Values<'v, M> {
    fn of<S>(self, what: S, tell: impl Fn(S::Item<'v>) -> Row) -> Vec<Row>
    where
        S: Selection<M>,
        S::Seen<'v>: Clone + Eq + Hash,
    {
        let Values(query, distinct) = self;
        let selected = query.select(what);
        let lines = if distinct { selected.distinct().all() } else { selected.all() };
        lines.into_iter().map(tell).collect()
    }
}

impl<M: Asked> KeyVisitor<M> for Values<'_, M> {
    type Out = Vec<Row>;

    fn visit<E: Readable<M>>(self, key: E) -> Vec<Row> {
        self.of(key, |item| vec![item.told()])
    }
}

impl<M: Asked> PairVisitor<M> for Values<'_, M> {
    type Out = Vec<Row>;

    fn visit<L, R>(self, left: L, right: R) -> Vec<Row>
    where
        L: Readable<M>,
        R: Readable<M, Value = L::Value>
            + IntoTerm<M, L::Value, Term: bondstone::Term<M, L::Value>>,
    {
        self.of((left, right), |(left, right)| vec![left.told(), right.told()])
    }
}

/// Rows with those that they are related to.
pub(crate) struct Fetched<'a, 'v, M: Model>(pub Query<'v, M>, pub &'a Fetch);

impl<'v, M: Asked> Fetched<'_, 'v, M> {
    fn all<W: bondstone::Fetch<M>>(self, relation: W) -> Vec<(&'v M, W::Found<'v>)> {
        let with: With<'v, M, W> = self.0.with(relation);
        let kind = self.1.kind.map(|choice| usize::from(choice) % FetchKind::ALL.len());
        match kind {
            Some(kind) => with.force(FetchKind::ALL[kind]).all(),
            None => with.all(),
        }
    }
}

fn key_of<M: Asked>(row: &M) -> Row {
    M::id_cells(&row.id())
}

impl<M: Asked> ManyVisitor<M> for Fetched<'_, '_, M> {
    type Out = Vec<(Row, Vec<Row>)>;

    fn visit<R: Leads<M>>(self, relation: R) -> Self::Out {
        let fetch = self.1;
        let rows = if fetch.condition.is_none() && fetch.first.is_none() {
            self.all(relation)
        } else {
            let condition = fetch.condition.as_ref();
            let condition = condition.map_or_else(Pred::always, predicate::<Target<M, R>>);
            let mut branch = relation.filter(condition);
            if let Some((order, limit)) = &fetch.first {
                branch = branch.order_by(Target::<M, R>::with_key(order.key, Sort(order)));
                for order in Target::<M, R>::TABLE.total_order() {
                    branch = branch.order_by(Target::<M, R>::with_key(order.key, Sort(&order)));
                }
                branch = branch.limit(*limit);
            }
            self.all(branch)
        };
        let keys = |found: Vec<&Target<M, R>>| found.into_iter().map(key_of).collect();
        rows.into_iter().map(|(row, found)| (key_of(row), keys(found))).collect()
    }
}

impl<M: Asked> OneVisitor<M> for Fetched<'_, '_, M> {
    type Out = Vec<(Row, Vec<Row>)>;

    fn visit<R: LeadsToOne<M>>(self, relation: R) -> Self::Out {
        let rows = self.all(relation).into_iter();
        let line = |(row, found): (&M, R::Found<'_>)| {
            let found: Option<&R::Target> = found.into();
            (key_of(row), found.map(key_of).into_iter().collect())
        };
        rows.map(line).collect()
    }
}
