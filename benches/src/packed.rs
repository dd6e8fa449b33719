//! Rows in bincode's format: what a dump, a journal and the values of redb are made of.
//!
//! By `wincode`. bincode itself is given up: its last version is an empty one that says so. This one
//! is maintained, writes and reads the same bytes, and is the faster of the two.

use crate::model::{Category, Item, Order, Product, User};
use bondstone::{AutoKey, Id, Model};
use wincode::config::DefaultConfig;
use wincode::{SchemaRead, SchemaWrite};

/// A row that can be packed.
pub trait Packed: Model<Key = AutoKey> {
    /// Appends the row.
    fn pack(&self, into: &mut Vec<u8>);

    /// The row that the bytes begin with, which is taken off them.
    fn unpack(bytes: &mut &[u8]) -> Self;
}

fn write<T: SchemaWrite<DefaultConfig, Src = T>>(value: &T, into: &mut Vec<u8>) {
    wincode::serialize_into(into, value).expect("memory takes everything");
}

fn read<'b, T: SchemaRead<'b, DefaultConfig, Dst = T>>(bytes: &mut &'b [u8]) -> T {
    T::get(bytes).expect("the bytes are as they were written")
}

fn id<M: Model<Key = AutoKey>>(number: u64) -> Id<M> {
    Id::from_u64(number).expect("ids begin with 1")
}

impl Packed for User {
    fn pack(&self, into: &mut Vec<u8>) {
        let Self { id, username, email, code, score, age, balance, created, flags } = self;
        let texts = (username.as_str(), email.as_str());
        write(&(id.get(), texts, *code, *score, *age, *balance, *created, *flags), into);
    }

    fn unpack(bytes: &mut &[u8]) -> Self {
        type Fields<'b> = (u64, (&'b str, &'b str), u64, i64, u32, i64, u64, u32);
        let (number, (username, email), code, score, age, balance, created, flags): Fields<'_> =
            read(bytes);
        let (username, email) = (username.to_owned(), email.to_owned());
        Self { id: id(number), username, email, code, score, age, balance, created, flags }
    }
}

impl Packed for Order {
    fn pack(&self, into: &mut Vec<u8>) {
        let Self { id, user_id, amount, quantity, placed } = self;
        write(&(id.get(), user_id.get(), *amount, *quantity, *placed), into);
    }

    fn unpack(bytes: &mut &[u8]) -> Self {
        let (number, user, amount, quantity, placed): (u64, u64, i64, u32, u64) = read(bytes);
        Self { id: id(number), user_id: id(user), amount, quantity, placed }
    }
}

impl Packed for Category {
    fn pack(&self, into: &mut Vec<u8>) {
        write(&(self.id.get(), self.name.as_str()), into);
    }

    fn unpack(bytes: &mut &[u8]) -> Self {
        let (number, name): (u64, &str) = read(bytes);
        Self { id: id(number), name: name.to_owned() }
    }
}

impl Packed for Product {
    fn pack(&self, into: &mut Vec<u8>) {
        let Self { id, category_id, name, price, stock } = self;
        write(&(id.get(), category_id.get(), name.as_str(), *price, *stock), into);
    }

    fn unpack(bytes: &mut &[u8]) -> Self {
        let (number, category, name, price, stock): (u64, u64, &str, i64, u32) = read(bytes);
        Self { id: id(number), category_id: id(category), name: name.to_owned(), price, stock }
    }
}

impl Packed for Item {
    fn pack(&self, into: &mut Vec<u8>) {
        let Self { id, order_id, product_id, quantity, price } = self;
        write(&(id.get(), order_id.get(), product_id.get(), *quantity, *price), into);
    }

    fn unpack(bytes: &mut &[u8]) -> Self {
        let (number, order, product, quantity, price): (u64, u64, u64, u32, i64) = read(bytes);
        let (order_id, product_id) = (id(order), id(product));
        Self { id: id(number), order_id, product_id, quantity, price }
    }
}
