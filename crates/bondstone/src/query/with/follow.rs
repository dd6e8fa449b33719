//! From a batch of rows to their relatives, for each kind of relation.

use bondstone_schema::{Fk, Many, ManyVia, Model, Nullness, One, Opt, Path};
use bondstone_storage::Slot;

use super::flat::Flat;
use super::shape::{Several, Shape};
use crate::view::View;

/// A relation that is followed for many rows at once.
pub trait Follow<P: Model>: Clone + Send + Sync + 'static {
    /// The model of the relatives.
    type Target: Model;
    /// How many there may be.
    type Shape: Shape;

    /// May they be found by one pass over their table?
    const CAN_PASS: bool = false;

    /// Enters the relatives of each row, at most so many of each.
    #[doc(hidden)]
    fn follow<'v>(
        &self,
        rows: &[&'v P],
        most: usize,
        view: &'v View,
        flat: &mut Flat<'v, Self::Target>,
    );

    /// Hands all rows of the relatives' table to `take`, each with the place of the row that it belongs to.
    #[doc(hidden)]
    fn pass<'v>(&self, _view: &'v View, _take: impl FnMut(Slot, &'v Self::Target)) {}
}

/// Where these rows are, as children and links keep it.
pub(super) fn places<'v, P: Model>(rows: &[&'v P], view: &'v View) -> Vec<Option<Slot>> {
    rows.iter().map(|row| view.sight().parent_place(&row.id())).collect()
}

/// Enters the children of each row.
fn follow_children<'v, P: Model, C: Model>(
    foreign_key: usize,
    rows: &[&'v P],
    most: usize,
    view: &'v View,
    flat: &mut Flat<'v, C>,
) {
    let (sight, places) = (view.sight(), places(rows, view));
    if most == usize::MAX {
        return sight.enter_children(foreign_key, &places, &mut flat.rows, &mut flat.ends);
    }
    sight.children_of_each::<C>(foreign_key, &places, |children| {
        children.take(most).for_each(|child| flat.push(child));
        flat.close();
    });
}

impl<P: Model, C: Model> Follow<P> for Many<P, C> {
    type Target = C;
    type Shape = Several;

    const CAN_PASS: bool = true;

    fn follow<'v>(&self, rows: &[&'v P], most: usize, view: &'v View, flat: &mut Flat<'v, C>) {
        follow_children(self.foreign_key(), rows, most, view, flat);
    }

    fn pass<'v>(&self, view: &'v View, mut take: impl FnMut(Slot, &'v C)) {
        view.sight().by_parent_place(self.foreign_key()).for_each(|(place, row)| take(place, row));
    }
}

impl<P: Model, C: Model> Follow<P> for One<P, C> {
    type Target = C;
    type Shape = Opt;

    fn follow<'v>(&self, rows: &[&'v P], most: usize, view: &'v View, flat: &mut Flat<'v, C>) {
        follow_children(self.foreign_key(), rows, most.min(1), view, flat);
    }
}

impl<P: Model, T: Model, J: Model> Follow<P> for ManyVia<P, T, J> {
    type Target = T;
    type Shape = Several;

    fn follow<'v>(&self, rows: &[&'v P], _most: usize, view: &'v View, flat: &mut Flat<'v, T>) {
        let keys = (self.near(), self.far());
        view.sight().linked_of_each::<J, T>(keys, &places(rows, view), |nth, row| {
            flat.close_up_to(nth);
            flat.push(row);
        });
        flat.close_up_to(rows.len());
    }
}

impl<M: Model, P: Model, N: Nullness> Follow<M> for Fk<M, P, N> {
    type Target = P;
    type Shape = N;

    fn follow<'v>(&self, rows: &[&'v M], _most: usize, view: &'v View, flat: &mut Flat<'v, P>) {
        view.sight().get_each(rows.iter().map(|row| self.get(row)), |parent| {
            parent.into_iter().for_each(|parent| flat.push(parent));
            flat.close();
        });
    }
}

impl<M: Model, P: Model, N: Nullness, X: Follow<P>> Follow<M> for Path<M, P, N, X> {
    type Target = X::Target;
    type Shape = <X::Shape as Shape>::Behind<N>;

    fn follow<'v>(
        &self,
        rows: &[&'v M],
        most: usize,
        view: &'v View,
        flat: &mut Flat<'v, X::Target>,
    ) {
        let mut parents = Flat::default();
        self.key().follow(rows, 1, view, &mut parents);
        self.then().follow(&parents.rows, most, view, flat);
        flat.regroup(rows.len(), &parents);
    }
}
