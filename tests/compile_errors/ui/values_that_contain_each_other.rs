//! Two values that contain each other: one of them says that it is stored as a whole.

use bondstone::prelude::*;

#[derive(Clone, Debug, PartialEq, Value)]
struct Folder {
    files: Vec<File>,
}

#[derive(Clone, Debug, PartialEq, Value)]
struct File {
    inside: Option<Box<Folder>>,
}

#[derive(Clone, Debug, PartialEq, Value)]
#[value(nest)]
struct Misspelt(#[value(nested)] u8);

fn main() {}
