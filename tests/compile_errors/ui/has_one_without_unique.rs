//! At most one row can refer to another only by a unique foreign key.

use bondstone::prelude::*;

#[derive(Clone, Debug, Model)]
#[has_one(profile: Profile, draft: Draft by owner)]
struct User {
    #[key]
    id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Profile {
    #[key]
    id: Id<Profile>,
    user_id: Id<User>,
}

#[derive(Clone, Debug, Model)]
struct Draft {
    #[key]
    id: Id<Draft>,
    owner: Id<User>,
}

fn main() {}
