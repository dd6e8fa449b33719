//! One table that is being filled: rows, and the primary keys by which they are found.

use std::marker::PhantomData;

use bondstone_schema::{Hashing, Id, Model};
use parking_lot::Mutex;

use crate::arena::NO_SLOT;
use crate::handle::Slot;
use crate::kind::{layout_of, typed};
use crate::sight::Refused;
use crate::table::prepare::{NO_PARENT, PrimaryKey, Refusal};
use crate::table::{Keys, Table};
use crate::writer::Writer;

/// A table that is being filled. Made by [`Loader::table`](crate::Loader::table), which gives it out once at a time.
///
/// Rows are checked for their primary keys alone; unique and foreign keys when [all is there](crate::Loader::finish).
pub struct TableLoader<'a, M: Model> {
    table: &'a Table,
    hashing: &'a Hashing,
    writer: Writer,
    /// Where the writer goes back to.
    place: &'a Mutex<Option<Writer>>,
    /// Of each row, until they are known.
    parents: Box<[u32]>,
    model: PhantomData<fn(M) -> M>,
}

impl<'a, M: Model> TableLoader<'a, M> {
    /// # Safety
    /// The table is that of `M`, with nothing in it but rows and their primary keys; the writer is its only one.
    pub(super) unsafe fn new(
        table: &'a Table,
        hashing: &'a Hashing,
        writer: Writer,
        place: &'a Mutex<Option<Writer>>,
    ) -> Self {
        let parents = table.foreign_keys.iter().map(|_| NO_PARENT).collect();
        Self { table, hashing, writer, place, parents, model: PhantomData }
    }

    /// Adds a row. O(1). Returns its slot.
    ///
    /// # Errors
    /// The row, and why it was refused: [`Refusal::Key`] if another row has its key, [`Refusal::KeyRange`], [`Refusal::Full`].
    ///
    /// # Panics
    /// If the user's `Hash` or `Eq` of the key does. Nothing was changed then.
    #[inline]
    pub fn insert(&mut self, row: M) -> Result<Slot, Refused<M>> {
        match self.find_place(&row) {
            Ok(Place::Vacant(key)) => self.add(key, row),
            Ok(Place::Taken(slot)) => {
                Err(Refused { refusal: Refusal::Key { slot: Slot(slot) }, row })
            }
            Err(refusal) => Err(Refused { refusal, row }),
        }
    }

    /// Adds a row, or puts it in the place of the one that has its key: true if there was one. O(1).
    ///
    /// # Errors
    /// As for [`insert`](Self::insert), but for [`Refusal::Key`].
    ///
    /// # Panics
    /// As `insert`; and if the `Drop` of the row before does, when the new one is in its place.
    pub fn put(&mut self, row: M) -> Result<bool, Refused<M>> {
        match self.find_place(&row) {
            Ok(Place::Vacant(key)) => self.add(key, row).map(|_| false),
            Ok(Place::Taken(slot)) => {
                drop(std::mem::replace(self.row_mut(slot), row));
                Ok(true)
            }
            Err(refusal) => Err(Refused { refusal, row }),
        }
    }

    /// Removes a row; false if it is not there. O(1).
    ///
    /// # Panics
    /// If the user's `Hash` or `Eq` of the key does: then nothing was changed. If the row's `Drop` does: then it is gone.
    pub fn remove(&mut self, id: &Id<M>) -> bool {
        let Some(slot) = self.find(id) else { return false };
        match &self.table.keys {
            Keys::Directory(directory) => {
                if let Some(number) = id.number() {
                    directory.clear(&mut self.writer, number);
                }
            }
            Keys::Hashed(index) => {
                let hash = self.hashing.hash(id.key());
                index.remove(&mut self.writer, hash, slot);
            }
        }
        let row: *const M = self.row_mut(slot);
        self.table.arena.undo(&mut self.writer, slot);
        // SAFETY: a row that is there no more: nobody but us has it, once.
        let row = unsafe { row.read() };
        self.table.arena.free_slot(&mut self.writer, slot);
        self.unburden();
        drop(row);
        true
    }

    /// The row with this key. O(1).
    #[must_use]
    pub fn get(&self, id: &Id<M>) -> Option<&M> {
        self.find(id).and_then(|slot| self.at_slot(Slot(slot)))
    }

    /// The row in a place.
    #[must_use]
    pub fn at_slot(&self, Slot(slot): Slot) -> Option<&M> {
        let row = self.table.row(&self.writer, slot)?;
        // SAFETY: a row of the table of `M`; whatever changes or ends it takes `&mut self`.
        Some(unsafe { typed(row) })
    }

    /// All rows, in the order of their places. O(rows).
    pub fn rows(&self) -> impl Iterator<Item = (Slot, &M)> {
        let rows = self.table.loaded(&self.writer);
        // SAFETY: as in `at_slot`.
        rows.map(|(slot, row)| (Slot(slot), unsafe { typed(row) }))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.arena.rows()
    }

    /// Is there no row?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for the keys of `additional` rows at once.
    pub fn reserve(&mut self, additional: usize) {
        if let Keys::Hashed(index) = &self.table.keys {
            index.reserve(&mut self.writer, additional);
        }
    }

    /// The number that the next row gets as its key: it is above those of all rows that were ever here.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.table.next_id()
    }

    /// Says what number the next row gets as its key, at least: the counter never moves back.
    pub fn set_next_number(&mut self, number: u64) {
        self.table.raise_next_id(number);
    }

    /// Where a row with its key stands, or may stand.
    #[inline]
    fn find_place(&self, row: &M) -> Result<Place, Refusal> {
        // SAFETY: the table is that of `M`, and `row` a value of it.
        let key = unsafe { self.table.primary_key(self.hashing, (&raw const *row).cast()) };
        // SAFETY: as above.
        match unsafe { self.table.free_key(&self.writer, key, (&raw const *row).cast()) } {
            Ok(_) => Ok(Place::Vacant(key)),
            Err(Refusal::Key { slot: Slot(slot) }) => Ok(Place::Taken(slot)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Moves a row with a key that no other has into a slot.
    fn add(&mut self, key: PrimaryKey, row: M) -> Result<Slot, Refused<M>> {
        let writer = &mut self.writer;
        let Some(slot) = self.table.arena.reserve(writer) else {
            return Err(Refused { refusal: Refusal::Full, row });
        };
        // SAFETY: a value of the table's model, moved and then forgotten, with a parent for each foreign key.
        unsafe { self.table.arena.insert(writer, slot, (&raw const row).cast(), &self.parents) };
        std::mem::forget(row);
        self.table.enter_key(writer, key, slot);
        self.unburden();
        Ok(Slot(slot))
    }

    /// Frees what is retired, when it is much: nobody reads.
    fn unburden(&mut self) {
        if self.writer.is_burdened() {
            self.writer.unburden(true);
        }
    }

    fn find(&self, id: &Id<M>) -> Option<u32> {
        match &self.table.keys {
            Keys::Directory(directory) => directory.get(id.number()?),
            Keys::Hashed(index) => index.find(self.hashing.hash(id.key()), |slot| {
                let row = self.at_slot(Slot(slot))?;
                (row.id() == *id).then_some(slot)
            }),
        }
    }

    /// The row in a slot where one is.
    fn row_mut(&mut self, slot: u32) -> &mut M {
        debug_assert!(slot != NO_SLOT);
        let row = self.table.arena.read(layout_of::<M>(), slot, self.writer.now());
        let row = row.expect("a key leads to a row");
        // SAFETY: a row of the table of `M`, which is ours alone for as long as the loader is borrowed.
        unsafe { &mut *row.cast_mut().cast() }
    }
}

impl<M: Model> Drop for TableLoader<'_, M> {
    fn drop(&mut self) {
        let writer = std::mem::replace(&mut self.writer, Writer::alone());
        *self.place.lock() = Some(writer);
    }
}

enum Place {
    Vacant(PrimaryKey),
    Taken(u32),
}
