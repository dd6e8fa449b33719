//! The report: what can be told by walking relations.

use std::cmp::Reverse;
use std::io;

use bondstone::prelude::*;

use crate::facts::Facts;
use crate::load::Loaded;
use crate::models::{Artist, Customer, Employee, Invoice, Playlist, Track};
use crate::page::{Kind, Page, Table, each, grouped, span, timed};

/// How many rows of a long list are shown.
const SHOWN: usize = 5;

/// What was loaded.
pub fn loaded(page: &mut Page, tables: &[Loaded]) -> io::Result<()> {
    let columns = [
        ("table", Kind::Text),
        ("rows", Kind::Number),
        ("time", Kind::Time),
        ("for each", Kind::Time),
    ];
    let mut printed = Table::new(&columns);
    for Loaded { table, rows, time } in tables {
        printed.row(&[table, &grouped(rows), &span(*time), &each(*time, *rows)]);
    }
    let rows = tables.iter().map(|table| table.rows).sum();
    let time = tables.iter().map(|table| table.time).sum();
    printed.row(&[&"together", &grouped(rows), &span(time), &each(time, rows)]);
    page.table(&printed)
}

/// Everything that is told.
pub fn show(page: &mut Page, db: &View) -> io::Result<()> {
    page.section("Artists, their albums and tracks")?;
    artists(page, db)?;
    page.section("Customers, their invoices and lines")?;
    customers(page, db)?;
    page.section("Employees, and whom they report to")?;
    page.text("\n")?;
    let root = |employee: &&Employee| employee.reports_to.is_none();
    db.iter().filter(root).try_for_each(|employee| tree(page, db, employee, "", ""))?;
    page.section("Playlists, and the tracks on them")?;
    playlists(page, db)?;
    page.section("What is true of all of it")?;
    facts(page, db)
}

/// artist → albums → tracks → invoice lines
fn artists(page: &mut Page, db: &View) -> io::Result<()> {
    let mut artists: Vec<&Artist> = db.iter().collect();
    artists.sort_by_key(|artist| (Reverse(artist.albums(db).count()), artist.id));
    let columns = [
        ("artist", Kind::Text),
        ("albums", Kind::Number),
        ("tracks", Kind::Number),
        ("minutes", Kind::Number),
        ("sold", Kind::Number),
        ("genres", Kind::Text),
    ];
    let mut table = Table::new(&columns);
    for artist in artists.iter().take(SHOWN) {
        let albums = artist.albums(db);
        let tracks: Vec<&Track> = albums.iter().flat_map(|album| album.tracks(db)).collect();
        let sold: usize = tracks.iter().map(|track| track.invoice_lines(db).count()).sum();
        let genres = tracks.iter().filter_map(|track| track.genre(db)?.name.as_deref());
        let genres = genres.collect::<std::collections::BTreeSet<_>>();
        table.row(&[
            &name(&artist.name),
            &albums.count(),
            &tracks.len(),
            &minutes(&tracks),
            &sold,
            &genres.into_iter().collect::<Vec<_>>().join(", "),
        ]);
    }
    page.table(&table)?;
    match artists.first() {
        Some(artist) => discography(page, db, artist),
        None => Ok(()),
    }
}

fn discography(page: &mut Page, db: &View, artist: &Artist) -> io::Result<()> {
    let mut albums = artist.albums(db).all();
    albums.sort_by_key(|album| album.id);
    page.text(format!("\nThe first albums of {}:", name(&artist.name)))?;
    for album in albums.into_iter().take(3) {
        let mut tracks = album.tracks(db).all();
        tracks.sort_by_key(|track| track.id);
        let first: Vec<&str> = tracks.iter().take(3).map(|track| track.name.as_str()).collect();
        let (count, first) = (tracks.len(), first.join(", "));
        page.text(format!("  {} ({count} tracks): {first}, …", album.title))?;
    }
    Ok(())
}

/// customer → invoices → lines → track → album → artist
fn customers(page: &mut Page, db: &View) -> io::Result<()> {
    let (mut customers, time) = timed(|| {
        let spent = |customer| (spent_by(customer, db), customer);
        db.iter().map(spent).collect::<Vec<(Decimal, &Customer)>>()
    });
    customers.sort_by_key(|(spent, customer)| (Reverse(*spent), customer.id));
    let columns = [
        ("customer", Kind::Text),
        ("country", Kind::Text),
        ("invoices", Kind::Number),
        ("lines", Kind::Number),
        ("spent", Kind::Number),
        ("looked after by", Kind::Text),
    ];
    let mut table = Table::new(&columns);
    for (spent, customer) in customers.iter().take(SHOWN) {
        let invoices = customer.invoices(db);
        let lines: usize = invoices.iter().map(|invoice| invoice.lines(db).count()).sum();
        let supporter = customer.support_rep(db).map_or_else(String::new, Employee::full_name);
        let country = name(&customer.country);
        table.row(&[&customer.full_name(), &country, &invoices.count(), &lines, spent, &supporter]);
    }
    page.table(&table)?;
    page.time(format!("(the lines of all invoices of all customers added up in {})", span(time)))?;
    let best = customers.first().map(|(_, customer)| customer.invoices(db).all());
    match best.unwrap_or_default().into_iter().max_by_key(|invoice| (invoice.total, invoice.id)) {
        Some(invoice) => self::invoice(page, db, invoice),
        None => Ok(()),
    }
}

fn spent_by(customer: &Customer, db: &View) -> Decimal {
    customer.invoices(db).iter().map(|invoice| invoice.sum(db)).sum()
}

fn invoice(page: &mut Page, db: &View, invoice: &Invoice) -> io::Result<()> {
    let customer = invoice.customer(db).full_name();
    page.text(format!("\n{} of {} to {customer}", invoice.id, invoice.invoice_date))?;
    let columns = [
        ("track", Kind::Text),
        ("album", Kind::Text),
        ("artist", Kind::Text),
        ("price", Kind::Number),
    ];
    let mut table = Table::new(&columns);
    let mut lines = invoice.lines(db).all();
    lines.sort_by_key(|line| line.id);
    for line in lines {
        let track = line.track(db);
        let album = track.album(db);
        let title = album.map_or("", |album| album.title.as_str());
        let artist = album.map_or("", |album| name(&album.artist(db).name));
        table.row(&[&track.name, &title, &artist, &line.subtotal()]);
    }
    table.row(&[&"total", &"", &"", &invoice.total]);
    page.table(&table)
}

/// An employee and everybody below: employee → reports → reports …
fn tree(
    page: &mut Page,
    db: &View,
    employee: &Employee,
    branch: &str,
    below: &str,
) -> io::Result<()> {
    let title = name(&employee.title);
    let customers = employee.customers(db);
    let turnover: Decimal = customers.iter().map(|customer| spent_by(customer, db)).sum();
    let served = match customers.count() {
        0 => String::new(),
        count => format!(": {count} customers, {turnover}"),
    };
    page.text(format!("{branch}{}, {title}{served}", employee.full_name()))?;
    let mut reports = employee.reports(db).all();
    reports.sort_by_key(|report| report.id);
    for (place, report) in reports.iter().enumerate() {
        let (branch, next) =
            if place + 1 < reports.len() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
        tree(page, db, report, &format!("{below}{branch}"), &format!("{below}{next}"))?;
    }
    Ok(())
}

/// playlist ⇄ tracks, by way of the association
fn playlists(page: &mut Page, db: &View) -> io::Result<()> {
    let columns = [("playlist", Kind::Text), ("tracks", Kind::Number), ("minutes", Kind::Number)];
    let mut playlists: Vec<&Playlist> = db.iter().collect();
    playlists.sort_by_key(|playlist| (Reverse(playlist.tracks(db).count()), playlist.id));
    let mut table = Table::new(&columns);
    for playlist in playlists.into_iter().take(SHOWN) {
        let tracks = playlist.tracks(db).all();
        table.row(&[&name(&playlist.name), &grouped(tracks.len()), &minutes(&tracks)]);
    }
    page.table(&table)?;
    let wanted =
        db.iter::<Track>().max_by_key(|track| (track.playlists(db).count(), Reverse(track.id)));
    let Some(track) = wanted else { return Ok(()) };
    let mut lists = track.playlists(db).all();
    lists.sort_by_key(|playlist| playlist.id);
    let names: Vec<&str> = lists.iter().map(|playlist| name(&playlist.name)).collect();
    page.text(format!("\n“{}” is on most of them: {}.", track.name, names.join(", ")))
}

fn facts(page: &mut Page, db: &View) -> io::Result<()> {
    let (facts, time) = timed(|| Facts::of(db));
    let days = facts.days.map_or_else(String::new, |(first, last)| format!("{first} to {last}"));
    let mut table = Table::new(&[("fact", Kind::Text), ("found", Kind::Number)]);
    table.row(&[&"all invoices together", &grouped(facts.turnover)]);
    table.row(&[&"days of invoices", &days]);
    table.row(&[&"invoices whose lines do not add up to the total", &facts.wrong_totals]);
    table.row(&[&"lines with another quantity than one", &facts.several_at_once]);
    table.row(&[&"lines with another price than their track's", &facts.other_prices]);
    table.row(&[&"tracks never sold", &grouped(facts.never_sold)]);
    table.row(&[&"artists without an album", &facts.without_album]);
    table.row(&[&"albums without a track", &facts.without_track]);
    table.row(&[&"playlists without a track", &facts.empty_playlists]);
    table.row(&[&"bytes of the largest track", &grouped(facts.largest.unwrap_or_default())]);
    page.table(&table)?;
    page.time(format!("(found in {})", span(time)))
}

fn name(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("—")
}

fn minutes(tracks: &[&Track]) -> String {
    let milliseconds: u64 = tracks.iter().map(|track| u64::from(track.milliseconds)).sum();
    grouped(milliseconds / 60_000)
}
