//! One row, found by something that names it.
//!
//! The hand-written store is a struct whose maps are its fields. So ours has its table in hand, too (`snap.table_of`);
//! what each call costs that finds the table of its model first (`snap.get`), the base `through_view` shows.

use super::{BY_HAND, SQLITE, each, two_of_user};
use crate::data;
use crate::measure::Contest;
use crate::model::User;
use crate::stage::{People, Stage};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use slotmap::SlotMap;

/// The same database, through the view.
const THROUGH_VIEW: &str = "through_view";

/// By the primary key. The second base keeps its rows in the map itself: one miss less, and nothing
/// else can refer to them.
pub fn get_by_id(stage: &Stage) -> Contest<'_> {
    let people = stage.people();
    let (store, database) = (&people.store, &people.database);
    let keys = stage.random(1).picks(&people.ids, stage.reads());
    let (ours, theirs, views) = (keys.clone(), keys.clone(), keys.clone());
    let numbers: Vec<_> = keys.iter().map(|id| id.get()).collect();
    let mut select = people.sqlite().prepare("SELECT balance + age FROM users WHERE id = ?1");
    let mut inline = HashMap::with_hasher(RandomState::default());
    inline.extend(store.users().map(|row| (row.id.get(), row.clone())));
    Contest::new(move || {
        let snap = database.read();
        let users = snap.table_of::<User>();
        each(&ours, |&id| users.get(id).map_or(0, two_of_user))
    })
    .against(BY_HAND, move || each(&theirs, |&id| store.user(id).map_or(0, two_of_user)))
    .against("inline_map", move || each(&keys, |id| inline.get(&id.get()).map_or(0, two_of_user)))
    .against(THROUGH_VIEW, move || {
        let snap = database.read();
        each(&views, |&id| snap.get(id).map_or(0, two_of_user))
    })
    .against_slow(SQLITE, move || each(&numbers, |&id| select.word([id as i64])))
}

/// By the place where the row lives, which was asked for once.
pub fn get_by_handle(stage: &Stage) -> Contest<'_> {
    let People { database, store, ids, .. } = stage.people();
    let snap = database.read();
    let mut slots = SlotMap::new();
    let place = |id| {
        let row = store.user(id).cloned();
        (snap.handle(id).expect("the row exists"), slots.insert(row.expect("the row exists")))
    };
    let places: Vec<_> = ids.iter().copied().map(place).collect();
    let picks = stage.random(2).picks(&places, stage.reads());
    let (handles, keys): (Vec<_>, Vec<_>) = picks.into_iter().unzip();
    Contest::new(move || {
        let snap = database.read();
        let users = snap.table_of::<User>();
        each(&handles, |&handle| users.by_handle(handle).map_or(0, two_of_user))
    })
    .against("slot_map", move || each(&keys, |&key| slots.get(key).map_or(0, two_of_user)))
}

/// By a unique text. The texts to look for lie in memory in the order in which they are looked for.
pub fn find_unique_string(stage: &Stage) -> Contest<'_> {
    let people = stage.people();
    let (store, database) = (&people.store, &people.database);
    let rows: Vec<_> = people.data.iter().collect();
    let picks = stage.random(3).picks(&rows, stage.reads());
    let ours: Vec<_> = picks.iter().map(|row| row.email.clone()).collect();
    let theirs: Vec<_> = picks.iter().map(|row| row.email.clone()).collect();
    let sqlites = theirs.clone();
    let mut select = people.sqlite().prepare("SELECT balance + age FROM users WHERE email = ?1");
    Contest::new(move || {
        let snap = database.read();
        let users = snap.table_of::<User>();
        each(&ours, |email| users.find(User::EMAIL, email.as_str()).map_or(0, two_of_user))
    })
    .against(BY_HAND, move || {
        each(&theirs, |email| store.user_by_email(email).map_or(0, two_of_user))
    })
    .against_slow(SQLITE, move || each(&sqlites, |email| select.word([email])))
}

/// By a unique number in a hash index.
pub fn find_hashed_key(stage: &Stage) -> Contest<'_> {
    let codes: Vec<_> = stage.people().data.iter().map(|row| row.code).collect();
    by_code(stage, stage.random(4).picks(&codes, stage.reads()))
}

/// By a number that nobody has.
pub fn miss(stage: &Stage) -> Contest<'_> {
    by_code(stage, (0..stage.reads()).map(data::absent_code).collect())
}

/// The checksum counts what was not found, so that a miss is told from a row of zeros.
fn by_code(stage: &Stage, codes: Vec<u64>) -> Contest<'_> {
    let People { store, database, .. } = stage.people();
    let (theirs, views) = (codes.clone(), codes.clone());
    let digest = |found: Option<&User>| found.map_or(1 << 40, two_of_user);
    Contest::new(move || {
        let snap = database.read();
        let users = snap.table_of::<User>();
        each(&codes, |&code| digest(users.find(User::CODE, code)))
    })
    .against(BY_HAND, move || each(&theirs, |&code| digest(store.user_by_code(code))))
    .against(THROUGH_VIEW, move || {
        let snap = database.read();
        each(&views, |&code| digest(snap.find(User::CODE, code)))
    })
}
