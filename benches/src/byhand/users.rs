//! The users with their five indexes, and the rules that concern no other table.

use super::refused::Refused;
use super::unique::{Unique, Vacancy};
use crate::model::{NewUser, User};
use bondstone::Id;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use slotmap::{SlotMap, new_key_type};
use std::collections::BTreeMap;

new_key_type! {
    /// Where a user lives.
    pub struct UserKey;
}

/// Rows and indexes; every index leads to the row's place.
#[derive(Default)]
pub struct Users {
    rows: SlotMap<UserKey, User>,
    by_id: HashMap<u64, UserKey, RandomState>,
    by_username: Unique<Box<str>, UserKey>,
    by_email: Unique<Box<str>, UserKey>,
    by_code: Unique<u64, UserKey>,
    /// The id makes the score unique, gives equal scores an order, and answers a range of ids
    /// without a look at the rows.
    by_score: BTreeMap<(i64, u64), UserKey>,
    last_id: u64,
}

impl Users {
    pub fn insert(&mut self, new: NewUser) -> Result<Id<User>, Refused> {
        check(new.age, &new.username, &new.email)?;
        let username =
            self.by_username.vacancy(&*new.username).ok_or(Refused::Taken("username"))?;
        let email = self.by_email.vacancy(&*new.email).ok_or(Refused::Taken("email"))?;
        let code = self.by_code.vacancy(&new.code).ok_or(Refused::Taken("code"))?;

        let number = self.last_id + 1;
        let id = Id::from_u64(number).ok_or(Refused::NotFound)?;
        self.last_id = number;
        self.rows.insert_with_key(|key| {
            self.by_id.insert(number, key);
            self.by_username.fill(username, new.username.as_str().into(), key);
            self.by_email.fill(email, new.email.as_str().into(), key);
            self.by_code.fill(code, new.code, key);
            self.by_score.insert((new.score, number), key);
            complete(id, new)
        });
        Ok(id)
    }

    pub fn reserve(&mut self, additional: usize) {
        self.rows.reserve(additional);
        self.by_id.reserve(additional);
        self.by_username.reserve(additional);
        self.by_email.reserve(additional);
        self.by_code.reserve(additional);
    }

    /// Changes a row in place and returns the copy that was made before.
    pub fn update(
        &mut self,
        id: Id<User>,
        change: impl FnOnce(&mut User),
    ) -> Result<User, Refused> {
        let key = self.key(id).ok_or(Refused::NotFound)?;
        let row = &mut self.rows[key];
        let before = row.clone();
        change(row);
        match self.follow(key, &before) {
            Ok(()) => Ok(before),
            Err(refused) => {
                self.rows[key] = before;
                Err(refused)
            }
        }
    }

    /// Puts a copy back that [`Users::update`] returned.
    pub fn restore(&mut self, copy: User) -> Result<(), Refused> {
        self.update(copy.id, |row| *row = copy).map(drop)
    }

    /// Checks a changed row, and only if nothing speaks against it moves its index entries.
    fn follow(&mut self, key: UserKey, before: &User) -> Result<(), Refused> {
        let after = &self.rows[key];
        if after.id != before.id {
            return Err(Refused::IdChanged);
        }
        check(after.age, &after.username, &after.email)?;
        let username = moved(&self.by_username, &*before.username, &*after.username, "username")?;
        let email = moved(&self.by_email, &*before.email, &*after.email, "email")?;
        let code = moved(&self.by_code, &before.code, &after.code, "code")?;

        if let Some(vacancy) = username {
            self.by_username.remove(&*before.username);
            self.by_username.fill(vacancy, after.username.as_str().into(), key);
        }
        if let Some(vacancy) = email {
            self.by_email.remove(&*before.email);
            self.by_email.fill(vacancy, after.email.as_str().into(), key);
        }
        if let Some(vacancy) = code {
            self.by_code.remove(&before.code);
            self.by_code.fill(vacancy, after.code, key);
        }
        if after.score != before.score {
            self.by_score.remove(&(before.score, before.id.get()));
            self.by_score.insert((after.score, after.id.get()), key);
        }
        Ok(())
    }

    pub fn delete(&mut self, id: Id<User>) -> Result<(), Refused> {
        let key = self.by_id.remove(&id.get()).ok_or(Refused::NotFound)?;
        let row = self.rows.remove(key).ok_or(Refused::NotFound)?;
        self.by_username.remove(&*row.username);
        self.by_email.remove(&*row.email);
        self.by_code.remove(&row.code);
        self.by_score.remove(&(row.score, id.get()));
        Ok(())
    }

    #[inline]
    pub fn key(&self, id: Id<User>) -> Option<UserKey> {
        self.by_id.get(&id.get()).copied()
    }

    #[inline]
    pub fn row(&self, key: UserKey) -> Option<&User> {
        self.rows.get(key)
    }

    #[inline]
    pub fn by_username(&self, username: &str) -> Option<UserKey> {
        self.by_username.get(username)
    }

    #[inline]
    pub fn by_email(&self, email: &str) -> Option<UserKey> {
        self.by_email.get(email)
    }

    #[inline]
    pub fn by_code(&self, code: u64) -> Option<UserKey> {
        self.by_code.get(&code)
    }

    pub fn rows(&self) -> impl Iterator<Item = &User> {
        self.rows.values()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[cfg(test)]
    pub fn sizes(&self) -> [usize; 5] {
        let Self { by_id, by_username, by_email, by_code, by_score, .. } = self;
        [by_id.len(), by_username.len(), by_email.len(), by_code.len(), by_score.len()]
    }

    pub fn rows_down_from_score(&self, score: i64) -> impl Iterator<Item = UserKey> {
        self.by_score.range(..=(score, u64::MAX)).rev().map(|(_, &key)| key)
    }

    pub fn rows_from_score(&self, score: i64) -> impl Iterator<Item = (u64, UserKey)> {
        self.by_score.range((score, 0)..).map(|(&(_, id), &key)| (id, key))
    }
}

fn complete(id: Id<User>, new: NewUser) -> User {
    let NewUser { username, email, code, score, age, balance, created, flags } = new;
    User { id, username, email, code, score, age, balance, created, flags }
}

fn check(age: u32, username: &str, email: &str) -> Result<(), Refused> {
    if age >= 200 {
        return Err(Refused::Check("age_below_200"));
    }
    if is_longer(username, 50) {
        return Err(Refused::TooLong("username"));
    }
    if is_longer(email, 100) {
        return Err(Refused::TooLong("email"));
    }
    Ok(())
}

/// Lengths are in characters; they are counted only where there are more bytes than that.
fn is_longer(text: &str, limit: usize) -> bool {
    text.len() > limit && text.chars().count() > limit
}

/// The place of a changed key, `None` if it did not change.
fn moved<K, Q>(
    index: &Unique<K, UserKey>,
    before: &Q,
    after: &Q,
    column: &'static str,
) -> Result<Option<Vacancy>, Refused>
where
    K: std::hash::Hash + std::borrow::Borrow<Q>,
    Q: std::hash::Hash + Eq + ?Sized,
{
    if before == after {
        return Ok(None);
    }
    index.vacancy(after).map(Some).ok_or(Refused::Taken(column))
}
