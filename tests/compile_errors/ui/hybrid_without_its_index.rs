//! A unique hybrid needs its index.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[index(SLUG)]
struct Page {
    #[key]
    id: Id<Page>,
    name: String,
}

impl Page {
    #[hybrid(unique)]
    fn slug(&self) -> String {
        self.name.to_lowercase()
    }
}

const _: () = {
    let _ = Page::SLUG;
};

fn main() {}
