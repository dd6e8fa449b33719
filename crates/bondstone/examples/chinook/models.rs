//! The eleven tables of Chinook, a shop for digital media, as its schema declares them.
//!
//! Each row brings its own key. A text that may be missing is an `Option`: the data has no empty texts. No foreign key says
//! what happens on delete, so each restricts.

use bondstone::prelude::*;

/// An empty database with all tables.
pub fn database() -> bondstone::Result<Database> {
    // Every table is reached from a track by keys and relations, in one step or several.
    Database::builder().models::<Track>().in_memory()
}

/// A kind of music, or of film.
#[derive(Clone, Debug, Model)]
#[has_many(tracks: Track)]
pub struct Genre {
    #[key]
    pub id: Id<Genre>,
    #[unique]
    #[max_len(120)]
    pub name: Option<String>,
}

/// How a track is encoded.
#[derive(Clone, Debug, Model)]
#[has_many(tracks: Track)]
pub struct MediaType {
    #[key]
    pub id: Id<MediaType>,
    #[max_len(120)]
    pub name: Option<String>,
}

/// Somebody whose albums are sold, or might be.
#[derive(Clone, Debug, Model)]
#[has_many(albums: Album)]
pub struct Artist {
    #[key]
    pub id: Id<Artist>,
    #[unique]
    #[max_len(120)]
    pub name: Option<String>,
}

/// An album of an artist.
#[derive(Clone, Debug, Model)]
#[has_many(tracks: Track)]
pub struct Album {
    #[key]
    pub id: Id<Album>,
    #[max_len(160)]
    pub title: String,
    pub artist_id: Id<Artist>,
}

/// What is sold. Names repeat.
#[derive(Clone, Debug, Model)]
#[has_many(invoice_lines: InvoiceLine, playlists: Playlist via PlaylistTrack)]
pub struct Track {
    #[key]
    pub id: Id<Track>,
    #[max_len(200)]
    pub name: String,
    pub album_id: Option<Id<Album>>,
    pub media_type_id: Id<MediaType>,
    pub genre_id: Option<Id<Genre>>,
    #[max_len(220)]
    pub composer: Option<String>,
    pub milliseconds: u32,
    pub bytes: Option<u64>,
    #[decimal(10, 2)]
    pub unit_price: Decimal,
}

/// Somebody who works here, and whom they report to.
#[derive(Clone, Debug, Model)]
#[has_many(reports: Employee, customers: Customer)]
pub struct Employee {
    #[key]
    pub id: Id<Employee>,
    #[max_len(20)]
    pub last_name: String,
    #[max_len(20)]
    pub first_name: String,
    #[max_len(30)]
    pub title: Option<String>,
    pub reports_to: Option<Id<Employee>>,
    pub birth_date: Option<Date>,
    pub hire_date: Option<Date>,
    #[max_len(70)]
    pub address: Option<String>,
    #[max_len(40)]
    pub city: Option<String>,
    #[max_len(40)]
    pub state: Option<String>,
    #[max_len(40)]
    pub country: Option<String>,
    #[max_len(10)]
    pub postal_code: Option<String>,
    #[max_len(24)]
    pub phone: Option<String>,
    #[max_len(24)]
    pub fax: Option<String>,
    #[unique]
    #[max_len(60)]
    pub email: Option<String>,
}

/// Somebody who buys, and who looks after them.
#[derive(Clone, Debug, Model)]
#[has_many(invoices: Invoice)]
pub struct Customer {
    #[key]
    pub id: Id<Customer>,
    #[max_len(40)]
    pub first_name: String,
    #[max_len(20)]
    pub last_name: String,
    #[max_len(80)]
    pub company: Option<String>,
    #[max_len(70)]
    pub address: Option<String>,
    #[max_len(40)]
    pub city: Option<String>,
    #[max_len(40)]
    pub state: Option<String>,
    #[max_len(40)]
    pub country: Option<String>,
    #[max_len(10)]
    pub postal_code: Option<String>,
    #[max_len(24)]
    pub phone: Option<String>,
    #[max_len(24)]
    pub fax: Option<String>,
    #[unique]
    #[max_len(60)]
    pub email: String,
    pub support_rep_id: Option<Id<Employee>>,
}

/// What a customer bought at one time.
#[derive(Clone, Debug, Model)]
#[has_many(lines: InvoiceLine)]
pub struct Invoice {
    #[key]
    pub id: Id<Invoice>,
    pub customer_id: Id<Customer>,
    #[index]
    pub invoice_date: Date,
    #[max_len(70)]
    pub billing_address: Option<String>,
    #[max_len(40)]
    pub billing_city: Option<String>,
    #[max_len(40)]
    pub billing_state: Option<String>,
    #[max_len(40)]
    pub billing_country: Option<String>,
    #[max_len(10)]
    pub billing_postal_code: Option<String>,
    #[decimal(10, 2)]
    pub total: Decimal,
}

/// A track on an invoice, at the price of that time.
#[derive(Clone, Debug, Model)]
pub struct InvoiceLine {
    #[key]
    pub id: Id<InvoiceLine>,
    pub invoice_id: Id<Invoice>,
    pub track_id: Id<Track>,
    #[decimal(10, 2)]
    pub unit_price: Decimal,
    pub quantity: u32,
}

/// A list of tracks. Names repeat.
#[derive(Clone, Debug, Model)]
#[has_many(tracks: Track via PlaylistTrack)]
pub struct Playlist {
    #[key]
    pub id: Id<Playlist>,
    #[max_len(120)]
    pub name: Option<String>,
}

/// A track on a playlist: at most once.
#[derive(Clone, Debug, Model)]
pub struct PlaylistTrack {
    #[key]
    pub playlist_id: Id<Playlist>,
    #[key]
    pub track_id: Id<Track>,
}

impl Employee {
    /// First and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

impl Customer {
    /// First and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

impl Invoice {
    /// The year of its date.
    #[hybrid]
    pub fn year(&self) -> i16 {
        self.invoice_date.year()
    }

    /// What its lines cost together; `total` says the same.
    pub fn sum(&self, db: &View) -> Decimal {
        self.lines(db).iter().map(InvoiceLine::subtotal).sum()
    }
}

impl InvoiceLine {
    /// What the line costs.
    #[hybrid]
    pub fn subtotal(&self) -> Decimal {
        self.unit_price * Decimal::from(self.quantity)
    }
}
