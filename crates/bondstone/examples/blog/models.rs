//! The models of a blog: who writes, what, about what, and who answers.

use bondstone::prelude::*;

/// When a row came, and when it last changed.
#[derive(Clone, Debug, PartialEq, Mixin)]
pub struct Timestamps {
    #[on_insert(tx.now())]
    #[immutable]
    pub created_at: Timestamp,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, Model)]
#[table("users")]
#[has_many(posts: Post, comments: Comment)]
pub struct User {
    #[key]
    pub id: Id<User>,
    #[unique]
    #[max_len(50)]
    pub username: String,
    #[unique]
    #[max_len(100)]
    pub email: String,
}

#[derive(Clone, Debug, Model)]
#[table("categories")]
#[has_many(posts: Post)]
pub struct Category {
    #[key]
    pub id: Id<Category>,
    #[unique]
    #[max_len(50)]
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum Status {
    Draft,
    Published,
    Archived,
}

/// The index `feed` serves the one query that everybody asks: what is published, newest first.
#[derive(Clone, Debug, Model)]
#[table("posts")]
#[index(feed: status, published_at)]
#[check(published_has_date: self.status != Status::Published || self.published_at.is_some())]
#[has_many(comments: Comment, tags: Tag via PostTag)]
pub struct Post {
    #[key]
    pub id: Id<Post>,
    #[max_len(100)]
    pub title: String,
    pub content: String,
    #[on_delete(cascade)]
    pub author: Id<User>,
    #[on_delete(set_null)]
    pub category: Option<Id<Category>>,
    #[default(Status::Draft)]
    pub status: Status,
    #[default]
    pub published_at: Option<Timestamp>,
    #[mixin]
    pub times: Timestamps,
}

/// Answers to a post, and answers to answers: they go with what they answer.
#[derive(Clone, Debug, Model)]
#[table("comments")]
#[has_many(replies: Comment)]
pub struct Comment {
    #[key]
    pub id: Id<Comment>,
    #[on_delete(cascade)]
    pub post: Id<Post>,
    #[on_delete(cascade)]
    pub author: Id<User>,
    #[acyclic]
    #[on_delete(cascade)]
    pub reply_to: Option<Id<Comment>>,
    pub body: String,
}

#[derive(Clone, Debug, Model)]
#[table("tags")]
#[has_many(posts: Post via PostTag)]
pub struct Tag {
    #[key]
    pub id: Id<Tag>,
    #[unique]
    #[max_len(30)]
    pub name: String,
}

#[derive(Clone, Debug, Model)]
#[table("post_tags")]
pub struct PostTag {
    #[key]
    #[on_delete(cascade)]
    pub post: Id<Post>,
    #[key]
    #[on_delete(cascade)]
    pub tag: Id<Tag>,
}

impl Post {
    pub fn publish(&mut self, now: Timestamp) {
        self.status = Status::Published;
        self.published_at = Some(now);
    }

    /// How much is said about it: a column of queries, too.
    #[hybrid]
    pub fn comment_count(&self, db: &View) -> usize {
        self.comments(db).count()
    }
}

/// What a reader asks for, as words of the blog's own.
pub trait Feed {
    fn published(self) -> Self;
    fn newest(self) -> Self;
    fn tagged(self, tag: &str) -> Self;
}

impl Feed for Query<'_, Post> {
    fn published(self) -> Self {
        self.filter(Post::STATUS.eq(Status::Published))
    }

    fn newest(self) -> Self {
        self.order_by(Post::PUBLISHED_AT.desc())
    }

    fn tagged(self, tag: &str) -> Self {
        self.filter(Post::TAGS.any(Tag::NAME.eq(tag)))
    }
}
