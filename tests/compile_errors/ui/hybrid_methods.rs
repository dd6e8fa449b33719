//! What is no hybrid.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

impl User {
    #[hybrid]
    fn nobody() -> String {
        String::new()
    }

    #[hybrid]
    fn consumes(self) -> String {
        self.name
    }

    #[hybrid]
    fn changes(&mut self) -> u8 {
        0
    }

    #[hybrid]
    fn generic<T: Default>(&self) -> T {
        T::default()
    }

    #[hybrid]
    async fn waits(&self) -> u8 {
        0
    }

    #[hybrid]
    unsafe fn dares(&self) -> u8 {
        0
    }

    #[hybrid]
    fn older_than(&self, age: u8) -> bool {
        age > 7
    }

    #[hybrid]
    fn three(&self, db: &View, age: u8) -> bool {
        age > 7 && db.version() > 0
    }

    #[hybrid]
    fn nothing(&self) {}

    #[hybrid]
    fn unit(&self) -> () {}

    #[hybrid]
    fn borrowed(&self) -> Option<&str> {
        Some(&self.name)
    }

    #[hybrid]
    fn opaque(&self) -> impl Ord {
        self.name.len()
    }

    #[hybrid(unique)]
    fn known(&self, db: &View) -> bool {
        db.contains(self.id)
    }

    #[hybrid(uniq)]
    fn misspelt(&self) -> bool {
        true
    }

    #[hybrid(private, private)]
    fn twice(&self) -> bool {
        true
    }

    #[hybrid]
    const ANSWER: u8 = 42;
}

fn main() {}
