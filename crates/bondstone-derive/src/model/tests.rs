//! What is understood, and what is refused; how messages look at the user's tokens is tested with the compiler.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_quote};

use super::checked::{Action, IndexKind, KeyKind, Member, Model, Origin};
use super::expand;
use super::written::Kind;
use crate::paths::Paths;
use crate::source;

fn understood(input: &DeriveInput) -> Model {
    super::understand(input, Kind::Model).unwrap()
}

/// The positions of columns that are the model's own.
fn own(columns: &[Member]) -> Vec<usize> {
    let own = columns.iter().filter_map(|column| match column {
        Member::Own(position) => Some(*position),
        Member::Embedded { .. } => None,
    });
    own.collect()
}

/// The mistakes in a model, in the order in which they are reported.
fn mistakes(input: &DeriveInput) -> Vec<String> {
    let mistakes = super::understand(input, Kind::Model).err().into_iter().flatten();
    mistakes.map(|mistake| mistake.to_string()).collect()
}

fn expanded(input: &DeriveInput) -> String {
    let paths = Paths { root: quote!(::bondstone), private: quote!(::bondstone::__private) };
    expand::expand(&understood(input), &paths).to_string()
}

fn has(code: &str, tokens: &TokenStream) -> bool {
    let without_spaces = |text: &str| text.replace(char::is_whitespace, "");
    without_spaces(code).contains(&without_spaces(&tokens.to_string()))
}

fn cart_item() -> DeriveInput {
    parse_quote! {
        #[unique(cart_line: user_id, product_id)]
        #[index(hash, by_note: note)]
        #[check(positive: self.quantity > 0 && self.note().len() < self.quantity as usize)]
        pub struct CartItem {
            #[key]
            id: Id<Self>,
            #[on_delete(cascade)]
            user_id: Id<User>,
            #[immutable]
            product_id: Option<Id<shop::Product>>,
            #[default(1)]
            #[index]
            quantity: u32,
            #[unique]
            note: Option<String>,
            #[on_insert(tx.now())]
            #[on_update(tx.now())]
            r#type: Timestamp,
        }
    }
}

#[test]
fn tables_and_indexes_are_named() {
    let model = understood(&cart_item());
    assert_eq!(model.table, "cart_item");
    let indexes: Vec<_> =
        model.indexes.iter().map(|index| (&*index.name, index.kind, own(&index.columns))).collect();
    assert_eq!(
        indexes,
        [
            ("cart_item_quantity_idx", IndexKind::Ordered, vec![3]),
            ("cart_item_note_key", IndexKind::Unique, vec![4]),
            ("cart_line", IndexKind::Unique, vec![1, 2]),
            ("by_note", IndexKind::Hash, vec![4]),
        ]
    );
}

#[test]
fn indexes_over_hybrids_stand_where_they_are_written() {
    let model = understood(&parse_quote! {
        #[index(hash, LENGTH)]
        #[unique(line: name, kind)]
        #[unique(LIVE_SLUG)]
        #[index(FULL_NAME)]
        struct Page { #[key] id: Id<Page>, #[index] name: String, kind: u8 }
    });
    let indexes: Vec<_> = model
        .indexes
        .iter()
        .map(|index| (&*index.name, index.kind, index.hybrid.as_ref().map(ToString::to_string)))
        .collect();
    let hybrid = |name: &str| Some(name.to_owned());
    assert_eq!(
        indexes,
        [
            ("page_name_idx", IndexKind::Ordered, None),
            ("page_length_idx", IndexKind::Hash, hybrid("LENGTH")),
            ("line", IndexKind::Unique, None),
            ("page_live_slug_key", IndexKind::Unique, hybrid("LIVE_SLUG")),
            ("page_full_name_idx", IndexKind::Ordered, hybrid("FULL_NAME")),
        ]
    );
}

#[test]
fn acyclic_is_about_optional_keys_to_the_same_model() {
    let model = understood(&parse_quote! {
        struct Category { #[key] id: Id<Self>, #[acyclic] above: Option<Id<Self>>, beside: Option<Id<Category>> }
    });
    let acyclic: Vec<bool> = model.foreign_keys.iter().map(|key| key.acyclic).collect();
    assert_eq!(acyclic, [true, false]);
    let found = mistakes(&parse_quote! {
        struct Category {
            #[key]
            id: Id<Self>,
            #[acyclic]
            above: Id<Self>,
            #[acyclic]
            cover: Option<Id<Picture>>,
            #[acyclic]
            name: Option<String>,
        }
    });
    assert_eq!(found.len(), 3, "{found:#?}");
}

#[test]
fn foreign_keys_are_read_off_their_types() {
    let model = understood(&cart_item());
    let keys: Vec<_> = model
        .foreign_keys
        .iter()
        .map(|key| {
            (key.column, source::path_text(&key.target), key.nullable, key.method.to_string())
        })
        .collect();
    assert_eq!(
        keys,
        [
            (1, "User".to_owned(), false, "user".to_owned()),
            (2, "shop::Product".to_owned(), true, "product".to_owned())
        ]
    );
    let actions: Vec<_> =
        model.foreign_keys.iter().map(|key| (key.on_delete, key.on_update)).collect();
    assert_eq!(
        actions,
        [(Action::Cascade, Action::Cascade), (Action::Restrict, Action::Restrict)],
        "an immutable key does not follow"
    );
    assert!(model.foreign_keys.iter().all(|key| key.only && !key.unique));
}

#[test]
fn a_check_knows_the_columns_it_names() {
    let model = understood(&cart_item());
    assert_eq!(own(&model.checks[0].columns), [3], "`note()` is a method, not the column");
}

#[test]
fn every_column_knows_where_its_value_comes_from() {
    let model = understood(&cart_item());
    let origins: Vec<&str> = model
        .columns
        .iter()
        .map(|column| match column.origin {
            Origin::Engine => "engine",
            Origin::Given => "given",
            Origin::Default(_) | Origin::DefaultValue => "default",
            Origin::OnInsert(_) => "on_insert",
        })
        .collect();
    assert_eq!(origins, ["engine", "given", "given", "default", "given", "on_insert"]);
    assert!(model.columns[5].on_update.is_some());
    assert_eq!(
        (&*model.columns[5].name, &*model.columns[5].constant.to_string()),
        ("type", "TYPE")
    );
}

#[test]
fn keys_of_each_kind() {
    let kind = |input: DeriveInput| {
        let key = understood(&input).key;
        (key.kind, key.columns.len())
    };
    assert_eq!(
        kind(parse_quote!(
            struct User {
                #[key]
                id: Id<User>,
            }
        )),
        (KeyKind::Auto, 1)
    );
    assert_eq!(
        kind(parse_quote!(
            struct User {
                #[key(uuid)]
                id: Id<Self>,
            }
        )),
        (KeyKind::Uuid(7), 1)
    );
    assert_eq!(
        kind(parse_quote!(
            struct User {
                #[key(uuid_v4)]
                id: Id<User>,
            }
        )),
        (KeyKind::Uuid(4), 1)
    );
    assert_eq!(
        kind(parse_quote!(
            struct Country {
                #[key]
                code: String,
            }
        )),
        (KeyKind::Natural, 1)
    );
    assert_eq!(
        kind(parse_quote!(
            struct Employee {
                #[key]
                id: Id<Person>,
            }
        )),
        (KeyKind::Natural, 1)
    );
    let composite = parse_quote!(
        struct Follow {
            #[key]
            from: Id<User>,
            #[key]
            to: Id<User>,
        }
    );
    assert_eq!(kind(composite), (KeyKind::Natural, 2));
}

#[test]
fn a_key_that_is_a_foreign_key_is_unique_by_itself() {
    let model = understood(&parse_quote!(
        struct Employee {
            #[key]
            id: Id<Person>,
        }
    ));
    assert!(model.foreign_keys[0].unique);
    assert_eq!(model.foreign_keys[0].method.to_string(), "person", "`id` would hide `Model::id`");
    let link = understood(&parse_quote!(
        struct PostTag {
            #[key]
            post: Id<Post>,
            #[key]
            tag: Id<Tag>,
        }
    ));
    assert!(link.foreign_keys.iter().all(|key| !key.unique));
}

#[test]
fn two_keys_to_one_model_are_not_the_only_one() {
    let model = understood(&parse_quote! {
        struct Message { #[key] id: Id<Message>, from: Id<User>, to: Id<User>, about: Option<Id<Post>> }
    });
    let only: Vec<bool> = model.foreign_keys.iter().map(|key| key.only).collect();
    assert_eq!(only, [false, false, true]);
}

#[test]
fn an_alias_is_a_foreign_key_when_it_says_so() {
    let model = understood(&parse_quote! {
        struct Order { #[key] id: Id<Order>, #[references(User)] by: UserId, #[references(User)] to: Option<UserId> }
    });
    let nullable: Vec<bool> = model.foreign_keys.iter().map(|key| key.nullable).collect();
    assert_eq!(nullable, [false, true]);
}

#[test]
fn mistakes_are_collected() {
    let found = mistakes(&parse_quote! {
        #[index(by_nmae: nmae)]
        struct Person {
            #[unique]
            #[unique]
            name: Option<String>,
            #[on_delete(set_null)]
            parent: Id<Person>,
            #[default(0)]
            #[on_insert(1)]
            age: u8,
        }
    });
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn a_wrong_key_is_still_a_key() {
    let found = mistakes(&parse_quote!(
        struct User {
            #[key(serial)]
            id: Id<User>,
        }
    ));
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[test]
fn new_rows_hold_what_only_the_user_knows() {
    let code = expanded(&cart_item());
    assert!(has(
        &code,
        &quote! {
            pub struct NewCartItem {
                #[doc = "The column `user_id`."] user_id: Id<User>,
                #[doc = "The column `product_id`."] product_id: Option<Id<shop::Product>>,
                #[doc = "The column `note`."] note: Option<String>,
            }
        }
    ));
    assert!(has(
        &code,
        &quote! {
            id: tx.next_id::<CartItem>()?, user_id: self.user_id, product_id: self.product_id,
            quantity: __default_quantity(), note: self.note, r#type: tx.now(),
        }
    ));
    let default = has(&code, &quote! { fn __default_quantity() -> u32 { 1 } });
    assert!(default, "stored rows without the column get it, too");
    assert!(has(
        &code,
        &quote!(if self.r#type == before.r#type {
            self.r#type = tx.now();
        })
    ));
}

#[test]
fn a_model_reaches_each_other_model_once() {
    let code = expanded(&parse_quote! {
        #[has_many(children: Category, products: Product, tags: Tag via Label)]
        struct Category { #[key] id: Id<Category>, parent: Option<Id<Self>>, best: Option<Id<Product>> }
    });
    let reach = quote! {
        fn reach(models: &mut ::bondstone::Models) {
            models.add::<Product>();
            models.add::<Tag>();
            models.add::<Label>();
        }
    };
    assert!(has(&code, &reach), "{code}");
}

#[test]
fn a_field_that_is_a_mixin_has_no_codec() {
    let mistakes = mistakes(&parse_quote! {
        struct Post {
            #[key]
            id: Id<Post>,
            #[mixin]
            #[codec(AsText)]
            times: Times,
        }
    });
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(mistakes[0].contains("codec"), "{mistakes:?}");
}
