//! A sight of the store: one timestamp, and the hold that keeps it readable.
//!
//! A sight is either a registered snapshot or an open transaction, which sees its own writes. Everything is read through
//! one, so whoever has a `&M` from here also has the hold that keeps it alive. The reading functions are generic and
//! thin: the row's stride is a constant, equality is inlined into the probe, and nothing is called through a pointer.

mod children;
mod compared;
mod count;
mod range;
mod rows;
mod rows_at;
mod slots;
mod statistics;
mod table_view;
mod write;

use std::mem::transmute;
use std::ptr::NonNull;
use std::sync::Arc;

use bondstone_schema::{Hashing, Id, Lookup, Model, UniqueKey};

use crate::handle::{Handle, RawHandle, Slot};
use crate::hash::{First, HashIndex};
use crate::kind::{layout_of, typed};
use crate::lock::{Guard, Reentrant};
use crate::register::Registration;
use crate::store::{State, Store};
use crate::table::{Entries, Keys, Table, TableIndex, TableList};
use crate::writer::Timestamp;

pub use children::{Children, Linked, Pairs};
pub use compared::ComparedRange;
pub use range::{IdRange, RowRange};
pub use rows::Rows;
pub use rows_at::RowsAt;
pub use slots::Slots;
pub use statistics::Statistics;
pub use table_view::TableView;
pub use write::{Mark, Open, Refused, Sealed};

/// One consistent state of the store, and the hold on it.
pub struct Sight {
    at: Timestamp,
    tables: TablesOfStore,
    /// Before the store: a registration must go while its register is there, and so must the lock.
    hold: Hold,
    store: Arc<Store>,
}

/// The tables of the store that a sight keeps: every lookup begins here, one load nearer than through the store.
#[derive(Clone, Copy)]
struct TablesOfStore(NonNull<TableList>);

// SAFETY: stands for a `&TableList`, which may be sent and shared, as tables are.
unsafe impl Send for TablesOfStore where for<'a> &'a TableList: Send {}
// SAFETY: as above.
unsafe impl Sync for TablesOfStore where for<'a> &'a TableList: Sync {}

impl TablesOfStore {
    fn new(store: &Store) -> Self {
        Self(NonNull::from(store.tables.list()))
    }
}

enum Hold {
    /// A snapshot's place in the register.
    Registered(Registration),
    /// The writer's lock, until the transaction ends. It is the store's, which the sight keeps for longer.
    Writing(Option<Guard<'static, State>>),
}

/// Why there is no transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// This thread has an open transaction already.
    Reentrant,
    /// The store was [abandoned](Store::abandon).
    Abandoned,
}

impl From<Reentrant> for NotBegun {
    fn from(Reentrant: Reentrant) -> Self {
        Self::Reentrant
    }
}

// SAFETY: a registration may be shared. Of the writer's lock, `&Hold` gives away only the undo list and `&Writer`, through
// which nothing changes; whatever writes takes `&mut Sight`.
unsafe impl Sync for Hold {}

impl Sight {
    /// A snapshot of the last published commit. Wait-free.
    #[must_use]
    pub fn snapshot(store: &Arc<Store>) -> Self {
        let store = Arc::clone(store);
        // SAFETY: the sight keeps the store, and drops the registration before it.
        let registration = unsafe { store.register.register() };
        let tables = TablesOfStore::new(&store);
        Self { at: registration.timestamp(), tables, hold: Hold::Registered(registration), store }
    }

    /// The one transaction. Waits until there is no other. It builds on the last commit, be it that this is not published yet
    /// ([`base`](Self::base)).
    ///
    /// # Errors
    /// [`NotBegun`].
    pub fn transaction(store: &Arc<Store>) -> Result<Self, NotBegun> {
        let store = Arc::clone(store);
        // SAFETY: the sight keeps the store, at the address that its `Arc` gives it, and drops the guard before it.
        let guard = unsafe { transmute::<Guard<'_, State>, Guard<'static, State>>(store.lock()?) };
        // Under the lock: who waited for it while the log failed must not begin either.
        if store.is_abandoned() {
            return Err(NotBegun::Abandoned);
        }
        let (at, tables) = (guard.writer.now(), TablesOfStore::new(&store));
        Ok(Self { at, tables, hold: Hold::Writing(Some(guard)), store })
    }

    /// The same snapshot once more; `None` for a transaction.
    #[must_use]
    pub fn share(&self) -> Option<Self> {
        match &self.hold {
            Hold::Registered(registration) => Some(Self {
                at: self.at,
                tables: self.tables,
                hold: Hold::Registered(registration.clone()),
                store: Arc::clone(&self.store),
            }),
            Hold::Writing(_) => None,
        }
    }

    /// The numbers of the models that there are tables for, in the order in which these were added.
    #[must_use]
    pub fn tables(&self) -> &[usize] {
        &self.store.tables.order
    }

    /// The timestamp of the state: of a commit, or that a transaction will have.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The hasher of the store's indexes.
    #[must_use]
    pub fn hashing(&self) -> &Hashing {
        &self.store.tables.hashing
    }

    #[inline(always)]
    fn table<M: Model>(&self) -> &Table {
        // SAFETY: the list is that of the store, which outlives `self`, and never changes.
        let tables = unsafe { self.tables.0.as_ref() };
        match tables.get(M::number().get()) {
            Some(Some(table)) => table,
            _ => unregistered(M::DEFINITION.rust_name),
        }
    }

    /// The row in `slot`, as this sight sees it.
    #[inline(always)]
    fn row<M: Model>(&self, table: &Table, slot: u32) -> Option<&M> {
        let record = table.arena.read(layout_of::<M>(), slot, self.at)?;
        // SAFETY: the table is that of `M`; the hold keeps what this timestamp sees for as long as `self`.
        Some(unsafe { typed(record) })
    }

    /// The slot that an id leads to, where the row is visible.
    #[inline(always)]
    fn locate<M: Model>(&self, table: &Table, id: &Id<M>) -> Option<(u32, &M)> {
        // SAFETY: the table is that of `M`.
        match unsafe { table.keys_of::<M>() } {
            Keys::Directory(directory) => {
                let slot = directory.get(id.number()?)?;
                Some((slot, self.row(table, slot)?))
            }
            Keys::Hashed(index) => index.find(self.hashing().hash(id.key()), |slot| {
                let row = self.row::<M>(table, slot)?;
                (row.id() == *id).then_some((slot, row))
            }),
        }
    }

    /// The row with this key. O(1).
    #[inline(always)]
    #[must_use]
    pub fn get<M: Model>(&self, id: &Id<M>) -> Option<&M> {
        self.locate(self.table::<M>(), id).map(|(_, row)| row)
    }

    /// Where those rows say their parent is that refer to the row with this key. O(1).
    ///
    /// The row itself is looked at only if its place cannot be told without: where it does not exist, nobody refers to it.
    #[inline(always)]
    #[must_use]
    pub fn parent_place<M: Model>(&self, id: &Id<M>) -> Option<Slot> {
        let table = self.table::<M>();
        // SAFETY: the table is that of `M`.
        match unsafe { table.keys_of::<M>() } {
            Keys::Directory(directory) => id.number().and_then(|id| directory.get(id)).map(Slot),
            Keys::Hashed(_) => self.locate(table, id).map(|(slot, _)| Slot(slot)),
        }
    }

    /// The place of the row with this key. O(1).
    #[must_use]
    pub fn slot_of<M: Model>(&self, id: &Id<M>) -> Option<Slot> {
        self.locate(self.table::<M>(), id).map(|(slot, _)| Slot(slot))
    }

    /// The row in a place.
    #[inline]
    #[must_use]
    pub fn at_slot<M: Model>(&self, slot: Slot) -> Option<&M> {
        let table = self.table::<M>();
        if slot.0 >= table.arena.len() {
            return None;
        }
        self.row(table, slot.0)
    }

    /// The rows with these keys, in order. O(keys); on large tables faster than one by one, since the cache misses of
    /// several lookups overlap.
    #[must_use]
    pub fn get_many<M: Model>(&self, ids: &[Id<M>]) -> Vec<Option<&M>> {
        let mut rows = Vec::with_capacity(ids.len());
        self.get_each(ids.iter().map(Some), |row| rows.push(row));
        rows
    }

    /// The row with this value in a unique key. O(1).
    #[inline(always)]
    pub fn find<U: UniqueKey>(&self, unique: U, value: impl Lookup<U>) -> Option<&U::Model> {
        let (hash, position) = (value.hash(self.hashing()), unique.position());
        self.find_by_hash(position, hash, |row| value.matches(unique, row))
    }

    /// The row that has the same key in the unique index at this place as `row`, and its place. O(1).
    #[must_use]
    pub fn find_like<M: Model>(&self, index: usize, row: &M) -> Option<(Slot, &M)> {
        let table = self.table::<M>();
        let definition = M::DEFINITION.indexes.get(index)?;
        let Entries::Unique(index) = &table.indexes.get(index)?.entries else { return None };
        index.find((definition.hash)(row, self.hashing())?, |slot| {
            let other = self.row::<M>(table, slot)?;
            (definition.equal)(row, other).then_some((Slot(slot), other))
        })
    }

    /// The row that `matches`, by its hash in the unique index at a place. O(1).
    #[inline(always)]
    pub fn find_by_hash<M: Model>(
        &self,
        index: usize,
        hash: u64,
        matches: impl Fn(&M) -> bool,
    ) -> Option<&M> {
        let table = self.table::<M>();
        let index = unique_index(&table.indexes, index)?;
        match index.first(hash) {
            First::Nothing => return None,
            First::Payload(slot) => {
                if let Some(row) = self.row::<M>(table, slot)
                    && matches(row)
                {
                    return Some(row);
                }
            }
            First::Unknown => {}
        }
        search(index, hash, &|slot| self.row::<M>(table, slot).filter(|row| matches(row)))
    }

    /// The handle of the row with this key. O(1).
    #[must_use]
    pub fn handle<M: Model>(&self, id: &Id<M>) -> Option<Handle<M>> {
        let table = self.table::<M>();
        let (slot, _) = self.locate(table, id)?;
        self.handle_at(table, slot)
    }

    fn handle_at<M: Model>(&self, table: &Table, slot: u32) -> Option<Handle<M>> {
        let generation = table.arena.generation(layout_of::<M>(), slot)?;
        Some(Handle::new(slot, generation))
    }

    /// The row of a handle; `None` if it is not there (yet, or any more). O(1).
    #[inline(always)]
    #[must_use]
    pub fn by_handle<M: Model>(&self, handle: Handle<M>) -> Option<&M> {
        let (slot, generation) = handle.parts();
        let table = self.table::<M>();
        let rows = table.arena.reader(self.at);
        let record = rows.read_generation(layout_of::<M>(), slot, generation)?;
        // SAFETY: the table is that of `M`; the hold keeps what this timestamp sees for as long as `self`.
        Some(unsafe { typed(record) })
    }

    /// The untyped handle of a place, for the engine's own state about rows.
    #[must_use]
    pub fn raw_handle(&self, table: usize, slot: Slot) -> Option<RawHandle> {
        let table = self.store.tables.get(table)?;
        let generation = table.arena.generation(table.arena.layout(), slot.0)?;
        Some(RawHandle::new(slot.0, generation))
    }

    /// How many rows there are. O(rows / 64): the rows themselves are touched only where they changed since.
    #[must_use]
    pub fn count<M: Model>(&self) -> usize {
        self.table::<M>().arena.count(self.at)
    }

    /// All rows, in the order of their places. O(rows).
    #[must_use]
    pub fn rows<M: Model>(&self) -> Rows<'_, M> {
        Rows::new(self.table::<M>().arena.reader(self.at))
    }
}

#[inline(always)]
fn unique_index(indexes: &[TableIndex], index: usize) -> Option<&HashIndex> {
    match &indexes.get(index)?.entries {
        Entries::Unique(index) => Some(index),
        _ => None,
    }
}

/// The rare search whose first sight did not tell: the row that `judge` finds in one of the places that a hash leads to. A
/// function of its own, lest every search prepare for it.
#[cold]
#[inline(never)]
fn search<'a, M>(
    index: &HashIndex,
    hash: u64,
    judge: &dyn Fn(u32) -> Option<&'a M>,
) -> Option<&'a M> {
    index.payloads(hash).into_iter().find_map(judge)
}

#[cold]
fn unregistered(model: &str) -> ! {
    panic!("`{model}` is not a model of this database: register it with `.models::<{model}>()`")
}

impl Clone for Sight {
    /// A snapshot of the same state. Of a transaction: a snapshot of the last published commit.
    fn clone(&self) -> Self {
        self.share().unwrap_or_else(|| Self::snapshot(&self.store))
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        if let Hold::Writing(guard) = &mut self.hold {
            if let Some(mut guard) = guard.take() {
                self.store.rollback(&mut guard);
                self.store.unlock(guard);
            }
            return;
        }
        // An old snapshot may have been what kept something from being reclaimed.
        if self.at < self.store.last() {
            self.hold = Hold::Writing(None);
            self.store.tidy_if_idle();
        }
    }
}

#[cfg(all(test, not(loom)))]
pub(crate) mod tests;
