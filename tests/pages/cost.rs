//! A page that an index can begin reads the rows of the page, not those in front of it or behind.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bondstone::Order;
use bondstone::prelude::*;

use super::models::*;

const ITEMS: u64 = 2_000;

/// Items whose columns have no ties to speak of.
fn spread() -> Result<Database> {
    let db = database();
    let mut dice = bondstone_tests::dice::Dice(7);
    db.write(|tx| {
        let items = (0..ITEMS).map(|number| {
            let mixed = number * 7_919 % ITEMS;
            NewItem {
                name: format!("name {mixed:05}"),
                rank: (!mixed.is_multiple_of(10)).then_some(mixed as i16),
                label: (!mixed.is_multiple_of(10)).then(|| format!("{mixed:05}\0label")),
                shelf: (mixed / 20) as u8,
                weight: (!mixed.is_multiple_of(20)).then_some(mixed as u32 % 20),
                whole_id: None,
                word_id: None,
                ..new_item(&mut dice)
            }
        });
        tx.insert_all(items.collect::<Vec<_>>()).map(drop)
    })?;
    Ok(db)
}

/// The most rows that were judged for a page.
fn most_judged(view: &View, order: Vec<Order<Item>>) -> Result<usize> {
    let judged = AtomicUsize::new(0);
    let counted = |_: &Item| {
        judged.fetch_add(1, Relaxed);
        true
    };
    let query = view.query::<Item>().order_by(order).filter_fn(counted);
    let (mut cursor, mut most, mut rows) = (None, 0, 0);
    loop {
        let page = query.clone().page(20, cursor)?;
        most = most.max(judged.swap(0, Relaxed));
        rows += page.rows.len();
        cursor = page.next;
        if cursor.is_none() {
            assert_eq!(rows, ITEMS as usize);
            return Ok(most);
        }
    }
}

#[test]
fn a_page_reads_few_rows() -> Result {
    let db = spread()?;
    let snap = db.read();
    let orders = [
        vec![],
        vec![Item::ID.desc()],
        vec![Item::NAME.asc()],
        vec![Item::NAME.desc()],
        vec![Item::SHELF.asc(), Item::NAME.asc()],
        vec![Item::SHELF.desc(), Item::NAME.desc()],
    ];
    for (number, order) in orders.into_iter().enumerate() {
        let most = most_judged(&snap, order)?;
        assert!(most <= 150, "{most} rows in order {number}");
    }
    // All nulls agree.
    for order in [Item::RANK.asc(), Item::RANK.desc(), Item::LABEL.asc(), Item::LABEL.desc()] {
        let most = most_judged(&snap, vec![order])?;
        assert!(most <= 350, "{most} rows");
    }
    assert_eq!(most_judged(&snap, vec![Item::PRICE.asc()])?, ITEMS as usize, "it has no index");
    Ok(())
}
