//! Joins as the end of a query.

use bondstone::JoinKind;
use bondstone::prelude::*;

use super::engine::{accepts, number_of, predicate};
use super::question::{Join, Pairing, Row};
use super::typed::{Asked, JoinVisitor, Told};

/// Rows with their partners.
pub(crate) struct Joined<'a, 'v, M: Model> {
    pub view: &'v View,
    pub query: Query<'v, M>,
    pub join: &'a Join,
}

fn key_of<M: Asked>(row: &M) -> Row {
    M::id_cells(&row.id())
}

impl<M: Asked> JoinVisitor<M> for Joined<'_, '_, M> {
    type Out = Vec<Pairing>;

    fn visit<P: Asked, L, R>(self, left: L, right: R) -> Vec<Pairing>
    where
        L: Expression<M, Value: Told>,
        R: Expression<P, Value = L::Value>,
    {
        let Joined { view, query, join } = self;
        let condition = join.condition.as_ref().map(predicate::<P>);
        let partners = || condition.clone().map(|condition| view.query().filter(condition));
        let refused = join.refused;
        let accepts = move |a: &M, b: &P| {
            refused.is_none_or(|refused| accepts(&[number_of(a), number_of(b)], refused))
        };
        // With and without partners, a join has another type.
        macro_rules! ended {
            ($join:expr, $accepts:expr, $told:expr) => {{
                let mut joined = $join;
                if refused.is_some() {
                    joined = joined.filter_pairs($accepts);
                }
                if let Some(limit) = join.limit {
                    joined = joined.limit(limit);
                }
                let kind = join.kind.map(|kind| usize::from(kind) % JoinKind::ALL.len());
                if let Some(kind) = kind {
                    joined = joined.force(JoinKind::ALL[kind]);
                }
                joined.into_iter().map($told).collect()
            }};
        }
        if join.left {
            let joined = match partners() {
                Some(partners) => query.left_join(left, partners.on(right)),
                None => query.left_join(left, right),
            };
            ended!(joined, move |a, b: Option<&P>| b.is_none_or(|b| accepts(a, b)), |(a, b)| (
                key_of(a),
                b.map(key_of)
            ))
        } else {
            let joined = match partners() {
                Some(partners) => query.join(left, partners.on(right)),
                None => query.join(left, right),
            };
            ended!(joined, accepts, |(a, b)| (key_of(a), Some(key_of(b))))
        }
    }
}
