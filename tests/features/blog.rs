//! The exercise of the tutorial: a blog, task by task.

use bondstone::prelude::*;

use crate::{Result, at, ticking};

#[derive(Clone, Debug, PartialEq, Mixin)]
struct Timestamps {
    #[on_insert(tx.now())]
    created_at: Timestamp,
    #[on_insert(tx.now())]
    #[on_update(tx.now())]
    updated_at: Timestamp,
}

#[derive(Clone, Debug, Model)]
#[has_many(posts: Post, comments: Comment)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    #[max_len(50)]
    username: String,
    #[unique]
    #[max_len(100)]
    email: String,
}

#[derive(Clone, Debug, Model)]
#[has_many(posts: Post)]
struct Category {
    #[key]
    id: Id<Category>,
    #[unique]
    #[max_len(50)]
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
enum Status {
    Draft,
    Published,
    Archived,
}

#[derive(Clone, Debug, Model)]
#[index(feed: status, published_at)]
#[check(published_has_date: self.status != Status::Published || self.published_at.is_some())]
#[has_many(comments: Comment, tags: Tag via PostTag)]
struct Post {
    #[key]
    id: Id<Post>,
    #[max_len(100)]
    title: String,
    #[on_delete(cascade)]
    author: Id<User>,
    #[on_delete(set_null)]
    category: Option<Id<Category>>,
    #[default(Status::Draft)]
    status: Status,
    #[default]
    published_at: Option<Timestamp>,
    #[mixin]
    times: Timestamps,
}

#[derive(Clone, Debug, Model)]
struct Comment {
    #[key]
    id: Id<Comment>,
    #[on_delete(cascade)]
    post: Id<Post>,
    #[on_delete(cascade)]
    author: Id<User>,
    body: String,
}

#[derive(Clone, Debug, Model)]
#[has_many(posts: Post via PostTag)]
struct Tag {
    #[key]
    id: Id<Tag>,
    #[unique]
    #[max_len(30)]
    name: String,
}

#[derive(Clone, Debug, Model)]
struct PostTag {
    #[key]
    #[on_delete(cascade)]
    post: Id<Post>,
    #[key]
    #[on_delete(cascade)]
    tag: Id<Tag>,
}

impl Post {
    fn publish(&mut self, now: Timestamp) {
        self.status = Status::Published;
        self.published_at = Some(now);
    }

    #[hybrid]
    fn comment_count(&self, db: &View) -> usize {
        self.comments(db).count()
    }
}

/// What a reader asks for.
trait Feed {
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

struct Blog {
    db: Database,
    ann: Id<User>,
    bob: Id<User>,
    news: Id<Category>,
}

impl Blog {
    fn new() -> Result<Self> {
        let db = ticking::<User>().in_memory()?;
        let (ann, bob, news) = db.write(|tx| {
            let mut user = |name: &str| {
                tx.insert(NewUser { username: name.into(), email: format!("{name}@x.org") })
            };
            let (ann, bob) = (user("ann")?, user("bob")?);
            Ok((ann, bob, tx.insert(NewCategory { name: "news".into() })?))
        })?;
        Ok(Self { db, ann, bob, news })
    }

    fn draft(&self, title: &str) -> NewPost {
        NewPost { title: title.into(), author: self.ann, category: Some(self.news) }
    }

    /// Posts that are published at the seconds 1, 2, 3 …
    fn publish(&self, titles: &[&str]) -> Result<Vec<Id<Post>>> {
        self.db.write(|tx| {
            let times = (1..).map(at);
            let posts = titles.iter().zip(times);
            posts
                .map(|(title, now)| tx.insert_with(self.draft(title), |post| post.publish(now)))
                .collect()
        })
    }
}

#[test]
fn s70_a_post_has_an_author_and_goes_with_him() -> Result {
    let blog = Blog::new()?;
    let post = blog.db.write(|tx| tx.insert(blog.draft("one")))?;
    let snap = blog.db.read();
    assert_eq!(snap[post].author(&snap).username, "ann");
    assert_eq!(snap[blog.ann].posts(&snap).ids(), [post]);
    blog.db.write(|tx| tx.delete(blog.ann).map(drop))?;
    assert!(!blog.db.read().contains(post));
    Ok(())
}

#[test]
fn s71_posts_have_a_category_comments_and_tags() -> Result {
    let blog = Blog::new()?;
    blog.db.write(|tx| {
        let post = tx.insert(blog.draft("one"))?;
        let body = "well said".to_owned();
        let comment = tx.insert(NewComment { post, author: blog.bob, body })?;
        let tag = tx.insert(NewTag { name: "rust".into() })?;
        tx.link(Post::TAGS, post, tag)?;
        assert_eq!(tx[post].category(tx).map(|category| category.name.as_str()), Some("news"));
        assert_eq!(tx[post].comments(tx).one()?.author(tx).username, "bob");
        assert_eq!(tx[post].tags(tx).one()?.name, "rust");

        tx.delete(blog.news)?;
        assert!(tx[post].category(tx).is_none(), "a post outlives its category");
        tx.delete(post)?;
        assert!(!tx.contains(comment) && tx.contains(tag));
        Ok(())
    })
}

#[test]
fn s72_posts_and_tags_are_many_to_many() -> Result {
    let blog = Blog::new()?;
    blog.db.write(|tx| {
        let posts = tx.insert_all(["one", "two"].map(|title| blog.draft(title)))?;
        let tags = tx.insert_all(["rust", "code"].map(|name| NewTag { name: name.into() }))?;
        tx.set_links(Post::TAGS, posts[0], tags.clone())?;
        tx.link(Tag::POSTS, tags[0], posts[1])?;
        let of = |tag: Id<Tag>| tx[tag].posts(tx).count();
        assert_eq!((of(tags[0]), of(tags[1])), (2, 1));
        assert_eq!(tx[posts[1]].tags(tx).ids(), tags[..1]);
        let twice = tx.insert(NewPostTag { post: posts[0], tag: tags[0] }).unwrap_err();
        assert!(twice.violates("post_tag_pkey"), "{twice}");
        Ok(())
    })
}

#[test]
fn s73_a_post_is_a_draft_published_or_archived() -> Result {
    let blog = Blog::new()?;
    let post = blog.db.write(|tx| tx.insert(blog.draft("one")))?;
    assert_eq!(blog.db.read()[post].status, Status::Draft);
    blog.db.write(|tx| {
        let undated = tx.update(post, |post| post.status = Status::Published).unwrap_err();
        assert!(undated.violates("published_has_date"));
        let now = tx.now();
        assert_eq!(tx.update(post, |post| post.publish(now))?.status, Status::Published);
        tx.update(post, |post| post.status = Status::Archived).map(drop)
    })?;
    let snap = blog.db.read();
    assert_eq!(snap.query().filter(Post::STATUS.gt(Status::Draft)).ids(), [post]);
    assert!(!snap.query::<Post>().published().exists());
    Ok(())
}

#[test]
fn s74_the_common_questions_are_answered_by_indexes() -> Result {
    let blog = Blog::new()?;
    blog.publish(&["post"; 100])?;
    blog.db.write(|tx| tx.insert_all((0..100).map(|_| blog.draft("draft"))).map(drop))?;
    let snap = blog.db.read();
    let feed = snap.query::<Post>().published().newest().limit(10);
    let plan = feed.clone().explain().to_string();
    assert!(plan.contains("index feed") && plan.contains("no sort"), "{plan}");
    assert_eq!(feed.first().and_then(|post| post.published_at), Some(at(100)));
    let find = |email: &str| snap.find(User::EMAIL, email).map(|user| user.id);
    assert_eq!((find("ann@x.org"), find("eve@x.org")), (Some(blog.ann), None));
    let taken = blog.db.write(|tx| {
        tx.insert(NewTag { name: "rust".into() })?;
        tx.insert(NewTag { name: "rust".into() })
    });
    assert!(taken.unwrap_err().violates(Tag::NAME));
    Ok(())
}

#[test]
fn s75_helpers_publish_count_and_read_the_feed() -> Result {
    let blog = Blog::new()?;
    let posts = blog.publish(&["one", "two", "three"])?;
    blog.db.write(|tx| {
        tx.insert(blog.draft("four"))?;
        let rust = tx.insert(NewTag { name: "rust".into() })?;
        tx.link(Post::TAGS, posts[0], rust)?;
        tx.link(Post::TAGS, posts[2], rust)?;
        let comment = |_| NewComment { post: posts[1], author: blog.bob, body: "yes".into() };
        tx.insert_all((0..3).map(comment)).map(drop)
    })?;
    let snap = blog.db.read();
    assert_eq!(snap.query::<Post>().published().newest().ids(), [posts[2], posts[1], posts[0]]);
    assert_eq!(
        snap.query::<Post>().published().tagged("rust").newest().ids(),
        [posts[2], posts[0]]
    );
    assert_eq!(snap[posts[1]].comment_count(&snap), 3);
    assert_eq!(snap.query().filter(Post::COMMENT_COUNT.ge(1)).ids(), [posts[1]]);
    Ok(())
}
