//! A query's rows, 64 at a time: so that conditions inside aggregates are judged by the chunk, like any others.

use std::sync::Arc;

use bondstone_schema::Model;

use super::Query;
use crate::expression::{At, NO_PARAMETERS, Parameters};
use crate::predicate::CHUNK;
use crate::view::View;

/// Where a running query reads: what outlives the query itself.
pub(super) struct Place<'v> {
    view: &'v View,
    parameters: Option<Arc<dyn Parameters>>,
}

impl<'v> Place<'v> {
    pub(super) fn of<M: Model>(query: &Query<'v, M>) -> Self {
        Self { view: query.view(), parameters: query.parameters.clone() }
    }

    #[inline]
    pub(super) fn at(&self) -> At<'v, '_> {
        At { view: self.view, parameters: self.parameters.as_deref().unwrap_or(NO_PARAMETERS) }
    }
}

impl<'v, M: Model> Query<'v, M> {
    /// Hands over all rows by the chunk, none of which is empty.
    #[inline(always)]
    pub(super) fn for_each_chunk(self, mut take: impl FnMut(&[&'v M], At<'v, '_>)) {
        let place = Place::of(&self);
        let mut chunk = Vec::with_capacity(CHUNK);
        self.in_any_order().into_iter().for_each(|row| {
            chunk.push(row);
            if chunk.len() == CHUNK {
                take(&chunk, place.at());
                chunk.clear();
            }
        });
        if !chunk.is_empty() {
            take(&chunk, place.at());
        }
    }

    /// Without the order, unless it says which rows are meant.
    pub(super) fn in_any_order(mut self) -> Self {
        if self.spec.limit.is_none() && self.spec.offset == 0 {
            self.spec.order.clear();
        }
        self
    }
}
