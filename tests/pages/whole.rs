//! All pages together are what `all` gives.

use bondstone::prelude::*;
use bondstone::{IntoOrder, Order};

use super::models::*;

/// Compares all pages, of each size, with the rows at once.
fn verify<M: Model + PartialEq>(query: Query<'_, M>, order: impl IntoOrder<M>) -> Result {
    let ordered = query.order_by(order);
    let expected = ordered.clone().order_by_key().all();
    for size in 1..=7 {
        let pages = pages(&ordered, size)?;
        assert_eq!(pages.concat(), expected, "{size} rows in a page");
    }
    let whole = ordered.page(expected.len().max(1), None)?;
    assert_eq!((whole.rows, whole.next), (expected, None));
    Ok(())
}

fn verify_items(query: Query<'_, Item>) -> Result {
    for order in item_orders() {
        verify(query.clone(), order)?;
    }
    Ok(())
}

#[test]
fn pages_of_all_rows() -> Result {
    verify_items(filled(70)?.read().query())?;
    verify_items(filled(1)?.read().query())?;
    verify_items(database().read().query())
}

#[test]
fn pages_of_some_rows() -> Result {
    let db = filled(90)?;
    let snap = db.read();
    let items = || snap.query::<Item>();
    verify_items(items().filter(Item::RANK.gt(-1)))?;
    verify_items(items().filter(Item::RANK.is_none()))?;
    verify_items(items().filter(Item::SHELF.eq(1) & Item::NAME.ge("a")))?;
    verify_items(items().filter(Item::NAME.starts_with("a") | Item::LABEL.lt("b")))?;
    verify_items(
        items().filter(Item::ID.within(Id::from_u64(9).unwrap()..Id::from_u64(50).unwrap())),
    )?;
    verify_items(items().filter(Item::ID.eq(Id::from_u64(9).unwrap())))?;
    verify_items(items().filter_fn(|item| item.shelf != 2))?;
    verify_items(items().filter(Pred::never()))
}

#[test]
fn a_limit_counts_for_all_pages_and_an_offset_for_the_first() -> Result {
    let db = filled(60)?;
    let snap = db.read();
    for (offset, limit) in [(0, 0), (0, 1), (3, 7), (13, 30), (50, 50), (usize::MAX, usize::MAX)] {
        verify_limited(&snap, offset, limit)?;
    }
    Ok(())
}

fn verify_limited(snap: &View, offset: usize, limit: usize) -> Result {
    for order in item_orders() {
        let query = snap.query::<Item>().order_by(order).order_by_key();
        let limited = query.clone().offset(offset).limit(limit);
        let expected: Vec<_> = query.all().into_iter().skip(offset).take(limit).collect();
        for size in [1, 2, 3, 5, 30, usize::MAX] {
            assert_eq!(pages(&limited, size)?.concat(), expected);
        }
        assert_eq!(pages(&snap.query::<Item>().offset(offset), usize::MAX)?.len(), 1);
    }
    Ok(())
}

#[test]
fn pages_of_related_rows() -> Result {
    let db = filled(60)?;
    let snap = db.read();
    let first = &snap[Id::<Item>::from_u64(1).unwrap()];
    assert!(first.parts(&snap).count() > 20);
    verify_items(first.parts(&snap).query())?;
    verify_items(first.parts(&snap).filter(Item::SHELF.ne(0)))
}

#[test]
fn pages_by_keys_that_are_texts_and_pairs() -> Result {
    let db = filled(40)?;
    let snap = db.read();
    verify(snap.query::<Word>(), Vec::new())?;
    verify(snap.query::<Word>(), Word::TEXT.desc())?;
    verify(snap.query::<Word>(), (Word::LENGTH.asc(), Word::TEXT.desc()))?;
    verify(snap.query::<Word>(), Word::LENGTH.desc())?;
    let uses = || snap.query::<Use>();
    verify(uses(), Vec::new())?;
    verify(uses(), Use::TIMES.desc())?;
    verify(uses(), (Use::WORD_ID.asc(), Use::ITEM_ID.desc()))?;
    verify(uses().filter(Use::TIMES.gt(0)), Use::WORD_ID.desc())
}

#[test]
fn pages_in_transactions_and_old_snapshots() -> Result {
    let db = filled(50)?;
    let old = db.read();
    let before: Vec<Vec<Vec<Item>>> =
        item_orders().into_iter().map(|order| cloned(&old, order)).collect();
    db.write(|tx| {
        let mut dice = bondstone_tests::dice::Dice(5);
        tx.update_where(Item::SHELF.eq(1), |item: &mut Item| {
            item.rank = item.rank.map(|rank| -rank);
            item.name.push('x');
        })?;
        for _ in 0..20 {
            tx.insert(new_item(&mut dice))?;
        }
        let gone = tx.query::<Item>().filter(Item::SHELF.eq(2)).ids();
        for id in gone.into_iter().filter(|id| id.get() > 1) {
            tx.delete_where(Use::ITEM_ID.eq(id))?;
            tx.delete(id)?;
        }
        verify_items(tx.query())?;
        verify_items(tx.query().filter(Item::NAME.ends_with("x")))
    })?;
    verify_items(db.read().query())?;
    verify_items(old.query())?;
    for (order, before) in item_orders().into_iter().zip(before) {
        assert_eq!(cloned(&old, order), before);
    }
    Ok(())
}

fn cloned(view: &View, order: Vec<Order<Item>>) -> Vec<Vec<Item>> {
    let pages = pages(&view.query().order_by(order), 6).unwrap();
    pages.into_iter().map(|page| page.into_iter().cloned().collect()).collect()
}
