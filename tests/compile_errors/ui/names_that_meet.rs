//! Two things cannot have one name.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_many(email: Order, orders: Order)]
#[unique(orders: name, email)]
#[check(customer_email_key: self.name.len() > 2)]
struct Customer {
    #[key]
    id: Id<Customer>,
    #[unique]
    email: String,
    name: String,
}

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    customer: Id<Customer>,
    customer_id: Option<Id<Order>>,
    self_id: Id<Customer>,
}

fn main() {}
