//! A model with a key of two columns, one of them a reference, nulls in a unique index, and a parent of its own kind.

use std::cmp::Ordering;

use bondstone_schema::definition::foreign_key;
use bondstone_schema::value::custom_key;
use bondstone_schema::{
    Action, Definition, ForeignKeyDef, Hashing, Id, IndexDef, IndexKind, KeyDef, KeyKind, Model,
    ModelRef, OrderedOps,
};

use crate::by_hand::{ByHand, by_hand};
use crate::sight::tests::model::Named;

/// Somebody in a team, which is a [`Named`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) team: Id<Named>,
    pub(super) seat: u32,
    /// Unique where it is not null.
    pub(super) badge: Option<u64>,
    pub(super) mentor: Option<Id<Member>>,
}

/// A badge whose hash panics.
pub(super) const CURSED: u64 = 666;

/// A seat that cannot be compared.
pub(super) const SWIVELLING: u32 = u32::MAX;

/// A seat, with an order of its own.
#[derive(Clone, PartialEq, Eq)]
struct Seat(u32);

impl PartialOrd for Seat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seat {
    fn cmp(&self, other: &Self) -> Ordering {
        assert!(self.0 != SWIVELLING && other.0 != SWIVELLING, "an order that panics");
        other.0.cmp(&self.0)
    }
}

/// The places of foreign keys.
pub(super) const TEAM: usize = 0;
pub(super) const MENTOR: usize = 1;

bondstone_schema::row!(Member: Id<Named>, u32, Option<u64>, Option<Id<Member>>);

impl Model for Member {
    type Key = (Id<Named>, u32);

    const DEFINITION: &'static Definition<Self> = {
        const BY_HAND: ByHand<Member> = by_hand!(Member { team: Id<Named>, seat: u32, badge: Option<u64>, mentor: Option<Id<Member>> });
        &Definition {
            name: "members",
            was: &[],
            read: BY_HAND.read,
            rust_name: "Member",
            doc: "",
            columns: BY_HAND.columns,
            row: BY_HAND.row,
            key: KeyDef {
                kind: KeyKind::Natural,
                index: IndexDef {
                    name: "members_pkey",
                    columns: &[0, 1],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: |row, hashing| Some(hashing.hash(row.id().key())),
                    equal: |left, right| (&left.team, left.seat) == (&right.team, right.seat),
                    hash_plain: &[],
                    show: None,
                    order: None,
                },
            },
            indexes: &[
                IndexDef {
                    name: "members_badge_key",
                    columns: &[2],
                    hybrid: None,
                    kind: IndexKind::Unique,
                    hash: |row, hashing: &Hashing| {
                        assert_ne!(row.badge, Some(CURSED), "a hash that panics");
                        row.badge.map(|badge| hashing.hash(&badge))
                    },
                    equal: |left, right| left.badge.is_some() && left.badge == right.badge,
                    hash_plain: &[],
                    show: None,
                    order: None,
                },
                IndexDef {
                    name: "members_seat_idx",
                    columns: &[1],
                    hybrid: None,
                    kind: IndexKind::Ordered,
                    hash: |_, _| None,
                    equal: |left, right| left.seat == right.seat,
                    hash_plain: &[],
                    show: None,
                    order: Some(OrderedOps {
                        width: None,
                        encode: |_, _| (),
                        custom: Some(|row| custom_key(Seat(row.seat))),
                        verify: || None,
                    }),
                },
            ],
            foreign_keys: &[
                ForeignKeyDef {
                    acyclic: false,
                    name: "members_team_fkey",
                    column: 0,
                    nullable: false,
                    target: ModelRef::of::<Named>,
                    on_delete: Action::Restrict,
                    on_update: Action::Restrict,
                    number: |row| foreign_key::number(&row.team),
                    hash: |row, hashing| foreign_key::hash(&row.team, hashing),
                    refers: |row, parent| foreign_key::refers(&row.team, parent),
                    point: |row, parent| foreign_key::point(&mut row.team, parent),
                    reset: None,
                },
                ForeignKeyDef {
                    acyclic: false,
                    name: "members_mentor_fkey",
                    column: 3,
                    nullable: true,
                    target: ModelRef::of::<Self>,
                    on_delete: Action::Restrict,
                    on_update: Action::Restrict,
                    number: |row| foreign_key::number(&row.mentor),
                    hash: |row, hashing| foreign_key::hash(&row.mentor, hashing),
                    refers: |row, parent| foreign_key::refers(&row.mentor, parent),
                    point: |row, parent| foreign_key::point(&mut row.mentor, parent),
                    reset: None,
                },
            ],
            checks: &[],
            relations: &[],
        }
    };

    fn id(&self) -> Id<Self> {
        Id::new((self.team.clone(), self.seat))
    }
}

pub(super) fn team(number: u64) -> Named {
    Named { name: format!("team {number}"), value: number }
}

pub(super) fn member(team_of: u64, seat: u32) -> Member {
    Member { team: team(team_of).id(), seat, badge: None, mentor: None }
}
