//! What is true of the data, found by walking it.

use bondstone::prelude::*;

use crate::models::{Album, Artist, Invoice, InvoiceLine, Playlist, Track};

/// What is true of the data.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// All invoices together.
    pub turnover: Decimal,
    /// Invoices whose lines do not add up to their total.
    pub wrong_totals: usize,
    /// Lines with another quantity than one.
    pub several_at_once: usize,
    /// Lines with another price than their track's.
    pub other_prices: usize,
    /// Tracks on no invoice.
    pub never_sold: usize,
    /// Artists without an album.
    pub without_album: usize,
    /// Albums without a track.
    pub without_track: usize,
    /// Playlists without a track.
    pub empty_playlists: usize,
    /// The first and the last day of an invoice.
    pub days: Option<(Date, Date)>,
    /// The size of the largest track.
    pub largest: Option<u64>,
}

impl Facts {
    /// Walks everything.
    pub fn of(db: &View) -> Self {
        let other_price = |line: &&InvoiceLine| line.unit_price != line.track(db).unit_price;
        let mut by_day = db.range(Invoice::INVOICE_DATE, Date::MIN..=Date::MAX);
        let first = by_day.next().map(|invoice| invoice.invoice_date);
        let last = by_day.last().map(|invoice| invoice.invoice_date).or(first);
        Self {
            turnover: db.iter::<Invoice>().map(|invoice| invoice.total).sum(),
            wrong_totals: count(db, |invoice: &Invoice| invoice.sum(db) != invoice.total),
            several_at_once: count(db, |line: &InvoiceLine| line.quantity != 1),
            other_prices: db.iter().filter(other_price).count(),
            never_sold: count(db, |track: &Track| track.invoice_lines(db).is_empty()),
            without_album: count(db, |artist: &Artist| artist.albums(db).is_empty()),
            without_track: count(db, |album: &Album| album.tracks(db).is_empty()),
            empty_playlists: count(db, |playlist: &Playlist| playlist.tracks(db).is_empty()),
            days: first.zip(last),
            largest: db.iter::<Track>().filter_map(|track| track.bytes).max(),
        }
    }
}

fn count<M: Model>(db: &View, is: impl Fn(&M) -> bool) -> usize {
    db.iter().filter(|row| is(row)).count()
}
