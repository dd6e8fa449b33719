//! With two foreign keys the relation must name one.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_many(messages: Message)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Message {
    #[key]
    id: Id<Message>,
    sender_id: Id<User>,
    receiver_id: Id<User>,
}

fn main() {}
