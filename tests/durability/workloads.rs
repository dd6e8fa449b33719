//! Scripted programs. Each is a few dozen operations on the disk long, so that every one of them can be the last.

use bondstone::Level::{self, Buffered, Memory, Sync};
use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;

use crate::models::{Account, Entry, Kind, Label, NewAccount, NewEntry, account};
use crate::session::Session;

/// A program.
pub struct Workload {
    pub name: &'static str,
    pub run: fn(&mut Session),
}

macro_rules! workloads {
    ($($name:ident)*) => {
        &[$(Workload { name: stringify!($name), run: $name }),*]
    };
}

pub const WORKLOADS: &[Workload] = workloads! {
    nothing one_sync_commit sync_commits buffered_commits memory_commits mixed_levels
    memory_then_sync flushed large_commit updates_and_deletes cascades key_changes natural_keys
    savepoints_and_rollbacks rotation rotation_of_buffered checkpoint checkpoint_twice
    checkpoint_between_levels checkpoint_of_nothing closed_and_opened opened_many_times
    forgotten_and_opened checkpoint_then_reopen rotation_checkpoint_reopen backup
};

fn deposit(session: &mut Session, level: Level, name: &'static str) {
    session.commit(level, |tx| {
        let id = tx.insert(account(name))?;
        tx.update(id, |account| account.balance += 10)?;
        tx.insert(NewEntry { account_id: id, amount: 10, kind: Kind::Plain, label_id: None })
            .map(drop)
    });
}

fn first(tx: &Tx) -> Option<Id<Account>> {
    tx.query::<Account>().order_by_key().first().map(|account| account.id)
}

const NAMES: [&str; 8] = ["ann", "bob", "eve", "joe", "kim", "lee", "may", "ned"];

fn nothing(_: &mut Session) {}

fn one_sync_commit(session: &mut Session) {
    deposit(session, Sync, "ann");
}

fn sync_commits(session: &mut Session) {
    NAMES[..4].iter().for_each(|name| deposit(session, Sync, name));
}

fn buffered_commits(session: &mut Session) {
    NAMES[..5].iter().for_each(|name| deposit(session, Buffered, name));
}

fn memory_commits(session: &mut Session) {
    NAMES.iter().for_each(|name| deposit(session, Memory, name));
}

fn mixed_levels(session: &mut Session) {
    for (name, level) in
        NAMES.iter().zip([Buffered, Sync, Memory, Buffered, Memory, Sync, Buffered])
    {
        deposit(session, level, name);
    }
}

fn memory_then_sync(session: &mut Session) {
    NAMES[..3].iter().for_each(|name| deposit(session, Memory, name));
    deposit(session, Sync, "ned");
}

fn flushed(session: &mut Session) {
    deposit(session, Memory, "ann");
    deposit(session, Buffered, "bob");
    session.flush();
    deposit(session, Buffered, "eve");
}

fn large_commit(session: &mut Session) {
    session.commit(Sync, |tx| {
        tx.insert_all((0..100).map(|number| account(format!("number {number}")))).map(drop)
    });
    deposit(session, Buffered, "ann");
}

fn updates_and_deletes(session: &mut Session) {
    NAMES[..3].iter().for_each(|name| deposit(session, Buffered, name));
    session.commit(Sync, |tx| {
        let Some(id) = first(tx) else { return Ok(()) };
        tx.update(id, |account| account.note = Some("first".into())).map(drop)
    });
    session.commit(Buffered, |tx| {
        let Some(id) = first(tx) else { return Ok(()) };
        tx.delete(id).map(drop)
    });
    deposit(session, Sync, "joe");
}

fn cascades(session: &mut Session) {
    session.commit(Sync, |tx| {
        let label = tx.insert(Label { text: "tax".into(), color: 3, weight: 5, share: 0.5 })?;
        let boss = tx.insert(account("boss"))?;
        for name in &NAMES[..3] {
            let id = tx.insert(NewAccount { boss_id: None, ..account(*name) })?;
            let kind = Kind::Named((*name).to_owned());
            tx.insert(NewEntry {
                account_id: boss,
                amount: 1,
                kind,
                label_id: Some(label.clone()),
            })?;
            tx.insert(NewEntry { account_id: id, amount: -1, kind: Kind::Plain, label_id: None })?;
        }
        Ok(())
    });
    session.commit(Buffered, |tx| tx.delete(Id::<Label>::new("tax")).map(drop));
    session.commit(Sync, |tx| {
        let Some(boss) = first(tx) else { return Ok(()) };
        tx.delete(boss).map(drop)
    });
}

fn key_changes(session: &mut Session) {
    session.commit(Buffered, |tx| {
        for (weight, text) in [(1, "a"), (2, "b")] {
            tx.insert(Label { text: text.into(), color: 1, weight, share: 0.25 })?;
        }
        Ok(())
    });
    session.commit(Sync, |tx| tx.rekey(Id::<Label>::new("a"), Id::new("c")).map(drop));
    // Two rows change places by way of a third key: net, each has the other's values.
    session.commit(Buffered, |tx| {
        tx.rekey(Id::<Label>::new("b"), Id::new("x"))?;
        tx.rekey(Id::<Label>::new("c"), Id::new("b"))?;
        tx.rekey(Id::<Label>::new("x"), Id::new("c")).map(drop)
    });
}

fn natural_keys(session: &mut Session) {
    session.commit(Sync, |tx| {
        tx.insert(Label { text: String::new(), color: 0, weight: 0, share: -0.0 })?;
        tx.insert(Label {
            text: "ä\0\n".into(),
            color: u32::MAX,
            weight: i64::MIN,
            share: f64::INFINITY,
        })
        .map(drop)
    });
    session.commit(Buffered, |tx| tx.delete(Id::<Label>::new("")).map(drop));
    session.commit(Sync, |tx| {
        tx.insert(Label { text: String::new(), color: 9, weight: 1, share: 1.0 }).map(drop)
    });
}

fn savepoints_and_rollbacks(session: &mut Session) {
    session.commit(Sync, |tx| {
        tx.insert(account("ann"))?;
        let refused = tx.savepoint(|tx| {
            tx.insert(account("gone"))?;
            tx.insert(account("ann")).map(drop)
        });
        assert!(refused.is_err());
        Ok(())
    });
    if let Some(db) = session.db.clone().filter(|_| !session.ended) {
        let _ = db.write(|tx| {
            tx.insert(account("never"))?;
            Err::<(), _>(Error::user("changed my mind"))
        });
    }
    deposit(session, Buffered, "bob");
}

fn rotation(session: &mut Session) {
    for number in 0..12 {
        session.commit(Sync, |tx| {
            let parts = vec![number; 300];
            let id = tx.insert(account(format!("number {number}")))?;
            let kind = Kind::Split { parts, rest: Some(-1) };
            tx.insert(NewEntry { account_id: id, amount: 0, kind, label_id: None }).map(drop)
        });
    }
}

fn rotation_of_buffered(session: &mut Session) {
    for number in 0..12 {
        let level = [Buffered, Memory][number % 2];
        session.commit(level, |tx| {
            tx.insert(account("x".repeat(300) + &number.to_string())).map(drop)
        });
    }
}

fn checkpoint(session: &mut Session) {
    NAMES[..3].iter().for_each(|name| deposit(session, Buffered, name));
    session.checkpoint();
    deposit(session, Buffered, "joe");
    deposit(session, Sync, "kim");
}

fn checkpoint_twice(session: &mut Session) {
    deposit(session, Sync, "ann");
    session.checkpoint();
    deposit(session, Sync, "bob");
    session.checkpoint();
    deposit(session, Buffered, "eve");
}

fn checkpoint_between_levels(session: &mut Session) {
    deposit(session, Memory, "ann");
    session.checkpoint();
    deposit(session, Memory, "bob");
    deposit(session, Buffered, "eve");
    session.checkpoint();
    deposit(session, Memory, "joe");
}

fn checkpoint_of_nothing(session: &mut Session) {
    session.checkpoint();
    session.checkpoint();
    deposit(session, Sync, "ann");
}

fn closed_and_opened(session: &mut Session) {
    deposit(session, Buffered, "ann");
    session.reopen();
    deposit(session, Memory, "bob");
    session.close();
}

fn opened_many_times(session: &mut Session) {
    for name in &NAMES[..4] {
        deposit(session, Sync, name);
        session.reopen();
    }
}

/// Dropped without closing: the operating system has what was buffered.
fn forgotten_and_opened(session: &mut Session) {
    deposit(session, Buffered, "ann");
    deposit(session, Memory, "bob");
    session.forget();
    session.reopen();
    deposit(session, Sync, "eve");
}

fn checkpoint_then_reopen(session: &mut Session) {
    deposit(session, Sync, "ann");
    session.checkpoint();
    session.reopen();
    deposit(session, Sync, "bob");
    session.reopen();
    session.checkpoint();
    deposit(session, Buffered, "eve");
}

fn rotation_checkpoint_reopen(session: &mut Session) {
    rotation(session);
    session.checkpoint();
    session.reopen();
    session.commit(Sync, |tx| tx.delete_where(Entry::AMOUNT.eq(0)).map(drop));
    session.reopen();
}

fn backup(session: &mut Session) {
    deposit(session, Sync, "ann");
    deposit(session, Buffered, "bob");
    if let Some(db) = session.db.clone().filter(|_| !session.ended) {
        // Onto a disk of its own, where nothing goes wrong.
        let other = SimDisk::new(7);
        if db.backup_in(other.clone()).is_err() {
            session.ended = true;
            return;
        }
        let copy = crate::session::builder().open_in(other).expect("a backup opens");
        assert_eq!(crate::models::state(&copy), crate::models::state(&db));
    }
    deposit(session, Sync, "eve");
}
