//! One table of a sight, looked up once.

use std::marker::PhantomData;

use bondstone_schema::{Hashing, Id, Lookup, Model, UniqueKey};

use super::{Rows, Sight, search, unique_index};
use crate::arena::Reader;
use crate::directory::Pages;
use crate::handle::Handle;
use crate::hash::{First, HashIndex};
use crate::kind::{layout_of, typed};
use crate::table::{self, TableIndex};

/// One table of a sight: what each single lookup begins with (which table, where its rows, pages and indexes are) was done
/// once.
///
/// All of it stays as it is for the sight: what the table grows by later is later than the sight sees.
pub struct TableView<'a, M> {
    rows: Reader<'a>,
    keys: Keys<'a>,
    hashing: &'a Hashing,
    indexes: &'a [TableIndex],
    marker: PhantomData<&'a M>,
}

/// The index of the primary key.
#[derive(Clone, Copy)]
enum Keys<'a> {
    Directory(Pages<'a>),
    Hashed(&'a HashIndex),
}

impl Sight {
    /// One table, for many lookups.
    #[inline]
    #[must_use]
    pub fn table_view<M: Model>(&self) -> TableView<'_, M> {
        let table = self.table::<M>();
        let keys = match &table.keys {
            table::Keys::Directory(directory) => Keys::Directory(directory.pages()),
            table::Keys::Hashed(index) => Keys::Hashed(index),
        };
        TableView {
            rows: table.arena.reader(self.at),
            keys,
            hashing: self.hashing(),
            indexes: &table.indexes,
            marker: PhantomData,
        }
    }
}

impl<'a, M: Model> TableView<'a, M> {
    /// The row in a slot.
    #[inline(always)]
    pub(super) fn row(&self, slot: u32) -> Option<&'a M> {
        let record = self.rows.read(layout_of::<M>(), slot)?;
        // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
        Some(unsafe { typed(record) })
    }

    /// The row in a slot, and whether it is undisturbed: then the hint that led there holds.
    #[inline(always)]
    pub(super) fn row_by_hint(&self, slot: u32) -> Option<(&'a M, bool)> {
        let (record, undisturbed) = self.rows.read_hint(layout_of::<M>(), slot)?;
        // SAFETY: as in `row`.
        Some((unsafe { typed(record) }, undisturbed))
    }

    /// Asks for the line that a look at the row in a slot begins with.
    #[inline(always)]
    pub(super) fn prefetch(&self, slot: u32) {
        self.rows.prefetch(layout_of::<M>(), slot);
    }

    /// The row with this key. O(1).
    #[inline(always)]
    #[must_use]
    pub fn get(&self, id: &Id<M>) -> Option<&'a M> {
        match self.keys {
            Keys::Directory(pages) => self.row(pages.get(id.number()?)?),
            Keys::Hashed(index) => index.find(self.hashing.hash(id.key()), |slot| {
                self.row(slot).filter(|row| row.id() == *id)
            }),
        }
    }

    /// The row of a handle; `None` if it is not there (yet, or any more). O(1).
    #[inline(always)]
    #[must_use]
    pub fn by_handle(&self, handle: Handle<M>) -> Option<&'a M> {
        let (slot, generation) = handle.parts();
        let record = self.rows.read_generation(layout_of::<M>(), slot, generation)?;
        // SAFETY: as in `row`.
        Some(unsafe { typed(record) })
    }

    /// The row with this value in a unique key. O(1).
    #[inline(always)]
    pub fn find<U: UniqueKey<Model = M>>(&self, unique: U, value: impl Lookup<U>) -> Option<&'a M> {
        let (hash, position) = (value.hash(self.hashing), unique.position());
        let index = unique_index(self.indexes, position)?;
        match index.first(hash) {
            First::Nothing => return None,
            First::Payload(slot) => {
                if let Some(row) = self.row(slot)
                    && value.matches(unique, row)
                {
                    return Some(row);
                }
            }
            First::Unknown => {}
        }
        search(index, hash, &|slot| self.row(slot).filter(|row| value.matches(unique, row)))
    }

    /// All rows. O(rows).
    #[must_use]
    pub fn rows(&self) -> Rows<'a, M> {
        Rows::new(self.rows)
    }

    /// How many rows there are. O(rows / 64).
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.count()
    }
}

impl<M> Clone for TableView<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for TableView<'_, M> {}
