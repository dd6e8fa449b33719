//! The feed: what is committed, commit by commit, for those who follow.
//!
//! ```text
//! commit ─► copy of its changes ─► outbox, in commit order ─► … published ─► each feed: a channel ─► recv
//!           if somebody listens    under the writer's lock                    full: the loss is noted, nobody waits
//! ```
//!
//! # Invariants
//!
//! * **In commit order, after publication, each exactly once**: who publishes what is another matter in a database with a log, so
//!   change sets wait in an [outbox](Feeds), which they enter under the writer's lock and leave from its front.
//! * **A feed never holds up the writer**, and never loses anything silently. When its channel holds as many as it may, a note is put behind them, and grows until it is read: the reader sees everything up to the loss, then how much was lost, then everything
//!   after it.
//! * **Nothing is copied while nobody listens.**

mod lag;
mod outbox;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crossbeam::channel::Receiver;

use crate::change::ChangeSet;
use crate::database::{Database, Inner};
use crate::error::Result;
use crate::snapshot::Snapshot;
use lag::Lag;
use outbox::FeedNumber;
pub(crate) use outbox::Feeds;

/// What is committed, from some moment on: what [`Database::changes`] and [`Database::read_and_follow`] give.
///
/// Change sets come in commit order, when everyone sees the commit. The feed holds a [bounded](crate::Builder::feed_capacity)
/// number of them. When it is full the writer goes on, and the feed tells of what was [lost](Lagged).
///
/// It does not keep the database: when the last handle is gone, or the database is closed, it ends. Dropping it unsubscribes.
///
/// ```
#[doc = include_str!("example.txt")]
/// let (snap, feed) = db.read_and_follow()?;
/// let mut orders = snap.count::<Order>();
/// let follower = std::thread::spawn(move || {
///     for changes in feed {
///         for change in changes.expect("it does not lag behind").of::<Order>() {
///             orders += usize::from(change.before().is_none());
///             orders -= usize::from(change.after().is_none());
///         }
///     }
///     orders
/// });
/// for quantity in 1..4 {
///     db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity }))?;
/// }
/// drop(db);
/// assert_eq!(follower.join().unwrap(), 3);
/// # Ok::<(), Error>(())
/// ```
pub struct Feed {
    receiver: Receiver<Notice>,
    number: FeedNumber,
    feeds: Weak<Feeds>,
}

/// Commits that a feed had no room for.
///
/// What came before was received, and so will be what comes after `to`. So whoever follows takes a snapshot: it has what is
/// missing. Of what the feed brings next that is to be passed over which the snapshot has already: change sets whose
/// [`seq`](ChangeSet::seq) is its version or less.
///
/// ```
#[doc = include_str!("example.txt")]
/// # let db = Database::builder().models::<User>().feed_capacity(2).in_memory()?;
/// # let ann = db.write(|tx| tx.insert(NewUser { email: "ann@x.org".into() }))?;
/// // A database whose feeds hold two change sets.
/// let (mut snap, feed) = db.read_and_follow()?;
/// for age in 1..6 {
///     db.write(|tx| tx.update(ann, |user| user.age = age).map(drop))?;
/// }
/// let mut lost = 0;
/// while let Some(received) = feed.try_recv() {
///     match received {
///         Ok(changes) if changes.seq() <= snap.version() => {}
///         Ok(changes) => assert!(changes.of::<User>().next().unwrap().after().unwrap().age < 3),
///         Err(lagged) => {
///             lost += lagged.to - lagged.from + 1;
///             snap = db.read();
///         }
///     }
/// }
/// assert_eq!((lost, snap[ann].age), (3, 5));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the feed was full: the commits from {from} to {to} are lost")]
pub struct Lagged {
    /// The first that was lost.
    pub from: u64,
    /// The last that was lost.
    pub to: u64,
}

/// What is in the channel of a feed: a change set, or the note that some were lost.
///
/// Only who reads the [receiver](Feed::receiver) meets it. A note grows until it is asked.
pub struct Notice(Content);

enum Content {
    Changes(Arc<ChangeSet>),
    Lost(Lag),
}

impl Notice {
    /// The change set.
    ///
    /// # Errors
    /// [`Lagged`]: what was lost in its place.
    pub fn changes(self) -> Result<Arc<ChangeSet>, Lagged> {
        match self.0 {
            Content::Changes(changes) => Ok(changes),
            Content::Lost(lag) => Err(lag.read()),
        }
    }
}

impl Feed {
    /// The next change set; waits for it. `None` when the database is gone, or closed. While a transaction is open on this thread, nothing
    /// will come from it.
    ///
    /// # Errors
    /// [`Lagged`] in place of those that were lost; the feed goes on after them.
    #[must_use]
    pub fn recv(&self) -> Option<Result<Arc<ChangeSet>, Lagged>> {
        self.receiver.recv().ok().map(Notice::changes)
    }

    /// The next change set, if it is there.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    #[must_use]
    pub fn try_recv(&self) -> Option<Result<Arc<ChangeSet>, Lagged>> {
        self.receiver.try_recv().ok().map(Notice::changes)
    }

    /// The next change set, if it comes in time. `None`, too, when the database is gone, or closed.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    #[must_use]
    pub fn recv_timeout(&self, time: Duration) -> Option<Result<Arc<ChangeSet>, Lagged>> {
        self.receiver.recv_timeout(time).ok().map(Notice::changes)
    }

    /// The channel, for `select!` of `crossbeam-channel`.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// use crossbeam::channel::{after, select};
    /// use std::time::Duration;
    ///
    /// let feed = db.changes()?;
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// select! {
    ///     recv(feed.receiver()) -> notice => {
    ///         assert_eq!(notice?.changes()?.of::<User>().count(), 1);
    ///     }
    ///     recv(after(Duration::from_secs(9))) -> _ => panic!("nothing came"),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn receiver(&self) -> &Receiver<Notice> {
        &self.receiver
    }
}

impl Iterator for Feed {
    type Item = Result<Arc<ChangeSet>, Lagged>;

    /// As [`recv`](Feed::recv).
    fn next(&mut self) -> Option<Self::Item> {
        self.recv()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(feeds) = self.feeds.upgrade() {
            feeds.unsubscribe(self.number);
        }
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("waiting", &self.receiver.len()).finish()
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Changes(changes) => changes.fmt(f),
            Content::Lost(_) => f.write_str("Lost"),
        }
    }
}

impl Database {
    /// Everything that is committed from now on, commit by commit. Waits for the open transaction to end.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let feed = db.changes()?;
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// assert_eq!(feed.recv().unwrap()?.of::<User>().count(), 1);
    /// assert!(feed.try_recv().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Reentrant`](crate::Error::Reentrant) inside a transaction of this thread; when nothing can be committed any more,
    /// why that is so.
    pub fn changes(&self) -> Result<Feed> {
        self.read_and_follow().map(|(_, feed)| feed)
    }

    /// A snapshot, and everything that is committed after it: the feed begins exactly where the snapshot ends. Waits for the open
    /// transaction to end.
    ///
    /// ```
    #[doc = include_str!("example.txt")]
    /// let (snap, feed) = db.read_and_follow()?;
    /// assert_eq!(snap[ann].age, 0);
    /// db.write(|tx| tx.update(ann, |user| user.age = 41).map(drop))?;
    /// assert!(feed.recv().unwrap()?.seq() > snap.version());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`changes`](Self::changes).
    pub fn read_and_follow(&self) -> Result<(Snapshot, Feed)> {
        follow(&self.inner)
    }
}

/// Subscribes.
///
/// From the announcement on, made with the writer's lock, every commit copies its changes; what was committed before is published
/// when the lock's base is. So a snapshot that is taken then is followed without a gap.
fn follow(database: &Arc<Inner>) -> Result<(Snapshot, Feed)> {
    let feeds = &database.feeds;
    let announced = {
        let tx = crate::transaction::Tx::begin_unheard(database)?;
        let announced = feeds.announce();
        tx.settle()?;
        announced
    };
    let (snapshot, number, receiver) =
        feeds.subscribe(announced, || Snapshot::of_last(&database.store));
    Ok((snapshot, Feed { receiver, number, feeds: Arc::downgrade(feeds) }))
}
