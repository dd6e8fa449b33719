//! From parents to children, and from children to parents, by slots.

mod batch;

use std::iter::FusedIterator;
use std::marker::PhantomData;

use bondstone_schema::Model;

use super::{Rows, Sight};
use crate::arena::Reader;
use crate::handle::Slot;
use crate::kind::{layout_of, typed};
use crate::postings::Iter;
use crate::table::prepare::NO_PARENT;
use crate::table::{ForeignKey, Table};

/// The rows whose foreign key refers to one parent, in no particular order.
pub struct Children<'a, C> {
    rows: Reader<'a>,
    foreign_key: usize,
    parent: u32,
    slots: Iter<'a>,
    marker: PhantomData<&'a C>,
}

impl Sight {
    /// The children of the row in a place, by the foreign key at place `foreign_key` of `C`'s. O(1), and O(1) for each
    /// child.
    #[inline]
    #[must_use]
    pub fn children_at<C: Model>(
        &self,
        foreign_key: usize,
        parent: Slot,
    ) -> Option<Children<'_, C>> {
        let table = self.table::<C>();
        let key: &ForeignKey = table.foreign_keys.get(foreign_key)?;
        let slots = key.children.iter(parent.0);
        let rows = table.arena.reader(self.at);
        Some(Children { rows, foreign_key, parent: parent.0, slots, marker: PhantomData })
    }

    /// How many children the row in a place has. O(1) if none came or went since this state, else O(children).
    #[must_use]
    pub fn count_children<C: Model>(&self, foreign_key: usize, parent: Slot) -> usize {
        let known = self.table::<C>().foreign_keys.get(foreign_key);
        let known = known.and_then(|key| key.children.count(parent.0, self.at));
        known.map_or_else(
            || self.children_at::<C>(foreign_key, parent).map_or(0, Iterator::count),
            |count| count as usize,
        )
    }

    /// Has the row in a place any children? O(1) if none came or went since this state, else O(those that went, as they are met).
    #[must_use]
    pub fn has_children<C: Model>(&self, foreign_key: usize, parent: Slot) -> bool {
        let known = self.table::<C>().foreign_keys.get(foreign_key);
        let known = known.and_then(|key| key.children.count(parent.0, self.at));
        known.map_or_else(
            || {
                self.children_at::<C>(foreign_key, parent)
                    .is_some_and(|mut rows| rows.next().is_some())
            },
            |count| count > 0,
        )
    }

    /// The table that a foreign key of `C` refers to, which is that of `P`.
    fn parents_of<C: Model, P: Model>(&self, foreign_key: usize) -> &Table {
        let parents = self.table::<P>();
        let key = self.table::<C>().foreign_keys.get(foreign_key);
        // Slots of one table mean nothing in another, nor are they checked there.
        assert!(
            key.is_some_and(|key| key.parent == parents.number),
            "the key refers to another model"
        );
        parents
    }

    /// All rows of `C`, each with its parent. The parents are found by stored slots, without a lookup, and fetched ahead
    /// of their use. O(rows of `C`).
    #[must_use]
    pub fn with_parent<C: Model, P: Model>(&self, foreign_key: usize) -> Pairs<'_, C, P> {
        let mut pairs = Pairs {
            children: self.table::<C>().arena.reader(self.at),
            parents: self.parents_of::<C, P>(foreign_key).arena.reader(self.at),
            foreign_key,
            next: 0,
            ahead: [None; AHEAD],
            oldest: 0,
            marker: PhantomData,
        };
        for place in 0..AHEAD {
            pairs.ahead[place] = pairs.fetch();
        }
        pairs
    }

    /// All rows of `P`, and their places, while their children of `C` are being fetched. O(rows of `P`).
    pub fn parents<P: Model, C: Model>(
        &self,
        foreign_key: usize,
    ) -> impl Iterator<Item = (Slot, &P)> {
        let table = self.table::<C>();
        let children = table.arena.reader(self.at);
        let is_large = children.len() as usize * layout_of::<C>().stride() > CACHED;
        let key = table.foreign_keys.get(foreign_key).filter(|_| is_large);
        Parents { rows: self.rows(), children, key, marker: PhantomData::<C> }
    }

    /// The places of the rows that refer to a parent, in a table known by its number: for cascades.
    #[must_use]
    pub fn child_slots(&self, table: usize, foreign_key: usize, parent: Slot) -> Vec<Slot> {
        let Some(table) = self.store.tables.get(table) else { return Vec::new() };
        let Some(key) = table.foreign_keys.get(foreign_key) else { return Vec::new() };
        let refers = |slot: &u32| {
            let record = table.row_at(*slot, self.at);
            // SAFETY: a record of this table, which has such a foreign key.
            record.is_some_and(|record| unsafe {
                table.arena.layout().parent(record, foreign_key) == parent.0
            })
        };
        key.children.iter(parent.0).filter(refers).map(Slot).collect()
    }

    /// The place of the row that the one in a place refers to, in a table known by its number. O(1).
    #[must_use]
    pub fn parent_slot(&self, table: usize, foreign_key: usize, child: Slot) -> Option<Slot> {
        let table = self.store.tables.get(table)?;
        table.foreign_keys.get(foreign_key)?;
        let record = table.row_at(child.0, self.at)?;
        // SAFETY: a record of this table, which has such a foreign key.
        let parent = unsafe { table.arena.layout().parent(record, foreign_key) };
        (parent != NO_PARENT).then_some(Slot(parent))
    }

    /// The foreign keys that refer to a table: the tables that hold them, and their places there.
    #[must_use]
    pub fn incoming(&self, table: usize) -> &[(usize, usize)] {
        self.store.tables.get(table).map_or(&[], |table| &table.incoming)
    }
}

/// The slot of a record's parent.
///
/// # Safety
/// `record` points to a record of `C`'s table.
#[inline(always)]
unsafe fn parent_of<C: Model>(record: *const u8, foreign_key: usize) -> u32 {
    assert!(foreign_key < C::DEFINITION.foreign_keys.len());
    // SAFETY: our caller's promise, and the assertion.
    unsafe { layout_of::<C>().parent(record, foreign_key) }
}

impl<'a, C: Model> Children<'a, C> {
    /// The next child, and its place.
    pub fn next_with_slot(&mut self) -> Option<(Slot, &'a C)> {
        loop {
            let slot = self.slots.next()?;
            if let Some(child) = self.child(slot) {
                return Some((Slot(slot), child));
            }
        }
    }

    /// The record of the child that an entry leads to, unless the entry is another version's.
    #[inline(always)]
    fn record(&self, slot: u32) -> Option<*const u8> {
        let (record, undisturbed) = self.rows.read_hint(layout_of::<C>(), slot)?;
        // SAFETY: a record of `C`'s table.
        if !undisturbed && unsafe { parent_of::<C>(record, self.foreign_key) } != self.parent {
            return None;
        }
        Some(record)
    }

    /// Whoever reads children whose slots are at hand: it has none of its own.
    #[inline(always)]
    fn only(rows: Reader<'a>, foreign_key: usize, parent: u32) -> Self {
        Self { rows, foreign_key, parent, slots: Iter::empty(), marker: PhantomData }
    }

    #[inline(always)]
    fn child(&self, slot: u32) -> Option<&'a C> {
        // SAFETY: the table is that of `C`; the sight's hold keeps what its timestamp sees for `'a`.
        self.record(slot).map(|record| unsafe { typed(record) })
    }
}

impl<'a, C: Model> Iterator for Children<'a, C> {
    type Item = &'a C;

    #[inline]
    fn next(&mut self) -> Option<&'a C> {
        loop {
            let slot = self.slots.next()?;
            if let Some(child) = self.child(slot) {
                return Some(child);
            }
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, &'a C) -> B>(self, init: B, mut f: F) -> B {
        let Self { rows, foreign_key, parent, slots, .. } = self;
        let children = Self::only(rows, foreign_key, parent);
        slots.fold(init, |total, slot| match children.child(slot) {
            Some(child) => f(total, child),
            None => total,
        })
    }
}

impl<C: Model> FusedIterator for Children<'_, C> {}

/// The rows on the other side of an association: many to many.
pub struct Linked<'a, J, T> {
    links: Children<'a, J>,
    targets: Reader<'a>,
    far: usize,
    marker: PhantomData<&'a T>,
}

impl Sight {
    /// The rows of `T` that rows of `J` link with the row in a place: `near` and `far` are the places of `J`'s foreign
    /// keys. O(1), and O(1) for each link.
    #[must_use]
    pub fn linked<J: Model, T: Model>(
        &self,
        near: usize,
        far: usize,
        place: Slot,
    ) -> Option<Linked<'_, J, T>> {
        let links = self.children_at::<J>(near, place)?;
        let targets = self.parents_of::<J, T>(far).arena.reader(self.at);
        Some(Linked { links, targets, far, marker: PhantomData })
    }
}

impl<'a, J: Model, T: Model> Iterator for Linked<'a, J, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            let slot = self.links.slots.next()?;
            let Some(record) = self.links.record(slot) else { continue };
            // SAFETY: a record of `J`'s table.
            let target = unsafe { parent_of::<J>(record, self.far) };
            if let Some(record) = self.targets.read(layout_of::<T>(), target) {
                // SAFETY: the targets' table is that of `T`; the sight's hold keeps what its timestamp sees for `'a`.
                return Some(unsafe { typed(record) });
            }
        }
    }
}

impl<J: Model, T: Model> FusedIterator for Linked<'_, J, T> {}

/// Rows taken ahead, whose parents are fetched meanwhile.
const AHEAD: usize = 16;

/// All rows of `C`, each with its parent.
pub struct Pairs<'a, C, P> {
    children: Reader<'a>,
    parents: Reader<'a>,
    foreign_key: usize,
    next: u32,
    /// The next rows and the slots of their parents, a ring. What is behind the last row is `None`.
    ahead: [Option<(&'a C, u32)>; AHEAD],
    oldest: usize,
    marker: PhantomData<&'a P>,
}

impl<'a, C: Model, P: Model> Pairs<'a, C, P> {
    /// The next row, whose parent is asked for.
    #[inline(always)]
    fn fetch(&mut self) -> Option<(&'a C, u32)> {
        while self.next < self.children.len() {
            let slot = self.next;
            self.next += 1;
            let Some(record) = self.children.read(layout_of::<C>(), slot) else { continue };
            // SAFETY: a record of `C`'s table.
            let parent = unsafe { parent_of::<C>(record, self.foreign_key) };
            self.parents.prefetch(layout_of::<P>(), parent);
            // SAFETY: the table is that of `C`; the sight's hold keeps what its timestamp sees for `'a`.
            return Some((unsafe { typed(record) }, parent));
        }
        None
    }
}

impl<'a, C: Model, P: Model> Iterator for Pairs<'a, C, P> {
    type Item = (&'a C, Option<&'a P>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (child, parent) = self.ahead[self.oldest]?;
        self.ahead[self.oldest] = self.fetch();
        self.oldest = (self.oldest + 1) % AHEAD;
        // `NO_PARENT` is no slot of any table.
        let parent = self.parents.read(layout_of::<P>(), parent);
        // SAFETY: the parents' table is that of `P`; the sight's hold keeps what its timestamp sees for `'a`.
        Some((child, parent.map(|record| unsafe { typed(record) })))
    }
}

/// So many parents before its turn, a parent's list of children is asked for …
const FAR: u32 = 16;
/// … and then the children in it …
const NEAR: u32 = 8;
/// … but no more than this.
const MOST: usize = 16;
/// Rows of as many bytes are in the processor's second cache as a rule, and asking for them costs more than it gains.
const CACHED: usize = 512 << 10;

/// All rows of `P`, while their children are being fetched: prefetching within the children of one parent gains nothing
/// if they are few.
struct Parents<'a, P, C> {
    rows: Rows<'a, P>,
    children: Reader<'a>,
    /// `None` where everything is in the cache anyway.
    key: Option<&'a ForeignKey>,
    marker: PhantomData<C>,
}

impl<C: Model, P> Parents<'_, P, C> {
    /// Asks for what the parents after the one in `slot` will need.
    #[inline(always)]
    fn fetch_ahead(&self, key: &ForeignKey, slot: u32) {
        key.children.prefetch(slot.saturating_add(FAR));
        let children = key.children.iter(slot.saturating_add(NEAR)).take(MOST);
        children.for_each(|child| self.children.prefetch(layout_of::<C>(), child));
    }
}

impl<'a, P: Model, C: Model> Iterator for Parents<'a, P, C> {
    type Item = (Slot, &'a P);

    #[inline]
    fn next(&mut self) -> Option<(Slot, &'a P)> {
        let (slot, parent) = self.rows.next_with_slot()?;
        if let Some(key) = self.key {
            self.fetch_ahead(key, slot.0);
        }
        Some((slot, parent))
    }
}
