//! The files: one for each table, held in memory, so that a copy can be damaged.

use std::path::Path;
use std::{fs, io};

use csv::{Reader, Writer};

/// The tables, parents before children: each row refers only to rows before it.
pub const TABLES: [&str; 11] = [
    "Genre",
    "MediaType",
    "Artist",
    "Album",
    "Track",
    "Employee",
    "Customer",
    "Invoice",
    "InvoiceLine",
    "Playlist",
    "PlaylistTrack",
];

/// The texts of the files, in the order of [`TABLES`].
#[derive(Clone)]
pub struct Files {
    texts: [String; 11],
}

/// A cell that is given another value, and the constraint which that value breaks.
pub struct Damage {
    pub table: &'static str,
    pub line: u64,
    pub column: &'static str,
    pub value: String,
    pub breaks: &'static str,
}

impl Files {
    /// Reads a directory.
    pub fn read(directory: &Path) -> io::Result<Self> {
        let mut texts: [String; 11] = Default::default();
        for (table, text) in TABLES.iter().zip(&mut texts) {
            let file = directory.join(format!("{table}.csv"));
            *text = fs::read_to_string(&file).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", file.display()))
            })?;
        }
        Ok(Self { texts })
    }

    /// The text of a table's file; of a file that does not exist, none.
    pub fn text(&self, table: &str) -> &str {
        let place = TABLES.iter().position(|name| *name == table);
        place.map_or("", |place| &self.texts[place])
    }

    /// A copy in which one cell has another value.
    pub fn damaged(&self, damage: &Damage) -> csv::Result<Self> {
        let mut copy = self.clone();
        if let Some(place) = TABLES.iter().position(|name| *name == damage.table) {
            copy.texts[place] = damage.put_into(&self.texts[place])?;
        }
        Ok(copy)
    }
}

impl Damage {
    fn put_into(&self, text: &str) -> csv::Result<String> {
        let mut reader = Reader::from_reader(text.as_bytes());
        let mut writer = Writer::from_writer(Vec::new());
        let header = reader.headers()?.clone();
        writer.write_record(&header)?;
        for record in reader.records() {
            let record = record?;
            let here = record.position().is_some_and(|position| position.line() == self.line);
            let cells = header.iter().zip(&record);
            writer.write_record(cells.map(|(column, cell)| {
                if here && column == self.column { self.value.as_str() } else { cell }
            }))?;
        }
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        String::from_utf8(bytes).map_err(|error| io::Error::other(error).into())
    }
}
