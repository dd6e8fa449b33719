//! What a run has met: each kind of statement with each outcome, and each rare event.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::refusal::Rule;

/// The kinds of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statement {
    /// `insert`
    Insert,
    /// `insert_with`
    InsertWith,
    /// `insert` of a whole row
    InsertWhole,
    /// `insert_all`
    InsertAll,
    /// `update`
    Update,
    /// `try_update`
    TryUpdate,
    /// `upsert`
    Upsert,
    /// `delete`
    Delete,
    /// `delete_reported`
    DeleteReported,
    /// `rekey`
    Rekey,
}

/// All kinds, in the order of the columns of [`MATRIX`].
pub const KINDS: [Statement; 10] = [
    Statement::Insert,
    Statement::InsertWith,
    Statement::InsertWhole,
    Statement::InsertAll,
    Statement::Update,
    Statement::TryUpdate,
    Statement::Upsert,
    Statement::Delete,
    Statement::DeleteReported,
    Statement::Rekey,
];

/// Which kinds of statements break which rules. A dot is a pair that occurs, and must within `cargo test`; a letter is one
/// that cannot, for the reason in [`REASONS`].
#[rustfmt::skip]
pub const MATRIX: [(Rule, &str); 11] = [
    //                 ins with whole all upd try ups del rep rekey
    (Rule::Unique,     " .   .    .    .   .   .   .   .   .   .   "),
    (Rule::Check,      " .   .    .    .   .   .   .   .   .   .   "),
    (Rule::ForeignKey, " .   .    .    .   .   .   .   .   .   .   "),
    (Rule::Restricted, " s   s    s    s   s   s   s   .   .   .   "),
    (Rule::TooLong,    " .   .    .    .   .   .   .   r   r   .   "),
    (Rule::Decimal,    " .   .    .    .   .   .   .   r   r   a   "),
    (Rule::Immutable,  " n   n    n    n   .   .   .   i   i   i   "),
    (Rule::KeyChanged, " n   n    n    n   .   .   .   i   i   k   "),
    (Rule::NotFound,   " u   u    u    u   .   .   u   .   .   .   "),
    (Rule::KeyRange,   " .   .    .    .   c   c   .   c   c   .   "),
    (Rule::User,       " f   f    f    f   f   .   f   f   f   f   "),
];

/// Why a pair of [`MATRIX`] cannot occur.
pub const REASONS: [(char, &str); 9] = [
    ('s', "no row goes, and none takes another key: whoever refers to one goes on doing so"),
    ('r', "a row that lets go gets null or a default, and no reference of the world has a limit"),
    ('a', "no amount changes, and those in the table were brought to scale when they were written"),
    ('n', "the row is new: there is nothing that it could differ from"),
    (
        'i',
        "actions that would change such a column do not compile, and no row refers to itself by one",
    ),
    ('k', "to change the key is what it is for"),
    ('u', "it names no row that could be missing"),
    ('c', "no row gets a key: one that is changed is refused before its number is looked at"),
    ('f', "what the closure returns cannot fail, or there is none"),
];

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $event:ident,)*) => {
        /// What must happen at least once in a run of many histories.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Event {
            $($(#[doc = $doc])+ $event,)*
        }

        /// All events.
        pub const EVENTS: &[Event] = &[$(Event::$event),*];
    };
}

events! {
    /// A transaction was committed.
    Committed,
    /// A transaction was rolled back by name.
    RolledBack,
    /// A transaction was dropped.
    Dropped,
    /// The closure returned an error.
    Failed,
    /// The closure panicked.
    Panicked,
    /// A savepoint was kept.
    SavepointKept,
    /// A savepoint was taken back.
    SavepointUndone,
    /// A savepoint stood inside another one.
    SavepointNested,
    /// A savepoint was kept inside one that was taken back, or the other way round.
    SavepointMixed,
    /// A slot was seen under a second generation.
    SlotReused,
    /// A handle of a row that is gone led nowhere.
    HandleStale,
    /// A handle of a row that is gone led an old snapshot to it.
    HandleOld,
    /// A handle was asked for a row before it was there.
    HandleEarly,
    /// An indexed value came back that a snapshot still sees in the row's past.
    EntryRevived,
    /// The same, and it was taken back.
    RevivalUndone,
    /// A key was inserted again while a snapshot still sees the row that had it.
    KeyReborn,
    /// The same, and it was taken back.
    RebirthUndone,
    /// A row was inserted and deleted by one transaction.
    ShortLife,
    /// A row was deleted and inserted again by one transaction.
    SwiftReturn,
    /// A row was updated several times by one transaction.
    UpdatedTwice,
    /// An update changed nothing.
    NothingChanged,
    /// An upsert found a row.
    UpsertFound,
    /// An ordered index had more entries than a leaf.
    LeafSplit,
    /// An ordered index had more entries than leaves under one inner node.
    InnerSplit,
    /// A parent had more children than a block.
    ChildrenTree,
    /// A key of a hash index had more rows than a block.
    BucketTree,
    /// A table had so many rows that its hash index grew twice.
    HashGrown,
    /// A row was read that is beyond the directory's near pages.
    FarKey,
    /// A snapshot more than 50 commits old was read.
    SnapshotOld,
    /// A clone of a snapshot was read after its original had gone.
    CloneOutlived,
    /// A snapshot was taken or dropped while a transaction was open.
    SnapshotAmid,
    /// A delete went three levels deep.
    CascadeDeep,
    /// A delete met a circle.
    CascadeCircular,
    /// A delete set a reference to null.
    SetNull,
    /// A delete set a reference to its default.
    SetDefault,
    /// A row went that refers to the one that was named by several ways.
    CascadeDiamond,
    /// A rekey took rows with it whose keys it is part of.
    RekeyDeep,
    /// A rekey changed both halves of a row's key.
    RekeyBothHalves,
    /// Rows were held for a snapshot.
    Pinned,
    /// Two rows had null in a unique column.
    NullsDistinct,
    /// A row referred to itself.
    SelfReference,
    /// A link of a relation leads nowhere, since its far key is null.
    LinkToNowhere,
    /// A relation was walked from a row that was never inserted.
    WalkedFromNowhere,
    /// A transaction left no trace of a row that it had changed back.
    NetNothing,
}

/// The pairs of [`MATRIX`] that are marked so.
fn refusals(marked: impl Fn(char) -> bool) -> impl Iterator<Item = Outcome> {
    MATRIX.into_iter().flat_map(move |(rule, marks)| {
        let pairs = KINDS.into_iter().zip(marks.chars().filter(|mark| *mark != ' '));
        let pairs: Vec<Outcome> = pairs
            .filter(|(_, mark)| marked(*mark))
            .map(|(statement, _)| (statement, Some(rule)))
            .collect();
        pairs
    })
}

/// A kind of statement, and the rule that refused it.
type Outcome = (Statement, Option<Rule>);

/// How often each thing was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    outcomes: BTreeMap<Outcome, u64>,
    events: BTreeMap<Event, u64>,
    /// What came right after what.
    successions: BTreeSet<(Outcome, Outcome)>,
    last: Option<Outcome>,
    /// All statements.
    pub statements: u64,
}

impl Counters {
    /// A statement was accepted (`None`) or refused.
    pub fn outcome(&mut self, statement: Statement, refused: Option<Rule>) {
        self.statements += 1;
        let outcome = (statement, refused);
        *self.outcomes.entry(outcome).or_default() += 1;
        let last = self.last.replace(outcome);
        self.successions.extend(last.map(|last| (last, outcome)));
    }

    /// Something rare happened.
    pub fn event(&mut self, event: Event) {
        *self.events.entry(event).or_default() += 1;
    }

    /// Something rare happened, if it did.
    pub fn event_if(&mut self, event: Event, happened: bool) {
        if happened {
            self.event(event);
        }
    }

    /// How many statements were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.outcomes.iter().filter(|((_, rule), _)| rule.is_some()).map(|(_, count)| count).sum()
    }

    /// Adds what another run has met.
    pub fn add(&mut self, other: &Self) {
        self.statements += other.statements;
        self.successions.extend(&other.successions);
        for (outcome, count) in &other.outcomes {
            *self.outcomes.entry(*outcome).or_default() += count;
        }
        for (event, count) in &other.events {
            *self.events.entry(*event).or_default() += count;
        }
    }

    /// What was never met, of all that can be.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let accepted = KINDS.map(|statement| (statement, None));
        let outcomes = accepted.into_iter().chain(refusals(|mark| mark == '.'));
        let outcomes = outcomes.filter(|outcome| !self.outcomes.contains_key(outcome));
        let events = EVENTS.iter().filter(|event| !self.events.contains_key(event));
        let outcomes = outcomes.map(|outcome| format!("{outcome:?}"));
        outcomes.chain(events.map(|event| format!("{event:?}"))).collect()
    }

    /// What was met, although [`MATRIX`] says that it cannot be.
    #[must_use]
    pub fn impossible(&self) -> Vec<String> {
        let outcomes = refusals(|mark| mark != '.');
        let met = outcomes.filter(|outcome| self.outcomes.contains_key(outcome));
        met.map(|outcome| format!("{outcome:?}")).collect()
    }

    /// Everything that was met, as short texts: what a corpus is chosen by.
    #[must_use]
    pub fn met(&self) -> BTreeSet<String> {
        let outcomes = self.outcomes.keys().map(|outcome| format!("{outcome:?}"));
        let successions = self.successions.iter().map(|succession| format!("{succession:?}"));
        let events = self.events.keys().map(|event| format!("{event:?}"));
        outcomes.chain(successions).chain(events).collect()
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>9} statements", self.statements)?;
        for ((statement, rule), count) in &self.outcomes {
            let outcome = rule.map_or_else(|| "accepted".to_owned(), |rule| format!("{rule:?}"));
            writeln!(f, "{count:>9} {statement:?}: {outcome}")?;
        }
        for (event, count) in &self.events {
            writeln!(f, "{count:>9} {event:?}")?;
        }
        Ok(())
    }
}
