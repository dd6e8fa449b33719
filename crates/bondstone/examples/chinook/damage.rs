//! What happens to a row that is damaged: it is named, and nothing is loaded.

use bondstone::prelude::*;

use crate::files::{Damage, Files};
use crate::load::load;
use crate::models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist,
    PlaylistTrack, Track, database,
};
use crate::page::Page;

/// One damage for each kind of rule, late enough in its file that much was loaded before.
pub fn damages() -> Vec<Damage> {
    let damage = |table, line, column, value: &str, breaks| {
        let value = value.to_owned();
        Damage { table, line, column, value, breaks }
    };
    vec![
        damage("Album", 300, "ArtistId", "999", "album_artist_id_fkey"),
        damage("Track", 3_001, "TrackId", "2999", "track_pkey"),
        damage("Track", 3_001, "Name", &"é".repeat(201), "track.name"),
        damage("Track", 3_001, "UnitPrice", "0.995", "track.unit_price"),
        damage("Track", 3_001, "UnitPrice", "123456789.00", "track.unit_price"),
        damage("Employee", 9, "ReportsTo", "9", "employee_reports_to_fkey"),
        damage("Customer", 60, "Email", "luisg@embraer.com.br", "customer_email_key"),
        damage("Customer", 60, "LastName", "", "LastName is required"),
        damage(
            "Invoice",
            413,
            "InvoiceDate",
            "2025-13-01T00:00:00",
            "InvoiceDate is a date, at midnight",
        ),
        damage("InvoiceLine", 2_241, "Quantity", "-1", "Quantity is a number"),
        damage("PlaylistTrack", 3, "TrackId", "3402", "playlist_track_pkey"),
        damage("PlaylistTrack", 8_716, "TrackId", "3504", "playlist_track_track_id_fkey"),
    ]
}

/// Loads damaged copies, and shows how each is refused.
pub fn show(page: &mut Page, files: &Files) -> Result<(), Box<dyn std::error::Error>> {
    for damage in damages() {
        let db = database()?;
        let Err(error) = load(&db, &files.damaged(&damage)?) else {
            return Err(format!("{} was accepted", damage.breaks).into());
        };
        let left = rows(&db.read());
        page.text(format!("\n{}: {}", error.place(), error.reason()))?;
        page.text(format!("  constraint   {}", error.constraint()))?;
        page.text(format!("  value        {}", short(&error.value())))?;
        page.text(format!("  left behind  {left} rows"))?;
    }
    Ok(())
}

/// All rows of all tables.
pub fn rows(db: &View) -> usize {
    db.count::<Genre>()
        + db.count::<MediaType>()
        + db.count::<Artist>()
        + db.count::<Album>()
        + db.count::<Track>()
        + db.count::<Employee>()
        + db.count::<Customer>()
        + db.count::<Invoice>()
        + db.count::<InvoiceLine>()
        + db.count::<Playlist>()
        + db.count::<PlaylistTrack>()
}

/// A long text, cut.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
