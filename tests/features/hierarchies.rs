//! Up and down a model that refers to itself.

use bondstone::prelude::*;

use crate::{Result, database};

#[derive(Clone, Debug, Model)]
#[table("categories")]
struct Category {
    #[key]
    id: Id<Category>,
    name: String,
    #[acyclic]
    parent_id: Option<Id<Category>>,
}

#[test]
fn x09_a_hierarchy_is_walked_and_never_goes_in_a_circle() -> Result {
    let db = database::<Category>();
    let [books, fiction, poems] = db.write(|tx| {
        let mut new =
            |name: &str, parent_id| tx.insert(NewCategory { name: name.into(), parent_id });
        let books = new("books", None)?;
        let fiction = new("fiction", Some(books))?;
        Ok([books, fiction, new("poems", Some(fiction))?])
    })?;
    let circle = db.write(|tx| tx.update(books, |row| row.parent_id = Some(poems)).map(drop));
    let circle = circle.unwrap_err();
    assert!(matches!(circle, Error::Cycle(_)) && circle.violates(Category::PARENT_ID));

    let snap = db.read();
    let up: Vec<&str> =
        Category::PARENT_ID.ancestors(poems, &snap).map(|row| row.name.as_str()).collect();
    assert_eq!(up, ["fiction", "books"], "nearest first");
    let down: Vec<_> = Category::PARENT_ID.descendants(books, &snap).map(|row| row.id).collect();
    assert_eq!(down, [fiction, poems], "parents first");
    assert_eq!(Category::PARENT_ID.roots(&snap).ids(), [books]);
    assert!(Category::PARENT_ID.is_ancestor(books, poems, &snap));
    assert_eq!(snap.query().filter(Category::PARENT_ID.under(fiction)).ids(), [poems]);
    Ok(())
}
