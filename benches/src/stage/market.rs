//! All five tables, as queries over several of them need.

use super::{People, Store};
use crate::data;
use crate::model::{
    Category, Item, NewCategory, NewItem, NewOrder, NewProduct, Order, Product, User,
};
use crate::sqlite::Lite;
use bondstone::{Database, Id, Tx};
use std::cell::OnceCell;

/// So many orders for each user on average; some users have none.
const ORDERS: usize = 4;
/// So many users for each product.
const BUYERS: usize = 10;
/// So many categories.
const CATEGORIES: usize = 100;

/// `rows` users with four orders each, on average and far apart, and those with two items each,
/// which came with their order and stand side by side. A tenth as many products in a hundred
/// categories.
pub struct Market {
    /// How many items there are.
    pub items: usize,
    /// How many products there are.
    pub products: usize,
    /// The base.
    pub store: Store,
    /// Ours.
    pub database: Database,
    sqlite: OnceCell<Lite>,
}

impl Market {
    pub(super) fn new(rows: usize) -> Self {
        let People { ids: users, mut store, database, .. } = People::new(data::users(rows));
        let items = database.write(|tx| Ok(tx.fill(&users))).expect(VALID);
        assert_eq!(items, store.fill(&users), "both contestants number the rows alike");
        let (items, products) = (items.len(), users.len() / BUYERS);
        Self { items, products, store, database, sqlite: OnceCell::new() }
    }

    /// The same rows in SQLite.
    pub fn sqlite(&self) -> &Lite {
        self.sqlite.get_or_init(|| Lite::holding(&self.database.read()))
    }
}

/// Where rows can be put.
trait Fill {
    fn category(&mut self, new: NewCategory) -> Id<Category>;
    fn product(&mut self, new: NewProduct) -> Id<Product>;
    fn order(&mut self, new: NewOrder) -> Id<Order>;
    fn item(&mut self, new: NewItem) -> Id<Item>;

    /// Fills everything but the users, and says which ids the items have got.
    fn fill(&mut self, users: &[Id<User>]) -> Vec<Id<Item>> {
        let categories = data::categories(CATEGORIES);
        let categories: Vec<_> = categories.into_iter().map(|new| self.category(new)).collect();
        let products = data::products(users.len() / BUYERS, &categories);
        let products: Vec<_> = products.into_iter().map(|new| self.product(new)).collect();
        let mut items = Vec::new();
        for basket in data::baskets(ORDERS * users.len(), users, &products) {
            let order = self.order(basket.order.clone());
            items.extend(basket.items(order).map(|new| self.item(new)));
        }
        items
    }
}

impl Fill for Store {
    fn category(&mut self, new: NewCategory) -> Id<Category> {
        self.insert_category(new).expect(VALID)
    }

    fn product(&mut self, new: NewProduct) -> Id<Product> {
        self.insert_product(new).expect(VALID)
    }

    fn order(&mut self, new: NewOrder) -> Id<Order> {
        self.insert_order(new).expect(VALID)
    }

    fn item(&mut self, new: NewItem) -> Id<Item> {
        self.insert_item(new).expect(VALID)
    }
}

impl Fill for Tx {
    fn category(&mut self, new: NewCategory) -> Id<Category> {
        self.insert(new).expect(VALID)
    }

    fn product(&mut self, new: NewProduct) -> Id<Product> {
        self.insert(new).expect(VALID)
    }

    fn order(&mut self, new: NewOrder) -> Id<Order> {
        self.insert(new).expect(VALID)
    }

    fn item(&mut self, new: NewItem) -> Id<Item> {
        self.insert(new).expect(VALID)
    }
}

const VALID: &str = "generated rows are valid";
