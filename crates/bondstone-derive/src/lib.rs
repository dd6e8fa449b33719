//! The derives of bondstone. Use them through the crate `bondstone`, which re-exports them.
//!
//! Each derive works in three steps that know little of one another: read what is written, check that it makes sense
//! together, write the code. All mistakes are collected and reported at once, each at the token to change.
//!
//! | module | noun |
//! |---|---|
//! | `faults` | the mistakes found so far |
//! | `names` | snake case, constants, methods: one name made from another |
//! | `source` | the user's tokens: their text, their types, `Self` replaced |
//! | `paths` | where the crate `bondstone` is found |
//! | `model` | `#[derive(Model)]`, `#[derive(Mixin)]`: attributes → checked model → expansion |
//! | `value` | `#[derive(Value)]` |
//! | `variants` | `#[derive(Variants)]` |
//! | `hybrid` | `#[hybrid]` |

mod faults;
mod hybrid;
mod model;
mod names;
mod paths;
mod source;
mod value;
mod variants;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a model: a table of its own, with a primary key.
///
/// ```text
/// /// Someone who orders.
/// #[derive(Clone, Debug, Model)]
/// #[table("users")]
/// #[has_many(orders: Order)]
/// pub struct User {
///     #[key]                              pub id: Id<User>,
///     #[unique] #[max_len(100)]           pub email: String,
///     #[immutable] #[on_insert(tx.now())] pub created_at: Timestamp,
/// }
/// ```
///
/// The struct stays as written. Beside it appear `NewUser` with the fields that have no default, a constant for each
/// column (`User::EMAIL`), relation (`User::ORDERS`) and named unique index, and a method for each relation
/// (`user.orders(&db)`) and foreign key (`order.user(&db)`).
///
/// # Above the struct
///
/// | attribute | meaning |
/// |---|---|
/// | `#[table("users")]` | the table's name; otherwise the struct's in snake case |
/// | `#[was("clients")]` | names that the table had before, under which its rows may still be stored |
/// | `#[unique(name: a, b)]` | no two rows agree in all of these columns; also a constant to find by |
/// | `#[index(name: a, b)]`, `#[index(hash, name: a, b)]` | an index over several columns |
/// | `#[unique(LIVE_SLUG)]` | no two rows have the same value of this [hybrid](macro@hybrid); rows in which it is `None` are free |
/// | `#[index(FULL_NAME)]`, `#[index(hash, FULL_NAME)]` | an index over a hybrid: ordered, or by hash only |
/// | `#[singleton]` | a table of one row: without key, every field with a default; there from the beginning |
/// | `#[check(name: self.a > 0)]` | a condition that every row meets |
/// | `#[has_many(orders: Order)]`, `#[has_many(sent: Message by sender_id)]` | the rows that refer to this one |
/// | `#[has_many(tags: Tag via PostTag)]`, `… via Follow(follower_id, followee_id)` | many to many |
/// | `#[has_one(profile: Profile)]` | the one row that refers to this one, by a unique foreign key |
///
/// # On a field
///
/// | attribute | meaning |
/// |---|---|
/// | `#[key]` | the primary key: on `Id<Self>` the engine numbers the rows; on several fields, a composite key |
/// | `#[key(uuid)]`, `#[key(uuid_v4)]` | the engine makes a UUID: ordered by time, or random |
/// | `#[unique]` | no two rows agree in this column |
/// | `#[index]`, `#[index(hash)]` | an index over this column: ordered, or by hash only |
/// | `#[index(tag, CUSTOMER_LEVEL)]` | on an enum with [`Variants`](macro@Variants): indexes over the tag, and over a field of a variant |
/// | `#[max_len(80)]` | at most so many characters |
/// | `#[decimal(10, 2)]` | at most 10 digits, 2 of them after the point |
/// | `#[default]`, `#[default(expression)]` | the value when none is given |
/// | `#[on_insert(tx.now())]` | the value when none is given, with `tx` at hand |
/// | `#[on_update(tx.now())]` | the value after an update that left the column alone |
/// | `#[on_delete(action)]`, `#[on_update(action)]` | on a foreign key: `restrict`, `cascade`, `set_null`, `set_default` |
/// | `#[immutable]` | set at insert, refused on change |
/// | `#[private]` | never shown in errors |
/// | `#[version]` | on a `u64`: 1 at first, one more after each change; for `tx.update_at` and `tx.replace` |
/// | `#[acyclic]` | on `Option<Id<Self>>`: no row becomes its own ancestor |
/// | `#[references(User)]` | a foreign key whose type is an alias of `Id<User>` |
/// | `#[method(name)]` | another name for the foreign key's method |
/// | `#[was("mail")]` | names that the column had before, under which its values may still be stored |
/// | `#[converted_from(Old, function)]` | the type that the column had before: the function takes such a value and returns the new one, or a `Result` of it |
/// | `#[codec(AsText)]` | the field is of a foreign type, stored as this codec says; queries and indexes see what is stored |
/// | `#[mixin]`, `#[mixin(given)]` | the field is a [`Mixin`](macro@Mixin), whose columns are the model's; a new row gives those without a default |
///
/// A field of type `Id<Other>` or `Option<Id<Other>>` is a foreign key without any attribute.
///
/// # What is stored
///
/// A row is stored under the names of its table and columns. A later version of the program may have other columns: the order of
/// fields means nothing, a removed column is passed over, a renamed one says what it was, and one of another type how it is converted.
/// An added one takes its `#[default]` (unless that reads `self` or `tx`: such a row is not being inserted), or else `None`;
/// where there is neither, the stored rows are refused when the database is opened.
///
/// ```text
/// #[derive(Clone, Debug, Model)]
/// #[was("clients")]
/// struct Customer {
///     #[key]                                    id: Id<Customer>,
///     #[was("mail", "e_mail")]                  email: String,
///     #[converted_from(f64, cents_of)]          credit: i64,      // fn cents_of(f64) -> Result<i64, Overflow>
///     #[default(1)]                             level: u8,        // new
/// }
/// ```
#[proc_macro_derive(
    Model,
    attributes(
        table,
        key,
        unique,
        index,
        check,
        max_len,
        decimal,
        default,
        on_insert,
        on_update,
        on_delete,
        immutable,
        private,
        acyclic,
        references,
        method,
        has_many,
        has_one,
        was,
        converted_from,
        mixin,
        singleton,
        version,
        codec
    )
)]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive(&input).into()
}

/// Makes a struct a mixin: columns that several models share.
///
/// ```text
/// #[derive(Clone, Debug, Mixin)]
/// pub struct Timestamps {
///     #[on_insert(tx.now())]                          pub created_at: Timestamp,
///     #[on_insert(tx.now())] #[on_update(tx.now())]   pub updated_at: Timestamp,
/// }
///
/// #[derive(Clone, Debug, Model)]
/// #[index(feed: status, created_at)]
/// pub struct Post {
///     #[key]      pub id: Id<Post>,
///                 pub status: Status,
///     #[mixin]    pub times: Timestamps,
/// }
/// ```
///
/// On its fields stands what stands on those of a [`Model`](macro@Model), above it `#[unique(name: a, b)]`, `#[index(name: a, b)]`
/// and `#[check(name: …)]`; but no key, no hierarchy, no relation, no other mixin. A name of an index that the derive makes
/// follows the table's: `posts_created_at_idx`.
///
/// Beside it appears a trait with its columns as constants, `TimestampsColumns`, which each model with the mixin has: where the
/// trait is in scope, `Post::CREATED_AT` is a column as any other.
///
/// If some of its fields have no default, the model says `#[mixin(given)]`, and a new row holds them: `NewPost { address:
/// NewAddress { … }, … }`.
#[proc_macro_derive(
    Mixin,
    attributes(
        key,
        unique,
        index,
        check,
        max_len,
        decimal,
        default,
        on_insert,
        on_update,
        on_delete,
        immutable,
        private,
        acyclic,
        references,
        method,
        has_many,
        has_one,
        was,
        converted_from,
        table,
        mixin,
        singleton,
        version,
        codec
    )
)]
pub fn derive_mixin(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    model::derive_mixin(&input).into()
}

/// Makes a struct or enum a value: something that may stand in a column.
///
/// Each field must be a value itself. An enum without fields gets an order-preserving encoding of two bytes at most;
/// everything else is ordered by its own `Ord` where a model asks for an ordered index.
///
/// # What is stored
///
/// A value is stored under the names of its fields and variants; the type's own name is not. What was stored is read by a later
/// version of the type as well when
///
/// * variants were added or put into another order: each is found by its name, as long as none that is stored was removed;
/// * fields were put into another order, or removed, or added with a type `Option<T>`, which are `None` then;
/// * a field of type `T` became an `Option<T>`, or an integer a wider one.
///
/// Anything else is refused when the database is opened, unless `#[converted_from(Old, function)]` on the model's column says how.
///
/// A type that contains itself, such as `enum Json { List(Vec<Json>), … }`, is stored as a whole, up to 128 levels deep. Of two
/// types that contain each other one must say so: `#[value(nested)]` above it. (Without, rustc speaks of an overflow while it
/// evaluates whether the one is a `Value`, and names the other.)
///
/// # Invariants
///
/// `#[value(try_from)]` above a struct of one field, such as `struct Email(String)`: what is read from a file goes through
/// `TryFrom<String>`, and a file with what that refuses is refused itself. (Without, only the field's own type is asked.)
#[proc_macro_derive(Value, attributes(value))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    value::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets queries see which variant an enum with data is, and what is in it.
///
/// ```text
/// #[derive(Clone, Debug, PartialEq, Value, Variants)]
/// enum Kind {
///     Employee(Employee),
///     Customer { level: u8 },
///     Guest,
/// }
/// ```
///
/// Beside it appear `KindTag`, the same variants without their data, and a constant for each field: `Kind::EMPLOYEE` for the
/// only one of a variant, `Kind::CUSTOMER_LEVEL` for one with a name, `Kind::PAIR_0` for one of several without. Of a column
/// `kind`:
///
/// | | |
/// |---|---|
/// | `Party::KIND.is(KindTag::Employee)` | is it this variant? |
/// | `Party::KIND.tag()` | which variant it is: to group by, to order by |
/// | `Party::KIND.case(Kind::CUSTOMER_LEVEL).gt(3)` | a field of one variant, null in all others |
/// | `#[index(tag, CUSTOMER_LEVEL)]` on the field `kind` | indexes for these |
#[proc_macro_derive(Variants)]
pub fn derive_variants(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    variants::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a method of a model a column that queries can use: a hybrid.
///
/// ```text
/// impl User {
///     /// First and last name.
///     #[hybrid]
///     pub fn full_name(&self) -> String {
///         format!("{} {}", self.first, self.last)
///     }
///
///     #[hybrid]
///     pub fn spent(&self, db: &View) -> Decimal {
///         self.orders(db).into_iter().map(|order| order.total).sum()
///     }
/// }
/// ```
///
/// The method stays as written. Beside it appears a constant of its name, with its visibility and documentation:
///
/// | method | constant | good for |
/// |---|---|---|
/// | `fn full_name(&self) -> String` | `User::FULL_NAME`, a `Computed` | filters, orders, groups, indexes |
/// | `fn spent(&self, db: &View) -> Decimal` | `User::SPENT`, a `Derived` | filters and orders |
///
/// | attribute | meaning |
/// |---|---|
/// | `#[hybrid]` | as above; `#[index(FULL_NAME)]` above the struct keeps an index over it |
/// | `#[hybrid(unique)]` | with `#[unique(FULL_NAME)]` above the struct: `find` takes the constant. `None` is not in the index |
/// | `#[hybrid(private)]` | no error shows its value; for what tells of a `#[private]` column |
///
/// A method that is indexed gives equal values for equal rows, and reads nothing but its row: an index is told when the row
/// changes, and nothing else. What it returns is owned. A mistake is a compile error at the word to change.
#[proc_macro_attribute]
pub fn hybrid(options: TokenStream, method: TokenStream) -> TokenStream {
    hybrid::expand(options.into(), method.into()).into()
}
