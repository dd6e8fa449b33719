//! The first half of a write: everything that calls the user's code or may be refused.
//!
//! Hashes and encodings, unique keys, foreign keys, and the choice of a slot. Nothing shared has been changed when a
//! prepare fails, or when the user's `Hash`, `Eq` or `Ord` panics in it.

use bondstone_schema::{ColumnSet, Hashing};

use super::{Entries, Keys, Table, Tables};
use crate::arena::NO_SLOT;
use crate::directory::LAST_ID;
use crate::handle::Slot;
use crate::ordered::OrderedKey;
use crate::writer::Writer;

/// Why a row cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The row that was to be changed is not there.
    Gone,
    /// Another row has this primary key.
    Key {
        /// The other row's slot.
        slot: Slot,
    },
    /// Another row has the same key in a unique index.
    Unique {
        /// The index's place among the model's indexes.
        index: usize,
        /// The other row's slot.
        slot: Slot,
    },
    /// A foreign key refers to no row.
    MissingParent {
        /// The key's place among the model's foreign keys.
        foreign_key: usize,
    },
    /// The key's number is above 2^48, or the counter has reached it.
    KeyRange,
    /// The table has four billion rows.
    Full,
}

/// A foreign key that is null.
pub(crate) const NO_PARENT: u32 = NO_SLOT;
/// A foreign key that refers to the very row that is being inserted.
pub(super) const SELF: u32 = NO_SLOT - 1;

/// A write that cannot fail any more. Kept from one write to the next for its memory.
#[derive(Default)]
pub(crate) struct Prepared {
    pub(super) key: PrimaryKey,
    /// One for each index: its new entry, if it gets one.
    pub(super) entries: Vec<Entry>,
    /// One for each foreign key: the parent's slot.
    pub(super) parents: Vec<u32>,
    pub(super) slot: u32,
    /// The slot holds older versions of a row with this id.
    pub(super) revives: bool,
    /// What is to be made of a key that another row has.
    pub(crate) duplicates: Duplicates,
    /// What is to be made of a foreign key that refers to no row.
    pub(crate) orphans: Orphans,
}

/// What a changed row's key means that another row has in a unique index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// It is refused.
    #[default]
    Refused,
    /// It may be: whoever writes several rows at once looks at the end, when the other row has its new key, too.
    Allowed,
    /// It was allowed, and there is one.
    Found,
}

impl Duplicates {
    /// Passes on that another row has the key, or remembers it.
    fn judge(&mut self, unique: Result<(), Refusal>) -> Result<(), Refusal> {
        match unique {
            Err(_) if *self != Self::Refused => {
                *self = Self::Found;
                Ok(())
            }
            other => other,
        }
    }
}

/// What a foreign key means that refers to no row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Orphans {
    /// It is refused.
    #[default]
    Refused,
    /// It may be: the row is nobody's child, until whoever writes several rows that refer to each other has it
    /// [written anew](crate::Sight::adopt).
    Allowed,
    /// It was allowed, and there is one.
    Found,
}

impl Prepared {
    /// Does the row continue the chain of one that was deleted?
    pub(crate) const fn revives(&self) -> bool {
        self.revives
    }

    /// Keeps nothing but the memory, for the next write.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.parents.clear();
        self.duplicates = Duplicates::Refused;
        self.orphans = Orphans::Refused;
    }
}

#[derive(Clone, Copy, Default)]
pub(crate) enum PrimaryKey {
    /// It stays as it is.
    #[default]
    Kept,
    Number(u64),
    Hash(u64),
}

/// A new entry of an index.
pub(crate) enum Entry {
    /// The index stays as it is.
    None,
    Hash(u64),
    Ordered(OrderedKey),
}

impl Table {
    /// Prepares the insertion of a row.
    ///
    /// # Safety
    /// `row` points to a value of the table's model. `prepared` is empty.
    pub(crate) unsafe fn prepare_insert(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        row: *const u8,
        prepared: &mut Prepared,
    ) -> Result<(), Refusal> {
        let Prepared { entries, parents, duplicates, orphans, .. } = prepared;
        // SAFETY: our caller's promise, here and below.
        let key = unsafe { self.primary_key(&tables.hashing, row) };
        // SAFETY: as above.
        unsafe { self.kind.entries(row, ColumnSet::ALL, &tables.hashing, entries) };
        self.prefetch(&key, entries);
        // SAFETY: as above.
        let reusable = unsafe { self.free_key(writer, key, row) }?;
        // SAFETY: as above.
        let unique = unsafe { self.check_unique(writer, row, entries, None) };
        duplicates.judge(unique)?;
        // SAFETY: as above.
        unsafe { self.parents(tables, writer, row, ColumnSet::ALL, None, parents, orphans) }?;
        prepared.slot = match reusable {
            Some(slot) => slot,
            None => self.arena.reserve(writer).ok_or(Refusal::Full)?,
        };
        prepared.key = key;
        prepared.revives = reusable.is_some();
        Ok(())
    }

    /// Prepares a newer version of the row in `slot`, of which the columns `changed` differ.
    ///
    /// # Safety
    /// `before` is the record of the newest version in `slot`, `after` points to a value of the table's model with
    /// the same primary key. `prepared` is empty.
    #[expect(clippy::too_many_arguments, reason = "all that an update is made of")]
    pub(crate) unsafe fn prepare_update(
        &self,
        tables: &Tables,
        writer: &mut Writer,
        slot: u32,
        before: *const u8,
        after: *const u8,
        changed: ColumnSet,
        prepared: &mut Prepared,
    ) -> Result<(), Refusal> {
        let Prepared { entries, parents, duplicates, orphans, .. } = prepared;
        // SAFETY: our caller's promise, here and below.
        unsafe { self.kind.entries(after, changed, &tables.hashing, entries) };
        // SAFETY: as above.
        let unique = unsafe { self.check_unique(writer, after, entries, Some(slot)) };
        duplicates.judge(unique)?;
        let before = Some((slot, before));
        // SAFETY: as above.
        unsafe { self.parents(tables, writer, after, changed, before, parents, orphans) }?;
        prepared.slot = slot;
        prepared.key = PrimaryKey::Kept;
        prepared.revives = false;
        Ok(())
    }

    /// Has another row the same key as the one in `slot`, in a unique index on which the columns `changed` bear?
    pub(crate) fn recheck_unique(
        &self,
        hashing: &Hashing,
        writer: &Writer,
        slot: u32,
        changed: ColumnSet,
        prepared: &mut Prepared,
    ) -> Result<(), Refusal> {
        let row = self.row(writer, slot).ok_or(Refusal::Gone)?;
        prepared.clear();
        // SAFETY: the newest version of a row of this table.
        unsafe { self.kind.entries(row, changed, hashing, &mut prepared.entries) };
        // SAFETY: as above.
        unsafe { self.check_unique(writer, row, &prepared.entries, Some(slot)) }
    }

    /// The primary key of a row.
    ///
    /// Inlined, like [`free_key`](Self::free_key) and [`enter_key`](Self::enter_key): as calls they are 1 % of an insert.
    ///
    /// # Safety
    /// `row` points to a value of the table's model.
    #[inline(always)]
    pub(crate) unsafe fn primary_key(&self, hashing: &Hashing, row: *const u8) -> PrimaryKey {
        match self.keys {
            // SAFETY: our caller's promise.
            Keys::Directory(_) => PrimaryKey::Number(unsafe { self.kind.number(row) }),
            // SAFETY: our caller's promise.
            Keys::Hashed(_) => PrimaryKey::Hash(unsafe { self.kind.key_hash(row, hashing) }),
        }
    }

    /// The entry of one index for a row.
    ///
    /// # Safety
    /// `row` points to a value of the table's model.
    pub(super) unsafe fn entry(&self, hashing: &Hashing, place: usize, row: *const u8) -> Entry {
        match self.indexes[place].entries {
            Entries::Unique(_) | Entries::Hash(_) => {
                // SAFETY: our caller's promise.
                let hash = unsafe { self.kind.index_hash(place, row, hashing) };
                hash.map_or(Entry::None, Entry::Hash)
            }
            // SAFETY: our caller's promise.
            Entries::Ordered(_) => Entry::Ordered(unsafe { self.kind.index_key(place, row) }),
        }
    }

    /// Lets the processor fetch all the lines that the checks will read, so that the misses overlap.
    fn prefetch(&self, key: &PrimaryKey, entries: &[Entry]) {
        match (&self.keys, key) {
            (Keys::Directory(directory), PrimaryKey::Number(id)) => directory.prefetch(*id),
            (Keys::Hashed(index), PrimaryKey::Hash(hash)) => index.prefetch(*hash),
            _ => {}
        }
        for (index, entry) in self.indexes.iter().zip(entries) {
            index.prefetch(entry);
        }
    }

    /// Checks that no row has the key; tells the slot of a row that had it and still has versions.
    ///
    /// # Safety
    /// `row` points to a value of the table's model, whose key it is.
    #[inline(always)]
    pub(crate) unsafe fn free_key(
        &self,
        writer: &Writer,
        key: PrimaryKey,
        row: *const u8,
    ) -> Result<Option<u32>, Refusal> {
        match (&self.keys, key) {
            (Keys::Directory(directory), PrimaryKey::Number(id)) => {
                if id == 0 || id > LAST_ID {
                    return Err(Refusal::KeyRange);
                }
                match directory.get(id) {
                    Some(slot) if self.row(writer, slot).is_some() => {
                        Err(Refusal::Key { slot: Slot(slot) })
                    }
                    other => Ok(other),
                }
            }
            (Keys::Hashed(index), PrimaryKey::Hash(hash)) => {
                let taken = index.find(hash, |slot| {
                    let other = self.row(writer, slot)?;
                    // SAFETY: both are values of the table's model.
                    unsafe { self.kind.key_equal(row, other) }.then_some(slot)
                });
                taken.map_or(Ok(None), |slot| Err(Refusal::Key { slot: Slot(slot) }))
            }
            _ => Ok(None),
        }
    }

    unsafe fn check_unique(
        &self,
        writer: &Writer,
        row: *const u8,
        entries: &[Entry],
        own: Option<u32>,
    ) -> Result<(), Refusal> {
        for (place, entry) in entries.iter().enumerate() {
            let (Entries::Unique(index), Entry::Hash(hash)) = (&self.indexes[place].entries, entry)
            else {
                continue;
            };
            let taken = index.find(*hash, |slot| {
                let other = self.row(writer, slot).filter(|_| Some(slot) != own)?;
                // SAFETY: both are values of the table's model.
                unsafe { self.kind.index_equal(place, row, other) }.then_some(slot)
            });
            if let Some(slot) = taken {
                return Err(Refusal::Unique { index: place, slot: Slot(slot) });
            }
        }
        Ok(())
    }

    /// The slots of a row's parents; those of untouched foreign keys are taken from the version before.
    #[expect(clippy::too_many_arguments, reason = "a row, what is known of it, and what may be")]
    unsafe fn parents(
        &self,
        tables: &Tables,
        writer: &Writer,
        row: *const u8,
        changed: ColumnSet,
        before: Option<(u32, *const u8)>,
        parents: &mut Vec<u32>,
        orphans: &mut Orphans,
    ) -> Result<(), Refusal> {
        for (place, key) in self.foreign_keys.iter().enumerate() {
            if let Some((_, before)) = before.filter(|_| !changed.contains(key.column)) {
                // SAFETY: `before` is a record of this table.
                parents.push(unsafe { self.arena.layout().parent(before, place) });
                continue;
            }
            // SAFETY: our caller's promise.
            let parent = unsafe { self.parent(tables, writer, row, place) };
            let own = before.map_or(SELF, |(slot, _)| slot);
            parents.push(match parent {
                Parent::Null => NO_PARENT,
                Parent::At(slot) => slot,
                Parent::Itself => own,
                Parent::Missing if *orphans != Orphans::Refused => {
                    *orphans = Orphans::Found;
                    NO_PARENT
                }
                Parent::Missing => return Err(Refusal::MissingParent { foreign_key: place }),
            });
        }
        Ok(())
    }

    unsafe fn parent(
        &self,
        tables: &Tables,
        writer: &Writer,
        row: *const u8,
        place: usize,
    ) -> Parent {
        let number = self.foreign_keys[place].parent;
        let Some(table) = tables.get(number) else { return Parent::Missing };
        let found = match &table.keys {
            Keys::Directory(directory) => {
                // SAFETY: our caller's promise.
                let Some(id) = (unsafe { self.kind.foreign_number(place, row) }) else {
                    return Parent::Null;
                };
                directory.get(id).filter(|slot| table.row(writer, *slot).is_some())
            }
            Keys::Hashed(index) => {
                // SAFETY: our caller's promise.
                let hash = unsafe { self.kind.foreign_hash(place, row, &tables.hashing) };
                let Some(hash) = hash else { return Parent::Null };
                index.find(hash, |slot| {
                    let parent = table.row(writer, slot)?;
                    // SAFETY: `parent` is a value of its table's model, `row` of ours.
                    unsafe { self.kind.refers(place, row, table.kind.any(parent)) }.then_some(slot)
                })
            }
        };
        // SAFETY: our caller's promise.
        let itself =
            || number == self.number && unsafe { self.kind.refers(place, row, self.kind.any(row)) };
        match found {
            Some(slot) => Parent::At(slot),
            None if itself() => Parent::Itself,
            None => Parent::Missing,
        }
    }
}

/// Where a foreign key leads.
enum Parent {
    Null,
    At(u32),
    /// To the very row that holds it, which is not there yet.
    Itself,
    Missing,
}
