//! Writing through an open transaction.
//!
//! Thin generic shims over the erased write path. A value that is refused comes back to the caller, so that an error can
//! show it; one that is accepted has moved into the arena.

use bondstone_schema::{ColumnSet, Model};

use super::{Hold, Sight};
use crate::handle::Slot;
use crate::store::{State, Store, Work, Written};
use crate::table::prepare::{Duplicates, Orphans, Prepared, Refusal};
use crate::writer::Timestamp;

/// How far a transaction had come: what is written later can be taken back alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(usize);

/// A row that was not written, and why.
#[derive(Debug)]
pub struct Refused<M> {
    /// Why.
    pub refusal: Refusal,
    /// The row.
    pub row: M,
}

/// What a row that was written leaves open: it must be settled before the transaction ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Another row has the same key in a unique index: [`check_unique`](Sight::check_unique).
    pub duplicate: bool,
    /// A foreign key refers to no row: [`adopt`](Sight::adopt).
    pub orphan: bool,
}

impl Open {
    fn of(prepared: &Prepared) -> Self {
        Self {
            duplicate: prepared.duplicates == Duplicates::Found,
            orphan: prepared.orphans == Orphans::Found,
        }
    }
}

/// What a write may leave open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Nothing,
    Duplicates,
    Everything,
}

impl Allowed {
    #[inline]
    fn prepare(self, prepared: &mut Prepared) {
        if self != Self::Nothing {
            prepared.duplicates = Duplicates::Allowed;
        }
        if self == Self::Everything {
            prepared.orphans = Orphans::Allowed;
        }
    }
}

/// A commit that is complete, and that everyone sees when it is [published](Store::publish).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed<T = ()> {
    /// Once this version is published, all that the transaction wrote and read is seen by everyone.
    pub version: Timestamp,
    /// What the log said. `None`: the transaction wrote nothing, the log was not asked, and the version is that of a commit
    /// before: of the one that the transaction read.
    pub logged: Option<T>,
}

impl Sight {
    /// The store, and what belongs to the writer.
    fn writing(&mut self) -> (&Store, &mut State) {
        match &mut self.hold {
            Hold::Writing(Some(guard)) => (&self.store, guard),
            // Types above keep writing functions away from snapshots; this is for a mistake in them.
            _ => panic!("a snapshot cannot be written to"),
        }
    }

    /// The number that the next row of `M` gets as its key.
    #[must_use]
    pub fn next_number<M: Model>(&self) -> u64 {
        self.table::<M>().next_id()
    }

    /// Lets no row get this number as its key that is not given it by hand. It stays so if the transaction is rolled back.
    pub fn pass_number<M: Model>(&mut self, number: u64) {
        let table = M::number().get();
        let (store, _) = self.writing();
        if let Some(table) = store.tables.get(table) {
            table.raise_next_id(number + 1);
        }
    }

    /// Makes room for `additional` rows of `M` at once.
    pub fn reserve<M: Model>(&mut self, additional: usize) {
        let (store, state) = self.writing();
        if let Some(table) = store.tables.of::<M>() {
            let retired = state.writer.retired();
            table.reserve(&mut state.writer, additional);
            state.touched |= state.writer.retired() > retired;
        }
    }

    /// Writes a new row; its place.
    ///
    /// # Errors
    /// The row, and why it was refused. Nothing was changed then.
    #[inline]
    pub fn insert<M: Model>(&mut self, row: M) -> Result<Slot, Refused<M>> {
        self.insert_with(row, Allowed::Nothing).map(|(slot, _)| slot)
    }

    /// As [`insert`](Self::insert), but another row may have the same key in a unique index, and foreign keys may refer to no
    /// row: what is [left open](Open) must be settled, or the write be taken back, before the transaction ends.
    ///
    /// # Errors
    /// As for [`insert`](Self::insert).
    pub fn insert_open<M: Model>(&mut self, row: M) -> Result<(Slot, Open), Refused<M>> {
        self.insert_with(row, Allowed::Everything)
    }

    #[inline]
    fn insert_with<M: Model>(
        &mut self,
        row: M,
        allowed: Allowed,
    ) -> Result<(Slot, Open), Refused<M>> {
        let number = self.table::<M>().number;
        // SAFETY: the pointer is to a live `M`, and table `number` is that of `M`; once it was moved it is forgotten here. (A panic of
        // the user's comes before that, and drops it.)
        match unsafe { self.insert_erased(number, (&raw const row).cast(), allowed) } {
            Ok(written) => {
                std::mem::forget(row);
                Ok(written)
            }
            Err(refusal) => Err(Refused { refusal, row }),
        }
    }

    /// # Safety
    /// `row` points to a value of the model of table `number`, which is moved if the result is `Ok`.
    unsafe fn insert_erased(
        &mut self,
        number: usize,
        row: *const u8,
        allowed: Allowed,
    ) -> Result<(Slot, Open), Refusal> {
        let (store, state) = self.writing();
        let Some(table) = store.tables.get(number) else { return Err(Refusal::Full) };
        let State { writer, reclaim, undo, touched, prepared } = state;
        store.unburden(writer);
        // The user's code may have panicked in the write before.
        prepared.clear();
        allowed.prepare(prepared);
        // SAFETY: our caller's promise.
        let outcome = unsafe { table.prepare_insert(&store.tables, writer, row, prepared) };
        if let Err(refusal) = outcome {
            prepared.clear();
            return Err(refusal);
        }
        // Before anything is shared: an undo list that cannot grow must not leave a row behind.
        undo.reserve(1);
        *touched = true;
        table.enter_custom(writer, prepared, reclaim.unlinking());
        // SAFETY: our caller's promise.
        let slot = unsafe { table.insert(writer, row, prepared) };
        undo.push(Written { table: number, slot, fresh: !prepared.revives() });
        let open = Open::of(prepared);
        prepared.clear();
        Ok((Slot(slot), open))
    }

    /// Puts a newer version on the row in `slot`, of which the columns `changed` differ.
    ///
    /// # Errors
    /// The new version, and why it was refused. Nothing was changed then.
    #[inline]
    pub fn update<M: Model>(
        &mut self,
        slot: Slot,
        row: M,
        changed: ColumnSet,
    ) -> Result<(), Refused<M>> {
        self.update_with(slot, row, changed, Allowed::Nothing).map(drop)
    }

    /// As [`update`](Self::update), with what [`insert_open`](Self::insert_open) allows.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn update_open<M: Model>(
        &mut self,
        slot: Slot,
        row: M,
        changed: ColumnSet,
    ) -> Result<Open, Refused<M>> {
        self.update_with(slot, row, changed, Allowed::Everything)
    }

    /// Makes the row in `slot` a child of the rows that it refers to by foreign keys on which the columns `changed` bear: of one
    /// that was written [open](Self::insert_open), and whose parents may have come since.
    ///
    /// # Errors
    /// [`Refusal::MissingParent`], with a copy of the row; [`Refusal::Gone`] cannot be.
    pub fn adopt<M: Model>(&mut self, slot: Slot, changed: ColumnSet) -> Result<(), Refused<M>> {
        let Some(row) = self.at_slot::<M>(slot).cloned() else { return Ok(()) };
        // Whether keys are unique is asked by itself.
        self.update_with(slot, row, changed, Allowed::Duplicates).map(drop)
    }

    /// As [`update`](Self::update), but another row may have the same key in a unique index: then the result is true, and
    /// before anyone reads, [`check_unique`](Self::check_unique) must find it gone, or the write be taken back.
    ///
    /// Of two rows with one key the later write tells: whoever asks again about all of which it was told misses none.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn update_among_others<M: Model>(
        &mut self,
        slot: Slot,
        row: M,
        changed: ColumnSet,
    ) -> Result<bool, Refused<M>> {
        let open = self.update_with(slot, row, changed, Allowed::Duplicates)?;
        Ok(open.duplicate)
    }

    /// Has no other row the key of the one in `slot`, in a unique index on which the columns `changed` bear?
    ///
    /// # Errors
    /// [`Refusal::Unique`].
    pub fn check_unique<M: Model>(
        &mut self,
        slot: Slot,
        changed: ColumnSet,
    ) -> Result<(), Refusal> {
        let number = self.table::<M>().number;
        let (store, State { writer, prepared, .. }) = self.writing();
        let Some(table) = store.tables.get(number) else { return Err(Refusal::Gone) };
        let outcome =
            table.recheck_unique(&store.tables.hashing, writer, slot.0, changed, prepared);
        prepared.clear();
        outcome
    }

    #[inline]
    fn update_with<M: Model>(
        &mut self,
        slot: Slot,
        row: M,
        changed: ColumnSet,
        allowed: Allowed,
    ) -> Result<Open, Refused<M>> {
        let number = self.table::<M>().number;
        // SAFETY: the pointer is to a live `M`, and table `number` is that of `M`; once it was moved it is forgotten here. (A panic of
        // the user's comes before that, and drops it.)
        let outcome =
            unsafe { self.update_erased(number, slot, (&raw const row).cast(), changed, allowed) };
        match outcome {
            Ok(open) => {
                std::mem::forget(row);
                Ok(open)
            }
            Err(refusal) => Err(Refused { refusal, row }),
        }
    }

    /// # Safety
    /// `row` points to a value of the model of table `number`, which is moved if the result is `Ok`.
    unsafe fn update_erased(
        &mut self,
        number: usize,
        slot: Slot,
        row: *const u8,
        changed: ColumnSet,
        allowed: Allowed,
    ) -> Result<Open, Refusal> {
        let (store, state) = self.writing();
        let Some(table) = store.tables.get(number) else { return Err(Refusal::Full) };
        let Slot(slot) = slot;
        let Some(before) = table.row(&state.writer, slot) else {
            return Err(Refusal::Gone);
        };
        // SAFETY: both are values of the table's model.
        if unsafe { table.has_other_number(before, row) } {
            return Err(Refusal::KeyRange);
        }
        // SAFETY: as above.
        if unsafe { table.keeps_keys(changed, before, row) } {
            state.undo.reserve(1);
            state.touched = true;
            // SAFETY: our caller's promise; `before` is the newest version.
            unsafe { table.replace(&mut state.writer, slot, before, row) };
            state.undo.push(Written { table: number, slot, fresh: false });
            return Ok(Open::default());
        }
        let State { writer, reclaim, undo, touched, prepared } = state;
        store.unburden(writer);
        prepared.clear();
        allowed.prepare(prepared);
        // SAFETY: our caller's promise; `before` is the newest version.
        let outcome = unsafe {
            table.prepare_update(&store.tables, writer, slot, before, row, changed, prepared)
        };
        if let Err(refusal) = outcome {
            prepared.clear();
            return Err(refusal);
        }
        undo.reserve(1);
        *touched = true;
        table.enter_custom(writer, prepared, reclaim.unlinking());
        // SAFETY: as above.
        unsafe { table.update(writer, before, row, prepared) };
        undo.push(Written { table: number, slot, fresh: false });
        let open = Open::of(prepared);
        prepared.clear();
        Ok(open)
    }

    /// Ends a row. Who refers to it is the caller's care.
    pub fn delete(&mut self, table: usize, slot: Slot) {
        let (store, state) = self.writing();
        let Some(found) = store.tables.get(table) else { return };
        state.undo.reserve(1);
        if found.delete(&mut state.writer, slot.0) {
            state.touched = true;
            state.undo.push(Written { table, slot: slot.0, fresh: false });
        }
    }

    /// May there be rows that refer to the row in a place? O(foreign keys to its table).
    #[must_use]
    pub fn may_have_children(&self, table: usize, slot: Slot) -> bool {
        let found = self.store.tables.get(table);
        found.is_some_and(|table| table.has_children_entries(&self.store.tables, slot.0))
    }

    /// Where the transaction stands.
    #[must_use]
    pub fn mark(&self) -> Mark {
        match &self.hold {
            Hold::Writing(Some(guard)) => Mark(guard.undo.len()),
            _ => Mark(0),
        }
    }

    /// Takes back what was written since.
    pub fn undo_to(&mut self, mark: Mark) {
        let (store, state) = self.writing();
        store.undo_to(state, mark.0);
    }

    /// The rows written so far, in order: table and place. A row that was written twice is there twice.
    pub fn written(&self) -> impl Iterator<Item = (usize, Slot)> + '_ {
        let written = match &self.hold {
            Hold::Writing(Some(guard)) => guard.undo.as_slice(),
            _ => &[],
        };
        written.iter().map(|row| (row.table, Slot(row.slot)))
    }

    /// The row in a place as it was before this transaction.
    #[must_use]
    pub fn before<M: Model>(&self, slot: Slot) -> Option<&M> {
        let record = self.table::<M>().row_at(slot.0, self.at - 1)?;
        // SAFETY: the table is that of `M`; nothing is reclaimed while the transaction is open.
        Some(unsafe { crate::kind::typed(record) })
    }

    /// The last value of a row that this transaction ended. It stays until the transaction ends.
    #[must_use]
    pub fn deleted<M: Model>(&self, slot: Slot) -> Option<&M> {
        let Hold::Writing(Some(guard)) = &self.hold else { return None };
        let arena = &self.table::<M>().arena;
        if slot.0 >= arena.len() {
            return None;
        }
        let mut versions = arena.versions(&guard.writer, slot.0);
        let version = versions.find(|version| !version.is_tombstone())?;
        // SAFETY: the table is that of `M`; nothing is reclaimed while the transaction is open.
        Some(unsafe { crate::kind::typed(version.record) })
    }

    /// The last commit that a transaction builds on. Of a store that publishes later it may be one that a power loss takes
    /// back: then nothing that the transaction read may leave the process before [`Store::last`] has come so far, whether
    /// it commits or not. Of a snapshot its own timestamp.
    #[must_use]
    pub fn base(&self) -> Timestamp {
        match &self.hold {
            Hold::Registered(_) => self.at,
            Hold::Writing(_) => self.store.sealed(),
        }
    }

    /// Commits: everything written becomes visible at once. The timestamp at which it is; of a transaction that did nothing,
    /// the last one's.
    ///
    /// Of a store that publishes later this is a commit without a log: visible at once where all before it is, otherwise
    /// together with a commit that is sealed before it or after it, and lost with that.
    pub fn commit(self) -> Timestamp {
        self.end(Work::Unlogged)
    }

    /// Commits, and leaves it to [`Store::publish`] to show it. Where commits are published at once it is shown already.
    pub fn seal(self) -> Sealed {
        let logged = self.has_written().then_some(());
        Sealed { version: self.end(Work::Logged), logged }
    }

    /// As [`seal`](Self::seal), if the log takes it: `log` is called with the transaction as it is, and the writer's lock held,
    /// so that the log has the commits in their order. Its version will be [`timestamp`](Self::timestamp). Of a transaction
    /// that wrote nothing the log is not asked.
    ///
    /// # Errors
    /// What `log` says. The transaction is rolled back then, and nothing of it is left; also if `log` panics.
    pub fn seal_with<T, E>(self, log: impl FnOnce(&Self) -> Result<T, E>) -> Result<Sealed<T>, E> {
        let logged = if self.has_written() { Some(log(&self)?) } else { None };
        Ok(Sealed { version: self.end(Work::Logged), logged })
    }

    fn has_written(&self) -> bool {
        self.mark() > Mark(0)
    }

    /// Ends a transaction, its lock given back; the timestamp of [`Store::commit`].
    fn end(mut self, work: Work) -> Timestamp {
        let mut version = self.at;
        if let Hold::Writing(guard) = &mut self.hold
            && let Some(mut guard) = guard.take()
        {
            let work = if guard.undo.is_empty() { Work::Unlogged } else { work };
            version = self.store.commit(&mut guard, work);
            self.store.unlock(guard);
        }
        version
    }
}
