//! What holds for all rows of the models, written a second time by hand, as loops.

use std::collections::{BTreeMap, BTreeSet};

use bondstone::prelude::*;

use super::models::{Author, Post, Tag, Thing};

/// Do all rows keep all rules?
pub fn test(snap: &View) -> Result<(), String> {
    let authors: Vec<&Author> = snap.query::<Author>().into_iter().collect();
    let posts: Vec<&Post> = snap.query::<Post>().into_iter().collect();
    let tags: Vec<&Tag> = snap.query::<Tag>().into_iter().collect();
    let things: Vec<&Thing> = snap.query::<Thing>().into_iter().collect();
    distinct("keys of authors", authors.iter().map(|author| author.id))?;
    distinct("keys of posts", posts.iter().map(|post| post.id))?;
    distinct("keys of tags", tags.iter().map(|tag| &tag.word))?;
    distinct("keys of things", things.iter().map(|thing| (thing.shelf, &thing.place)))?;
    distinct("names", authors.iter().map(|author| &author.name))?;
    let slugs = posts.iter().filter_map(|post| Some((post.author_id, post.slug.as_ref()?)));
    distinct("slugs of an author", slugs)?;
    test_authors(&authors)?;
    test_parents(&authors, &posts, &tags)
}

fn distinct<T: Ord>(what: &str, values: impl Iterator<Item = T>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(format!("{what} are not distinct"));
        }
    }
    Ok(())
}

fn test_authors(authors: &[&Author]) -> Result<(), String> {
    let largest = dec!(999999.99);
    for author in authors {
        let balance = author.balance;
        let has_scale = balance.scale() == 2 && balance <= largest && balance >= -largest;
        if author.age < 18 || author.name.chars().count() > 8 || !has_scale {
            return Err(format!("breaks a check or a limit: {author:?}"));
        }
    }
    let mentors: BTreeMap<_, _> =
        authors.iter().map(|author| (author.id, author.mentor_id)).collect();
    for author in authors {
        let mut above = author.mentor_id;
        for _ in 0..=authors.len() {
            let Some(mentor) = above else { break };
            above = *mentors.get(&mentor).ok_or_else(|| format!("no mentor: {author:?}"))?;
        }
        if above.is_some() {
            return Err(format!("its own mentor: {author:?}"));
        }
    }
    Ok(())
}

fn test_parents(authors: &[&Author], posts: &[&Post], tags: &[&Tag]) -> Result<(), String> {
    let authors: BTreeSet<_> = authors.iter().map(|author| author.id).collect();
    let tags: BTreeSet<_> = tags.iter().map(|tag| Id::<Tag>::new(tag.word.as_str())).collect();
    let has_parents = |post: &&&Post| {
        authors.contains(&post.author_id) && post.tag.as_ref().is_none_or(|tag| tags.contains(tag))
    };
    match posts.iter().find(|post| !has_parents(post)) {
        Some(post) => Err(format!("without parent: {post:?}")),
        None => Ok(()),
    }
}
