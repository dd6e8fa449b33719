//! What the words of `schema` are in bondstone: the typed constants, for visitors that are generic over them.

use std::hash::Hash;

pub(crate) use bondstone::__private::IntoTerm;
use bondstone::prelude::*;
use bondstone::{AutoKey, Column, Fetch, Follow, RelatedTo, Selection, Several, Term};

use super::cell::Cell;
use super::models::{Badge, Label, Order, Person, State, Tag, Town};
use super::question::Way;
use super::schema::{Joint, Key, Pair, Relation, Table};

/// A model that can be asked.
pub(crate) trait Asked: Plural + New<Model = Self> {
    const TABLE: Table;
    type Measure: Value<Plain = i64>;
    const MEASURE: Column<Self, Self::Measure>;

    /// The row with these values.
    fn of(cells: &[Cell]) -> Option<Self>;
    fn cells(&self) -> Vec<Cell>;
    fn id_of(key: &[Cell]) -> Option<Id<Self>>;
    fn id_cells(id: &Id<Self>) -> Vec<Cell>;

    fn with_key<V: KeyVisitor<Self>>(key: &Key, visitor: V) -> V::Out;
    fn with_pair<V: PairVisitor<Self>>(pair: Pair, visitor: V) -> V::Out;
    fn with_join<V: JoinVisitor<Self>>(joint: &Joint, visitor: V) -> V::Out;
    fn with_many<V: ManyVisitor<Self>>(relation: &Relation, visitor: V) -> V::Out;
    fn with_one<V: OneVisitor<Self>>(relation: &Relation, visitor: V) -> V::Out;

    /// The rows below another one.
    fn under(_above: Id<Self>) -> Option<Pred<Self>> {
        None
    }

    /// The rows above another one.
    fn above(_below: Id<Self>) -> Option<Pred<Self>> {
        None
    }
}

/// Something to do with an expression.
pub(crate) trait KeyVisitor<M: Model> {
    type Out;
    fn visit<E: Readable<M>>(self, key: E) -> Self::Out;
}

/// Something to do with two expressions of one type.
pub(crate) trait PairVisitor<M: Model> {
    type Out;
    fn visit<L, R>(self, left: L, right: R) -> Self::Out
    where
        L: Readable<M>,
        R: Readable<M, Value = L::Value> + IntoTerm<M, L::Value, Term: Term<M, L::Value>>;
}

/// Something to do with an expression and one of another model that has values like it.
pub(crate) trait JoinVisitor<M: Model> {
    type Out;
    fn visit<P: Asked, L, R>(self, left: L, right: R) -> Self::Out
    where
        L: Expression<M, Value: Told>,
        R: Expression<P, Value = L::Value>;
}

/// An expression that can be compared, sorted by, grouped by and selected.
pub(crate) trait Readable<M: Model>:
    Expression<M, Value: Told> + for<'v> Selection<M, Seen<'v>: Clone + Ord + Hash, Item<'v>: ToldItem>
{
}

impl<M: Model, E> Readable<M> for E where
    E: Expression<M, Value: Told>
        + for<'v> Selection<M, Seen<'v>: Clone + Ord + Hash, Item<'v>: ToldItem>
{
}

/// What a query hands out.
pub(crate) trait ToldItem {
    fn told(&self) -> Cell;
}

macro_rules! items {
    ($($type:ty),*) => {$(
        impl ToldItem for $type {
            fn told(&self) -> Cell {
                self.cell()
            }
        }

        impl ToldItem for &$type {
            fn told(&self) -> Cell {
                self.cell()
            }
        }
    )*};
}

items!(i64, u32, u64, bool, String, Decimal, State);
items!(Id<Town>, Id<Person>, Id<Badge>, Id<Order>, Id<Tag>);

impl<T: ToldItem> ToldItem for Option<T> {
    fn told(&self) -> Cell {
        self.as_ref().map_or(Cell::Null, ToldItem::told)
    }
}

/// Something to do with a relation to several rows.
pub(crate) trait ManyVisitor<M: Model> {
    type Out;
    fn visit<R: Leads<M>>(self, relation: R) -> Self::Out;
}

/// The model that a relation leads to.
pub(crate) type Target<M, R> = <R as RelatedTo<M>>::Target;

/// A relation to several rows that can be asked.
pub(crate) trait Leads<M: Model>:
    ToMany<M>
    + RelatedTo<M, Target: Asked>
    + Follow<M, Target = Target<M, Self>, Shape = Several>
    + for<'v> Fetch<M, Found<'v> = Vec<&'v Target<M, Self>>>
    + for<'v> Traverse<M, Found<'v> = Related<'v, Target<M, Self>>>
{
}

impl<M: Model, R> Leads<M> for R where
    R: ToMany<M>
        + RelatedTo<M, Target: Asked>
        + Follow<M, Target = Target<M, R>, Shape = Several>
        + for<'v> Fetch<M, Found<'v> = Vec<&'v Target<M, R>>>
        + for<'v> Traverse<M, Found<'v> = Related<'v, Target<M, R>>>
{
}

/// Something to do with a relation to one row at most.
pub(crate) trait OneVisitor<M: Model> {
    type Out;
    fn visit<R: LeadsToOne<M>>(self, relation: R) -> Self::Out;
}

/// A relation to one row at most that can be asked.
pub(crate) trait LeadsToOne<M: Model>:
    ToOne<M, Target: Asked> + for<'v> Fetch<M, Found<'v>: Into<Option<&'v <Self as ToOne<M>>::Target>>>
{
}

impl<M: Model, R> LeadsToOne<M> for R where
    R: ToOne<M, Target: Asked>
        + for<'v> Fetch<M, Found<'v>: Into<Option<&'v <R as ToOne<M>>::Target>>>
{
}

/// Runs code with the model of a table.
macro_rules! with_model {
    ($table:expr, $model:ident => $body:expr) => {
        with_model!(@ $table, $model => $body;
            Towns Town, People Person, Badges Badge, Orders Order, Tags Tag, Labels Label)
    };
    (@ $table:expr, $model:ident => $body:expr; $($name:ident $type:ident),*) => {
        match $table {
            $($crate::queries::schema::Table::$name => {
                type $model = $crate::queries::models::$type;
                $body
            })*
        }
    };
}
pub(crate) use with_model;

/// A type of values.
pub(crate) trait Told: Value + Ord + Hash {
    /// The value; `None` is null.
    fn of(cell: &Cell) -> Option<Self>;
    fn cell(&self) -> Cell;

    /// A condition that only flags know.
    fn is_true<M: Model, E: Expression<M, Value = Self>>(_key: E) -> Option<Pred<M>> {
        None
    }

    /// A condition that only texts know.
    fn is_like<M: Model, E: Expression<M, Value = Self>>(
        _key: E,
        _way: Way,
        _ignoring_case: bool,
        _part: &str,
    ) -> Option<Pred<M>> {
        None
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Told for $number {
            fn of(cell: &Cell) -> Option<Self> {
                cell.number()?.try_into().ok()
            }

            fn cell(&self) -> Cell {
                i64::try_from(*self).ok().into()
            }
        }
    )*};
}

numbers!(i64, u32, u64);

impl Told for bool {
    fn of(cell: &Cell) -> Option<Self> {
        Some(cell.number()? == 1)
    }

    fn cell(&self) -> Cell {
        (*self).into()
    }

    fn is_true<M: Model, E: Expression<M, Value = Self>>(key: E) -> Option<Pred<M>> {
        Some(key.is_true())
    }
}

impl Told for String {
    fn of(cell: &Cell) -> Option<Self> {
        cell.text().map(Self::from)
    }

    fn cell(&self) -> Cell {
        Cell::Text(self.clone())
    }

    fn is_like<M: Model, E: Expression<M, Value = Self>>(
        key: E,
        way: Way,
        ignoring_case: bool,
        part: &str,
    ) -> Option<Pred<M>> {
        Some(match (way, ignoring_case) {
            (Way::Is, false) => key.eq(part),
            (Way::Begins, false) => key.starts_with(part),
            (Way::Contains, false) => key.contains(part),
            (Way::Ends, false) => key.ends_with(part),
            (Way::Is, true) => key.eq_ignoring_case(part),
            (Way::Begins, true) => key.starts_with_ignoring_case(part),
            (Way::Contains, true) => key.contains_ignoring_case(part),
            (Way::Ends, true) => key.ends_with_ignoring_case(part),
        })
    }
}

impl Told for Decimal {
    fn of(cell: &Cell) -> Option<Self> {
        Some(Self::new(cell.number()?, 2))
    }

    fn cell(&self) -> Cell {
        let cents = self * Self::ONE_HUNDRED;
        cents.trunc().try_into().ok().into()
    }
}

impl Told for State {
    fn of(cell: &Cell) -> Option<Self> {
        let all = [Self::Open, Self::Paid, Self::Sent];
        all.get(usize::try_from(cell.number()?).ok()?).copied()
    }

    fn cell(&self) -> Cell {
        Cell::Number(*self as i64)
    }
}

/// What a key of one column is made of.
trait Part: Sized {
    fn part_of(cell: &Cell) -> Option<Self>;
    fn part(&self) -> Cell;
}

impl Part for AutoKey {
    fn part_of(cell: &Cell) -> Option<Self> {
        Self::new(cell.number()?.try_into().ok()?)
    }

    fn part(&self) -> Cell {
        i64::try_from(self.get()).ok().into()
    }
}

impl Part for String {
    fn part_of(cell: &Cell) -> Option<Self> {
        Told::of(cell)
    }

    fn part(&self) -> Cell {
        self.cell()
    }
}

impl<M: Model<Key: Part>> Told for Id<M> {
    fn of(cell: &Cell) -> Option<Self> {
        M::Key::part_of(cell).map(Self::new)
    }

    fn cell(&self) -> Cell {
        self.key().part()
    }
}

/// What stands in a column.
trait Field: Sized {
    fn field_of(cell: &Cell) -> Option<Self>;
    fn field(&self) -> Cell;
}

impl<T: Told> Field for T {
    fn field_of(cell: &Cell) -> Option<Self> {
        T::of(cell)
    }

    fn field(&self) -> Cell {
        self.cell()
    }
}

/// An option that may be null, whatever else it may not be.
macro_rules! nullable {
    ($($type:ty),*) => {$(
        impl Field for Option<$type> {
            fn field_of(cell: &Cell) -> Option<Self> {
                if cell.is_null() { Some(None) } else { <$type>::of(cell).map(Some) }
            }

            fn field(&self) -> Cell {
                self.as_ref().map_or(Cell::Null, Told::cell)
            }
        }
    )*};
}

nullable!(i64, String, Id<Town>, Id<Person>, Id<Tag>);

macro_rules! compare {
    ($comparison:expr, $left:expr, $right:expr) => {
        match $comparison {
            Comparison::Equal => $left.eq($right),
            Comparison::Unequal => $left.ne($right),
            Comparison::Less => $left.lt($right),
            Comparison::LessOrEqual => $left.le($right),
            Comparison::Greater => $left.gt($right),
            Comparison::GreaterOrEqual => $left.ge($right),
        }
    };
}
pub(crate) use compare;

macro_rules! asked {
    ($($model:ident in $table:ident ($($column:ident),*) by $id:ident
        summing $measure:ident: $measured:ty $(, walking $hierarchy:ident)? {
        $($key:literal: $expression:expr,)*
    } pairs {
        $(($left:literal, $right:literal): $first:expr, $second:expr;)*
    } joins {
        $($joint:literal: $joined:ident, $here:expr, $there:expr;)*
    } manies {
        $($many:literal: $to_many:expr,)*
    } ones {
        $($one:literal: $to_one:expr,)*
    })*) => {$(
        impl Asked for $model {
            const TABLE: Table = Table::$table;
            type Measure = $measured;
            const MEASURE: Column<Self, $measured> = Self::$measure;

            $(
                fn under(above: Id<Self>) -> Option<Pred<Self>> {
                    Some(Self::$hierarchy.under(above))
                }

                fn above(below: Id<Self>) -> Option<Pred<Self>> {
                    Some(Self::$hierarchy.above(below))
                }
            )?

            fn of(cells: &[Cell]) -> Option<Self> {
                let mut cells = cells.iter();
                Some(Self { $($column: Field::field_of(cells.next()?)?),* })
            }

            fn cells(&self) -> Vec<Cell> {
                vec![$(self.$column.field()),*]
            }

            fn id_of(key: &[Cell]) -> Option<Id<Self>> {
                asked!(@id_of $id key)
            }

            fn id_cells(id: &Id<Self>) -> Vec<Cell> {
                asked!(@id_cells $id id)
            }

            fn with_key<V: KeyVisitor<Self>>(key: &Key, visitor: V) -> V::Out {
                match key.name {
                    $($key => visitor.visit($expression),)*
                    other => panic!("{} has no key {other}", Self::TABLE.specification().name),
                }
            }

            fn with_pair<V: PairVisitor<Self>>(pair: Pair, visitor: V) -> V::Out {
                match pair {
                    $(($left, $right) => visitor.visit($first, $second),)*
                    other => panic!("{} has no pair {other:?}", Self::TABLE.specification().name),
                }
            }

            fn with_join<V: JoinVisitor<Self>>(joint: &Joint, visitor: V) -> V::Out {
                match joint.name {
                    $($joint => visitor.visit::<$joined, _, _>($here, $there),)*
                    other => panic!("{} is not joined by {other}", Self::TABLE.specification().name),
                }
            }

            fn with_many<V: ManyVisitor<Self>>(relation: &Relation, _visitor: V) -> V::Out {
                match relation.name {
                    $($many => _visitor.visit($to_many),)*
                    other => panic!("{} has no relation {other}", Self::TABLE.specification().name),
                }
            }

            fn with_one<V: OneVisitor<Self>>(relation: &Relation, _visitor: V) -> V::Out {
                match relation.name {
                    $($one => _visitor.visit($to_one),)*
                    other => panic!("{} has no relation {other}", Self::TABLE.specification().name),
                }
            }
        }
    )*};
    (@id_of one $key:ident) => { Told::of($key.first()?) };
    (@id_cells one $id:ident) => { vec![$id.cell()] };
    (@id_of two $key:ident) => { Some(Id::new((Told::of($key.first()?)?, Told::of($key.get(1)?)?))) };
    (@id_cells two $id:ident) => { vec![$id.key().0.cell(), $id.key().1.cell()] };
}

asked! {
    Town in Towns (code, region, size, rank) by one summing SIZE: i64 {
        "region": Self::REGION,
        "code": Self::CODE,
        "size": Self::SIZE,
        "rank": Self::RANK,
        "number of people": Self::PEOPLE.size(),
        "rank + size": Self::RANK + Self::SIZE,
    } pairs {
        ("rank", "size"): Self::RANK, Self::SIZE;
        ("size", "rank"): Self::SIZE, Self::RANK;
    } joins {
        "region = name": Person, Self::REGION, Person::NAME;
        "code = town_id": Person, Self::CODE, Person::TOWN_ID.to(Self::CODE);
        "size = cents": Order, Self::SIZE, Order::CENTS;
    } manies {
        "people": Self::PEOPLE,
    } ones {}

    Person in People (id, name, nick, age, score, fee, town_id, boss_id) by one summing SCORE: Option<i64>, walking BOSS_ID {
        "name": Self::NAME,
        "score": Self::SCORE,
        "age": Self::AGE,
        "id": Self::ID,
        "nick": Self::NICK,
        "fee": Self::FEE,
        "town_id": Self::TOWN_ID,
        "boss_id": Self::BOSS_ID,
        "initial": Self::INITIAL,
        "length": Self::LENGTH,
        "is_grown": Self::IS_GROWN,
        "call": Self::CALL,
        "spent": Self::SPENT,
        "town_id.region": Self::TOWN_ID.to(Town::REGION),
        "town_id.code": Self::TOWN_ID.to(Town::CODE),
        "town_id.size": Self::TOWN_ID.to(Town::SIZE),
        "boss_id.age": Self::BOSS_ID.to(Self::AGE),
        "boss_id.is_grown": Self::BOSS_ID.to(Self::IS_GROWN),
        "boss_id.boss_id": Self::BOSS_ID.to(Self::BOSS_ID),
        "boss_id.boss_id.name": Self::BOSS_ID.to(Self::BOSS_ID).to(Self::NAME),
        "boss_id.town_id.rank": Self::BOSS_ID.to(Self::TOWN_ID).to(Town::RANK),
        "age - 3": Self::AGE - 3,
        "score * 2 + 1": Self::SCORE * 2 + 1_i64,
        "score / age": Self::SCORE / Self::AGE.cast::<i64>(),
        "number of orders": Self::ORDERS.size(),
        "number of staff": Self::STAFF.size(),
        "number of tags": Self::TAGS.size(),
    } pairs {
        ("score", "length"): Self::SCORE, Self::LENGTH;
        ("age", "boss_id.age"): Self::AGE, Self::BOSS_ID.to(Self::AGE);
        ("boss_id.age", "age"): Self::BOSS_ID.to(Self::AGE), Self::AGE;
        ("score", "town_id.size"): Self::SCORE, Self::TOWN_ID.to(Town::SIZE);
        ("initial", "town_id.region"): Self::INITIAL, Self::TOWN_ID.to(Town::REGION);
        ("number of orders", "number of tags"): Self::ORDERS.size(), Self::TAGS.size();
        ("nick", "call"): Self::NICK, Self::CALL;
        ("score * 2 + 1", "spent"): Self::SCORE * 2 + 1_i64, Self::SPENT;
    } joins {
        "id = buyer_id": Order, Self::ID, Order::BUYER_ID;
        "score = score": Self, Self::SCORE, Self::SCORE;
        "nick = word": Tag, Self::NICK, Tag::WORD;
        "boss_id = boss_id": Self, Self::BOSS_ID, Self::BOSS_ID;
        "boss_id = id": Self, Self::BOSS_ID, Self::ID;
        "name = initial": Self, Self::NAME, Self::INITIAL;
        "town_id.region = region": Town, Self::TOWN_ID.to(Town::REGION), Town::REGION;
        "score * 2 + 1 = day": Order, Self::SCORE * 2 + 1_i64, Order::DAY;
    } manies {
        "orders": Self::ORDERS,
        "paid": Self::PAID,
        "staff": Self::STAFF,
        "labels": Self::LABELS,
        "tags": Self::TAGS,
    } ones {
        "town_id": Self::TOWN_ID,
        "boss_id": Self::BOSS_ID,
        "badge": Self::BADGE,
        "boss_id.town_id": Self::BOSS_ID.to(Self::TOWN_ID),
    }

    Badge in Badges (id, person_id, number) by one summing NUMBER: Option<i64> {
        "number": Self::NUMBER,
        "id": Self::ID,
        "person_id": Self::PERSON_ID,
        "person_id.score": Self::PERSON_ID.to(Person::SCORE),
        "person_id.name": Self::PERSON_ID.to(Person::NAME),
    } pairs {
        ("number", "person_id.score"): Self::NUMBER, Self::PERSON_ID.to(Person::SCORE);
    } joins {
        "number = score": Person, Self::NUMBER, Person::SCORE;
    } manies {} ones {
        "person_id": Self::PERSON_ID,
    }

    Order in Orders (id, buyer_id, payer_id, state, day, cents, number, note) by one summing CENTS: i64 {
        "state": Self::STATE,
        "day": Self::DAY,
        "cents": Self::CENTS,
        "id": Self::ID,
        "buyer_id": Self::BUYER_ID,
        "payer_id": Self::PAYER_ID,
        "number": Self::NUMBER,
        "note": Self::NOTE,
        "buyer_id.name": Self::BUYER_ID.to(Person::NAME),
        "buyer_id.nick": Self::BUYER_ID.to(Person::NICK),
        "payer_id.score": Self::PAYER_ID.to(Person::SCORE),
        "buyer_id.town_id.region": Self::BUYER_ID.to(Person::TOWN_ID).to(Town::REGION),
        "buyer_id.boss_id": Self::BUYER_ID.to(Person::BOSS_ID),
        "cents * day": Self::CENTS * Self::DAY,
        "5 - day": 5 - Self::DAY,
    } pairs {
        ("buyer_id", "payer_id"): Self::BUYER_ID, Self::PAYER_ID;
        ("payer_id", "buyer_id"): Self::PAYER_ID, Self::BUYER_ID;
        ("day", "cents"): Self::DAY, Self::CENTS;
        ("note", "buyer_id.name"): Self::NOTE, Self::BUYER_ID.to(Person::NAME);
        ("payer_id.score", "cents"): Self::PAYER_ID.to(Person::SCORE), Self::CENTS;
    } joins {
        "note = note": Self, Self::NOTE, Self::NOTE;
        "payer_id = id": Person, Self::PAYER_ID, Person::ID;
        "buyer_id = person_id": Label, Self::BUYER_ID, Label::PERSON_ID;
        "day = rank": Town, Self::DAY, Town::RANK;
    } manies {} ones {
        "buyer_id": Self::BUYER_ID,
        "payer_id": Self::PAYER_ID,
        "buyer_id.town_id": Self::BUYER_ID.to(Person::TOWN_ID),
    }

    Tag in Tags (id, word, weight, parent_id) by one summing WEIGHT: Option<i64>, walking PARENT_ID {
        "word": Self::WORD,
        "weight": Self::WEIGHT,
        "id": Self::ID,
        "parent_id": Self::PARENT_ID,
        "parent_id.word": Self::PARENT_ID.to(Self::WORD),
        "parent_id.weight": Self::PARENT_ID.to(Self::WEIGHT),
        "parent_id.parent_id": Self::PARENT_ID.to(Self::PARENT_ID),
        "number of subtags": Self::SUBTAGS.size(),
        "number of people": Self::PEOPLE.size(),
    } pairs {
        ("weight", "parent_id.weight"): Self::WEIGHT, Self::PARENT_ID.to(Self::WEIGHT);
        ("parent_id", "id"): Self::PARENT_ID, Self::ID;
    } joins {
        "weight = strength": Label, Self::WEIGHT, Label::STRENGTH;
        "word = call": Person, Self::WORD, Person::CALL;
    } manies {
        "subtags": Self::SUBTAGS,
        "people": Self::PEOPLE,
        "labels": Self::LABELS,
    } ones {
        "parent_id": Self::PARENT_ID,
    }

    Label in Labels (person_id, tag_id, strength) by two summing STRENGTH: Option<i64> {
        "strength": Self::STRENGTH,
        "person_id": Self::PERSON_ID,
        "tag_id": Self::TAG_ID,
        "person_id.name": Self::PERSON_ID.to(Person::NAME),
        "tag_id.weight": Self::TAG_ID.to(Tag::WEIGHT),
        "tag_id.parent_id.word": Self::TAG_ID.to(Tag::PARENT_ID).to(Tag::WORD),
    } pairs {
        ("strength", "tag_id.weight"): Self::STRENGTH, Self::TAG_ID.to(Tag::WEIGHT);
    } joins {
        "tag_id = tag_id": Self, Self::TAG_ID, Self::TAG_ID;
    } manies {} ones {
        "person_id": Self::PERSON_ID,
        "tag_id": Self::TAG_ID,
        "tag_id.parent_id": Self::TAG_ID.to(Tag::PARENT_ID),
    }
}
