//! One table of a sight, looked up once.

use std::marker::PhantomData;

use bondstone_schema::{Id, Lookup, Model, UniqueKey};

use super::{Rows, Sight};
use crate::arena::Reader;
use crate::directory::Pages;
use crate::handle::Handle;
use crate::kind::{layout_of, typed};
use crate::table::{Keys, Table};

/// One table of a sight: what each single lookup begins with (which table, where its rows and pages are) was done once.
///
/// All of it stays as it is for the sight: what the table grows by later is later than the sight sees.
pub struct TableView<'a, M> {
    sight: &'a Sight,
    table: &'a Table,
    rows: Reader<'a>,
    /// The directory of keys that the engine assigns.
    pages: Option<Pages<'a>>,
    marker: PhantomData<&'a M>,
}

impl Sight {
    /// One table, for many lookups.
    #[inline]
    #[must_use]
    pub fn table_view<M: Model>(&self) -> TableView<'_, M> {
        let table = self.table::<M>();
        let pages = match &table.keys {
            Keys::Directory(directory) => Some(directory.pages()),
            Keys::Hashed(_) => None,
        };
        let rows = table.arena.reader(self.at);
        TableView { sight: self, table, rows, pages, marker: PhantomData }
    }
}

impl<'a, M: Model> TableView<'a, M> {
    /// The row with this key. O(1).
    #[inline(always)]
    #[must_use]
    pub fn get(&self, id: &Id<M>) -> Option<&'a M> {
        let Some(pages) = self.pages else { return self.sight.get(id) };
        let record = self.rows.read(layout_of::<M>(), pages.get(id.number()?)?)?;
        // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
        Some(unsafe { typed(record) })
    }

    /// The row of a handle; `None` if it is not there (yet, or any more). O(1).
    #[inline(always)]
    #[must_use]
    pub fn by_handle(&self, handle: Handle<M>) -> Option<&'a M> {
        let (slot, generation) = handle.parts();
        let record = self.rows.read_generation(layout_of::<M>(), slot, generation)?;
        // SAFETY: the table is that of `M`; the sight's hold keeps what its timestamp sees for `'a`.
        Some(unsafe { typed(record) })
    }

    /// The row with this value in a unique key. O(1).
    #[inline(always)]
    pub fn find<U: UniqueKey<Model = M>>(&self, unique: U, value: impl Lookup<U>) -> Option<&'a M> {
        self.sight.find_in(self.table, unique, value)
    }

    /// All rows. O(rows).
    #[must_use]
    pub fn rows(&self) -> Rows<'a, M> {
        Rows::new(self.sight, self.table)
    }

    /// How many rows there are. O(rows / 64).
    #[must_use]
    pub fn count(&self) -> usize {
        self.sight.count::<M>()
    }
}

impl<M> Clone for TableView<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for TableView<'_, M> {}
