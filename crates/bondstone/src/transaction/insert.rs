//! Inserting.

use bondstone_schema::{ColumnSet, Id, Model, UniqueKey};
use bondstone_storage::Slot;

use super::{Tx, enforce_limits, refused, test_checks};
use crate::entity::{Entity, New};
use crate::error::Result;

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upserted<I> {
    /// There was no such row: it was inserted, with this key.
    Inserted(I),
    /// There was one: it was updated.
    Updated(I),
}

impl<I> Upserted<I> {
    /// The row's key, either way.
    pub fn id(self) -> I {
        match self {
            Self::Inserted(id) | Self::Updated(id) => id,
        }
    }
}

impl Tx {
    /// Inserts a row: the generated `NewUser`, whose other fields are filled, or a whole `User`, which is kept as it is.
    /// O(indexes); its key.
    ///
    /// # Errors
    /// The first rule that the row breaks. The transaction goes on.
    pub fn insert<N: New>(&mut self, new: N) -> Result<Id<N::Model>> {
        self.insert_with(new, |_| {})
    }

    /// Inserts a row, and lets `adjust` change what was filled in: `tx.insert_with(NewProduct { … }, |p| p.stock = 5)`.
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert).
    pub fn insert_with<N: New>(
        &mut self,
        new: N,
        adjust: impl FnOnce(&mut N::Model),
    ) -> Result<Id<N::Model>> {
        let mut row = new.complete(&mut self.fill())?;
        adjust(&mut row);
        let id = row.id();
        self.write_new(row)?;
        Ok(id)
    }

    /// Inserts rows in order, as one statement: later ones may refer to earlier ones, and if one is refused none is
    /// there. Their keys.
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert), for the first row that is refused.
    pub fn insert_all<N: New>(
        &mut self,
        rows: impl IntoIterator<Item = N>,
    ) -> Result<Vec<Id<N::Model>>> {
        self.statement(|tx| rows.into_iter().map(|row| tx.insert(row)).collect())
    }

    /// Updates the row that has the same value in a unique key as `new` would have, or inserts `new`. O(indexes).
    ///
    /// ```ignore
    /// tx.upsert(CartItem::CART_LINE, NewCartItem { user_id, product_id }, |line| line.quantity += 1)?;
    /// ```
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert) and [`update`](Tx::update).
    pub fn upsert<N, U>(
        &mut self,
        unique: U,
        new: N,
        update: impl FnOnce(&mut N::Model),
    ) -> Result<Upserted<Id<N::Model>>>
    where
        N: New,
        U: UniqueKey<Model = N::Model>,
    {
        let row = new.complete(&mut self.fill())?;
        match self.sight().find_like(unique, &row) {
            None => {
                let id = row.id();
                self.write_new(row)?;
                Ok(Upserted::Inserted(id))
            }
            Some((slot, found)) => {
                let id = found.id();
                self.change_slot::<N::Model>(slot, |row| {
                    update(row);
                    Ok(())
                })?;
                Ok(Upserted::Updated(id))
            }
        }
    }

    /// The one way in for new rows.
    pub(super) fn write_new<M: Entity>(&mut self, mut row: M) -> Result<Slot> {
        enforce_limits(&mut row, ColumnSet::ALL)?;
        test_checks(&row, ColumnSet::ALL)?;
        self.view.sight.insert(row).map_err(|failed| refused(&self.view, &failed))
    }
}
