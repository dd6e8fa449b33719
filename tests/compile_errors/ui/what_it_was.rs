//! `#[was]` and `#[converted_from]`: names that mean something else now, conversions that do not fit.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[table("posts")]
#[was("posts")]
#[converted_from(u8, f)]
struct Post {
    #[key]
    #[converted_from(u64, Id::from)]
    id: Id<Post>,
    #[was]
    title: String,
    #[was("title")]
    body: String,
    #[was("text", "body", "length")]
    length: u32,
    #[was("text")]
    count: u32,
    #[was("")]
    empty: u32,
    #[converted_from(u8)]
    small: u32,
}

fn doubled(old: u8) -> u16 {
    u16::from(old) * 2
}

#[derive(Clone, Debug, Model)]
struct Comment {
    #[key]
    id: Id<Comment>,
    #[converted_from(u8, doubled)]
    count: u32,
    #[converted_from(u16, doubled)]
    votes: u16,
}

fn main() {}
