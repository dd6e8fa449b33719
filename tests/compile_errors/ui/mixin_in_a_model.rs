//! What a field that is a mixin cannot be.

use bondstone::prelude::*;

#[derive(Clone, Debug, Mixin)]
struct Times {
    #[on_insert(tx.now())]
    created_at: Timestamp,
}

#[derive(Clone, Debug, Mixin)]
struct Address {
    street: String,
}

#[derive(Clone, Debug)]
struct Plain {
    a: u8,
}

#[derive(Clone, Debug, Model)]
struct Several {
    #[key]
    id: Id<Several>,
    #[mixin]
    #[immutable]
    #[index]
    times: Times,
    #[mixin]
    again: Times,
    #[mixin(with)]
    address: Address,
}

#[derive(Clone, Debug, Model)]
struct NotGiven {
    #[key]
    id: Id<NotGiven>,
    #[mixin]
    address: Address,
}

#[derive(Clone, Debug, Model)]
struct GivenForNothing {
    #[key]
    id: Id<GivenForNothing>,
    #[mixin(given)]
    times: Times,
}

#[derive(Clone, Debug, Model)]
struct NotAMixin {
    #[key]
    id: Id<NotAMixin>,
    #[mixin]
    plain: Plain,
}

fn main() {}
