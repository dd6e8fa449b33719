//! What the program shows.

use super::show;

fn printed() -> String {
    let mut out = Vec::new();
    show(&mut out).expect("the program runs to its end");
    String::from_utf8(out).expect("it prints text")
}

/// All that does not depend on how a query is planned.
const SHOWN: &[&str] = &[
    "The feed",
    "  My garden by bob [], 0 comments",
    "  Arenas by ann [\"speed\", \"memory\"], 4 comments",
    "  about speed, and talked about: [\"Arenas\"]",
    "The threads",
    "  Arenas",
    "    bob: Why not just a Vec?",
    "      ann: Because rows go, and others come.",
    "        bob: I see.",
    "    bob: And how fast is it?",
    "The rules",
    "  check constraint `published_has_date` on `posts` violated by posts#2: status = Published, published_at = null",
    "  unique constraint `users_username_key` violated: users.username = \"ann\" is already used by users#1",
    "  tags.name is 31 characters long, the maximum is 30",
    "Ann leaves",
    "  left: 301 posts, 0 comments, 2 tags",
    "  categories are kept: 1",
    "  and whoever read before still reads: 303 posts",
];

#[test]
fn it_shows_what_it_says() {
    let printed = printed();
    let mut lines = printed.lines();
    for shown in SHOWN {
        assert!(
            lines.any(|line| line == *shown),
            "{shown}\nis not there, or not here, in:\n{printed}"
        );
    }
}

#[test]
fn the_feed_is_read_from_its_index() {
    let printed = printed();
    let plan = printed.lines().find(|line| line.contains("index feed: status = Published"));
    assert!(plan.is_some() && printed.contains("no sort"), "{printed}");
}
