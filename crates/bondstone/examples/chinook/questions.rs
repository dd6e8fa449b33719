//! Ten questions, each a query: what a shop wants to know of its data.

use std::cmp::Reverse;
use std::io;

use bondstone::Result;
use bondstone::prelude::*;

use crate::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, Track,
};
use crate::page::{Kind, Page, Table, span, timed};

/// A question, and how the answer is found.
pub struct Question {
    pub text: &'static str,
    columns: &'static [(&'static str, Kind)],
    ask: fn(&View) -> Result<Answer>,
}

/// Rows of text.
pub type Answer = Vec<Vec<String>>;

/// So many rows of a long answer are shown.
const SHOWN: usize = 8;

impl Question {
    /// The answer in a view.
    pub fn ask(&self, db: &View) -> Result<Answer> {
        (self.ask)(db)
    }
}

/// A row of an answer.
macro_rules! row {
    ($($cell:expr),+) => {
        vec![$($cell.to_string()),+]
    };
}

const TEXT: Kind = Kind::Text;
const NUMBER: Kind = Kind::Number;

/// The questions.
pub const QUESTIONS: [Question; 10] = [
    Question {
        text: "Who spent most?",
        columns: &[("customer", TEXT), ("country", TEXT), ("invoices", NUMBER), ("spent", NUMBER)],
        ask: best_customers,
    },
    Question {
        text: "What did each genre bring in?",
        columns: &[("genre", TEXT), ("sold", NUMBER), ("revenue", NUMBER)],
        ask: revenue_by_genre,
    },
    Question {
        text: "And each country?",
        columns: &[("country", TEXT), ("customers", NUMBER), ("revenue", NUMBER)],
        ask: revenue_by_country,
    },
    Question {
        text: "How does each year compare?",
        columns: &[("year", TEXT), ("invoices", NUMBER), ("revenue", NUMBER), ("largest", NUMBER)],
        ask: years,
    },
    Question {
        text: "Who works under Andrew Adams, at any depth?",
        columns: &[("employee", TEXT), ("title", TEXT), ("depth", NUMBER)],
        ask: everybody_below,
    },
    Question {
        text: "Which playlists share a track with “Grunge”?",
        columns: &[("playlist", TEXT), ("tracks", NUMBER)],
        ask: playlists_like_grunge,
    },
    Question {
        text: "Which artists with an album never sold a track?",
        columns: &[("artist", TEXT), ("albums", NUMBER)],
        ask: never_sold,
    },
    Question {
        text: "Which albums mix three genres or more?",
        columns: &[("album", TEXT), ("artist", TEXT), ("genres", NUMBER), ("tracks", NUMBER)],
        ask: mixed_albums,
    },
    Question {
        text: "Who bought jazz in the year of the last invoice, and lives outside the USA?",
        columns: &[("customer", TEXT), ("country", TEXT)],
        ask: jazz_abroad,
    },
    Question {
        text: "How long are tracks with a composer called Harris, by medium?",
        columns: &[("medium", TEXT), ("tracks", NUMBER), ("seconds", NUMBER), ("longest", NUMBER)],
        ask: tracks_by_harris,
    },
];

fn best_customers(db: &View) -> Result<Answer> {
    db.query()
        .group_by(Invoice::CUSTOMER_ID)
        .aggregate((count(), Invoice::TOTAL.sum()))
        .top_by_key(SHOWN, |(_, (_, spent))| Reverse(spent.clone().ok()))
        .into_iter()
        .map(|(&customer, (invoices, spent))| {
            let Customer { first_name, last_name, country, .. } = &db[customer];
            Ok(row![format!("{first_name} {last_name}"), known(country.as_ref()), invoices, spent?])
        })
        .collect()
}

fn revenue_by_genre(db: &View) -> Result<Answer> {
    db.query()
        .group_by(InvoiceLine::TRACK_ID.to(Track::GENRE_ID).to(Genre::NAME))
        .aggregate((InvoiceLine::QUANTITY.sum(), InvoiceLine::SUBTOTAL.sum()))
        .top_by_key(SHOWN, |(_, (_, revenue))| Reverse(revenue.clone().ok()))
        .into_iter()
        .map(|(genre, (sold, revenue))| Ok(row![known(genre), sold, revenue?]))
        .collect()
}

fn revenue_by_country(db: &View) -> Result<Answer> {
    db.query()
        .group_by(Invoice::BILLING_COUNTRY)
        .aggregate((Invoice::CUSTOMER_ID.count_distinct(), Invoice::TOTAL.sum()))
        .top_by_key(SHOWN, |(_, (_, revenue))| Reverse(revenue.clone().ok()))
        .into_iter()
        .map(|(country, (customers, revenue))| Ok(row![known(country), customers, revenue?]))
        .collect()
}

fn years(db: &View) -> Result<Answer> {
    db.query()
        .group_by(Invoice::YEAR)
        .aggregate((count(), Invoice::TOTAL.sum(), Invoice::TOTAL.max()))
        .into_iter()
        .map(|(year, (invoices, revenue, largest))| {
            Ok(row![year, invoices, revenue?, known(largest)])
        })
        .collect()
}

fn everybody_below(db: &View) -> Result<Answer> {
    let manager = db.query().filter(Employee::LAST_NAME.eq("Adams")).one()?;
    let depth = |employee: &Employee| Employee::REPORTS_TO.depth(employee, db);
    let below = db.query().filter(Employee::REPORTS_TO.under(manager.id));
    let below = below.order_by((Employee::LAST_NAME.asc(), Employee::ID.asc()));
    let row = |it: &Employee| row![it.full_name(), known(it.title.as_ref()), depth(it)];
    Ok(below.into_iter().map(row).collect())
}

fn playlists_like_grunge(db: &View) -> Result<Answer> {
    let on_grunge = Track::PLAYLISTS.any(Playlist::NAME.eq("Grunge"));
    let others = Playlist::TRACKS.any(on_grunge) & Playlist::NAME.ne("Grunge");
    let lists = db.query().filter(others).order_by(Playlist::ID.asc()).into_iter();
    let row = |list: &Playlist| row![known(list.name.as_ref()), list.tracks(db).count()];
    Ok(lists.map(row).collect())
}

fn never_sold(db: &View) -> Result<Answer> {
    let is_sold = !Track::INVOICE_LINES.is_empty();
    let none_sold = Artist::ALBUMS.none(Album::TRACKS.any(is_sold));
    let artists = db.query().filter(!Artist::ALBUMS.is_empty() & none_sold);
    let artists = artists.order_by((Artist::ALBUMS.size().desc(), Artist::NAME.asc()));
    let row = |artist: &Artist| row![known(artist.name.as_ref()), artist.albums(db).count()];
    Ok(artists.limit(SHOWN).into_iter().map(row).collect())
}

fn mixed_albums(db: &View) -> Result<Answer> {
    let album = (
        Track::ALBUM_ID.to(Album::TITLE),
        Track::ALBUM_ID.to(Album::ARTIST_ID).to(Artist::NAME),
        Track::ALBUM_ID,
    );
    Ok(db
        .query()
        .filter(Track::ALBUM_ID.is_some())
        .group_by(album)
        .having(Track::GENRE_ID.count_distinct().ge(3))
        .aggregate((Track::GENRE_ID.count_distinct(), count()))
        .into_iter()
        .map(|((title, artist, _), (genres, tracks))| {
            row![known(title), known(artist), genres, tracks]
        })
        .collect())
}

fn jazz_abroad(db: &View) -> Result<Answer> {
    let genre = InvoiceLine::TRACK_ID.to(Track::GENRE_ID).to(Genre::NAME);
    let year = db.query::<Invoice>().max(Invoice::YEAR).unwrap_or_default();
    let jazz = Invoice::YEAR.eq(year) & Invoice::LINES.any(genre.eq("Jazz"));
    let customers = db
        .query()
        .filter(Customer::INVOICES.any(jazz) & Customer::COUNTRY.ne("USA"))
        .order_by((Customer::COUNTRY.asc(), Customer::LAST_NAME.asc()))
        .into_iter();
    let row = |it: &Customer| row![it.full_name(), known(it.country.as_ref())];
    Ok(customers.map(row).collect())
}

fn tracks_by_harris(db: &View) -> Result<Answer> {
    Ok(db
        .query()
        .filter(Track::COMPOSER.contains_ignoring_case("harris"))
        .group_by(Track::MEDIA_TYPE_ID.to(MediaType::NAME))
        .aggregate((count(), Track::MILLISECONDS.sum(), Track::MILLISECONDS.max()))
        .into_iter()
        .map(|(medium, (tracks, all, longest))| {
            row![known(medium), tracks, all / 1_000, known(longest.map(|most| most / 1_000))]
        })
        .collect())
}

fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "—".to_owned(), |value| value.to_string())
}

/// All questions with their answers.
pub fn show(page: &mut Page, db: &View) -> io::Result<()> {
    for question in &QUESTIONS {
        let (answer, time) = timed(|| question.ask(db));
        let answer = answer.map_err(io::Error::other)?;
        page.text(format!("\n{}", question.text))?;
        let mut table = Table::new(question.columns);
        for row in &answer {
            let cells: Vec<&dyn std::fmt::Display> = row.iter().map(|cell| cell as _).collect();
            table.row(&cells);
        }
        page.table(&table)?;
        page.time(format!("(found in {})", span(time)))?;
    }
    Ok(())
}
