//! A row of any of the five tables, in any of the stores.

use crate::byhand::{Restore, Store};
use crate::model::{Category, Item, Order, Product, User};
use crate::packed::Packed;
use crate::sqlite::Stored;
use bondstone::{Entity, View};
use foldhash::quality::FixedState;
use std::hash::BuildHasher;

/// A row that all stores can hold.
pub trait Record: Entity + Packed + Restore + Stored {}

impl<R: Entity + Packed + Restore + Stored> Record for R {}

/// What is done with each table.
pub trait EachTable {
    /// Does it with the table of these rows.
    fn table<R: Record>(&mut self);
}

/// Does something with all tables, parents first.
pub fn each_table(work: &mut impl EachTable) {
    work.table::<Category>();
    work.table::<Product>();
    work.table::<User>();
    work.table::<Order>();
    work.table::<Item>();
}

/// How many rows a hand-written store holds in all tables.
pub fn rows_of(store: &Store) -> usize {
    struct Counts<'s>(&'s Store, usize);
    impl EachTable for Counts<'_> {
        fn table<R: Record>(&mut self) {
            self.1 += R::all(self.0).count();
        }
    }
    let mut counts = Counts(store, 0);
    each_table(&mut counts);
    counts.1
}

/// A digest of everything in a database.
pub fn state_of_view(view: &View) -> u64 {
    struct States<'v>(&'v View, u64);
    impl EachTable for States<'_> {
        fn table<R: Record>(&mut self) {
            self.1 = self.1.wrapping_add(state(self.0.iter::<R>()));
        }
    }
    let mut states = States(view, 0);
    each_table(&mut states);
    states.1
}

/// A digest of everything in a hand-written store.
pub fn state_of_store(store: &Store) -> u64 {
    struct States<'s>(&'s Store, u64);
    impl EachTable for States<'_> {
        fn table<R: Record>(&mut self) {
            self.1 = self.1.wrapping_add(state(R::all(self.0)));
        }
    }
    let mut states = States(store, 0);
    each_table(&mut states);
    states.1
}

/// A digest of all columns of rows in any order.
pub fn state<'r, R: Record>(rows: impl Iterator<Item = &'r R>) -> u64 {
    let (hashing, mut packed) = (FixedState::default(), Vec::new());
    rows.fold(0, |digest, row| {
        packed.clear();
        row.pack(&mut packed);
        digest.wrapping_add(hashing.hash_one((R::DEFINITION.name, &packed)))
    })
}
