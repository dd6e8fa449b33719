//! The orders, and the list of orders that each user has.

use super::refused::Refused;
use crate::model::{NewOrder, Order, User};
use bondstone::Id;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use slotmap::{SlotMap, new_key_type};
use smallvec::SmallVec;

new_key_type! {
    /// Where an order lives.
    pub struct OrderKey;
}

/// Rows, the index of their ids, and the children of each parent; a parent without children has no
/// list.
#[derive(Default)]
pub struct Orders {
    rows: SlotMap<OrderKey, Order>,
    by_id: HashMap<u64, OrderKey, RandomState>,
    by_user: HashMap<u64, SmallVec<[OrderKey; 4]>, RandomState>,
    last_id: u64,
}

impl Orders {
    /// Adds an order; that the parent exists is for the caller to know.
    pub fn insert(&mut self, new: NewOrder) -> Result<Id<Order>, Refused> {
        if new.quantity == 0 {
            return Err(Refused::Check("quantity_above_0"));
        }
        let number = self.last_id + 1;
        let id = Id::from_u64(number).ok_or(Refused::NotFound)?;
        self.last_id = number;
        let NewOrder { user_id, amount, quantity, placed } = new;
        let key = self.rows.insert(Order { id, user_id, amount, quantity, placed });
        self.by_id.insert(number, key);
        self.by_user.entry(user_id.get()).or_default().push(key);
        Ok(id)
    }

    pub fn delete(&mut self, id: Id<Order>) -> Result<(), Refused> {
        let key = self.by_id.remove(&id.get()).ok_or(Refused::NotFound)?;
        let row = self.rows.remove(key).ok_or(Refused::NotFound)?;
        if let Entry::Occupied(mut siblings) = self.by_user.entry(row.user_id.get()) {
            siblings.get_mut().retain(|sibling| *sibling != key);
            if siblings.get().is_empty() {
                siblings.remove();
            }
        }
        Ok(())
    }

    pub fn delete_children(&mut self, parent: Id<User>) {
        for key in self.by_user.remove(&parent.get()).unwrap_or_default() {
            if let Some(row) = self.rows.remove(key) {
                self.by_id.remove(&row.id.get());
            }
        }
    }

    pub fn has_children(&self, parent: Id<User>) -> bool {
        self.by_user.contains_key(&parent.get())
    }

    #[inline]
    pub fn children(&self, parent: Id<User>) -> impl Iterator<Item = &Order> {
        let keys = self.by_user.get(&parent.get()).map_or(&[][..], |keys| keys.as_slice());
        keys.iter().filter_map(|&key| self.rows.get(key))
    }

    #[inline]
    pub fn row(&self, id: Id<Order>) -> Option<&Order> {
        self.rows.get(*self.by_id.get(&id.get())?)
    }

    pub fn rows(&self) -> impl Iterator<Item = &Order> {
        self.rows.values()
    }

    #[cfg(test)]
    pub fn id_count(&self) -> usize {
        self.by_id.len()
    }
}
