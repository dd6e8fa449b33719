//! What the derive writes into a model's definition.

use bondstone::__private::{
    ColumnSet, Hashing, IndexKind, KeyBuf, KeyKind, Limit, RelationKind, RowOps, ValueRef,
};
use bondstone::Action;
use bondstone::prelude::*;

/// An item in
/// somebody's cart.
#[derive(Clone, Debug, Model)]
#[unique(cart_line: user_id, note)]
#[index(by_size: size, note)]
#[index(by_words: words, size)]
#[index(hash, by_note: note)]
#[check(positive: self.size   >
    0)]
#[has_many(parts: CartItem, tags: Tag via ItemTag)]
struct CartItem {
    #[key]
    id: Id<CartItem>,
    /// Whose.
    #[on_delete(cascade)]
    user_id: Id<User>,
    #[unique]
    #[max_len(5)]
    note: Option<String>,
    #[default(1 + 1)]
    size: i16,
    #[private]
    #[immutable]
    #[default]
    words: Vec<u8>,
    parent: Option<Id<CartItem>>,
    #[index(hash)]
    shelf: Option<u8>,
}

#[derive(Clone, Debug, Model)]
#[has_one(badge: Badge)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Badge {
    #[key(uuid_v4)]
    id: Id<Badge>,
    #[unique]
    user_id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Tag {
    #[key]
    name: String,
}

#[derive(Clone, Debug, Model)]
struct ItemTag {
    #[key]
    item: Id<CartItem>,
    #[key]
    tag: Id<Tag>,
}

fn item(note: Option<&str>, size: i16) -> CartItem {
    CartItem {
        id: Id::from_u64(3).unwrap(),
        user_id: Id::from_u64(7).unwrap(),
        note: note.map(Into::into),
        size,
        words: vec![1, 2],
        parent: None,
        shelf: None,
    }
}

fn names_and_words() {
    let cart = CartItem::DEFINITION;
    assert_eq!((cart.name, cart.rust_name), ("cart_item", "CartItem"));
    assert_eq!(cart.doc, "An item in\nsomebody's cart.");
    let columns: Vec<_> = cart.columns.iter().map(|column| column.name).collect();
    assert_eq!(columns, ["id", "user_id", "note", "size", "words", "parent", "shelf"]);
    let indexes: Vec<_> = cart.indexes.iter().map(|index| index.name).collect();
    let expected = [
        "cart_item_note_key",
        "cart_item_shelf_idx",
        "cart_line",
        "by_size",
        "by_words",
        "by_note",
    ];
    assert_eq!(indexes, expected);
    assert_eq!(cart.key.index.name, "cart_item_pkey");
    let keys: Vec<_> = cart.foreign_keys.iter().map(|key| key.name).collect();
    assert_eq!(keys, ["cart_item_user_id_fkey", "cart_item_parent_fkey"]);
    assert_eq!((cart.checks[0].name, cart.checks[0].text), ("positive", "self.size > 0"));
    assert_eq!(cart.checks[0].columns, [3]);
    let relations: Vec<_> = cart.relations.iter().map(|r| (r.name, r.kind)).collect();
    assert_eq!(relations, [("parts", RelationKind::Many), ("tags", RelationKind::ManyVia)]);
    assert_eq!((cart.relations[1].via.unwrap())().table, "item_tag");
    assert_eq!(User::DEFINITION.relations[0].kind, RelationKind::One);
}

fn columns() {
    let columns = CartItem::DEFINITION.columns;
    assert!(columns[0].key && !columns[1].key);
    assert_eq!(columns[1].doc, "Whose.");
    assert_eq!(
        (columns[3].default, columns[4].default),
        (Some("1 + 1"), Some("Default::default()"))
    );
    assert!(columns[4].private && columns[4].immutable && !columns[3].private);
    assert_eq!(columns[2].limit, Some(Limit::MaxLen(5)));
    assert_eq!((columns[2].type_info)().name, "opt<text>");
    let mut row = item(Some("äöüäöü"), 1);
    let RowOps { view, differing, enforce, .. } = CartItem::DEFINITION.row;
    assert!(enforce(&mut row, 2).is_err());
    let texts: Vec<_> = (0..7).map(|column| view(&row, column).to_string()).collect();
    assert_eq!(texts, ["3", "7", "\"äöüäöü\"", "1", "[1, 2]", "null", "null"]);
    let other = item(None, 1);
    assert_eq!(differing(&row, &other), ColumnSet::of(&[2]));
}

fn keys() {
    let hashing = Hashing::default();
    assert_eq!(CartItem::DEFINITION.key.kind, KeyKind::Auto);
    assert_eq!((CartItem::DEFINITION.key.index.hash)(&item(None, 1), &hashing), None);
    let tag = Tag { name: "new".into() };
    assert_eq!(Tag::DEFINITION.key.kind, KeyKind::Natural);
    let hash = (Tag::DEFINITION.key.index.hash)(&tag, &hashing);
    assert_eq!(hash, Some(hashing.hash(tag.id().key())));
    assert_eq!(hash, Some(hashing.hash("new")));
    let link = ItemTag { item: Id::from_u64(3).unwrap(), tag: tag.id() };
    let hash = (ItemTag::DEFINITION.key.index.hash)(&link, &hashing);
    assert_eq!(hash, Some(hashing.hash(link.id().key())));
    assert_eq!(ItemTag::DEFINITION.key.index.columns, [0, 1]);
    assert_eq!(Badge::DEFINITION.key.kind, KeyKind::Uuid(4));
    let badge = Badge { id: Id::new(Uuid::from_u128(9)), user_id: Id::from_u64(1).unwrap() };
    let hash = (Badge::DEFINITION.key.index.hash)(&badge, &hashing);
    assert_eq!(hash, Some(hashing.hash(&Uuid::from_u128(9))));
}

fn hashed_indexes() {
    let hashing = Hashing::default();
    let [note, shelf, line, .., by_note] = CartItem::DEFINITION.indexes else { unreachable!() };
    assert_eq!(
        (note.kind, line.kind, by_note.kind),
        (IndexKind::Unique, IndexKind::Unique, IndexKind::Hash)
    );
    let (with, without) = (item(Some("a"), 1), item(None, 1));
    assert_eq!((note.hash)(&with, &hashing), Some(hashing.hash(&Some("a"))));
    assert_eq!((note.hash)(&without, &hashing), None, "nulls are distinct");
    assert_eq!((line.hash)(&with, &hashing), Some(hashing.hash(&(with.user_id, Some("a")))));
    assert_eq!((line.hash)(&without, &hashing), None, "one null is enough");
    assert_eq!((by_note.hash)(&without, &hashing), Some(hashing.hash(&None::<&str>)));
    assert_eq!((shelf.hash)(&without, &hashing), Some(hashing.hash(&None::<u8>)));
    assert!((line.equal)(&with, &with.clone()) && !(line.equal)(&with, &without));
}

fn ordered_indexes() {
    let [.., by_size, by_words, _] = CartItem::DEFINITION.indexes else { unreachable!() };
    let (small, large) = (item(Some("b"), -2), item(Some("a"), 3));
    let order = by_size.order.as_ref().unwrap();
    let encode = |row| {
        let mut key = KeyBuf::new();
        (order.encode)(row, &mut key);
        key
    };
    assert_eq!(encode(&small).bytes(), [0x7f, 0xfe, 1, b'b']);
    assert!(encode(&small).bytes() < encode(&large).bytes());
    assert!(order.custom.is_none() && order.width.is_none() && (order.verify)().is_none());
    assert_eq!((by_size.hash)(&small, &Hashing::default()), None);
    let custom = by_words.order.as_ref().unwrap().custom.expect("a Vec is compared by its own Ord");
    assert_eq!(custom(&small).compare(&*custom(&large)), std::cmp::Ordering::Less);
}

fn foreign_keys() {
    let [user, parent] = CartItem::DEFINITION.foreign_keys else { unreachable!() };
    assert_eq!((user.on_delete, user.on_update), (Action::Cascade, Action::Cascade));
    assert_eq!((parent.on_delete, parent.on_update), (Action::Restrict, Action::Cascade));
    assert_eq!(((user.target)().table, (parent.target)().table), ("user", "cart_item"));
    assert!(!user.nullable && parent.nullable);
    let mut row = item(None, 1);
    assert_eq!(((user.number)(&row), (parent.number)(&row)), (Some(7), None));
    let (seven, eight) =
        (User { id: Id::from_u64(7).unwrap() }, User { id: Id::from_u64(8).unwrap() });
    assert!((user.refers)(&row, &seven) && !(user.refers)(&row, &eight));
    assert!((user.point)(&mut row, Some(&eight)) && row.user_id == eight.id);
    assert!(!(user.point)(&mut row, None), "a required key cannot be null");
    let other = row.clone();
    assert!((parent.point)(&mut row, Some(&other)) && row.parent == Some(other.id));
    assert!(user.reset.is_none());
}

fn constants() {
    let row = item(Some("a"), 1);
    assert_eq!((CartItem::NOTE.number(), CartItem::NOTE.name()), (2, "note"));
    assert_eq!(CartItem::NOTE.get(&row).as_deref(), Some("a"));
    assert_eq!(CartItem::CART_LINE.get(&row), (&row.user_id, &row.note));
    assert_eq!((CartItem::PARENT.position(), CartItem::PARENT.get(&row)), (1, None));
    assert_eq!(CartItem::PARTS.foreign_key(), 1);
    assert_eq!((CartItem::TAGS.near(), CartItem::TAGS.far()), (0, 1));
    assert!(Badge::USER_ID.is_unique() && !CartItem::USER_ID.is_unique());
    assert_eq!(Badge::USER_ID.inverse().foreign_key(), User::BADGE.foreign_key());
    assert!(matches!(
        (Tag::DEFINITION.row.view)(&Tag { name: "x".into() }, 0),
        ValueRef::Text("x")
    ));
}

fn main() {
    names_and_words();
    columns();
    keys();
    hashed_indexes();
    ordered_indexes();
    foreign_keys();
    constants();
}
