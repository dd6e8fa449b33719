//! Models as the runner handles them: to and from [`Values`].

use bondstone::prelude::*;

use crate::datum::{Cell, Datum, Values};
use crate::specification::Table;
use crate::world::{
    Account, Badge, Country, Follow, Member, NewAccount, NewBadge, NewCountry, NewFollow,
    NewMember, NewPerson, NewProfile, NewSession, Person, Profile, Session,
};

/// A model of the world.
pub trait Fixture: Plural + PartialEq {
    /// What is inserted when the engine fills the rest.
    type Fresh: New<Model = Self>;

    /// Its table.
    const TABLE: Table;

    /// The row as data.
    fn values(&self) -> Values;
    /// The row of such data.
    fn of(values: &[Datum]) -> Self;
    /// Changes one column.
    fn set(&mut self, column: usize, value: &Datum);
    /// The row without what the engine fills.
    fn fresh(self) -> Self::Fresh;
    /// The id of a key.
    fn id_of(key: &Datum) -> Id<Self>;
    /// The key of an id.
    fn key_of(id: &Id<Self>) -> Datum;
}

macro_rules! fixtures {
    ($($model:ident in $table:ident { $($field:ident),+ } new $fresh:ident { $($given:ident),* })*) => {
        $(impl Fixture for $model {
            type Fresh = $fresh;

            const TABLE: Table = Table::$table;

            fn values(&self) -> Values {
                vec![$(self.$field.datum()),+]
            }

            fn of(values: &[Datum]) -> Self {
                let mut values = values.iter();
                let mut next = || values.next().unwrap_or(&Datum::Null);
                Self { $($field: Cell::cell(next())),+ }
            }

            fn set(&mut self, column: usize, value: &Datum) {
                let fields = [$(stringify!($field)),+];
                match fields[column] {
                    $(stringify!($field) => self.$field = Cell::cell(value),)+
                    _ => unreachable!("columns are those of the model"),
                }
            }

            fn fresh(self) -> $fresh {
                $fresh { $($given: self.$given),* }
            }

            fn id_of(key: &Datum) -> Id<Self> {
                Cell::cell(key)
            }

            fn key_of(id: &Id<Self>) -> Datum {
                id.datum()
            }
        })*
    };
}

fixtures! {
    Person in People {
        id, name, nick, age, town, team, grade, score, born, boss, made_at, seen_at
    } new NewPerson { name, nick, age, town, team, grade, boss }
    Country in Countries { code, size, part_of } new NewCountry { code, size, part_of }
    Session in Sessions { id, person, opened, client } new NewSession { person, opened }
    Account in Accounts {
        id, owner, home, residence, standing, opened, balance
    } new NewAccount { owner, residence, standing, opened, balance }
    Member in Members { person, country, role, since } new NewMember { person, country, role, since }
    Badge in Badges { member, kind, serial, issuer } new NewBadge { member, kind, serial, issuer }
    Profile in Profiles { person, motto, mentor } new NewProfile { person, motto, mentor }
    Follow in Follows { fan, idol, since } new NewFollow { fan, idol, since }
}

/// Runs code with the model of a table: `with_model!(table, M => view.count::<M>())`.
#[macro_export]
macro_rules! with_model {
    ($table:expr, $model:ident => $body:expr) => {
        match $table {
            $crate::specification::Table::People => {
                type $model = $crate::world::Person;
                $body
            }
            $crate::specification::Table::Countries => {
                type $model = $crate::world::Country;
                $body
            }
            $crate::specification::Table::Sessions => {
                type $model = $crate::world::Session;
                $body
            }
            $crate::specification::Table::Accounts => {
                type $model = $crate::world::Account;
                $body
            }
            $crate::specification::Table::Members => {
                type $model = $crate::world::Member;
                $body
            }
            $crate::specification::Table::Badges => {
                type $model = $crate::world::Badge;
                $body
            }
            $crate::specification::Table::Profiles => {
                type $model = $crate::world::Profile;
                $body
            }
            $crate::specification::Table::Follows => {
                type $model = $crate::world::Follow;
                $body
            }
        }
    };
}
