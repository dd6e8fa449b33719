//! One table: an arena of rows, and every index and relation map over it, kept together.
//!
//! A table is erased: it knows its model only as a [`Kind`]. Writing goes through [`prepare`], which calls the
//! model's functions and decides everything that may fail, and then through [`write`](mod@write), which calls nothing
//! of the user's and cannot fail. [`prune`] takes back what no view can see any more.

pub(crate) mod bulk;
pub(crate) mod check;
mod custom;
pub(crate) mod prepare;
pub(crate) mod prune;
pub(crate) mod write;

use bondstone_schema::{ColumnSet, Hashing, IndexKind, Model};

use crate::arena::Arena;
use crate::buckets::Buckets;
use crate::directory::Directory;
use crate::guarded::guarded;
use crate::hash::HashIndex;
use crate::kind::{IndexShape, Kind, Of, is_numbered};
use crate::ordered::{OrderedIndex, Width};
use crate::postings::Postings;
use crate::sync::{AtomicU64, Ordering};
use crate::writer::{Timestamp, Writer};

/// One table.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The model's number: this table's place in the store.
    pub(crate) number: usize,
    pub(crate) kind: Box<dyn Kind>,
    pub(crate) arena: Arena,
    pub(crate) keys: Keys,
    pub(crate) indexes: Box<[TableIndex]>,
    pub(crate) foreign_keys: Box<[ForeignKey]>,
    /// The foreign keys of other tables (and of this one) that refer to this one: table and place.
    pub(crate) incoming: Vec<(usize, usize)>,
    /// The columns on which entries of indexes and relation maps depend.
    keyed: ColumnSet,
    /// The places of indexes whose keys are compared by the user's code.
    custom: Box<[usize]>,
    /// The places of indexes over hybrids.
    computed: Box<[usize]>,
    next_id: AtomicU64,
}

/// The index of the primary key.
pub(crate) enum Keys {
    /// Of keys that the engine assigns.
    Directory(Directory),
    /// Of all others.
    Hashed(HashIndex),
}

/// A unique or secondary index.
pub(crate) struct TableIndex {
    pub(crate) shape: IndexShape,
    pub(crate) entries: Entries,
}

/// The entries of an index.
pub(crate) enum Entries {
    Unique(HashIndex),
    Hash(Buckets),
    Ordered(OrderedIndex),
}

/// A foreign key and its relation map: for each parent's slot, the slots of the rows that refer to it.
pub(crate) struct ForeignKey {
    pub(crate) column: u16,
    pub(crate) parent: usize,
    pub(crate) children: Postings,
}

impl Table {
    pub(crate) fn of<M: Model>() -> Self {
        Self::of_kind(Box::new(Of::<M>::new()))
    }

    fn of_kind(kind: Box<dyn Kind>) -> Self {
        let shape = kind.shape();
        let indexes: Box<[TableIndex]> = shape.indexes.into_iter().map(TableIndex::new).collect();
        let is_custom = |place: &usize| indexes[*place].shape.width == Width::Custom;
        let is_computed = |place: &usize| indexes[*place].shape.is_computed;
        let mut keyed = ColumnSet::EMPTY;
        let referring = shape.foreign_keys.iter().map(|key| &key.column);
        let indexed = indexes.iter().flat_map(|index| index.shape.columns);
        indexed.chain(referring).for_each(|column| keyed.insert(*column));
        Self {
            name: shape.name,
            number: shape.number,
            kind,
            arena: Arena::new(shape.layout, shape.is_numbered),
            keys: if shape.is_numbered {
                Keys::Directory(Directory::new())
            } else {
                Keys::Hashed(HashIndex::new())
            },
            keyed,
            custom: (0..indexes.len()).filter(is_custom).collect(),
            computed: (0..indexes.len()).filter(is_computed).collect(),
            indexes,
            foreign_keys: shape
                .foreign_keys
                .into_iter()
                .map(|key| ForeignKey {
                    column: key.column,
                    parent: key.parent,
                    children: Postings::new(),
                })
                .collect(),
            incoming: Vec::new(),
            next_id: AtomicU64::new(1),
        }
    }

    /// The index of the primary key, for the table of `M`: which kind it is, is then known when this is compiled.
    ///
    /// # Safety
    /// This is the table of `M`.
    #[inline(always)]
    pub(crate) unsafe fn keys_of<M: Model>(&self) -> &Keys {
        let is_directory = matches!(self.keys, Keys::Directory(_));
        // SAFETY: `of::<M>` chose by the same constant (our caller's promise).
        unsafe { std::hint::assert_unchecked(is_directory == is_numbered::<M>()) };
        &self.keys
    }

    /// The row in `slot` as the writer sees it, pending versions included.
    pub(crate) fn row(&self, writer: &Writer, slot: u32) -> Option<*const u8> {
        self.row_at(slot, writer.now())
    }

    /// The row in `slot` as a view at `at` sees it.
    pub(crate) fn row_at(&self, slot: u32, at: Timestamp) -> Option<*const u8> {
        if slot >= self.arena.len() {
            return None;
        }
        self.arena.read(self.arena.layout(), slot, at)
    }

    /// Do two versions of a row, which differ in these columns, have the same keys and the same parents? Where an index is
    /// over a hybrid, its value is computed of both.
    ///
    /// # Safety
    /// Both point to values of the table's model.
    pub(crate) unsafe fn keeps_keys(
        &self,
        changed: ColumnSet,
        before: *const u8,
        after: *const u8,
    ) -> bool {
        // SAFETY: our caller's promise.
        let has_same = |place: &usize| unsafe { self.kind.index_equal(*place, before, after) };
        self.keyed.and(changed).is_empty() && self.computed.iter().all(has_same)
    }

    /// Do two rows have different numbers as their keys? A row keeps its number for life.
    ///
    /// # Safety
    /// Both point to values of the table's model.
    pub(crate) unsafe fn has_other_number(&self, left: *const u8, right: *const u8) -> bool {
        // SAFETY: our caller's promise.
        matches!(self.keys, Keys::Directory(_))
            && unsafe { self.kind.number(left) != self.kind.number(right) }
    }

    /// The number that the next row gets as its key.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.load(Ordering::Relaxed)
    }

    /// Makes room in the hash indexes for `additional` rows at once, instead of step by step.
    pub(crate) fn reserve(&self, writer: &mut Writer, additional: usize) {
        if let Keys::Hashed(index) = &self.keys {
            index.reserve(writer, additional);
        }
        for index in &self.indexes {
            if let Entries::Unique(index) = &index.entries {
                index.reserve(writer, additional);
            }
        }
    }

    /// Lifts the counter above `id`. It never moves back.
    fn lift_counter(&self, id: u64) {
        self.raise_next_id(id + 1);
    }

    /// The next row gets this number as its key, or a later one.
    pub(crate) fn raise_next_id(&self, next: u64) {
        if next > self.next_id() {
            self.next_id.store(next, Ordering::Relaxed);
        }
    }

    /// Bytes of memory held by rows, indexes and relation maps.
    pub(crate) fn bytes(&self) -> usize {
        let keys = match &self.keys {
            Keys::Directory(directory) => directory.bytes(),
            Keys::Hashed(index) => index.bytes(),
        };
        let indexes: usize = self.indexes.iter().map(TableIndex::bytes).sum();
        let relations: usize = self.foreign_keys.iter().map(|key| key.children.bytes()).sum();
        self.arena.bytes() + keys + indexes + relations
    }
}

impl TableIndex {
    fn new(shape: IndexShape) -> Self {
        let entries = match shape.kind {
            IndexKind::Unique => Entries::Unique(HashIndex::new()),
            IndexKind::Hash => Entries::Hash(Buckets::new()),
            IndexKind::Ordered => Entries::Ordered(OrderedIndex::new(shape.width)),
        };
        Self { shape, entries }
    }

    fn bytes(&self) -> usize {
        match &self.entries {
            Entries::Unique(index) => index.bytes(),
            Entries::Hash(buckets) => buckets.bytes(),
            Entries::Ordered(index) => index.bytes(),
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        // The store is going: no view is left, every version that still stands in the arena is dropped here.
        let writer = Writer::new();
        for slot in 0..self.arena.len() {
            for version in self.arena.versions(&writer, slot) {
                if !version.is_tombstone() {
                    // SAFETY: the versions of a chain are whole values, each reached once; nobody looks at them.
                    let _ = guarded(|| unsafe { self.kind.drop_row(version.record.cast_mut()) });
                }
            }
        }
    }
}

/// The tables of a store, by model number.
pub(crate) struct Tables {
    by_number: Box<TableList>,
    /// The numbers of the tables, as they were added.
    pub(crate) order: Box<[usize]>,
    pub(crate) hashing: Hashing,
}

/// A table for each model number that this store knows.
pub(crate) type TableList = [Option<Box<Table>>];

impl Tables {
    pub(crate) fn new(tables: Vec<Table>) -> Self {
        let length = tables.iter().map(|table| table.number + 1).max().unwrap_or(0);
        let mut by_number: Box<[Option<Box<Table>>]> = (0..length).map(|_| None).collect();
        let incoming: Vec<(usize, (usize, usize))> = tables
            .iter()
            .flat_map(|table| {
                let keys = table.foreign_keys.iter().enumerate();
                keys.map(|(place, key)| (key.parent, (table.number, place)))
            })
            .collect();
        let order = tables.iter().map(|table| table.number).collect();
        for table in tables {
            let number = table.number;
            by_number[number] = Some(Box::new(table));
        }
        for (parent, foreign_key) in incoming {
            if let Some(Some(parent)) = by_number.get_mut(parent) {
                parent.incoming.push(foreign_key);
            }
        }
        Self { by_number, order, hashing: Hashing::default() }
    }

    /// All tables, before they are shared.
    pub(crate) fn list_mut(&mut self) -> &mut TableList {
        &mut self.by_number
    }

    /// The table of `M`.
    #[inline(always)]
    pub(crate) fn of<M: Model>(&self) -> Option<&Table> {
        self.get(M::number().get())
    }

    /// All tables; they stay where they are for as long as the store lives.
    pub(crate) const fn list(&self) -> &TableList {
        &self.by_number
    }

    #[inline(always)]
    pub(crate) fn get(&self, number: usize) -> Option<&Table> {
        self.by_number.get(number)?.as_deref()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Table> {
        self.by_number.iter().flatten().map(|table| &**table)
    }
}
