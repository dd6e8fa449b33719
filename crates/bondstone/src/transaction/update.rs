//! Updating.

use bondstone_schema::{ColumnSet, Id, Model};
use bondstone_storage::Slot;

use super::acyclic::acyclic_keys;
use super::rules::{differing, enforce_limits, keep_immutable, test_checks};
use super::{Tx, refused};
use crate::entity::Entity;
use crate::error::{About, Error, Result};

impl Tx {
    /// Changes a row: `tx.update(id, |user| user.age += 1)`. O(indexes of changed columns), and the cost of cloning the
    /// row once.
    ///
    /// A closure that changes nothing leaves the row's version as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the first rule that the changed row breaks. The row is then as before.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     let user = tx.update(ann, |user| user.age += 1)?;
    ///     assert_eq!(user.age, 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn update<M: Entity>(&mut self, id: Id<M>, change: impl FnOnce(&mut M)) -> Result<&M> {
        self.try_update(id, |row| {
            change(row);
            Ok(())
        })
    }

    /// Changes a row by a closure that may fail: then the row is as before.
    ///
    /// # Errors
    /// As for [`update`](Tx::update), and what the closure says.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let order = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// let refused = db.write(|tx| {
    ///     tx.try_update(order, |order| {
    ///         order.quantity = order.quantity.checked_sub(5).ok_or("not so many")?;
    ///         Ok(())
    ///     })
    ///     .map(drop)
    /// });
    /// assert_eq!(refused.unwrap_err().to_string(), "not so many");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_update<M: Entity>(
        &mut self,
        id: Id<M>,
        change: impl FnOnce(&mut M) -> Result<()>,
    ) -> Result<&M> {
        // Whether there is a row, `change_row` finds out.
        let slot = self.sight().parent_place(&id);
        self.change_row(slot, || Error::NotFound(id.to_string()), change)
    }

    pub(super) fn place_of<M: Model>(&self, id: &Id<M>) -> Result<Slot> {
        self.sight().slot_of(id).ok_or_else(|| Error::NotFound(id.to_string()))
    }

    /// Changes the row in a place by a closure.
    pub(crate) fn change_slot<M: Entity>(
        &mut self,
        slot: Slot,
        change: impl FnOnce(&mut M) -> Result<()>,
    ) -> Result<&M> {
        self.change_row(Some(slot), no_row::<M>, change)
    }

    /// The one way in for changed rows.
    fn change_row<M: Entity>(
        &mut self,
        slot: Option<Slot>,
        missing: impl Fn() -> Error,
        change: impl FnOnce(&mut M) -> Result<()>,
    ) -> Result<&M> {
        let slot = slot.ok_or_else(&missing)?;
        let before = self.sight().at_slot::<M>(slot).ok_or_else(&missing)?;
        let mut row = before.clone();
        change(&mut row)?;
        if self.hooks.hear_rows_of::<M>() {
            self.update_heard(M::number().get(), slot, Box::new(row))?;
        } else {
            let changed = self.judge(before, &mut row)?;
            self.place_judged(slot, row, changed)?;
        }
        self.sight().at_slot(slot).ok_or_else(missing)
    }

    /// Judges a changed row and writes it; false if there is nothing to write. Hooks hear nothing of it.
    pub(crate) fn place_changed<M: Entity>(&mut self, slot: Slot, mut row: M) -> Result<bool> {
        let before = self.sight().at_slot::<M>(slot).ok_or_else(no_row::<M>)?;
        let changed = self.judge(before, &mut row)?;
        self.place_judged(slot, row, changed)?;
        Ok(!changed.is_empty())
    }

    fn place_judged<M: Entity>(&mut self, slot: Slot, row: M, changed: ColumnSet) -> Result<()> {
        if !changed.and(const { acyclic_keys::<M>() }).is_empty() {
            return self.savepoint(|tx| {
                tx.store_changed(slot, row, changed)?;
                tx.refuse_cycles::<M>(slot, changed)
            });
        }
        if changed.is_empty() { Ok(()) } else { self.store_changed(slot, row, changed) }
    }

    pub(super) fn store_changed<M: Entity>(
        &mut self,
        slot: Slot,
        row: M,
        changed: ColumnSet,
    ) -> Result<()> {
        if self.is_deferring() {
            return self.store_changed_open(slot, row, changed);
        }
        let placed = self.view.sight.update(slot, row, changed);
        placed.map_err(|failed| refused(&self.view, &failed))
    }

    /// Writes a row that ended in `from` under its new key; its place. Columns that cannot change did not, but for the key's.
    pub(crate) fn write_moved<M: Entity>(&mut self, from: Slot, mut row: M) -> Result<Slot> {
        if let Some(before) = self.sight().deleted::<M>(from) {
            if let Some(version) = &M::VERSION {
                version.advance(before, &mut row);
            }
            let changed = differing(before, &row).without(M::DEFINITION.key.index.columns);
            keep_immutable(&row, changed)?;
        }
        self.place_given(row)
    }

    /// Completes a changed row and enforces what concerns it alone; the columns that differ.
    pub(crate) fn judge<M: Entity>(&self, before: &M, row: &mut M) -> Result<ColumnSet> {
        let Refreshed { changed, .. } = self.refresh(before, row);
        if changed.is_empty() {
            return Ok(changed);
        }
        if changed.touches(M::DEFINITION.key.index.columns) {
            return Err(About::row(before).key_changed());
        }
        keep_immutable(row, changed)?;
        enforce_limits(row, changed)?;
        test_checks(row)?;
        Ok(changed)
    }

    /// Fills what `#[on_update]` says, and the next version, into a row that was changed.
    pub(crate) fn refresh<M: Entity>(&self, before: &M, row: &mut M) -> Refreshed {
        let mut own = differing(before, row);
        if let Some(version) = &M::VERSION {
            own = own.without(&[version.column]);
        }
        if own.is_empty() || !(M::REFRESHES || M::VERSION.is_some()) {
            return Refreshed { changed: own, filled: ColumnSet::EMPTY };
        }
        row.refresh(before, &mut self.fill());
        if let Some(version) = &M::VERSION {
            version.advance(before, row);
        }
        let changed = differing(before, row);
        Refreshed { changed, filled: ColumnSet(changed.0 & !own.0) }
    }
}

/// The columns in which a changed row differs, when it is complete.
#[derive(Clone, Copy, Default)]
pub(crate) struct Refreshed {
    /// All of them.
    pub(crate) changed: ColumnSet,
    /// Those that the engine has filled, because others were changed.
    pub(crate) filled: ColumnSet,
}

fn no_row<M: Entity>() -> Error {
    Error::NotFound(format!("a row of `{}`", M::DEFINITION.name))
}
