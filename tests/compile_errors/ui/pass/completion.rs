//! How rows are completed, refreshed and walked.

use std::sync::atomic::{AtomicU32, Ordering};

use bondstone::prelude::*;

static CALLS: AtomicU32 = AtomicU32::new(0);

fn token() -> String {
    format!("token {}", CALLS.fetch_add(1, Ordering::Relaxed))
}

#[derive(Clone, Debug, Model)]
#[has_many(posts: Post by author, liked: Post via Like, sent: Message by sender_id)]
#[has_one(profile: Profile)]
struct User {
    #[key]
    id: Id<User>,
    #[unique]
    name: String,
    #[default("user")]
    role: String,
    #[default(token())]
    token: String,
    #[default]
    settings: Vec<(String, u8)>,
}

#[derive(Clone, Debug, Model)]
struct Profile {
    #[key]
    id: Id<User>,
    text: String,
}

#[derive(Clone, Debug, Model)]
#[has_many(likers: User via Like(post, user))]
struct Post {
    #[key(uuid)]
    id: Id<Post>,
    author: Id<User>,
    editor_id: Option<Id<User>>,
    #[on_insert(1)]
    #[on_update(self.version + 1)]
    version: u32,
    #[on_insert(tx.now())]
    created: Timestamp,
}

#[derive(Clone, Debug, Model)]
struct Like {
    #[key]
    user: Id<User>,
    #[key]
    post: Id<Post>,
    #[on_insert(tx.today())]
    day: Date,
}

#[derive(Clone, Debug, Model)]
struct Message {
    #[key]
    id: Id<Message>,
    sender_id: Id<User>,
    #[on_delete(set_default)]
    #[default(Id::from_u64(1).unwrap())]
    receiver_id: Id<User>,
}

fn main() {
    let db = Database::builder().models::<User>().in_memory().unwrap();
    let (ann, bob, post) = db
        .write(|tx| {
            let ann = tx.insert(NewUser { name: "Ann".into() })?;
            let bob = tx.insert(NewUser { name: "Bob".into() })?;
            let post = tx.insert(NewPost { author: ann, editor_id: None })?;
            tx.insert(NewLike { user: bob, post: post.clone() })?;
            tx.insert(NewProfile { id: ann, text: "Hello".into() })?;
            tx.insert(NewMessage { sender_id: bob })?;
            Ok((ann, bob, post))
        })
        .unwrap();
    let snap = db.read();
    assert_eq!(
        (&*snap[ann].role, &*snap[ann].token, &*snap[bob].token),
        ("user", "token 0", "token 1")
    );
    assert!(snap[ann].settings.is_empty());
    assert_eq!(snap[ann].profile(&snap).unwrap().text, "Hello");
    assert_eq!(snap[ann].profile(&snap).unwrap().user(&snap).name, "Ann");
    let row = snap.get(post.clone()).unwrap();
    assert_eq!(
        (row.author(&snap).id, row.editor(&snap).map(|user| user.id), row.version),
        (ann, None, 1)
    );
    assert_eq!(row.likers(&snap).into_iter().map(|user| user.id).collect::<Vec<_>>(), [bob]);
    assert_eq!(snap[bob].liked(&snap).count(), 1);
    assert_eq!(snap[ann].posts(&snap).count(), 1);
    let sent = snap[bob].sent(&snap).into_iter().next().unwrap();
    assert_eq!((sent.sender(&snap).id, sent.receiver(&snap).id), (bob, ann));

    db.write(|tx| tx.update(post.clone(), |post| post.editor_id = Some(bob)).map(|_| ())).unwrap();
    db.write(|tx| tx.update(post.clone(), |post| post.version = 9).map(|_| ())).unwrap();
    let snap = db.read();
    assert_eq!(snap.get(post).unwrap().version, 9, "kept, since the closure changed it");
}
