//! The rows of a snapshot, into tables. Segments are read, checked and made into rows side by side; they enter their tables one
//! after the other, in the order in which they were written, so that rows have the places that they would have had on one
//! thread.
//!
//! Nobody waits for ever: whoever waits for a turn waits for a segment that somebody took before him, and whoever fails, or
//! panics in code of the user's, tells all who wait.

use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone_persist::Error as FilesError;
use bondstone_persist::codec::block::Loaded;
use bondstone_persist::codec::restore::{Mapping, SegmentRows};
use bondstone_persist::snapshot::{SnapshotError, SnapshotReader};
use bondstone_storage::Loader;
use parking_lot::{Condvar, Mutex};

use super::layout::{Layouts, Stored};
use super::{Options, Progress};
use crate::error::{Error, Result};

/// A snapshot being loaded.
pub(super) struct Load<'a> {
    pub(super) snapshot: &'a SnapshotReader,
    pub(super) file: &'a str,
    pub(super) layouts: &'a Layouts<'a>,
    pub(super) loader: &'a Loader,
    pub(super) options: &'a Options,
}

/// A segment of a table.
#[derive(Clone, Copy)]
struct Place {
    table: usize,
    segment: usize,
    rows: u32,
}

impl Load<'_> {
    /// Loads all tables, the largest first, on several threads. The first error ends it.
    pub(super) fn run(&self) -> Result<()> {
        let places = self.places();
        let next = AtomicUsize::new(0);
        let turns = Turns::new(self.snapshot.tables().len());
        let work = || {
            let mut ending = Ending { turns: &turns, is_done: false };
            while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                let loaded = self.segment(*place, &turns);
                if !loaded.unwrap_or_else(|error| turns.fail(error)) {
                    break;
                }
            }
            ending.is_done = true;
        };
        std::thread::scope(|scope| {
            for _ in 1..self.options.threads.min(places.len()) {
                scope.spawn(work);
            }
            work();
        });
        turns.into_error().map_or(Ok(()), Err)?;
        (0..self.snapshot.tables().len()).try_for_each(|table| self.count_on(table))
    }

    /// All segments, those of the largest table first.
    fn places(&self) -> Vec<Place> {
        let tables = self.snapshot.tables();
        let mut order: Vec<usize> = (0..tables.len()).collect();
        order.sort_by_key(|table| std::cmp::Reverse(tables[*table].rows));
        let of = |table: usize| {
            let segments = tables[table].segments.iter().enumerate();
            segments.map(move |(segment, rows)| Place { table, segment, rows: *rows })
        };
        order.into_iter().flat_map(of).collect()
    }

    /// Loads a segment, in its turn; false if there is no more to do, since another one failed.
    fn segment(&self, place: Place, turns: &Turns) -> Result<bool> {
        let found = self.found(place.table)?;
        match found {
            Stored::Table(model, mapping) => {
                let columns = self.columns(place, mapping)?;
                let rows = self.rows(place, mapping, &columns, |rows| model.restore(rows))?;
                if !turns.wait(place) {
                    return Ok(false);
                }
                model.load(self.loader, rows)?;
            }
            Stored::Staged(_, _, stage) => {
                let mapping = stage.lock().mapping();
                let columns = self.columns(place, &mapping)?;
                if !turns.wait(place) {
                    return Ok(false);
                }
                let mut stage = stage.lock();
                self.rows(place, &mapping, &columns, |rows| {
                    stage.load(rows).map_err(|malformed| self.corrupt(&malformed))
                })?;
            }
            Stored::Removed { .. } => return Ok(true),
        }
        self.report(place, found);
        turns.pass(place);
        Ok(true)
    }

    fn found(&self, table: usize) -> Result<&Stored<'_>> {
        self.layouts.table(table).map_err(|malformed| self.corrupt(&malformed))
    }

    fn report(&self, place: Place, found: &Stored<'_>) {
        let (Stored::Table(model, _) | Stored::Staged(model, ..)) = found else { return };
        let contents = &self.snapshot.tables()[place.table];
        let loaded = &contents.segments[..=place.segment];
        let done = loaded.iter().map(|rows| u64::from(*rows)).sum();
        let (table, total) = (model.table(), contents.rows);
        self.options.report(Progress::Loading { table, done, total });
    }

    /// Lets the keys of a table go on where they were.
    fn count_on(&self, table: usize) -> Result<()> {
        let counter = self.snapshot.tables()[table].counter;
        match self.found(table)? {
            Stored::Table(model, _) => model.set_next_number(self.loader, counter),
            Stored::Staged(.., stage) => stage.lock().set_next_number(counter),
            Stored::Removed { .. } => {}
        }
        Ok(())
    }

    /// The columns of a segment that the model reads, checked.
    fn columns(&self, place: Place, mapping: &Mapping) -> Result<Vec<Option<Loaded>>> {
        let is_read = |column| mapping.reads(column);
        let columns = self.snapshot.segment(place.table, place.segment, is_read);
        columns.map_err(|error| self.failed(error))
    }

    /// What `take` makes of a segment's rows, all of which it takes.
    fn rows<T>(
        &self,
        place: Place,
        mapping: &Mapping,
        columns: &[Option<Loaded>],
        take: impl FnOnce(&mut SegmentRows<'_>) -> Result<T>,
    ) -> Result<T> {
        let stored = SegmentRows::new(mapping, columns, place.rows);
        let mut stored = stored.map_err(|damage| self.corrupt(&damage))?;
        let taken = take(&mut stored)?;
        stored.finish().map_err(|malformed| self.corrupt(&malformed))?;
        Ok(taken)
    }

    fn failed(&self, error: SnapshotError) -> Error {
        error.in_file("reading", self.file).into()
    }

    fn corrupt(&self, what: &dyn std::fmt::Display) -> Error {
        FilesError::Corrupt { file: self.file.to_owned(), offset: 0, what: what.to_string() }.into()
    }
}

/// Whose turn it is in each table, and why there are no more turns.
struct Turns {
    state: Mutex<Turn>,
    changed: Condvar,
}

struct Turn {
    /// The next segment of each table.
    next: Vec<usize>,
    is_over: bool,
    failed: Option<Error>,
}

impl Turns {
    fn new(tables: usize) -> Self {
        let state = Turn { next: vec![0; tables], is_over: false, failed: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for the turn of a segment; false if it does not come, since another one failed.
    fn wait(&self, place: Place) -> bool {
        let mut state = self.state.lock();
        while !state.is_over && state.next[place.table] != place.segment {
            self.changed.wait(&mut state);
        }
        !state.is_over
    }

    /// Gives the turn to the next segment of the table.
    fn pass(&self, place: Place) {
        self.state.lock().next[place.table] += 1;
        self.changed.notify_all();
    }

    /// Ends all waiting, since there is no more to do: false. The first error is told.
    fn fail(&self, error: Error) -> bool {
        let mut state = self.state.lock();
        state.is_over = true;
        state.failed.get_or_insert(error);
        self.changed.notify_all();
        false
    }

    fn into_error(self) -> Option<Error> {
        self.state.into_inner().failed
    }
}

/// Tells those who wait when a thread ends by a panic.
struct Ending<'a> {
    turns: &'a Turns,
    is_done: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.turns.state.lock().is_over = true;
            self.turns.changed.notify_all();
        }
    }
}
