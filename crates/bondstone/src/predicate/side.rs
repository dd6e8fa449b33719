//! The other sides of conditions on related rows: which rows of the other table are meant.
//!
//! A plan finds these first, by an index of theirs or by reading all of them, and goes back to the rows that they are
//! related to. Only this much of it is generic.

use std::borrow::Borrow;
use std::marker::PhantomData;

use bondstone_schema::Model;
use bondstone_storage::Slot;
use smallvec::SmallVec;

use super::hint::{Asked, Back, Hint, Side, Test};
use super::normal::wishes;
use super::relation::{ToOne, judge_related};
use super::{CHUNK, Node, first};
use crate::expression::{At, Expression, Parameters};
use crate::query::plan::{Ground, Wish, ground};
use crate::view::View;

/// Rows of `P` that meet a condition.
pub(super) struct Conditioned<'a, P> {
    conjuncts: Vec<Node<P>>,
    parameters: &'a dyn Parameters,
    back: Back,
}

impl<'a, P: Model> Conditioned<'a, P> {
    pub(super) fn hint(
        condition: &Node<P>,
        parameters: &'a dyn Parameters,
        back: Back,
    ) -> Hint<'a> {
        let conjuncts = condition.clone().into_conjuncts();
        Hint::Related(Box::new(Self { conjuncts, parameters, back }))
    }
}

impl<P: Model> Side for Conditioned<'_, P> {
    fn ground(&self) -> &'static dyn Ground {
        ground::<P>()
    }

    fn wishes(&self) -> Vec<Wish<'_>> {
        wishes(&self.conjuncts, self.parameters)
    }

    fn retain(&self, places: &mut Vec<Slot>, at: At<'_, '_>) {
        retain::<P>(places, at.view, |rows| {
            let all = first(rows.len());
            self.conjuncts.iter().fold(all, |left, conjunct| conjunct.judge(rows, left, at))
        });
    }

    fn back(&self) -> Back {
        self.back
    }
}

/// Rows of `P` which are on the way to one that meets a condition.
pub(super) struct Onward<'a, P, X: ToOne<P>>
where
    P: Model,
{
    then: &'a X,
    condition: &'a Node<X::Target>,
    parameters: &'a dyn Parameters,
    back: Back,
}

impl<'a, P: Model, X: ToOne<P>> Onward<'a, P, X> {
    pub(super) fn hint(
        then: &'a X,
        condition: &'a Node<X::Target>,
        parameters: &'a dyn Parameters,
        back: Back,
    ) -> Hint<'a> {
        Hint::Related(Box::new(Self { then, condition, parameters, back }))
    }
}

impl<P: Model, X: ToOne<P>> Side for Onward<'_, P, X> {
    fn ground(&self) -> &'static dyn Ground {
        ground::<P>()
    }

    fn wishes(&self) -> Vec<Wish<'_>> {
        vec![Wish::Hint(self.then.hint(self.condition, self.parameters))]
    }

    fn retain(&self, places: &mut Vec<Slot>, at: At<'_, '_>) {
        retain::<P>(places, at.view, |rows| {
            judge_related(self.then, self.condition, rows, first(rows.len()), at)
        });
    }

    fn back(&self) -> Back {
        self.back
    }
}

/// Rows of `P` for which an expression meets a comparison: what a comparison of a path asks of the parent.
pub(crate) struct Compared<'a, P: Model, X: Expression<P>> {
    then: &'a X,
    test: Test<'a, &'a X::Value>,
    asked: Asked<'a, X::Value>,
    back: Back,
    marker: PhantomData<fn(&P)>,
}

impl<'a, P: Model, X: Expression<P>> Compared<'a, P, X> {
    /// `None`, where rows without a parent meet the comparison as well: nobody leads to them.
    pub(crate) fn hint(
        then: &'a X,
        test: Test<'a, &'a X::Value>,
        asked: Asked<'a, X::Value>,
        foreign_key: usize,
    ) -> Option<Hint<'a>> {
        if asked.is_met_by(None) {
            return None;
        }
        let back = Back::ToChildren(foreign_key);
        Some(Hint::Related(Box::new(Self { then, test, asked, back, marker: PhantomData })))
    }
}

impl<P: Model, X: Expression<P>> Side for Compared<'_, P, X> {
    fn ground(&self) -> &'static dyn Ground {
        ground::<P>()
    }

    fn wishes(&self) -> Vec<Wish<'_>> {
        let hint = self.then.hint(self.test.clone(), self.asked);
        vec![hint.map_or(Wish::Opaque, Wish::Hint)]
    }

    fn retain(&self, places: &mut Vec<Slot>, at: At<'_, '_>) {
        retain::<P>(places, at.view, |rows| {
            let seen: SmallVec<[_; CHUNK]> =
                rows.iter().map(|row| self.then.see(row, at)).collect();
            let seen: SmallVec<[Option<&X::Value>; CHUNK]> =
                seen.iter().map(|seen| seen.as_ref().map(Borrow::borrow)).collect();
            self.asked.are_met_by(&seen)
        });
    }

    fn back(&self) -> Back {
        self.back
    }
}

/// Keeps the places of those rows that `judge` says of up to 64.
fn retain<M: Model>(places: &mut Vec<Slot>, view: &View, judge: impl Fn(&[&M]) -> u64) {
    let mut kept = Vec::new();
    let mut found = view.sight().rows_at::<M, _>(places.drain(..));
    let (mut slots, mut rows) = (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK));
    loop {
        slots.clear();
        rows.clear();
        for (slot, row) in found.by_ref().take(CHUNK) {
            slots.push(slot);
            rows.push(row);
        }
        let met = judge(&rows);
        let is_met = |nth: &usize| met >> nth & 1 != 0;
        kept.extend((0..rows.len()).filter(is_met).map(|nth| slots[nth]));
        if rows.len() < CHUNK {
            break;
        }
    }
    drop(found);
    *places = kept;
}
