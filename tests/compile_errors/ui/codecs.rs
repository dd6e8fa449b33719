//! What a codec cannot do.

use std::net::IpAddr;

use bondstone::prelude::*;
use bondstone::AsText;

#[derive(Clone, Debug, PartialEq)]
struct Opaque(u8);

#[derive(Clone, Debug, Model)]
#[index(pair: address, name)]
struct Several {
    #[key]
    #[codec(AsText)]
    id: IpAddr,
    #[codec(AsText)]
    #[max_len(20)]
    address: IpAddr,
    name: String,
    #[codec]
    other: IpAddr,
}

#[derive(Clone, Debug, Model)]
struct Unknown {
    #[key]
    id: Id<Unknown>,
    #[codec(AsText)]
    opaque: Opaque,
}

fn main() {}
