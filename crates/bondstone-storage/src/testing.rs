//! A model for this crate's models of whole stores, defined by hand: the derives belong to crates above.

use std::sync::Arc;

use bondstone_schema::definition::foreign_key;
use bondstone_schema::{
    Action, AutoKey, Definition, ForeignKeyDef, Hashing, Id, IndexDef, IndexKind, KeyDef, KeyKind,
    Model, ModelRef, OrderedOps, UniqueKey, Value, lookup,
};

use crate::by_hand::{ByHand, by_hand};
use crate::register::Register;
use crate::writer::{Timestamp, Writer};
use crate::{Sight, Slot, Store, StoreBuilder};

/// A row with one column of each sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: Id<Row>,
    /// Unique.
    pub(crate) name: u64,
    /// Ordered.
    pub(crate) score: i64,
    /// Refers to another row.
    pub(crate) parent: Option<Id<Row>>,
}

bondstone_schema::row!(Row: Id<Row>, u64, i64, Option<Id<Row>>);

const fn unindexed(_: &Row, _: &Hashing) -> Option<u64> {
    None
}

impl Model for Row {
    type Key = AutoKey;

    const DEFINITION: &'static Definition<Self> = {
        const BY_HAND: ByHand<Row> =
            by_hand!(Row { id: Id<Row>, name: u64, score: i64, parent: Option<Id<Row>> });
        &Definition {
            name: "rows",
            was: &[],
            rust_name: "Row",
            doc: "",
            columns: BY_HAND.columns,
            row: BY_HAND.row,
            key: KeyDef {
                kind: KeyKind::Auto,
                index: IndexDef {
                    name: "rows_pkey",
                    columns: &[0],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: unindexed,
                    hash_plain: &[],
                    equal: |left, right| left.id == right.id,
                    show: None,
                    order: None,
                },
            },
            indexes: &[
                IndexDef {
                    name: "rows_name_key",
                    columns: &[1],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: |row, hashing| Some(hashing.hash(&row.name)),
                    hash_plain: &[lookup::hash_plain::<u64>()],
                    equal: |left, right| left.name == right.name,
                    show: None,
                    order: None,
                },
                IndexDef {
                    name: "rows_score_idx",
                    columns: &[2],
                    hybrid: None,
                    kind: IndexKind::Ordered,
                    hash: unindexed,
                    hash_plain: &[],
                    equal: |left, right| left.score == right.score,
                    show: None,
                    order: Some(OrderedOps {
                        width: <i64 as Value>::WIDTH,
                        encode: |row, key| row.score.encode_last(key),
                        custom: None,
                        verify: || None,
                    }),
                },
            ],
            foreign_keys: &[ForeignKeyDef {
                name: "rows_parent_fkey",
                column: 3,
                nullable: true,
                acyclic: false,
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

/// The unique index on the name.
#[derive(Clone, Copy)]
pub(crate) struct ByName;

impl UniqueKey for ByName {
    type Model = Row;

    fn position(self) -> usize {
        0
    }
}

pub(crate) fn id(number: u64) -> Id<Row> {
    Id::from_u64(number).expect("ids begin at 1")
}

pub(crate) fn store() -> Arc<Store> {
    let mut builder = StoreBuilder::default();
    builder.add::<Row>();
    builder.build()
}

/// A store whose commits are published later.
pub(crate) fn store_with_log() -> Arc<Store> {
    let mut builder = StoreBuilder::default();
    builder.add::<Row>();
    builder.publish_later();
    builder.build()
}

/// A row whose columns follow from its id and `value`.
pub(crate) fn row(number: u64, value: i64) -> Row {
    Row { id: id(number), name: number * 1000 + value as u64, score: value, parent: None }
}

/// Inserts a row in a transaction of its own.
pub(crate) fn insert(store: &Arc<Store>, row: Row) -> Slot {
    write(store, |tx| tx.insert(row).expect("nothing is in the way"))
}

/// Gives the row with this id other values in a transaction of its own.
pub(crate) fn update(store: &Arc<Store>, row: Row) {
    write(store, |tx| replace(tx, row));
}

/// Gives the row with this id other values.
pub(crate) fn replace(tx: &mut Sight, row: Row) {
    let slot = tx.slot_of(&row.id).expect("the row exists");
    tx.update(slot, row, bondstone_schema::ColumnSet::ALL).expect("nothing is in the way");
}

/// Deletes the row with this id in a transaction of its own.
pub(crate) fn delete(store: &Arc<Store>, number: u64) {
    write(store, |tx| {
        let slot = tx.slot_of(&id(number)).expect("the row exists");
        tx.delete(<Row as bondstone_schema::Row>::number().get(), slot);
    });
}

/// Runs `work` in a transaction of its own.
pub(crate) fn write<T>(store: &Arc<Store>, work: impl FnOnce(&mut Sight) -> T) -> T {
    let mut tx = Sight::transaction(store).expect("no transaction is open");
    let value = work(&mut tx);
    tx.commit();
    value
}

/// Runs `work` in a transaction that is sealed; its version.
pub(crate) fn seal<T>(store: &Arc<Store>, work: impl FnOnce(&mut Sight) -> T) -> Timestamp {
    let mut tx = Sight::transaction(store).expect("no transaction is open");
    work(&mut tx);
    tx.seal().version
}

/// Ends the work in hand of a structure on its own: it is published, and the next begins. The horizon then.
pub(crate) fn end_of_work(register: &Register, writer: &mut Writer) -> Timestamp {
    register.publish(writer.now());
    writer.advance(writer.now() + 1);
    register.horizon(writer.horizon())
}
