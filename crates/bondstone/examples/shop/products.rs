//! What is sold, in a tree of categories.

use bondstone::prelude::*;

use crate::orders::{CartItem, OrderItem};

/// A category; its parent is another one.
#[derive(Clone, Debug, Model)]
#[table("categories")]
#[has_many(products: Product, children: Category)]
pub struct Category {
    /// The key.
    #[key]
    pub id: Id<Category>,
    /// What it is called.
    #[unique]
    #[max_len(50)]
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// The category that it is a part of.
    pub parent_id: Option<Id<Category>>,
}

impl Category {
    /// The way to it from the root: `Study › Desks`.
    pub fn trail(&self, db: &View) -> String {
        let above = std::iter::successors(self.parent(db), |category| category.parent(db));
        above.fold(self.name.clone(), |trail, category| format!("{} › {trail}", category.name))
    }
}

/// Something to buy. Outlives its category.
#[derive(Clone, Debug, Model)]
#[table("products")]
#[check(check_positive_price: self.price > Decimal::ZERO)]
#[index(in_category: category_id, price)]
#[has_many(cart_items: CartItem, order_items: OrderItem)]
pub struct Product {
    /// The key.
    #[key]
    pub id: Id<Product>,
    /// What it is called.
    #[index]
    #[max_len(100)]
    pub name: String,
    /// What it is like.
    pub description: Option<String>,
    /// What it costs today.
    #[decimal(10, 2)]
    pub price: Decimal,
    /// How many are left.
    #[default(0)]
    pub stock: u32,
    /// Where it is found.
    #[on_delete(set_null)]
    pub category_id: Option<Id<Category>>,
    /// When it came in.
    #[on_insert(tx.now())]
    pub created_at: Timestamp,
    /// When anything about it last changed.
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    pub updated_at: Timestamp,
}

impl Product {
    /// Can it be bought?
    pub fn is_in_stock(&self) -> bool {
        self.stock > 0
    }
}
