//! Tables with an index of every sort, and rows that have been through everything: written, changed forth and back, deleted,
//! inserted again, with nulls and duplicates, while old snapshots look on.

use bondstone::prelude::*;
use bondstone_tests::dice::Dice;

#[derive(Clone, Debug, PartialEq, Model)]
#[table("groups")]
#[has_many(members: Member)]
pub struct Group {
    #[key]
    pub id: Id<Group>,
    #[unique]
    pub name: String,
    pub size: u32,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("members")]
#[index(by_rank: rank, score)]
#[index(by_city: city, name)]
#[index(INITIAL)]
#[index(hash, LENGTH)]
#[unique(SLUG)]
#[has_many(notes: Note, badges: Badge via Award)]
pub struct Member {
    #[key]
    pub id: Id<Member>,
    #[unique]
    pub email: Option<String>,
    #[index]
    pub name: String,
    #[index(hash)]
    pub level: u8,
    pub rank: Option<u32>,
    pub score: i64,
    pub city: Option<String>,
    #[index]
    pub group_id: Option<Id<Group>>,
    pub plain: i32,
    pub flag: bool,
}

impl Member {
    #[hybrid]
    pub fn initial(&self) -> Option<char> {
        self.name.chars().next()
    }

    #[hybrid]
    pub fn length(&self) -> u64 {
        self.name.len() as u64
    }

    #[hybrid(unique)]
    pub fn slug(&self) -> Option<String> {
        self.flag.then(|| format!("slug {}", self.id.get()))
    }
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("notes")]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    #[on_delete(cascade)]
    pub member_id: Id<Member>,
    #[index(hash)]
    pub topic: u32,
    #[index]
    pub stars: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("badges")]
#[has_many(holders: Member via Award)]
pub struct Badge {
    #[key]
    pub code: String,
    #[index]
    pub worth: u32,
}

#[derive(Clone, Debug, PartialEq, Model)]
#[table("awards")]
pub struct Award {
    #[key]
    #[on_delete(cascade)]
    pub member_id: Id<Member>,
    #[key]
    #[on_delete(cascade)]
    pub badge_id: Id<Badge>,
}

/// Names among which there are prefixes of each other, zeros, and the greatest character.
pub const NAMES: [&str; 10] =
    ["", "a", "a\0", "a\0b", "ab", "abc", "b", "ba\u{10ffff}", "b\u{10ffff}", "b\u{10ffff}c"];
pub const CITIES: [&str; 4] = ["", "Aachen", "Bonn", "Bonn am Rhein"];

pub fn database() -> Database {
    Database::builder().models::<(Group, Badge)>().in_memory().unwrap()
}

pub fn pick<T: Copy>(dice: &mut Dice, of: &[T]) -> T {
    of[dice.roll(of.len() as u64) as usize]
}

fn member(dice: &mut Dice, groups: &[Id<Group>], number: u64) -> NewMember {
    NewMember {
        email: (dice.roll(4) > 0).then(|| format!("m{number}@x.org")),
        name: pick(dice, &NAMES).into(),
        level: dice.roll(6) as u8,
        rank: (dice.roll(5) > 0).then(|| dice.roll(5) as u32),
        score: dice.roll(40) as i64 - 20,
        city: (dice.roll(4) > 0).then(|| pick(dice, &CITIES).into()),
        group_id: (dice.roll(5) > 0).then(|| pick(dice, groups)),
        plain: dice.roll(10) as i32,
        flag: dice.roll(2) == 0,
    }
}

/// Fills the tables.
pub fn fill(db: &Database, dice: &mut Dice, members: u64) {
    db.write(|tx| {
        let mut groups = Vec::new();
        for number in 0..8 {
            groups.push(tx.insert(NewGroup { name: format!("group {number}"), size: number })?);
        }
        for number in 0..6 {
            tx.insert(NewBadge { code: format!("badge {number}"), worth: number % 3 })?;
        }
        for number in 0..members {
            let id = tx.insert(member(dice, &groups, number))?;
            for _ in 0..dice.roll(4) {
                let (topic, stars) = (dice.roll(9) as u32, dice.roll(4) as u8);
                let stars = (stars > 0).then_some(stars);
                tx.insert(NewNote { member_id: id, topic, stars })?;
            }
            for number in 0..6 {
                if dice.roll(4) == 0 {
                    let badge_id = Id::new(format!("badge {number}"));
                    tx.insert(NewAward { member_id: id, badge_id })?;
                }
            }
        }
        Ok(())
    })
    .unwrap();
}

/// Changes rows forth and back, deletes some and inserts others.
pub fn disturb(tx: &mut Tx, dice: &mut Dice) -> Result<(), Error> {
    let ids: Vec<Id<Member>> = tx.iter::<Member>().map(|member| member.id).collect();
    let groups: Vec<Id<Group>> = tx.iter::<Group>().map(|group| group.id).collect();
    for id in ids {
        match dice.roll(12) {
            0 => tx.delete(id).map(|_| ())?,
            1 | 2 => {
                let number = 1000 + dice.roll(1_000_000);
                let new = member(dice, &groups, number);
                tx.update(id, |row| {
                    (row.name, row.level, row.rank) = (new.name, new.level, new.rank);
                    (row.city, row.group_id, row.flag) = (new.city, new.group_id, new.flag);
                })?;
            }
            3 => {
                // Away and back again: the old entries are the new ones.
                let before = tx[id].clone();
                tx.update(id, |row| {
                    (row.name, row.level, row.rank, row.group_id) = ("zz".into(), 77, None, None);
                })?;
                tx.update(id, |row| *row = before)?;
            }
            4 => {
                let again = tx[id].clone();
                tx.delete(id)?;
                tx.insert(again)?;
            }
            5 => {
                let number = dice.roll(1_000_000) + 2_000_000;
                tx.insert(member(dice, &groups, number))?;
            }
            _ => {}
        }
    }
    Ok(())
}
