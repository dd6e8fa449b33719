//! An index over something that cannot be indexed: no such hybrid, one that reads other rows, values without order or hash.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[index(NO_SUCH)]
#[index(KNOWN)]
#[index(WEIGHT)]
#[index(hash, WIDTH)]
struct User {
    #[key]
    id: Id<User>,
    name: String,
}

impl User {
    #[hybrid]
    fn known(&self, db: &View) -> bool {
        db.contains(self.id)
    }

    #[hybrid]
    fn weight(&self) -> f64 {
        0.0
    }

    #[hybrid]
    fn width(&self) -> f64 {
        0.0
    }
}

fn main() {}
