//! What deleting rows entails, found before anything is done.

use std::collections::HashMap;
use std::fmt;

use bondstone_schema::Action;
use bondstone_storage::{RawHandle, Slot};
use slotmap::SparseSecondaryMap;

use crate::database::Inner;
use crate::error::{Error, Result};
use crate::view::View;

/// A row, without its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowRef {
    pub(crate) table: usize,
    pub(crate) slot: Slot,
}

/// A row that refers to one that goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) child: RowRef,
    /// The place of the child's foreign key.
    pub(crate) foreign_key: usize,
    /// The place among the rows that go of the one it refers to.
    pub(crate) parent: usize,
    pub(crate) action: Action,
}

impl Link {
    pub(crate) fn is_of_same_child(&self, other: &Self) -> bool {
        self.child == other.child
    }
}

/// Links, those of one child beside each other, and children in the order in which they were found. O(links).
pub(crate) fn by_child(links: impl Iterator<Item = Link>) -> Vec<Link> {
    let mut links: Vec<Link> = links.collect();
    let key = |link: &Link| (link.child.table, link.foreign_key);
    // By one key a child refers to one row: as a rule there is nothing to bring together.
    if links.windows(2).all(|pair| key(&pair[0]) == key(&pair[1])) {
        return links;
    }
    let mut places = HashMap::new();
    for link in &links {
        let next = places.len();
        places.entry(link.child).or_insert(next);
    }
    links.sort_by_key(|link| places[&link.child]);
    links
}

/// The rows that a delete concerns: one that was named, or several that go together.
pub(crate) struct Cascade {
    /// The rows that go, in the order in which they were found, and by what link.
    rows: Vec<(RowRef, Option<Link>)>,
    /// Their places, children before parents.
    order: Vec<usize>,
    /// The rows that stay: they let go, or they refuse.
    links: Vec<Link>,
}

/// Which rows go already, and their places among them.
#[derive(Default)]
struct Visited(HashMap<usize, SparseSecondaryMap<RawHandle, usize>>);

impl Visited {
    fn insert(&mut self, view: &View, row: RowRef, place: usize) {
        if let Some(handle) = view.sight().raw_handle(row.table, row.slot) {
            self.0.entry(row.table).or_default().insert(handle, place);
        }
    }

    fn place(&self, view: &View, row: RowRef) -> Option<usize> {
        let handle = view.sight().raw_handle(row.table, row.slot)?;
        self.0.get(&row.table)?.get(handle).copied()
    }
}

impl Cascade {
    /// Follows foreign keys from rows of one table, each named once, to all that refer to them. O(rows concerned).
    pub(crate) fn of(view: &View, database: &Inner, table: usize, slots: &[Slot]) -> Result<Self> {
        let root = |slot: &Slot| RowRef { table, slot: *slot };
        let mut cascade = Self {
            rows: slots.iter().map(|slot| (root(slot), None)).collect(),
            links: Vec::new(),
            order: (0..slots.len()).collect(),
        };
        let mut edges = Vec::new();
        let mut visited = Visited::default();
        let mut next = 0;
        while let Some((row, _)) = cascade.rows.get(next).copied() {
            for (child_table, foreign_key) in view.sight().incoming(row.table) {
                let children = view.sight().child_slots(*child_table, *foreign_key, row.slot);
                if children.is_empty() {
                    continue;
                }
                // The roots are marked only when there are children: most rows have none, and need no set of visited rows.
                if visited.0.is_empty() {
                    let roots = slots.iter().map(root).enumerate();
                    roots.for_each(|(place, root)| visited.insert(view, root, place));
                }
                let action = action_of(database, *child_table, *foreign_key)?;
                for slot in children {
                    let child = RowRef { table: *child_table, slot };
                    let link = Link { child, foreign_key: *foreign_key, parent: next, action };
                    if action != Action::Cascade {
                        cascade.links.push(link);
                        continue;
                    }
                    let place = visited.place(view, child).unwrap_or(cascade.rows.len());
                    if place == cascade.rows.len() {
                        visited.insert(view, child, place);
                        cascade.rows.push((child, Some(link)));
                    }
                    edges.push((place, next));
                }
            }
            next += 1;
        }
        cascade.links.retain(|link| {
            let place = visited.place(view, link.child);
            edges.extend(place.map(|place| (place, link.parent)));
            place.is_none()
        });
        if !edges.is_empty() {
            cascade.order = children_first(cascade.rows.len(), slots.len(), edges);
        }
        Ok(cascade)
    }

    /// Does it concern one row only?
    pub(crate) fn is_single(&self) -> bool {
        self.rows.len() == 1 && self.links.is_empty()
    }

    /// The rows that go, children before parents.
    pub(crate) fn deletes(&self) -> impl Iterator<Item = RowRef> + '_ {
        self.order.iter().map(|place| self.rows[*place].0)
    }

    /// The rows that let go.
    pub(crate) fn unlinks(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.action != Action::Restrict)
    }

    /// The rows that refuse.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(|link| link.action == Action::Restrict)
    }

    /// How many rows go.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A row that goes; by numbers, those come first that are closest to the roots.
    pub(crate) fn row(&self, place: usize) -> RowRef {
        self.rows[place].0
    }

    /// The way from a root to a row that goes, and one step further.
    pub(crate) fn path(
        &self,
        view: &View,
        database: &Inner,
        place: usize,
        last: Option<RowRef>,
    ) -> Vec<String> {
        let mut rows: Vec<RowRef> = last.into_iter().collect();
        let mut place = Some(place);
        while let Some(current) = place {
            let (row, link) = &self.rows[current];
            rows.push(*row);
            place = link.as_ref().map(|link| link.parent);
        }
        rows.iter().rev().map(|row| name_of(view, database, *row)).collect()
    }

    /// In words; of a cascade from one row.
    pub(crate) fn described(&self, view: &View, database: &Inner) -> Result<DeletePlan> {
        let step = |row: RowRef, link: &Link| -> Result<PlanStep> {
            let child = database.behaviour(link.child.table).ok_or_else(unknown)?;
            let key = child.foreign_key(link.foreign_key);
            Ok(PlanStep {
                row: name_of(view, database, row),
                column: key.column,
                constraint: key.name,
                action: link.action,
                path: Vec::new(),
            })
        };
        let root = name_of(view, database, self.rows[0].0);
        let rows = self.order.iter().map(|place| &self.rows[*place]);
        let found = rows.filter_map(|(row, link)| Some((*row, link.as_ref()?)));
        let deletes = found.map(|(row, link)| step(row, link)).collect::<Result<_>>()?;
        let unlinks = self.unlinks().map(|link| step(link.child, link)).collect::<Result<_>>()?;
        let refusal = |link: &Link| -> Result<PlanStep> {
            let path = self.path(view, database, link.parent, None);
            Ok(PlanStep { path, ..step(link.child, link)? })
        };
        let refusals = self.refusals().map(refusal).collect::<Result<_>>()?;
        Ok(DeletePlan { root, deletes, unlinks, refusals })
    }
}

/// The numbers below `rows`, each child before its parents, unless they refer to each other in a circle. `edges` are pairs of
/// child and parent; the first `roots` rows are those from which all others were found.
///
/// Depth first, and a row comes when all below it have come. Where a child comes after its parent, the parent was still being
/// worked on when the child was met, so it refers to the child in its turn.
fn children_first(rows: usize, roots: usize, mut edges: Vec<(usize, usize)>) -> Vec<usize> {
    edges.sort_unstable_by_key(|(child, parent)| (*parent, *child));
    let first_edge = |row: usize| edges.partition_point(|(_, parent)| *parent < row);
    let mut order = Vec::with_capacity(rows);
    let mut met = vec![false; rows];
    // Rows being worked on, and the next of their edges.
    let mut work = Vec::new();
    for root in 0..roots {
        if !std::mem::replace(&mut met[root], true) {
            work.push((root, first_edge(root)));
        }
        while let Some((row, next)) = work.last_mut() {
            match edges.get(*next) {
                Some((child, parent)) if parent == row => {
                    *next += 1;
                    if !std::mem::replace(&mut met[*child], true) {
                        work.push((*child, first_edge(*child)));
                    }
                }
                _ => {
                    order.push(*row);
                    work.pop();
                }
            }
        }
    }
    order
}

fn unknown() -> Error {
    Error::user("a table without a model")
}

fn action_of(database: &Inner, table: usize, foreign_key: usize) -> Result<Action> {
    let behaviour = database.behaviour(table).ok_or_else(unknown)?;
    Ok(behaviour.foreign_key(foreign_key).on_delete)
}

pub(crate) fn name_of(view: &View, database: &Inner, row: RowRef) -> String {
    database.behaviour(row.table).map_or_else(String::new, |model| model.name_row(view, row.slot))
}

/// What deleting a row does, or would do.
///
/// Prints as
///
/// ```text
/// delete users#1
///   deletes   addresses#1 (user_id, cascade), cart_items#4 (user_id, cascade)
///   refused   users#1 → addresses#1 ← orders#9 (orders_address_id_fkey, restrict)
/// ```
///
/// ```
#[doc = include_str!("example.txt")]
/// db.write(|tx| {
///     let order = tx.insert(NewOrder { user_id: ann, quantity: 3 })?;
///     let plan = tx.preview_delete(ann)?;
///     assert_eq!(plan.deletes()[0].row(), order.to_string());
///     assert!(plan.refusals().is_empty());
///     assert!(tx.contains(order), "nothing is done yet");
///     Ok(())
/// })
/// # ?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletePlan {
    root: String,
    deletes: Vec<PlanStep>,
    unlinks: Vec<PlanStep>,
    refusals: Vec<PlanStep>,
}

/// A row that a delete concerns, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanStep {
    row: String,
    column: &'static str,
    constraint: &'static str,
    action: Action,
    path: Vec<String>,
}

impl PlanStep {
    /// The row, as `addresses#1`.
    #[must_use]
    pub fn row(&self) -> &str {
        &self.row
    }

    /// The column by which it refers to a row that goes.
    #[must_use]
    pub const fn column(&self) -> &'static str {
        self.column
    }

    /// The name of the foreign key.
    #[must_use]
    pub const fn constraint(&self) -> &'static str {
        self.constraint
    }

    /// What the foreign key says.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// For a refusal: the way from the deleted row to the one that is still referred to.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

impl DeletePlan {
    /// The rows that go with the deleted one, children first.
    #[must_use]
    pub fn deletes(&self) -> &[PlanStep] {
        &self.deletes
    }

    /// The rows that stay and let go.
    #[must_use]
    pub fn unlinks(&self) -> &[PlanStep] {
        &self.unlinks
    }

    /// The rows that refuse. If there are any, nothing is deleted.
    #[must_use]
    pub fn refusals(&self) -> &[PlanStep] {
        &self.refusals
    }
}

impl fmt::Display for DeletePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delete {}", self.root)?;
        let step =
            |step: &PlanStep| format!("{} ({}, {})", step.row, step.column, step.action.name());
        for (title, steps) in [("deletes ", &self.deletes), ("unlinks ", &self.unlinks)] {
            if !steps.is_empty() {
                let steps: Vec<String> = steps.iter().map(step).collect();
                write!(f, "\n  {title}  {}", steps.join(", "))?;
            }
        }
        for refusal in &self.refusals {
            let path = refusal.path.join(" → ");
            let PlanStep { row, constraint, action, .. } = refusal;
            write!(f, "\n  refused   {path} ← {row} ({constraint}, {})", action.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::children_first;

    #[test]
    fn children_come_before_all_their_parents() {
        // 0 is the parent of 1 and 2, and 2 that of 1: found in the order 0, 1, 2.
        assert_eq!(children_first(3, 1, vec![(1, 0), (2, 0), (1, 2)]), [1, 2, 0]);
    }

    #[test]
    fn above_a_circle_children_come_first_too() {
        // 1 and 3 refer to each other, 1 refers to 2 as well, and all were found by way of 0.
        let edges = vec![(1, 0), (2, 0), (1, 2), (3, 1), (1, 3)];
        assert_eq!(children_first(4, 1, edges), [3, 1, 2, 0]);
    }

    #[test]
    fn circles_end() {
        let order = children_first(3, 1, vec![(1, 0), (2, 1), (1, 2), (0, 0)]);
        assert_eq!(order, [2, 1, 0]);
    }

    #[test]
    fn of_several_roots_each_comes_after_those_below_it() {
        // 0 and 1 go, and 2 is a child of both; 1 is a child of 0 besides.
        assert_eq!(children_first(3, 2, vec![(2, 0), (2, 1), (1, 0)]), [2, 1, 0]);
        assert_eq!(children_first(3, 2, vec![(2, 0), (2, 1), (0, 1)]), [2, 0, 1]);
    }
}
