//! A function for all models with a mixin is called with one that has it not.

use bondstone::prelude::*;

#[derive(Clone, Debug, Mixin)]
struct Counted {
    #[default(0)]
    views: u32,
}

#[derive(Clone, Debug, Model)]
struct Page {
    #[key]
    id: Id<Page>,
}

fn most_seen<M: Embeds<Counted>>(db: &View) -> Option<&M> {
    db.query().order_by(M::VIEWS.desc()).first()
}

fn main() {
    let db = Database::builder().models::<Page>().in_memory().unwrap();
    most_seen::<Page>(&db.read());
}
