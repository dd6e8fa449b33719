//! The orders, and the list of orders that each user has.

use super::children::Children;
use super::refused::Refused;
use super::table::Table;
use crate::model::{NewOrder, Order, User};
use bondstone::Id;
use slotmap::new_key_type;

new_key_type! {
    /// Where an order lives.
    pub struct OrderKey;
}

/// Rows, and the children of each parent.
#[derive(Default)]
pub struct Orders {
    table: Table<OrderKey, Order>,
    by_user: Children<OrderKey>,
}

impl Orders {
    /// Adds an order; that the parent exists is for the caller to know.
    pub fn insert(&mut self, new: NewOrder) -> Result<Id<Order>, Refused> {
        if new.quantity == 0 {
            return Err(Refused::Check("quantity_above_0"));
        }
        let NewOrder { user_id, amount, quantity, placed } = new;
        let complete = |id| Order { id, user_id, amount, quantity, placed };
        let (id, key) = self.table.insert(complete)?;
        self.by_user.add(user_id.get(), key);
        Ok(id)
    }

    pub fn reserve(&mut self, additional: usize) {
        self.table.reserve(additional);
    }

    /// Removes an order; that nothing refers to it is for the caller to know.
    pub fn delete(&mut self, id: Id<Order>) -> Result<(), Refused> {
        let (key, row) = self.table.remove(id)?;
        self.by_user.remove(row.user_id.get(), key);
        Ok(())
    }

    pub fn has_children(&self, parent: Id<User>) -> bool {
        self.by_user.any_of(parent.get())
    }

    #[inline]
    pub fn children(&self, parent: Id<User>) -> impl Iterator<Item = &Order> {
        self.by_user.of(parent.get()).iter().filter_map(|&key| self.table.at(key))
    }

    #[inline]
    pub fn row(&self, id: Id<Order>) -> Option<&Order> {
        self.table.row(id)
    }

    pub fn contains(&self, id: Id<Order>) -> bool {
        self.table.contains(id)
    }

    pub fn rows(&self) -> impl Iterator<Item = &Order> {
        self.table.rows()
    }

    #[cfg(test)]
    pub fn id_count(&self) -> usize {
        self.table.id_count()
    }
}
