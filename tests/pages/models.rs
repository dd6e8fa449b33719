//! Rows with nulls, ties, texts with zeros, keys of several kinds; and the orders in which they are paged.

use bondstone::prelude::*;
use bondstone::{Cursor, Order};
use bondstone_tests::dice::Dice;

pub type Result<T = (), E = Error> = std::result::Result<T, E>;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("items")]
#[has_many(parts: Item)]
#[index(by_shelf: shelf, weight)]
#[index(by_shelf_and_name: shelf, name)]
pub struct Item {
    #[key]
    pub id: Id<Item>,
    #[index]
    pub name: String,
    #[index]
    pub rank: Option<i16>,
    #[index]
    pub label: Option<String>,
    pub shelf: u8,
    pub weight: Option<u32>,
    pub color: Color,
    pub price: Decimal,
    #[on_delete(set_null)]
    pub whole_id: Option<Id<Item>>,
    pub word_id: Option<Id<Word>>,
    pub tags: Vec<u8>,
    #[private]
    pub secret: u32,
    pub mood: Mood,
}

impl Item {
    #[hybrid]
    pub fn length(&self) -> usize {
        self.name.len()
    }

    #[hybrid]
    pub fn part_count(&self, db: &View) -> usize {
        self.parts(db).count()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub enum Color {
    Red,
    Green,
    Blue,
}

/// Its order is not that of its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Value)]
pub enum Mood {
    Good,
    Bad,
}

impl Ord for Mood {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (*self as u8).cmp(&(*other as u8)).reverse()
    }
}

impl PartialOrd for Mood {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Its keys are texts.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("words")]
pub struct Word {
    #[key]
    pub text: String,
    #[index]
    pub length: usize,
}

/// Its keys are pairs.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("uses")]
pub struct Use {
    #[key]
    pub item_id: Id<Item>,
    #[key]
    pub word_id: Id<Word>,
    pub times: u8,
}

/// What the order of its keys is only their `Ord` knows.
#[derive(Clone, Debug, PartialEq, Model)]
#[table("shapes")]
pub struct Shape {
    #[key]
    pub corners: Corners,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub struct Corners(pub u8);

impl bondstone::Key for Corners {}

pub const TEXTS: [&str; 10] =
    ["", "\0", "a", "a\0", "a\0\0", "a\0b", "a\u{1}", "ab", "b", "\u{10ffff}"];

pub fn database() -> Database {
    Database::builder().models::<(Item, Word, Use, Shape)>().in_memory().unwrap()
}

fn text(dice: &mut Dice) -> String {
    TEXTS[dice.roll(TEXTS.len() as u64) as usize].to_owned()
}

fn some<T>(dice: &mut Dice, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
    (dice.roll(4) > 0).then(|| make(dice))
}

pub fn new_item(dice: &mut Dice) -> NewItem {
    NewItem {
        name: text(dice),
        rank: some(dice, |dice| dice.roll(7) as i16 - 3),
        label: some(dice, text),
        shelf: dice.roll(3) as u8,
        weight: some(dice, |dice| dice.roll(4) as u32),
        color: [Color::Red, Color::Green, Color::Blue][dice.roll(3) as usize],
        price: Decimal::new(dice.roll(300) as i64 - 150, dice.roll(3) as u32),
        whole_id: some(dice, |_| Id::from_u64(1)).flatten(),
        word_id: some(dice, |dice| Id::new(text(dice))),
        tags: vec![dice.roll(3) as u8],
        secret: dice.roll(9) as u32,
        mood: [Mood::Good, Mood::Bad][dice.roll(2) as usize],
    }
}

/// So many items, with gaps among their keys; words, and uses of these.
pub fn filled(items: u64) -> Result<Database> {
    let db = database();
    let dice = &mut Dice(items);
    db.write(|tx| {
        for text in TEXTS {
            tx.insert(NewWord { text: text.into(), length: text.len() % 3 })?;
        }
        let first = NewItem { whole_id: None, ..new_item(dice) };
        tx.insert(first)?;
        for _ in 1..items {
            let item = tx.insert(new_item(dice))?;
            for word in TEXTS {
                if dice.roll(3) == 0 {
                    let word_id = Id::new(word.to_owned());
                    tx.insert(NewUse { item_id: item, word_id, times: dice.roll(3) as u8 })?;
                }
            }
        }
        let gaps = tx.query::<Item>().filter_fn(|item| item.id.get() % 11 == 5).ids();
        for gap in gaps {
            tx.delete_where(Use::ITEM_ID.eq(gap))?;
            tx.delete(gap)?;
        }
        Ok(())
    })?;
    Ok(db)
}

/// Orders of items: by what has an index and what has none, nulls where they are and where they are not in an index.
pub fn item_orders() -> Vec<Vec<Order<Item>>> {
    vec![
        vec![],
        vec![Item::ID.asc()],
        vec![Item::ID.desc()],
        vec![Item::NAME.asc()],
        vec![Item::NAME.desc()],
        vec![Item::RANK.asc()],
        vec![Item::RANK.desc()],
        vec![Item::RANK.asc().nulls_last()],
        vec![Item::RANK.desc().nulls_first()],
        vec![Item::LABEL.asc()],
        vec![Item::LABEL.desc()],
        vec![Item::LABEL.asc().nulls_last()],
        vec![Item::SHELF.asc()],
        vec![Item::SHELF.desc(), Item::ID.desc()],
        vec![Item::SHELF.asc(), Item::WEIGHT.asc()],
        vec![Item::SHELF.desc(), Item::WEIGHT.desc()],
        vec![Item::SHELF.asc(), Item::WEIGHT.desc()],
        vec![Item::SHELF.asc(), Item::NAME.asc()],
        vec![Item::SHELF.desc(), Item::NAME.desc(), Item::RANK.asc()],
        vec![Item::COLOR.desc(), Item::PRICE.asc()],
        vec![Item::PRICE.desc()],
        vec![Item::WHOLE_ID.desc(), Item::LENGTH.asc()],
        vec![Item::WORD_ID.asc().nulls_last(), Item::ID.asc(), Item::NAME.asc()],
        vec![Item::WORD_ID.to(Word::LENGTH).desc(), Item::NAME.asc()],
        vec![Item::PART_COUNT.desc()],
        vec![(Item::SHELF + 1).asc()],
    ]
}

/// All pages of a query, one after the other; each cursor goes through its text.
pub fn pages<'v, M: Model>(query: &Query<'v, M>, size: usize) -> Result<Vec<Vec<&'v M>>> {
    let (mut pages, mut cursor): (_, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = query.clone().page(size, cursor.take())?;
        pages.push(page.rows);
        let Some(next) = page.next else { return Ok(pages) };
        assert_eq!(pages.last().map(Vec::len), Some(size), "only the last page is smaller");
        cursor = Some(next.to_string().parse()?);
        assert_eq!(cursor, Some(next));
    }
}
