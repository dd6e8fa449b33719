//! Two models with an index of every sort, defined by hand: the derives belong to crates above.

use std::cmp::Reverse;
use std::sync::Arc;

use bondstone_schema::definition::foreign_key;
use bondstone_schema::value::custom_key;
use bondstone_schema::{
    Action, AutoKey, ColumnSet, Definition, ForeignKeyDef, Hashing, Id, IndexDef, IndexKind,
    KeyBuf, KeyDef, KeyKind, Model, ModelRef, OrderedOps, Row, Value,
};

use crate::by_hand::{ByHand, by_hand};
use crate::{Sight, Store, StoreBuilder};

/// A row with a key that the engine numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: Id<Item>,
    pub(crate) code: u64,
    pub(crate) group: u32,
    pub(crate) score: i64,
    pub(crate) name: String,
    pub(crate) parent: Option<Id<Item>>,
}

/// The places of the indexes of [`Item`].
pub(crate) const UNIQUE: usize = 0;
pub(crate) const HASH: usize = 1;
/// Of scores, in eight bytes.
pub(crate) const NARROW: usize = 2;
/// Of scores and groups, in twelve.
pub(crate) const WIDE: usize = 3;
/// Of names.
pub(crate) const BYTES: usize = 4;
/// Of scores, compared the other way round.
pub(crate) const COMPARED: usize = 5;
pub(crate) const ORDERED: [usize; 4] = [NARROW, WIDE, BYTES, COMPARED];

bondstone_schema::row!(Item: Id<Item>, u64, u32, i64, String, Option<Id<Item>>);

const fn unindexed<M>(_: &M, _: &Hashing) -> Option<u64> {
    None
}

const fn ordered(
    columns: &'static [u16],
    equal: fn(&Item, &Item) -> bool,
    width: Option<usize>,
    encode: fn(&Item, &mut KeyBuf),
) -> IndexDef<Item> {
    let order = Some(OrderedOps { width, encode, custom: None, verify: || None });
    IndexDef {
        name: "ordered",
        columns,
        hybrid: None,
        kind: IndexKind::Ordered,
        hash: unindexed,
        hash_plain: &[],
        equal,
        show: None,
        order,
    }
}

impl Model for Item {
    type Key = AutoKey;

    const DEFINITION: &'static Definition<Self> = {
        const BY_HAND: ByHand<Item> = by_hand!(Item { id: Id<Item>, code: u64, group: u32, score: i64, name: String, parent: Option<Id<Item>> });
        &Definition {
            name: "items",
            was: &[],
            rust_name: "Item",
            doc: "",
            columns: BY_HAND.columns,
            row: BY_HAND.row,
            key: KeyDef {
                kind: KeyKind::Auto,
                index: IndexDef {
                    name: "items_pkey",
                    columns: &[0],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: unindexed,
                    equal: |left, right| left.id == right.id,
                    hash_plain: &[],
                    show: None,
                    order: None,
                },
            },
            indexes: &[
                IndexDef {
                    name: "unique",
                    columns: &[1],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: |row, hashing| Some(hashing.hash(&row.code)),
                    equal: |left, right| left.code == right.code,
                    hash_plain: &[],
                    show: None,
                    order: None,
                },
                IndexDef {
                    name: "hash",
                    columns: &[2],
                    hybrid: None,
                    kind: IndexKind::Hash,
                    hash: |row, hashing| Some(hashing.hash(&row.group)),
                    equal: |left, right| left.group == right.group,
                    hash_plain: &[],
                    show: None,
                    order: None,
                },
                ordered(
                    &[3],
                    |left, right| left.score == right.score,
                    Some(8),
                    |row, key| row.score.encode_last(key),
                ),
                ordered(
                    &[3, 2],
                    |left, right| (left.score, left.group) == (right.score, right.group),
                    Some(12),
                    |row, key| {
                        row.score.encode(key);
                        row.group.encode_last(key);
                    },
                ),
                ordered(
                    &[4],
                    |left, right| left.name == right.name,
                    None,
                    |row, key| row.name.encode_last(key),
                ),
                IndexDef {
                    name: "compared",
                    columns: &[3],
                    hybrid: None,
                    kind: IndexKind::Ordered,
                    hash: unindexed,
                    equal: |left, right| left.score == right.score,
                    hash_plain: &[],
                    show: None,
                    order: Some(OrderedOps {
                        width: None,
                        encode: |_, _| (),
                        custom: Some(|row| custom_key(Reverse(row.score))),
                        verify: || None,
                    }),
                },
            ],
            foreign_keys: &[ForeignKeyDef {
                acyclic: false,
                name: "items_parent_fkey",
                column: 5,
                nullable: true,
                target: ModelRef::of::<Self>,
                on_delete: Action::Restrict,
                on_update: Action::Cascade,
                number: |row| foreign_key::number(&row.parent),
                hash: |row, hashing| foreign_key::hash(&row.parent, hashing),
                refers: |row, parent| foreign_key::refers(&row.parent, parent),
                point: |row, parent| foreign_key::point(&mut row.parent, parent),
                reset: None,
            }],
            checks: &[],
            relations: &[],
            read: BY_HAND.read,
        }
    };

    fn id(&self) -> Id<Self> {
        self.id
    }
}

/// A row with a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) value: u64,
}

bondstone_schema::row!(Named: String, u64);

impl Model for Named {
    type Key = String;

    const DEFINITION: &'static Definition<Self> = {
        const BY_HAND: ByHand<Named> = by_hand!(Named { name: String, value: u64 });
        &Definition {
            name: "named",
            was: &[],
            rust_name: "Named",
            doc: "",
            columns: BY_HAND.columns,
            row: BY_HAND.row,
            key: KeyDef {
                kind: KeyKind::Natural,
                index: IndexDef {
                    name: "named_pkey",
                    columns: &[0],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: |row, hashing| Some(hashing.hash(&row.name)),
                    equal: |left, right| left.name == right.name,
                    hash_plain: &[],
                    show: None,
                    order: None,
                },
            },
            indexes: &[],
            foreign_keys: &[],
            checks: &[],
            relations: &[],
            read: BY_HAND.read,
        }
    };

    fn id(&self) -> Id<Self> {
        Id::new(self.name.clone())
    }
}

pub(crate) fn id(number: u64) -> Id<Item> {
    Id::from_u64(number).expect("ids begin at 1")
}

/// A row whose columns follow from its id and `value`.
pub(crate) fn item(number: u64, value: i64) -> Item {
    Item {
        id: id(number),
        code: number,
        group: value as u32 % 3,
        score: value,
        name: format!("a name that is long and ends in {value}"),
        parent: None,
    }
}

pub(crate) fn store() -> Arc<Store> {
    let mut builder = StoreBuilder::default();
    builder.add::<Item>();
    builder.add::<Named>();
    builder.build()
}

/// Runs `work` in a transaction of its own.
pub(crate) fn write<T>(store: &Arc<Store>, work: impl FnOnce(&mut Sight) -> T) -> T {
    let mut tx = Sight::transaction(store).expect("no transaction is open");
    let value = work(&mut tx);
    tx.commit();
    value
}

pub(crate) fn insert<M: Model>(tx: &mut Sight, row: M) {
    let inserted = tx.insert(row).map_err(|refused| refused.refusal);
    inserted.expect("nothing is in the way");
}

/// Gives the row with this id other values.
pub(crate) fn replace<M: Model>(tx: &mut Sight, row: M) {
    let slot = tx.slot_of(&row.id()).expect("the row exists");
    let updated = tx.update(slot, row, ColumnSet::ALL).map_err(|refused| refused.refusal);
    updated.expect("nothing is in the way");
}

/// Deletes the row with this id.
pub(crate) fn delete(tx: &mut Sight, number: u64) {
    let slot = tx.slot_of(&id(number)).expect("the row exists");
    tx.delete(<Item as Row>::number().get(), slot);
}
