//! A unique hybrid is declared twice: on the method, and above the struct.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[unique(SLUG)]
struct Page {
    #[key]
    id: Id<Page>,
    name: String,
}

impl Page {
    #[hybrid]
    fn slug(&self) -> String {
        self.name.to_lowercase()
    }
}

fn find(db: &View) -> bool {
    db.find(Page::SLUG, "home").is_some()
}

fn main() {}
