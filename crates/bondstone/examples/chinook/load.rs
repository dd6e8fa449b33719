//! Loading: all files in one transaction, each row through the public API with every rule enforced. A row that is refused
//! is named by file and line, and nothing of what came before it stays.

use std::fmt;
use std::time::Duration;

use bondstone::Violation;
use bondstone::prelude::*;
use csv::Reader;

use crate::files::Files;
use crate::line::{Line, Unread};
use crate::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist,
    PlaylistTrack, Track,
};
use crate::page::timed;

/// A table that was loaded.
pub struct Loaded {
    pub table: &'static str,
    pub rows: usize,
    pub time: Duration,
}

/// Loads all tables into an empty database.
pub fn load(db: &Database, files: &Files) -> Result<Vec<Loaded>, LoadError> {
    db.transact(|tx| {
        Ok(vec![
            table::<Genre>(tx, files)?,
            table::<MediaType>(tx, files)?,
            table::<Artist>(tx, files)?,
            table::<Album>(tx, files)?,
            table::<Track>(tx, files)?,
            table::<Employee>(tx, files)?,
            table::<Customer>(tx, files)?,
            table::<Invoice>(tx, files)?,
            table::<InvoiceLine>(tx, files)?,
            table::<Playlist>(tx, files)?,
            table::<PlaylistTrack>(tx, files)?,
        ])
    })
}

fn table<R: Record>(tx: &mut Tx, files: &Files) -> Result<Loaded, LoadError> {
    let (rows, time) = timed(|| rows::<R>(tx, files.text(R::TABLE)));
    Ok(Loaded { table: R::TABLE, rows: rows?, time })
}

fn rows<R: Record>(tx: &mut Tx, text: &str) -> Result<usize, LoadError> {
    let mut reader = Reader::from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Problem::Csv(error).at(R::TABLE, line)
    };
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut count = 0;
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let at = |problem: Problem| {
            problem.at(R::TABLE, record.position().map_or(0, csv::Position::line))
        };
        let row = R::read(&Line::new(&header, &record)).map_err(|unread| at(unread.into()))?;
        tx.insert(row).map_err(|refused| at(refused.into()))?;
        count += 1;
    }
    Ok(count)
}

/// A model that stands in a file.
pub trait Record: New {
    /// The table's name, which is the file's.
    const TABLE: &'static str;

    /// The row that a line describes.
    fn read(line: &Line) -> Result<Self, Unread>;
}

/// `records! { Genre { id: "GenreId", name: "Name" } … }`: which column of the file each field is read from.
macro_rules! records {
    ($($model:ident { $($field:ident: $column:literal),* $(,)? })*) => {$(
        impl Record for $model {
            const TABLE: &'static str = stringify!($model);

            fn read(line: &Line) -> Result<Self, Unread> {
                Ok(Self { $($field: line.cell($column)?),* })
            }
        }
    )*};
}

records! {
    Genre { id: "GenreId", name: "Name" }
    MediaType { id: "MediaTypeId", name: "Name" }
    Artist { id: "ArtistId", name: "Name" }
    Album { id: "AlbumId", title: "Title", artist_id: "ArtistId" }
    Track {
        id: "TrackId",
        name: "Name",
        album_id: "AlbumId",
        media_type_id: "MediaTypeId",
        genre_id: "GenreId",
        composer: "Composer",
        milliseconds: "Milliseconds",
        bytes: "Bytes",
        unit_price: "UnitPrice",
    }
    Employee {
        id: "EmployeeId",
        last_name: "LastName",
        first_name: "FirstName",
        title: "Title",
        reports_to: "ReportsTo",
        birth_date: "BirthDate",
        hire_date: "HireDate",
        address: "Address",
        city: "City",
        state: "State",
        country: "Country",
        postal_code: "PostalCode",
        phone: "Phone",
        fax: "Fax",
        email: "Email",
    }
    Customer {
        id: "CustomerId",
        first_name: "FirstName",
        last_name: "LastName",
        company: "Company",
        address: "Address",
        city: "City",
        state: "State",
        country: "Country",
        postal_code: "PostalCode",
        phone: "Phone",
        fax: "Fax",
        email: "Email",
        support_rep_id: "SupportRepId",
    }
    Invoice {
        id: "InvoiceId",
        customer_id: "CustomerId",
        invoice_date: "InvoiceDate",
        billing_address: "BillingAddress",
        billing_city: "BillingCity",
        billing_state: "BillingState",
        billing_country: "BillingCountry",
        billing_postal_code: "BillingPostalCode",
        total: "Total",
    }
    InvoiceLine {
        id: "InvoiceLineId",
        invoice_id: "InvoiceId",
        track_id: "TrackId",
        unit_price: "UnitPrice",
        quantity: "Quantity",
    }
    Playlist { id: "PlaylistId", name: "Name" }
    PlaylistTrack { playlist_id: "PlaylistId", track_id: "TrackId" }
}

/// Why nothing was loaded.
#[derive(Debug)]
pub struct LoadError {
    /// The table and the line of its file, if it was a line's fault.
    place: Option<(&'static str, u64)>,
    problem: Problem,
}

/// What was wrong.
#[derive(Debug)]
enum Problem {
    Csv(csv::Error),
    Unread(Unread),
    Refused(Error),
}

impl Problem {
    fn at(self, table: &'static str, line: u64) -> LoadError {
        LoadError { place: Some((table, line)), problem: self }
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

impl From<Error> for Problem {
    fn from(refused: Error) -> Self {
        Self::Refused(refused)
    }
}

impl From<Error> for LoadError {
    fn from(refused: Error) -> Self {
        Self { place: None, problem: refused.into() }
    }
}

impl LoadError {
    /// The file and the line in it.
    pub fn place(&self) -> String {
        self.place.map_or_else(String::new, |(table, line)| format!("{table}.csv, line {line}"))
    }

    /// The rule that was broken.
    pub fn constraint(&self) -> String {
        match &self.problem {
            Problem::Csv(_) => "well-formed CSV".to_owned(),
            Problem::Unread(unread) => unread.rule(),
            Problem::Refused(error) => error.violation().map_or_else(String::new, named),
        }
    }

    /// The value that broke it.
    pub fn value(&self) -> String {
        match &self.problem {
            Problem::Csv(_) => String::new(),
            Problem::Unread(unread) => format!("{:?}", unread.value),
            Problem::Refused(error) => {
                error.violation().map_or_else(String::new, |broken| broken.values().join(", "))
            }
        }
    }

    /// What was wrong, in a sentence.
    pub fn reason(&self) -> String {
        match &self.problem {
            Problem::Csv(error) => error.to_string(),
            Problem::Unread(unread) => unread.to_string(),
            Problem::Refused(error) => error.to_string(),
        }
    }
}

/// A constraint's name; for a rule of one column, `table.column`.
fn named(broken: &Violation) -> String {
    match broken.columns() {
        [column] if *column == broken.constraint() => format!("{}.{column}", broken.table()),
        _ => broken.constraint().to_owned(),
    }
}

impl fmt::Display for LoadError {
    /// File, line, constraint, value, and the sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, constraint, value) = (self.place(), self.constraint(), self.value());
        write!(f, "{place}: {} (constraint {constraint}, value {value})", self.reason())
    }
}

impl std::error::Error for LoadError {}
