//! From a mixin's entries to those of a model that embeds it: each function finds the mixin in the row, and then does what
//! the mixin's does.
//!
//! A function is chosen by the place of its entry, a constant, so that it is compiled as one piece with the mixin's own.

use std::any::Any;
use std::marker::PhantomData;

use bondstone_schema::definition::{CheckDef, ForeignKeyDef, IndexDef, OrderedOps};

use super::{Embeds, Mixin};

/// A mixin's entries, as those of the model `M`.
pub trait Lift<M: 'static>: Mixin {
    /// The indexes.
    const INDEXES: &'static [IndexDef<M>];
    /// The foreign keys.
    const FOREIGN_KEYS: &'static [ForeignKeyDef<M>];
    /// The checks.
    const CHECKS: &'static [CheckDef<M>];
}

/// Index `N`.
#[must_use]
pub const fn index<M: Embeds<X>, X: Mixin, const N: usize>() -> IndexDef<M> {
    let own = &X::PORTION.indexes[N];
    let order = match &own.order {
        Some(order) => Some(OrderedOps {
            width: order.width,
            encode: |row: &M, key| {
                if let Some(order) = &X::PORTION.indexes[N].order {
                    (order.encode)(row.embedded(), key);
                }
            },
            custom: match order.custom {
                Some(_) => Some(|row: &M| match &X::PORTION.indexes[N].order {
                    Some(OrderedOps { custom: Some(custom), .. }) => custom(row.embedded()),
                    // Not reached: there is one, or this function was not chosen.
                    _ => bondstone_schema::value::custom_key(()),
                }),
                None => None,
            },
            verify: order.verify,
        }),
        None => None,
    };
    IndexDef {
        name: Lifted::<M, X, N>::INDEX.text(),
        columns: Lifted::<M, X, N>::INDEXED.slice(),
        hybrid: own.hybrid,
        kind: own.kind,
        hash: |row, hashing| (X::PORTION.indexes[N].hash)(row.embedded(), hashing),
        hash_plain: own.hash_plain,
        equal: |a, b| (X::PORTION.indexes[N].equal)(a.embedded(), b.embedded()),
        show: match own.show {
            Some(_) => Some(|row: &M| match X::PORTION.indexes[N].show {
                Some(show) => show(row.embedded()),
                None => String::new(),
            }),
            None => None,
        },
        order,
    }
}

/// Foreign key `N`.
#[must_use]
pub const fn foreign_key<M: Embeds<X>, X: Mixin, const N: usize>() -> ForeignKeyDef<M> {
    let own = &X::PORTION.foreign_keys[N];
    ForeignKeyDef {
        name: Lifted::<M, X, N>::FOREIGN_KEY.text(),
        column: M::FIRST.column + own.column,
        nullable: own.nullable,
        acyclic: own.acyclic,
        target: own.target,
        on_delete: own.on_delete,
        on_update: own.on_update,
        number: |row| (X::PORTION.foreign_keys[N].number)(row.embedded()),
        hash: |row, hashing| (X::PORTION.foreign_keys[N].hash)(row.embedded(), hashing),
        refers: |row, parent: &dyn Any| (X::PORTION.foreign_keys[N].refers)(row.embedded(), parent),
        point: |row, parent| (X::PORTION.foreign_keys[N].point)(row.embedded_mut(), parent),
        reset: match own.reset {
            Some(_) => Some(|row: &mut M| {
                if let Some(reset) = X::PORTION.foreign_keys[N].reset {
                    reset(row.embedded_mut());
                }
            }),
            None => None,
        },
    }
}

/// Check `N`.
#[must_use]
pub const fn check<M: Embeds<X>, X: Mixin, const N: usize>() -> CheckDef<M> {
    let own = &X::PORTION.checks[N];
    CheckDef {
        name: Lifted::<M, X, N>::CHECK.text(),
        text: own.text,
        columns: Lifted::<M, X, N>::CHECKED.slice(),
        test: |row| (X::PORTION.checks[N].test)(row.embedded()),
    }
}

/// What is made anew of entry `N`, and must stand somewhere: names with the table's before them, columns counted from the
/// model's first.
struct Lifted<M, X, const N: usize>(PhantomData<fn() -> (M, X)>);

impl<M: Embeds<X>, X: Mixin, const N: usize> Lifted<M, X, N> {
    const INDEX: &'static Name = &Name::of(M::FIRST.table, X::PORTION.indexes[N].name);
    const INDEXED: &'static Numbers = &Numbers::of(M::FIRST.column, X::PORTION.indexes[N].columns);
    const FOREIGN_KEY: &'static Name = &Name::of(M::FIRST.table, X::PORTION.foreign_keys[N].name);
    const CHECK: &'static Name = &Name::of(M::FIRST.table, X::PORTION.checks[N].name);
    const CHECKED: &'static Numbers = &Numbers::of(M::FIRST.column, X::PORTION.checks[N].columns);
}

/// The longest name.
const NAME: usize = 255;
/// As many columns as a model has at most.
const COLUMNS: usize = 128;

/// A text made at compile time, of a length that only the model knows.
struct Name {
    bytes: [u8; NAME],
    length: usize,
}

impl Name {
    /// `name`, behind the table's if it begins with `_`.
    const fn of(table: &str, name: &str) -> Self {
        let mut made = Self { bytes: [0; NAME], length: 0 };
        if let [b'_', ..] = name.as_bytes() {
            made.push(table);
        }
        made.push(name);
        made
    }

    const fn push(&mut self, text: &str) {
        assert!(
            self.length + text.len() <= NAME,
            "the name of a table with a mixin, and that of its index, have at most 255 bytes together"
        );
        let mut next = 0;
        while next < text.len() {
            self.bytes[self.length] = text.as_bytes()[next];
            self.length += 1;
            next += 1;
        }
    }

    const fn text(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

/// Columns of a model.
struct Numbers {
    numbers: [u16; COLUMNS],
    length: usize,
}

impl Numbers {
    const fn of(first: u16, columns: &[u16]) -> Self {
        let mut made = Self { numbers: [0; COLUMNS], length: columns.len() };
        let mut next = 0;
        while next < columns.len() {
            made.numbers[next] = first + columns[next];
            next += 1;
        }
        made
    }

    const fn slice(&self) -> &[u16] {
        self.numbers.split_at(self.length).0
    }
}
