//! `by` names a foreign key to this model.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_many(sent: Message by writer_id, titled: Message by title, about: Message by product_id)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Product {
    #[key]
    id: Id<Product>,
}

#[derive(Clone, Debug, Model)]
struct Message {
    #[key]
    id: Id<Message>,
    sender_id: Id<User>,
    product_id: Id<Product>,
    title: String,
}

fn main() {}
