//! The rows of a snapshot, into tables: table beside table, row by row from the columns' cursors.

use std::sync::atomic::{AtomicUsize, Ordering};

use bondstone_persist::Error as FilesError;
use bondstone_persist::codec::restore::{Mapping, SegmentRows};
use bondstone_persist::snapshot::{SnapshotError, SnapshotReader};
use bondstone_storage::Loader;
use parking_lot::Mutex;

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

impl Load<'_> {
    /// Loads all tables, the largest first, on several threads. The first error ends it.
    pub(super) fn run(&self) -> Result<()> {
        let mut order: Vec<usize> = (0..self.snapshot.tables().len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(self.snapshot.tables()[*place].rows));
        let next = AtomicUsize::new(0);
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        let work = || {
            while failed.lock().is_none() {
                let Some(table) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                if let Err(error) = self.table(*table) {
                    failed.lock().get_or_insert(error);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.options.threads.min(order.len()) {
                scope.spawn(work);
            }
            work();
        });
        failed.into_inner().map_or(Ok(()), Err)
    }

    fn table(&self, table: usize) -> Result<()> {
        let found = self.layouts.table(table).map_err(|malformed| self.corrupt(&malformed))?;
        let model = match found {
            Stored::Table(model, _) | Stored::Staged(model, ..) => *model,
            Stored::Removed { .. } => return Ok(()),
        };
        let contents = &self.snapshot.tables()[table];
        let mut done = 0;
        for (segment, rows) in contents.segments.iter().enumerate() {
            self.segment((table, segment, *rows), found)?;
            done += u64::from(*rows);
            self.options.report(Progress::Loading {
                table: model.table(),
                done,
                total: contents.rows,
            });
        }
        match found {
            Stored::Staged(.., stage) => stage.lock().set_next_number(contents.counter),
            _ => model.set_next_number(self.loader, contents.counter),
        }
        Ok(())
    }

    fn segment(&self, place: (usize, usize, u32), found: &Stored<'_>) -> Result<()> {
        match found {
            Stored::Table(model, mapping) => {
                self.rows(place, mapping, &mut |rows| model.load(self.loader, rows))
            }
            Stored::Staged(_, _, stage) => {
                let mut stage = stage.lock();
                let mapping = stage.mapping();
                let mut load = |rows: &mut SegmentRows<'_>| stage.load(rows);
                self.rows(place, &mapping, &mut |rows| {
                    load(rows).map_err(|malformed| self.corrupt(&malformed))
                })
            }
            Stored::Removed { .. } => Ok(()),
        }
    }

    fn rows(
        &self,
        (table, segment, rows): (usize, usize, u32),
        mapping: &Mapping,
        load: &mut dyn FnMut(&mut SegmentRows<'_>) -> Result<()>,
    ) -> Result<()> {
        let is_read = |column| mapping.reads(column);
        let columns =
            self.snapshot.segment(table, segment, is_read).map_err(|error| self.failed(error))?;
        let mut stored =
            SegmentRows::new(mapping, &columns, rows).map_err(|damage| self.corrupt(&damage))?;
        load(&mut stored)?;
        stored.finish().map_err(|malformed| self.corrupt(&malformed))
    }

    fn failed(&self, error: SnapshotError) -> Error {
        error.in_file("reading", self.file).into()
    }

    fn corrupt(&self, what: &dyn std::fmt::Display) -> Error {
        FilesError::Corrupt { file: self.file.to_owned(), offset: 0, what: what.to_string() }.into()
    }
}
