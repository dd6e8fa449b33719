//! A blog: authors, posts with a life from draft to archive, categories, tags, and threads of comments.
//!
//! ```sh
//! cargo run --example blog
//! ```

mod models;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use bondstone::prelude::*;
use models::{Category, Comment, Feed, Post, Status, Tag, User};
use models::{NewCategory, NewComment, NewPost, NewTag, NewUser};

/// What comes of a part of the program.
type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    show(&mut io::stdout().lock())
}

fn show(out: &mut dyn Write) -> Outcome {
    let db = Database::builder().models::<User>().in_memory()?;
    write(&db)?;
    feed(out, &db.read())?;
    threads(out, &db.read())?;
    rules(out, &db)?;
    leave(out, &db)
}

/// Two authors with three posts, of which two are published, an hour apart; and a third author, whose are in the archive.
fn write(db: &Database) -> Result<(), Error> {
    db.write(|tx| {
        let mut user = |name: &str| {
            let email = format!("{name}@x.org");
            tx.insert(NewUser { username: name.into(), email })
        };
        let (ann, bob, eve) = (user("ann")?, user("bob")?, user("eve")?);
        let rust = tx.insert(NewCategory { name: "Rust".into() })?;
        let mut post = |author, title: &str, category| {
            let content = format!("{title}: what there is to say.");
            tx.insert(NewPost { title: title.into(), content, author, category })
        };
        let arenas = post(ann, "Arenas", Some(rust))?;
        let indexes = post(ann, "Indexes", Some(rust))?;
        let garden = post(bob, "My garden", None)?;

        let days = (1..=300).map(|day| post(eve, &format!("Day {day}"), None));
        let old = days.collect::<Result<Vec<_>, _>>()?;
        tx.update_all(old, |post| post.status = Status::Archived)?;

        let mut tag = |name: &str| tx.insert(NewTag { name: name.into() });
        let (speed, memory) = (tag("speed")?, tag("memory")?);
        tx.set_links(Post::TAGS, arenas, [speed, memory])?;
        tx.link(Post::TAGS, indexes, speed)?;

        let now = tx.now();
        tx.update(arenas, |post| post.publish(now))?;
        tx.update(garden, |post| post.publish(now + std::time::Duration::from_secs(3_600)))?;

        let mut say = |author, reply_to, body: &str| {
            tx.insert(NewComment { post: arenas, author, reply_to, body: body.into() })
        };
        let first = say(bob, None, "Why not just a Vec?")?;
        let answer = say(ann, Some(first), "Because rows go, and others come.")?;
        say(bob, Some(answer), "I see.")?;
        say(bob, None, "And how fast is it?")?;
        Ok(())
    })
}

/// What a reader sees first. The index answers the filter and the order; nothing is sorted.
fn feed(out: &mut dyn Write, db: &View) -> Outcome {
    writeln!(out, "The feed")?;
    let newest = db.query::<Post>().published().newest().limit(10);
    for (post, (author, tags)) in newest.clone().with((Post::AUTHOR, Post::TAGS)) {
        let tags: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        let comments = post.comment_count(db);
        writeln!(out, "  {} by {} {tags:?}, {comments} comments", post.title, author.username)?;
    }
    writeln!(out, "  how it is found:\n{}", indented(&newest.explain().to_string()))?;
    let busy = db.query::<Post>().published().tagged("speed").filter(Post::COMMENT_COUNT.gt(2));
    let titles: Vec<&String> = busy.select(Post::TITLE).into_iter().collect();
    writeln!(out, "  about speed, and talked about: {titles:?}")?;
    Ok(())
}

/// Comments with their answers, each below what it answers.
fn threads(out: &mut dyn Write, db: &View) -> Outcome {
    writeln!(out, "\nThe threads")?;
    for post in db.query::<Post>().filter(Post::COMMENTS.any(Comment::REPLY_TO.is_some())) {
        writeln!(out, "  {}", post.title)?;
        for comment in post.comments(db).filter(Comment::REPLY_TO.is_none()).order_by_key() {
            thread(out, comment, 2, db)?;
        }
    }
    Ok(())
}

fn thread(out: &mut dyn Write, comment: &Comment, depth: usize, db: &View) -> Outcome {
    writeln!(out, "{}{}: {}", "  ".repeat(depth), comment.author(db).username, comment.body)?;
    let mut replies = comment.replies(db).order_by(Comment::ID.asc()).into_iter();
    replies.try_for_each(|reply| thread(out, reply, depth + 1, db))
}

/// What the blog does not let happen.
fn rules(out: &mut dyn Write, db: &Database) -> Outcome {
    writeln!(out, "\nThe rules")?;
    let draft = db.read().query::<Post>().filter(Post::STATUS.eq(Status::Draft)).one()?.id;
    let refused = [
        db.write(|tx| tx.update(draft, |post| post.status = Status::Published).map(drop)),
        db.write(|tx| {
            let (username, email) = ("ann".into(), "other@x.org".into());
            tx.insert(NewUser { username, email }).map(drop)
        }),
        db.write(|tx| tx.insert(NewTag { name: "a".repeat(31) }).map(drop)),
    ];
    for error in refused.into_iter().filter_map(Result::err) {
        writeln!(out, "  {error}")?;
    }
    Ok(())
}

/// An author leaves: the posts, their comments and their tags' links go too. What would go is known before.
fn leave(out: &mut dyn Write, db: &Database) -> Outcome {
    writeln!(out, "\nAnn leaves")?;
    let snap = db.read();
    let ann = snap.find(User::USERNAME, "ann").ok_or("Ann is not there")?.id;
    writeln!(out, "{}", indented(&db.preview_delete(&snap, ann)?.to_string()))?;
    db.write(|tx| tx.delete(ann).map(drop))?;
    let after = db.read();
    let [posts, comments] = [after.count::<Post>(), after.count::<Comment>()];
    writeln!(out, "  left: {posts} posts, {comments} comments, {} tags", after.count::<Tag>())?;
    writeln!(out, "  categories are kept: {}", after.count::<Category>())?;
    writeln!(out, "  and whoever read before still reads: {} posts", snap.count::<Post>())?;
    Ok(())
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
