//! The tree against naive models of it: random operations, hostile user code, readers beside the writer.

mod estimate;
mod hostile;
mod oracle;
mod stress;

use std::any::Any;
use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::ops::Bound;
use std::panic::resume_unwind;

use bondstone_schema::{CustomKey, KeyBuf};

use super::{Bytes, Custom, Tree, TreeKey};
use crate::writer::{Timestamp, Writer};

/// A kind of key and how the model keeps it.
trait Kind {
    type Tree: TreeKey;
    type Key: Ord + Clone + Debug + Send + Sync;

    fn key(key: &Self::Key) -> <Self::Tree as TreeKey>::Ref<'_>;

    fn owned(key: &Self::Key) -> <Self::Tree as TreeKey>::Owned;
}

struct Short;
struct Wide;
struct Long;
struct Handmade;

impl Kind for Short {
    type Tree = u64;
    type Key = u64;

    fn key(key: &u64) -> u64 {
        *key
    }

    fn owned(key: &u64) -> u64 {
        *key
    }
}

impl Kind for Wide {
    type Tree = u128;
    type Key = u128;

    fn key(key: &u128) -> u128 {
        *key
    }

    fn owned(key: &u128) -> u128 {
        *key
    }
}

impl Kind for Long {
    type Tree = Bytes;
    type Key = Vec<u8>;

    fn key(key: &Vec<u8>) -> &[u8] {
        key
    }

    fn owned(key: &Vec<u8>) -> KeyBuf {
        let mut owned = KeyBuf::new();
        owned.push(key);
        owned
    }
}

impl Kind for Handmade {
    type Tree = Custom;
    type Key = Number;

    fn key(key: &Number) -> &dyn CustomKey {
        key
    }

    fn owned(key: &Number) -> Box<dyn CustomKey> {
        Box::new(key.clone())
    }
}

fn bound<K: Kind>(bound: &Bound<K::Key>) -> Bound<<K::Tree as TreeKey>::Owned> {
    bound.as_ref().map(K::owned)
}

/// Frees everything retired so far.
fn free_all(writer: &mut Writer) {
    writer.free(Timestamp::MAX, usize::MAX);
    assert_eq!(writer.retired(), 0);
}

/// A key with a hand-written order, whose code can be made to panic or to lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number(u64);

#[derive(Clone, Copy)]
enum Mood {
    Honest,
    /// Panics at the n-th call of user code from now.
    PanicsAfter(usize),
    /// Answers by the bits of a pseudo-random sequence.
    Lies(u64),
}

thread_local! {
    static MOOD: Cell<Mood> = const { Cell::new(Mood::Honest) };
    static DROPS_PANIC: Cell<bool> = const { Cell::new(false) };
    /// Copies alive, that is made by `boxed` and not yet dropped.
    static COPIES: Cell<isize> = const { Cell::new(0) };
}

/// What the index keeps of a [`Number`].
struct Copied(Number);

impl Drop for Copied {
    fn drop(&mut self) {
        COPIES.set(COPIES.get() - 1);
        if DROPS_PANIC.get() {
            resume_unwind(Box::new("user code"));
        }
    }
}

fn number(key: &dyn CustomKey) -> u64 {
    let any = key.as_any();
    match any.downcast_ref::<Copied>() {
        Some(copied) => copied.0.0,
        None => any.downcast_ref::<Number>().expect("a key of this test").0,
    }
}

/// What user code does before it answers; `Some`: it lies.
fn user_code() -> Option<Ordering> {
    match MOOD.get() {
        Mood::Honest => None,
        Mood::PanicsAfter(0) => {
            MOOD.set(Mood::Honest);
            // Without the noise of `panic!`.
            resume_unwind(Box::new("user code"))
        }
        Mood::PanicsAfter(calls) => {
            MOOD.set(Mood::PanicsAfter(calls - 1));
            None
        }
        Mood::Lies(state) => {
            let state = random(state);
            MOOD.set(Mood::Lies(state));
            Some([Ordering::Less, Ordering::Equal, Ordering::Greater][(state >> 33) as usize % 3])
        }
    }
}

fn compare(left: &dyn CustomKey, right: &dyn CustomKey) -> Ordering {
    user_code().unwrap_or_else(|| number(left).cmp(&number(right)))
}

fn boxed(key: &dyn CustomKey) -> Box<dyn CustomKey> {
    user_code();
    COPIES.set(COPIES.get() + 1);
    Box::new(Copied(Number(number(key))))
}

impl CustomKey for Number {
    fn compare(&self, other: &dyn CustomKey) -> Ordering {
        compare(self, other)
    }

    fn boxed(&self) -> Box<dyn CustomKey> {
        boxed(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl CustomKey for Copied {
    fn compare(&self, other: &dyn CustomKey) -> Ordering {
        compare(self, other)
    }

    fn boxed(&self) -> Box<dyn CustomKey> {
        boxed(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The next number of a pseudo-random sequence.
const fn random(state: u64) -> u64 {
    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// Pseudo-random numbers below a limit.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = random(self.0);
        (self.0 >> 33) as usize % limit
    }
}
