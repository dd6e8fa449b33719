//! The items, and the lists of items that each order and each product has.

use super::children::Children;
use super::refused::Refused;
use super::table::Table;
use crate::model::{Item, NewItem, Order, Product};
use bondstone::Id;
use slotmap::new_key_type;

new_key_type! {
    /// Where an item lives.
    pub struct ItemKey;
}

/// Rows, and the children of each order and of each product.
#[derive(Default)]
pub struct Items {
    table: Table<ItemKey, Item>,
    by_order: Children<ItemKey>,
    by_product: Children<ItemKey>,
}

impl Items {
    /// Adds an item; that the order and the product exist is for the caller to know.
    pub fn insert(&mut self, new: NewItem) -> Result<Id<Item>, Refused> {
        if new.quantity == 0 {
            return Err(Refused::Check("quantity_above_0"));
        }
        let NewItem { order_id, product_id, quantity, price } = new;
        let complete = |id| Item { id, order_id, product_id, quantity, price };
        let (id, key) = self.table.insert(complete)?;
        self.by_order.add(order_id.get(), key);
        self.by_product.add(product_id.get(), key);
        Ok(id)
    }

    pub fn reserve(&mut self, additional: usize) {
        self.table.reserve(additional);
    }

    pub fn has_children(&self, parent: Id<Order>) -> bool {
        self.by_order.any_of(parent.get())
    }

    #[inline]
    pub fn children(&self, parent: Id<Order>) -> impl Iterator<Item = &Item> {
        self.by_order.of(parent.get()).iter().filter_map(|&key| self.table.at(key))
    }

    /// How many items there are of a product.
    pub fn count_of_product(&self, product: Id<Product>) -> usize {
        self.by_product.of(product.get()).len()
    }

    pub fn rows(&self) -> impl Iterator<Item = &Item> {
        self.table.rows()
    }
}
