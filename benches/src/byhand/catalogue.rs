//! The products and their categories, and the list of products that each category has. Nothing here
//! deletes one, so there is no rule about what refers to it.

use super::children::Children;
use super::refused::Refused;
use super::table::Table;
use crate::model::{Category, NewCategory, NewProduct, Product};
use bondstone::Id;
use slotmap::new_key_type;

new_key_type! {
    /// Where a product lives.
    pub struct ProductKey;
    /// Where a category lives.
    pub struct CategoryKey;
}

/// Both tables, and the children of each category.
#[derive(Default)]
pub struct Catalogue {
    products: Table<ProductKey, Product>,
    categories: Table<CategoryKey, Category>,
    by_category: Children<ProductKey>,
}

impl Catalogue {
    pub fn insert_category(&mut self, new: NewCategory) -> Result<Id<Category>, Refused> {
        let NewCategory { name } = new;
        self.categories.insert(|id| Category { id, name }).map(|(id, _)| id)
    }

    pub fn insert_product(&mut self, new: NewProduct) -> Result<Id<Product>, Refused> {
        let NewProduct { category_id, name, price, stock } = new;
        if !self.categories.contains(category_id) {
            return Err(Refused::NoParent);
        }
        let complete = |id| Product { id, category_id, name, price, stock };
        let (id, key) = self.products.insert(complete)?;
        self.by_category.add(category_id.get(), key);
        Ok(id)
    }

    pub fn reserve_products(&mut self, additional: usize) {
        self.products.reserve(additional);
    }

    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.products.rows()
    }

    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.rows()
    }

    /// How many products there are in a category.
    pub fn count_in_category(&self, category: Id<Category>) -> usize {
        self.by_category.of(category.get()).len()
    }

    #[inline]
    pub fn product(&self, id: Id<Product>) -> Option<&Product> {
        self.products.row(id)
    }

    #[inline]
    pub fn category(&self, id: Id<Category>) -> Option<&Category> {
        self.categories.row(id)
    }

    pub fn has_product(&self, id: Id<Product>) -> bool {
        self.products.contains(id)
    }
}
