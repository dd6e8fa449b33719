//! Hierarchies: rows of a model that refer to others of the same model, walked up and down.
//!
//! What is above a row is found by its parent, the parent's parent and so on; what is below it by its children and
//! theirs. Rows keep the places of their parents, and parents those of their children, so no step looks up a key, and
//! neither walk is recursive.
//!
//! A row has one parent. So a walk downwards comes to every row once, but for the row it began with, where the hierarchy
//! has a circle; that one is left out. A walk upwards may come into a circle that it did not begin in. How far it goes
//! before it meets a row again is counted first (Brent 1980), unless the foreign key is `#[acyclic]`.

mod conditions;

use std::collections::VecDeque;
use std::iter::FusedIterator;

use bondstone_schema::{Fk, Id, Model, Nullness};
use bondstone_storage::{Children, Slot};

use crate::expression::Expression;
use crate::predicate::Pred;
use crate::query::Query;
use crate::view::View;

/// A row, or its id: what a walk may begin with.
///
/// The row may be a clone, or a value that was never inserted. What is above it is found by its own foreign key, as its
/// parent is, and what is below it by its own id, as its children are; everything else is the view's.
pub trait RowOrId<M: Model> {
    /// The id.
    fn to_id(&self) -> Id<M>;

    /// The row: as it was given, or else as it is in the view.
    fn row<'a>(&'a self, db: &'a View) -> Option<&'a M>;
}

impl<M: Model> RowOrId<M> for &M {
    fn to_id(&self) -> Id<M> {
        self.id()
    }

    fn row<'a>(&'a self, _db: &'a View) -> Option<&'a M> {
        Some(self)
    }
}

impl<M: Model> RowOrId<M> for Id<M> {
    fn to_id(&self) -> Id<M> {
        self.clone()
    }

    fn row<'a>(&'a self, db: &'a View) -> Option<&'a M> {
        db.sight().get(self)
    }
}

impl<M: Model> RowOrId<M> for &Id<M> {
    fn to_id(&self) -> Id<M> {
        Id::clone(self)
    }

    fn row<'a>(&'a self, db: &'a View) -> Option<&'a M> {
        db.sight().get(self)
    }
}

/// A foreign key to the same model, as a hierarchy: `Category::PARENT_ID.ancestors(category, &db)`.
///
/// No row is above or below itself. Every row comes once, so that data with circles ends, too.
///
/// ```
#[doc = include_str!("hierarchy/example.txt")]
/// fn names<'a>(rows: impl IntoIterator<Item = &'a Category>) -> Vec<&'a str> {
///     rows.into_iter().map(|row| row.name.as_str()).collect()
/// }
///
/// let snap = db.read();
/// assert_eq!(names(Category::PARENT_ID.ancestors(poems, &snap)), ["fiction", "books"]);
/// assert_eq!(names(Category::PARENT_ID.descendants(books, &snap)), ["fiction", "poems"]);
/// assert_eq!(names(Category::PARENT_ID.roots(&snap).order_by(Category::NAME.asc())), ["books", "music"]);
/// assert!(Category::PARENT_ID.is_ancestor(books, poems, &snap));
/// assert_eq!(Category::PARENT_ID.depth(poems, &snap), 2);
///
/// // In a query, and at the end of a path.
/// let below = snap.query().filter(Category::PARENT_ID.under(books));
/// assert_eq!(below.count(), 2);
/// let poetry = snap.query().filter(Product::CATEGORY_ID.is(Category::PARENT_ID.under(books))).one()?;
/// assert_eq!(poetry.name, "Odes");
/// # Ok::<(), Error>(())
/// ```
pub trait Hierarchy<M: Model>: Expression<M> {
    /// The parent, its parent and so on: nearest first. O(1) for each, and for all of them at once at the beginning
    /// unless the foreign key is `#[acyclic]`.
    fn ancestors<'v>(self, row: impl RowOrId<M>, db: &'v View) -> Ancestors<'v, M>;

    /// The children, theirs and so on: parents before their children, level by level. O(1) for each; held in memory are
    /// the places of those whose children did not come yet.
    fn descendants<'v>(self, row: impl RowOrId<M>, db: &'v View) -> Descendants<'v, M>;

    /// The rows without a parent. (None, if the key cannot be null.)
    fn roots(self, db: &View) -> Query<'_, M> {
        db.query().filter(self.is_none())
    }

    /// Is `above` an ancestor of `below`? O(depth).
    #[expect(clippy::wrong_self_convention, reason = "a constant is asked, which is `Copy`")]
    fn is_ancestor(self, above: impl RowOrId<M>, below: impl RowOrId<M>, db: &View) -> bool;

    /// How many ancestors the row has; 0 for a root, and for an id without a row. O(depth).
    fn depth(self, row: impl RowOrId<M>, db: &View) -> usize;

    /// Is the row a descendant of this one? In a query these are walked to, O(1) for each of them; a row that is judged asks its
    /// ancestors, O(depth), those that several rows have in common once for every 64 rows.
    fn under(self, above: impl RowOrId<M>) -> Pred<M>;

    /// Is the row an ancestor of this one? In a query these are walked to, O(depth); where rows are judged it is O(depth) once
    /// for every 64 of them, and O(log depth) for each.
    fn above(self, below: impl RowOrId<M>) -> Pred<M>;
}

impl<M: Model, N: Nullness> Hierarchy<M> for Fk<M, M, N> {
    fn ancestors<'v>(self, row: impl RowOrId<M>, db: &'v View) -> Ancestors<'v, M> {
        let climb = Climb::of::<M>(db, self.position());
        let start = db.sight().slot_of(&row.to_id());
        let parent = row.row(db).and_then(|row| self.get(row));
        let next = parent.and_then(|parent| db.sight().slot_of(parent));
        let left = match next {
            Some(next) if !is_acyclic(self) => climb.distinct(next),
            _ => usize::MAX,
        };
        Ancestors { climb, start, next, left, marker: std::marker::PhantomData }
    }

    fn descendants<'v>(self, row: impl RowOrId<M>, db: &'v View) -> Descendants<'v, M> {
        let start = db.sight().slot_of(&row.to_id());
        let waiting = start.into_iter().collect();
        Descendants { view: db, key: self.position(), start, children: None, waiting }
    }

    fn is_ancestor(self, above: impl RowOrId<M>, below: impl RowOrId<M>, db: &View) -> bool {
        let above = db.sight().slot_of(&above.to_id());
        above.is_some_and(|above| self.ancestors(below, db).slots().any(|slot| slot == above))
    }

    fn depth(self, row: impl RowOrId<M>, db: &View) -> usize {
        self.ancestors(row, db).slots().count()
    }

    fn under(self, above: impl RowOrId<M>) -> Pred<M> {
        Pred::leaf(conditions::Under { key: self, above: above.to_id() })
    }

    fn above(self, below: impl RowOrId<M>) -> Pred<M> {
        Pred::leaf(conditions::Above { key: self, below: below.to_id() })
    }
}

fn is_acyclic<M: Model, N>(key: Fk<M, M, N>) -> bool {
    M::DEFINITION.foreign_keys[key.position()].acyclic
}

/// From places to those of parents.
#[derive(Clone, Copy)]
struct Climb<'v> {
    view: &'v View,
    table: usize,
    key: usize,
}

impl<'v> Climb<'v> {
    fn of<M: Model>(view: &'v View, key: usize) -> Self {
        Self { view, table: M::number().get(), key }
    }

    #[inline]
    fn parent(&self, slot: Slot) -> Option<Slot> {
        self.view.sight().parent_slot(self.table, self.key, slot)
    }

    /// How many rows the walk upwards comes to, `start` included, before it comes to one again.
    fn distinct(&self, start: Slot) -> usize {
        let mut steps = 0;
        let circle = self.walk(start, || steps += 1);
        circle.map_or(steps, |round| self.steps_before_circle(start, round) + round)
    }

    /// Calls `step` for each place from `start` upwards until there is no parent. In a circle it ends, too, after the circle
    /// was walked at least once, and tells how long the circle is.
    ///
    /// A mark is set where the walk is after 1, 2, 4, 8 … steps; who comes back to it has been round.
    fn walk(&self, start: Slot, mut step: impl FnMut()) -> Option<usize> {
        let (mut at, mut mark) = (start, start);
        let (mut since, mut patience) = (0, 1);
        loop {
            step();
            at = self.parent(at)?;
            since += 1;
            if at == mark {
                return Some(since);
            }
            if since == patience {
                (mark, since, patience) = (at, 0, 2 * patience);
            }
        }
    }

    /// How many steps lead from `start` to the first place of the circle, which is `round` long.
    fn steps_before_circle(&self, start: Slot, round: usize) -> usize {
        let up = |slot: Option<Slot>| slot.and_then(|slot| self.parent(slot));
        let mut ahead = (0..round).try_fold(start, |slot, _| self.parent(slot));
        let mut behind = Some(start);
        let mut steps = 0;
        while ahead != behind {
            (ahead, behind) = (up(ahead), up(behind));
            steps += 1;
        }
        steps
    }
}

/// The rows above one, nearest first. See [`Hierarchy::ancestors`].
pub struct Ancestors<'v, M> {
    climb: Climb<'v>,
    /// The row that the walk began with, if it is there.
    start: Option<Slot>,
    next: Option<Slot>,
    /// So many are still to come at most.
    left: usize,
    marker: std::marker::PhantomData<fn() -> M>,
}

impl<M: Model> Ancestors<'_, M> {
    fn next_slot(&mut self) -> Option<Slot> {
        let slot = self.next.filter(|slot| Some(*slot) != self.start)?;
        self.left = self.left.checked_sub(1)?;
        self.next = self.climb.parent(slot);
        Some(slot)
    }

    /// The places of the rows.
    fn slots(mut self) -> impl Iterator<Item = Slot> {
        std::iter::from_fn(move || self.next_slot())
    }
}

impl<'v, M: Model> Iterator for Ancestors<'v, M> {
    type Item = &'v M;

    fn next(&mut self) -> Option<&'v M> {
        let slot = self.next_slot()?;
        self.climb.view.sight().at_slot(slot)
    }
}

impl<M: Model> FusedIterator for Ancestors<'_, M> {}

/// The rows below one, parents before children. See [`Hierarchy::descendants`].
pub struct Descendants<'v, M> {
    view: &'v View,
    key: usize,
    start: Option<Slot>,
    /// Those of one row.
    children: Option<Children<'v, M>>,
    /// The places of the rows whose children are still to come.
    waiting: VecDeque<Slot>,
}

impl<'v, M: Model> Descendants<'v, M> {
    fn next_with_slot(&mut self) -> Option<(Slot, &'v M)> {
        loop {
            while let Some((slot, child)) =
                self.children.as_mut().and_then(Children::next_with_slot)
            {
                if Some(slot) != self.start {
                    self.waiting.push_back(slot);
                    return Some((slot, child));
                }
            }
            let parent = self.waiting.pop_front()?;
            self.children = self.view.sight().children_at(self.key, parent);
        }
    }

    /// The places of the rows.
    fn slots(mut self) -> impl Iterator<Item = Slot> {
        std::iter::from_fn(move || self.next_with_slot()).map(|(slot, _)| slot)
    }
}

impl<'v, M: Model> Iterator for Descendants<'v, M> {
    type Item = &'v M;

    fn next(&mut self) -> Option<&'v M> {
        self.next_with_slot().map(|(_, row)| row)
    }
}

impl<M: Model> FusedIterator for Descendants<'_, M> {}
