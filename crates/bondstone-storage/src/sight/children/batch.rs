//! The relatives of many rows at once.
//!
//! Whoever asks for the relatives of one row after the other waits for memory each time. Here the rows are known
//! beforehand, so what the next ones will need is fetched while the first ones are read: the word that says where a list
//! is, then the list, then the rows in it.

use std::marker::PhantomData;

use bondstone_schema::{Id, Model};

use super::{CACHED, Children, FAR, MOST, NEAR, parent_of};
use crate::arena::Reader;
use crate::handle::Slot;
use crate::kind::{layout_of, typed};
use crate::postings::{Iter, Postings};
use crate::sight::Sight;
use crate::table::prepare::NO_PARENT;
use crate::table::{ForeignKey, Keys};

/// So many places ahead a row is asked for that is met by its place.
const AHEAD: usize = 16;

impl Sight {
    /// Calls `visit` with the children of each of these places, in turn, by the foreign key at place `foreign_key` of
    /// `C`'s; nobody is nobody's child. O(1) for each place and each child.
    pub fn children_of_each<'a, C: Model>(
        &'a self,
        foreign_key: usize,
        parents: &[Option<Slot>],
        mut visit: impl FnMut(Children<'a, C>),
    ) {
        let table = self.table::<C>();
        let Some(key) = table.foreign_keys.get(foreign_key) else { return };
        let rows = table.arena.reader(self.at);
        let is_large = rows.len() as usize * layout_of::<C>().stride() > CACHED;
        for (nth, parent) in parents.iter().enumerate() {
            if is_large {
                fetch_ahead::<C>(key, rows, parents, nth);
            }
            let slots = parent.map_or_else(Iter::empty, |parent| key.children.iter(parent.0));
            let parent = parent.map_or(0, |parent| parent.0);
            visit(Children { rows, foreign_key, parent, slots, marker: PhantomData });
        }
    }

    /// Calls `visit` with each row of `T` that rows of `J` link with one of these places, and with the number of that
    /// place in `parents`, in turn. `near` and `far` are the places of `J`'s foreign keys. O(1) for each place and link.
    pub fn linked_of_each<'a, J: Model, T: Model>(
        &'a self,
        (near, far): (usize, usize),
        parents: &[Option<Slot>],
        mut visit: impl FnMut(usize, &'a T),
    ) {
        let targets = self.parents_of::<J, T>(far).arena.reader(self.at);
        let mut found = Vec::with_capacity(parents.len());
        let mut nth = 0;
        self.children_of_each::<J>(near, parents, |links| {
            found.extend(links.parents(far).map(|slot| (nth, slot)));
            nth += 1;
        });
        for (place, (nth, slot)) in found.iter().enumerate() {
            if let Some((_, slot)) = found.get(place + AHEAD) {
                targets.prefetch(layout_of::<T>(), *slot);
            }
            if let Some(record) = targets.read(layout_of::<T>(), *slot) {
                // SAFETY: the targets' table is that of `T`; the sight's hold keeps what its timestamp sees for `'a`.
                visit(*nth, unsafe { typed(record) });
            }
        }
    }

    /// Calls `visit` with the row of each of these keys, in turn; with nothing for no key, and for one without a row.
    /// O(1) for each.
    pub fn get_each<'a, 'i, M: Model>(
        &'a self,
        ids: impl IntoIterator<Item = Option<&'i Id<M>>>,
        mut visit: impl FnMut(Option<&'a M>),
    ) {
        let rows = self.table_view::<M>();
        let table = self.table::<M>();
        let mut ids = ids.into_iter();
        let is_large = table.arena.len() as usize * layout_of::<M>().stride() > CACHED;
        let (Keys::Directory(directory), true) = (&table.keys, is_large) else {
            return ids.for_each(|id| visit(id.and_then(|id| rows.get(id))));
        };
        let pages = directory.pages();
        let mut numbers = [0; AHEAD];
        let mut slots = [None; AHEAD];
        loop {
            let mut taken = 0;
            for (number, id) in numbers.iter_mut().zip(ids.by_ref()) {
                // No row has the key 0.
                *number = id.and_then(Id::number).unwrap_or(0);
                directory.prefetch(*number);
                taken += 1;
            }
            for (slot, number) in slots.iter_mut().zip(&numbers[..taken]) {
                *slot = pages.get(*number);
                slot.iter().for_each(|slot| table.arena.prefetch(layout_of::<M>(), *slot));
            }
            slots[..taken].iter().for_each(|slot| visit(slot.and_then(|slot| rows.row(slot))));
            if taken < AHEAD {
                return;
            }
        }
    }

    /// All rows of `C`, each with the place of the parent that it refers to by this foreign key; those that refer to none
    /// are left out. O(rows of `C`), in the order of their places.
    pub fn by_parent_place<C: Model>(
        &self,
        foreign_key: usize,
    ) -> impl Iterator<Item = (Slot, &C)> {
        let table = self.table::<C>();
        let rows = table.arena.reader(self.at);
        let len = if foreign_key < table.foreign_keys.len() { rows.len() } else { 0 };
        (0..len).filter_map(move |slot| {
            let record = rows.read(layout_of::<C>(), slot)?;
            // SAFETY: a record of `C`'s table.
            let parent = unsafe { parent_of::<C>(record, foreign_key) };
            // SAFETY: the table is that of `C`; the sight's hold keeps what its timestamp sees.
            (parent != NO_PARENT).then(|| (Slot(parent), unsafe { typed(record) }))
        })
    }
}

/// Asks for what the places after the `nth` will need.
#[inline(always)]
fn fetch_ahead<C: Model>(key: &ForeignKey, rows: Reader<'_>, parents: &[Option<Slot>], nth: usize) {
    let ahead = |distance: u32| parents.get(nth + distance as usize).copied().flatten();
    let lists: &Postings = &key.children;
    if let Some(parent) = ahead(2 * FAR) {
        lists.prefetch_head(parent.0);
    }
    if let Some(parent) = ahead(FAR) {
        lists.prefetch(parent.0);
    }
    if let Some(parent) = ahead(NEAR) {
        let children = lists.iter(parent.0).take(MOST);
        children.for_each(|child| rows.prefetch(layout_of::<C>(), child));
    }
}

impl<J: Model> Children<'_, J> {
    /// The slots that the children's foreign key at place `far` leads to.
    fn parents(self, far: usize) -> impl Iterator<Item = u32> {
        let Self { rows, foreign_key, parent, slots, marker } = self;
        let children = Self { rows, foreign_key, parent, slots: Iter::empty(), marker };
        slots.filter_map(move |slot| {
            let record = children.record(slot)?;
            // SAFETY: a record of `J`'s table.
            Some(unsafe { parent_of::<J>(record, far) })
        })
    }
}
