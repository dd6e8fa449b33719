//! The change set of a commit, for those who listen: copies of the rows, so that it outlives the transaction.

use std::any::Any;
use std::fmt;

use bondstone_schema::Model;
use bondstone_storage::Handle;
use slotmap::Key as _;

use super::{Change, Changes};
use crate::entity::Behaviour;

/// What a commit changed, net, row by row. Copies: it may be kept, sent to another thread, and looked at when the rows have long
/// other values.
///
/// Given to [`after_commit`](crate::Hooks::after_commit) and to [feeds](crate::Database::changes).
///
/// ```
#[doc = include_str!("../example.txt")]
/// let feed = db.changes()?;
/// db.write(|tx| {
///     tx.update(ann, |user| user.age = 41)?;
///     tx.insert(NewOrder { user_id: ann, quantity: 3 }).map(drop)
/// })?;
/// let changes = feed.recv().unwrap()?;
/// assert_eq!(changes.seq(), db.read().version());
/// for change in changes.of::<User>() {
///     assert_eq!(change.changed(User::AGE), Some((&0, &41)));
/// }
/// assert!(matches!(changes.of::<Order>().next(), Some(Change::Inserted { after }) if after.quantity == 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ChangeSet {
    seq: u64,
    tables: Vec<Table>,
}

/// The changes of one table.
struct Table {
    number: usize,
    name: &'static str,
    /// The [`RowsOf`] its model.
    rows: Box<dyn NetRows>,
}

/// The changed rows of a model, without its type.
pub(crate) trait NetRows: Any + Send + Sync {
    fn len(&self) -> usize;
}

/// The changed rows of a model.
pub(crate) struct RowsOf<M>(Vec<Net<M>>);

struct Net<M> {
    handle: Handle<M>,
    before: Option<M>,
    after: Option<M>,
}

impl<M: Model> RowsOf<M> {
    /// Copies of a transaction's changes; `None` if there are none.
    pub(crate) fn copied(changes: &Changes<'_>) -> Option<Self> {
        let sight = changes.view.sight();
        let copied = changes.placed::<M>().into_iter().map(|(slot, change)| Net {
            handle: sight
                .raw_handle(M::number().get(), slot)
                .map_or_else(Handle::default, |raw| raw.data().into()),
            before: change.before().cloned(),
            after: change.after().cloned(),
        });
        let rows: Vec<Net<M>> = copied.collect();
        (!rows.is_empty()).then_some(Self(rows))
    }
}

impl<M: Model> NetRows for RowsOf<M> {
    fn len(&self) -> usize {
        self.0.len()
    }
}

impl ChangeSet {
    /// Copies of what a transaction has done; `None` if, net, it did nothing.
    pub(crate) fn copied(changes: &Changes<'_>) -> Option<Self> {
        let table = |number: usize| {
            let model: &dyn Behaviour = changes.database.behaviour(number)?;
            Some(Table { number, name: model.table(), rows: model.copy_changes(changes)? })
        };
        let tables: Vec<Table> = changes.tables().filter_map(table).collect();
        let seq = changes.view.version();
        (!tables.is_empty()).then_some(Self { seq, tables })
    }

    /// The commit's place in the order of all commits: the version of the state that it made. It grows from one change set to
    /// the next, not always by one.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The changes of one model's rows, in the order in which they were first written.
    pub fn of<M: Model>(&self) -> impl Iterator<Item = Change<'_, M>> {
        self.with_handles().map(|(_, change)| change)
    }

    /// As [`of`](Self::of), each with the row's handle: of one that is gone the handle that it had, so that what hangs on rows in
    /// tables of the program's own can go with them.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// use slotmap::SecondaryMap;
    ///
    /// let mut logins: SecondaryMap<Handle<User>, u32> = SecondaryMap::new();
    /// logins.insert(db.read().handle(ann).unwrap(), 7);
    /// let feed = db.changes()?;
    /// db.write(|tx| tx.delete(ann).map(drop))?;
    /// for (handle, change) in feed.recv().unwrap()?.with_handles::<User>() {
    ///     if matches!(change, Change::Deleted { .. }) {
    ///         assert_eq!(logins.remove(handle), Some(7));
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_handles<M: Model>(&self) -> impl Iterator<Item = (Handle<M>, Change<'_, M>)> {
        let table = self.tables.iter().find(|table| table.number == M::number().get());
        let rows = table.and_then(|table| (&*table.rows as &dyn Any).downcast_ref::<RowsOf<M>>());
        let rows = rows.map_or(&[][..], |rows| &rows.0);
        rows.iter().filter_map(|row| {
            let change = Change::net(row.before.as_ref(), row.after.as_ref())?;
            Some((row.handle, change))
        })
    }

    /// Is a row of this model among the changes?
    #[must_use]
    pub fn concerns<M: Model>(&self) -> bool {
        self.concerns_table(M::number().get())
    }

    pub(crate) fn concerns_table(&self, number: usize) -> bool {
        self.tables.iter().any(|table| table.number == number)
    }

    /// The names of the tables that were changed, each with the number of changed rows.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.tables.iter().map(|table| (table.name, table.rows.len()))
    }
}

impl fmt::Debug for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeSet")
            .field("seq", &self.seq)
            .field("tables", &self.tables().collect::<Vec<_>>())
            .finish()
    }
}
