//! One model by two paths would be two models to the derive.

use bondstone::prelude::*;

mod users {
    use super::*;

    #[derive(Clone, Debug, Model)]
    pub struct User {
        #[key]
        id: Id<User>,
    }
}
use users::User;

#[derive(Clone, Debug, Model)]
struct Order {
    #[key]
    id: Id<Order>,
    seller: Id<User>,
    buyer: Id<users::User>,
}

fn main() {}
