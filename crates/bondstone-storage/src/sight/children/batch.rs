//! The relatives of many rows at once.
//!
//! Whoever asks for the relatives of one row after the other waits for memory each time. Here the rows are known
//! beforehand, so what the next ones will need is fetched while the first ones are read: the word that says where a list
//! is, then the list, then the rows in it.
//!
//! There are two ways. Who wants nothing but the children gets them [entered](Sight::enter_children) in a list, for which
//! each step is made for many places before the next. Who [visits](Sight::children_of_each) each place's children, and may
//! not want all of them, has them asked for some places ahead.

use std::marker::PhantomData;

use bondstone_schema::{Id, Model};

use super::{CACHED, Children, FAR, MOST, NEAR, parent_of};
use crate::arena::Reader;
use crate::handle::Slot;
use crate::kind::{layout_of, typed};
use crate::postings::Iter;
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
        let ahead = is_large.then_some(Ahead { key, rows, parents });
        if let Some(ahead) = ahead {
            ahead.begin::<C>();
        }
        for (nth, parent) in parents.iter().enumerate() {
            if let Some(ahead) = ahead {
                ahead.go_on::<C>(nth);
            }
            let slots = parent.map_or_else(Iter::empty, |parent| key.children.iter(parent.0));
            let parent = parent.map_or(0, |parent| parent.0);
            visit(Children { rows, foreign_key, parent, slots, marker: PhantomData });
        }
    }

    /// Appends the children of each of these places to `into`, by the foreign key at place `foreign_key` of `C`'s, and to
    /// `ends` where those of each end; nobody is nobody's child. O(1) for each place and each child.
    pub fn enter_children<'a, C: Model>(
        &'a self,
        foreign_key: usize,
        parents: &[Option<Slot>],
        into: &mut Vec<&'a C>,
        ends: &mut Vec<usize>,
    ) {
        let table = self.table::<C>();
        let rows = table.arena.reader(self.at);
        let Some(key) = table.foreign_keys.get(foreign_key) else {
            return ends.resize(ends.len() + parents.len(), into.len());
        };
        let is_large = rows.len() as usize * layout_of::<C>().stride() > CACHED;
        let prefetch = |slot| rows.prefetch(layout_of::<C>(), slot);
        let mut gathered = Gathered::new();
        ends.reserve(parents.len());
        for parents in parents.chunks(TOGETHER) {
            gathered.gather(key, parents, is_large.then_some(&prefetch));
            into.reserve(gathered.slots.len());
            let mut slots = gathered.slots.iter();
            for (parent, count) in parents.iter().zip(&gathered.counts) {
                let parent = parent.map_or(0, |parent| parent.0);
                let slots = slots.by_ref().take(*count);
                let children = Children::<'a, C>::only(rows, foreign_key, parent);
                for child in slots.filter_map(|slot| children.child(*slot)) {
                    into.push(child);
                }
                ends.push(into.len());
            }
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

/// So many places are taken together: what they need must fit into the nearest cache.
const TOGETHER: usize = 32;

/// The slots of the children of several places, and how many each has.
struct Gathered {
    slots: Vec<u32>,
    counts: Vec<usize>,
}

impl Gathered {
    fn new() -> Self {
        Self { slots: Vec::with_capacity(8 * TOGETHER), counts: Vec::with_capacity(TOGETHER) }
    }

    /// Goes from places to slots, step by step. Where the rows have to be asked for, by `prefetch`, each step is made for all
    /// places before the next: none of them waits for another's memory.
    #[inline(always)]
    fn gather(
        &mut self,
        key: &ForeignKey,
        parents: &[Option<Slot>],
        prefetch: Option<&impl Fn(u32)>,
    ) {
        let lists = &key.children;
        self.slots.clear();
        self.counts.clear();
        if prefetch.is_some() {
            parents.iter().flatten().for_each(|parent| lists.prefetch_head(parent.0));
            parents.iter().flatten().for_each(|parent| lists.prefetch(parent.0));
        }
        for parent in parents {
            let before = self.slots.len();
            let slots = parent.map_or_else(Iter::empty, |parent| lists.iter(parent.0));
            slots.for_each(|slot| self.slots.push(slot));
            let slots = &self.slots[before..];
            if let Some(prefetch) = prefetch {
                slots.iter().take(MOST).for_each(|slot| prefetch(*slot));
            }
            self.counts.push(slots.len());
        }
    }
}

/// What the next places will need: first the word that says where a place's list is, then the list, then the rows in it,
/// each so long before its turn that it has come when the next one is asked for.
#[derive(Clone, Copy)]
struct Ahead<'a, 'p> {
    key: &'a ForeignKey,
    rows: Reader<'a>,
    parents: &'p [Option<Slot>],
}

impl Ahead<'_, '_> {
    /// Asks for what the first places need.
    fn begin<C: Model>(self) {
        (0..2 * FAR as usize).for_each(|nth| self.head(nth));
        (0..FAR as usize).for_each(|nth| self.list(nth));
        (0..NEAR as usize).for_each(|nth| self.children::<C>(nth));
    }

    /// Asks for what the places after the `nth` will need.
    #[inline(always)]
    fn go_on<C: Model>(self, nth: usize) {
        self.head(nth + 2 * FAR as usize);
        self.list(nth + FAR as usize);
        self.children::<C>(nth + NEAR as usize);
    }

    #[inline(always)]
    fn parent(self, nth: usize) -> Option<u32> {
        self.parents.get(nth).copied().flatten().map(|parent| parent.0)
    }

    #[inline(always)]
    fn head(self, nth: usize) {
        self.parent(nth).into_iter().for_each(|parent| self.key.children.prefetch_head(parent));
    }

    #[inline(always)]
    fn list(self, nth: usize) {
        self.parent(nth).into_iter().for_each(|parent| self.key.children.prefetch(parent));
    }

    #[inline(always)]
    fn children<C: Model>(self, nth: usize) {
        if let Some(parent) = self.parent(nth) {
            let children = self.key.children.iter(parent).take(MOST);
            children.for_each(|child| self.rows.prefetch(layout_of::<C>(), child));
        }
    }
}

impl<J: Model> Children<'_, J> {
    /// The slots that the children's foreign key at place `far` leads to.
    fn parents(self, far: usize) -> impl Iterator<Item = u32> {
        let Self { rows, foreign_key, parent, slots, .. } = self;
        let children = Self::only(rows, foreign_key, parent);
        slots.filter_map(move |slot| {
            let record = children.record(slot)?;
            // SAFETY: a record of `J`'s table.
            Some(unsafe { parent_of::<J>(record, far) })
        })
    }
}
