//! A program with a database on a simulated disk, and what it was promised.

use bondstone::prelude::*;
use bondstone::vfs::sim::SimDisk;
use bondstone::{Builder, Level, Result};

use crate::models::{Account, Label, state, state_of};

/// A program while it runs: the states it has committed, and how many of them it may rely on.
pub struct Session {
    pub disk: SimDisk,
    pub db: Option<Database>,
    /// The states after 0, 1, 2, … commits that were issued.
    pub history: Vec<String>,
    /// So many commits were acknowledged.
    pub acknowledged: usize,
    /// So many commits survive a crash of the process.
    pub buffered: usize,
    /// So many commits survive a power loss.
    pub durable: usize,
    /// The program met an error of the disk, and ended.
    pub ended: bool,
}

/// The models, without a thread in the background: what happens is what the script says.
pub fn builder() -> Builder {
    Database::builder().models::<(Account, Label)>().background(false).log_segment(2_000)
}

impl Session {
    /// Opens a database on a disk.
    pub fn open(disk: SimDisk) -> Self {
        let mut session = Self {
            disk,
            db: None,
            history: vec![String::new()],
            acknowledged: 0,
            buffered: 0,
            durable: 0,
            ended: false,
        };
        session.reopen();
        session
    }

    fn opened(&mut self, opened: Result<Database>) {
        match opened {
            Ok(db) => self.db = Some(db),
            Err(_) => self.ended = true,
        }
    }

    /// Closes the database, if it is open, and opens it again.
    pub fn reopen(&mut self) {
        self.close();
        if !self.ended {
            let opened = builder().open_in(self.disk.clone());
            self.opened(opened);
        }
    }

    /// Closes the database: after that everything is durable.
    pub fn close(&mut self) {
        let Some(db) = self.db.take().filter(|_| !self.ended) else { return };
        self.promised(|_| db.close());
    }

    /// Drops the database without closing it.
    pub fn forget(&mut self) {
        self.db = None;
    }

    /// One commit.
    pub fn commit(&mut self, level: Level, work: impl FnOnce(&mut Tx) -> Result<()>) {
        let Some(db) = self.db.clone().filter(|_| !self.ended) else { return };
        let mut tx = db.begin().expect("no other is open");
        work(&mut tx).expect("scripts do nothing that is refused");
        // What it would be like if the commit were the last thing that reached the disk.
        self.history.push(state_of(&tx));
        match tx.commit_at(level) {
            Ok(_) => {
                self.acknowledged = self.history.len() - 1;
                if level >= Level::Buffered {
                    self.buffered = self.acknowledged;
                }
                if level == Level::Sync {
                    self.durable = self.acknowledged;
                }
            }
            Err(_) => self.ended = true,
        }
    }

    /// Something after which all that was committed is durable: a flush, a checkpoint, a close.
    pub fn promised(&mut self, work: impl FnOnce(&Self) -> Result<()>) {
        if self.ended {
            return;
        }
        match work(self) {
            Ok(()) => {
                (self.buffered, self.durable) = (self.history.len() - 1, self.history.len() - 1)
            }
            Err(_) => self.ended = true,
        }
    }

    pub fn flush(&mut self) {
        self.promised(|session| session.database().flush());
    }

    pub fn checkpoint(&mut self) {
        self.promised(|session| session.database().checkpoint().map(drop));
    }

    pub fn database(&self) -> &Database {
        self.db.as_ref().expect("it is open while the session goes on")
    }

    /// Is the database in one of the states that it may be in after a power loss? Which?
    pub fn recognise(&self, db: &Database) -> Result<usize, String> {
        self.recognise_from(self.durable, db)
    }

    /// Is it in one of the states after at least so many commits?
    pub fn recognise_from(&self, least: usize, db: &Database) -> Result<usize, String> {
        let found = state(db);
        let allowed = least..self.history.len();
        let place = allowed.clone().rev().find(|place| self.history[*place] == found);
        place.ok_or_else(|| {
            let other = self.history.iter().rposition(|state| *state == found);
            format!("commits {allowed:?} were allowed; found is {other:?}:\n{found}")
        })
    }
}
