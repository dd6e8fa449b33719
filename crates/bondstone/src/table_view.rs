//! `TableView`: one table of a view, looked up once.

use std::ops::Index;

use bondstone_schema::{Id, Lookup, Model, UniqueKey};
use bondstone_storage::{Handle, Rows, TableView as Stored};

use crate::view::{View, missing};

/// One table of a view, for many lookups in a row.
///
/// Everything here is also on [`View`], where each call first finds the table of its model: a handful of instructions, which
/// a loop over random rows feels, since the processor overlaps the cache misses of as many lookups as it can see at once.
///
/// ```
#[doc = include_str!("example.txt")]
/// let snap = db.read();
/// let users = snap.table_of::<User>();
/// let asked = [ann, Id::from_u64(99).unwrap()];
/// assert_eq!(asked.iter().filter(|id| users.get(**id).is_some()).count(), 1);
/// # Ok::<(), Error>(())
/// ```
pub struct TableView<'v, M> {
    view: &'v View,
    table: Stored<'v, M>,
}

impl View {
    /// One table, for many lookups in a row. O(1).
    ///
    /// # Panics
    /// If `M` is not a model of this database.
    #[inline]
    #[must_use]
    pub fn table_of<M: Model>(&self) -> TableView<'_, M> {
        TableView { view: self, table: self.sight().table_view() }
    }
}

impl<'v, M: Model> TableView<'v, M> {
    /// The row with this key, if it exists. See [`View::get`]. O(1).
    #[inline(always)]
    #[must_use]
    pub fn get(&self, id: Id<M>) -> Option<&'v M> {
        self.table.get(&id)
    }

    /// Does a row with this key exist? O(1).
    #[must_use]
    pub fn contains(&self, id: Id<M>) -> bool {
        self.get(id).is_some()
    }

    /// The row of a handle, if it exists in this state. See [`View::by_handle`]. O(1).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let snap = db.read();
    /// let users = snap.table_of::<User>();
    /// let handle = snap.handle(ann).unwrap();
    /// assert_eq!(users.by_handle(handle).map(|user| user.id), Some(ann));
    /// assert!(users.by_handle(Handle::default()).is_none(), "the null handle");
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn by_handle(&self, handle: Handle<M>) -> Option<&'v M> {
        self.table.by_handle(handle)
    }

    /// The row with this value in a unique column or index. See [`View::find`]. O(1).
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let snap = db.read();
    /// let users = snap.table_of::<User>();
    /// assert_eq!(users.find(User::EMAIL, "ann@x.org").map(|user| user.id), Some(ann));
    /// # Ok::<(), Error>(())
    /// ```
    #[inline(always)]
    pub fn find<U: UniqueKey<Model = M>>(&self, unique: U, value: impl Lookup<U>) -> Option<&'v M> {
        self.table.find(unique, value)
    }

    /// All rows. See [`View::iter`]. O(rows).
    #[must_use]
    pub fn iter(&self) -> Rows<'v, M> {
        self.table.rows()
    }

    /// How many rows there are. See [`View::count`]. O(rows / 64), and the rows of groups of 64 that changed since.
    #[must_use]
    pub fn count(&self) -> usize {
        self.table.count()
    }
}

impl<M> Clone for TableView<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for TableView<'_, M> {}

impl<M: Model> Index<Id<M>> for TableView<'_, M> {
    type Output = M;

    /// The row with this key.
    ///
    /// # Panics
    /// If there is no such row in this state; [`get`](TableView::get) does not.
    #[inline(always)]
    fn index(&self, id: Id<M>) -> &M {
        match self.table.get(&id) {
            Some(row) => row,
            None => missing(&id, self.view.version()),
        }
    }
}

impl<'v, M: Model> IntoIterator for TableView<'v, M> {
    type Item = &'v M;
    type IntoIter = Rows<'v, M>;

    fn into_iter(self) -> Rows<'v, M> {
        self.iter()
    }
}
