//! Inserting.

use bondstone_schema::{ColumnSet, Id, Model, UniqueKey};
use bondstone_storage::Slot;

use super::acyclic::acyclic_keys;
use super::rules::{enforce_limits, test_checks};
use super::{Tx, refused};
use crate::entity::{Entity, New};
#[cfg(feature = "serde")]
use crate::error::Error;
use crate::error::Result;

/// For how many rows room is made at once, whatever an iterator promises.
const MOST_RESERVED: usize = 1 << 20;

/// The version that a new row begins with, where its model has a `#[version]` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1, whatever the row says.
    First,
    /// What the row says: it is an old acquaintance.
    #[cfg(feature = "serde")]
    Given,
}

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
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     let order = tx.insert(NewOrder { user_id: ann, quantity: 3 })?;
    ///     assert_eq!(order.to_string(), "orders#1");
    ///     // Refused, and the transaction goes on.
    ///     assert!(tx.insert(NewOrder { user_id: Id::from_u64(99).unwrap(), quantity: 1 }).is_err());
    ///     Ok(())
    /// })?;
    /// assert_eq!(db.read().count::<Order>(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert<N: New>(&mut self, new: N) -> Result<Id<N::Model>> {
        self.insert_with(new, |_| {})
    }

    /// Inserts a row, and lets `adjust` change what was filled in: `tx.insert_with(NewProduct { … }, |p| p.stock = 5)`.
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let bob = db.write(|tx| tx.insert_with(NewUser { email: "bob@x.org".into() }, |bob| bob.age = 41))?;
    /// assert_eq!(db.read()[bob].age, 41);
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     let orders = |quantities: [u32; 2]| quantities.map(|quantity| NewOrder { user_id: ann, quantity });
    ///     assert_eq!(tx.insert_all(orders([1, 2]))?.len(), 2);
    ///     assert!(tx.insert_all(orders([3, 0])).is_err());
    ///     assert_eq!(tx.count::<Order>(), 2, "all or none");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn insert_all<N: New>(
        &mut self,
        rows: impl IntoIterator<Item = N>,
    ) -> Result<Vec<Id<N::Model>>> {
        let rows = rows.into_iter();
        self.view.sight.reserve::<N::Model>(rows.size_hint().0.min(MOST_RESERVED));
        self.savepoint(|tx| rows.map(|row| tx.insert(row)).collect())
    }

    /// Updates the row that has the same value in a unique key as `new` would have, or inserts `new`. O(indexes).
    ///
    /// A row with a null in the unique key meets no other, and is inserted.
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert) and [`update`](Tx::update).
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// db.write(|tx| {
    ///     let mut older = |email: &str| {
    ///         tx.upsert(User::EMAIL, NewUser { email: email.into() }, |user| user.age += 1)
    ///     };
    ///     assert_eq!(older("ann@x.org")?, Upserted::Updated(ann));
    ///     assert!(matches!(older("bob@x.org")?, Upserted::Inserted(_)));
    ///     Ok(())
    /// })?;
    /// assert_eq!(db.read()[ann].age, 1);
    /// # Ok::<(), Error>(())
    /// ```
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
        match self.sight().find_like(unique.position(), &row) {
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
    #[inline]
    pub(crate) fn write_new<M: Entity>(&mut self, row: M) -> Result<Slot> {
        if self.hooks.hear_rows_of::<M>() {
            return self.insert_heard(M::number().get(), Box::new(row), Version::First);
        }
        self.place_new(row)
    }

    /// As [`write_new`](Self::write_new), of a row that was exported: it comes back with the version that it had.
    ///
    /// # Errors
    /// As for [`insert`](Tx::insert); the version is the last there is, and the row could not change any more.
    #[cfg(feature = "serde")]
    pub(crate) fn write_given<M: Entity>(&mut self, row: M) -> Result<Slot> {
        if let Some(version) = &M::VERSION
            && (version.get)(&row) == u64::MAX
        {
            return Err(Error::Shape(format!("{}: no version comes after {}", row.id(), u64::MAX)));
        }
        if self.hooks.hear_rows_of::<M>() {
            return self.insert_heard(M::number().get(), Box::new(row), Version::Given);
        }
        self.place_given(row)
    }

    /// Enforces what concerns a new row alone, and writes it in its first version. Hooks hear nothing of it.
    #[inline(always)]
    pub(crate) fn place_new<M: Entity>(&mut self, mut row: M) -> Result<Slot> {
        if let Some(version) = &M::VERSION {
            (version.set)(&mut row, 1);
        }
        self.place_given(row)
    }

    /// As [`place_new`](Self::place_new), in the version that it has.
    // Compiled into its callers as if there were one: a call and a copy of the row for each insert are measured.
    #[inline(always)]
    pub(crate) fn place_given<M: Entity>(&mut self, mut row: M) -> Result<Slot> {
        enforce_limits(&mut row, ColumnSet::ALL)?;
        test_checks(&row)?;
        if const { acyclic_keys::<M>() }.is_empty() {
            return self.store_new(row);
        }
        self.savepoint(|tx| {
            let slot = tx.store_new(row)?;
            tx.refuse_own_parent::<M>(slot)?;
            Ok(slot)
        })
    }

    /// A row that hooks see before it is written has its number already: no other gets it. It stays used if the row is refused.
    pub(crate) fn use_number<M: Entity>(&mut self, row: &M) {
        let next = self.sight().next_number::<M>();
        if row.id().number() == Some(next) {
            self.view.sight.pass_number::<M>(next);
        }
    }

    #[inline(always)]
    fn store_new<M: Entity>(&mut self, row: M) -> Result<Slot> {
        if self.is_deferring() {
            return self.store_new_open(row);
        }
        self.view.sight.insert(row).map_err(|failed| refused(&self.view, &failed))
    }
}
