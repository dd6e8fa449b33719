//! What one writes by hand to keep a store of one's own: all its rows in one file, which is made
//! anew and takes the place of the old one; and a journal of the rows written since.
//!
//! No checksum, no versions, no schema: the least that works as long as nothing goes wrong. Rows are
//! read back through the inserts that check them, since somebody has to.

use crate::byhand::Store;
use crate::model::User;
use crate::packed::Packed;
use crate::record::{EachTable, Record, each_table};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes that are handed over at once.
const AT_ONCE: usize = 1 << 18;

/// Writes all rows, syncs them, and lets them take the place of what was there. How many there are.
pub fn write(store: &Store, path: &Path) -> io::Result<u64> {
    let draft = path.with_extension("new");
    let mut writing = Writing { store, file: File::create(&draft)?, bytes: Vec::new(), rows: 0 };
    each_table(&mut writing);
    writing.pass_on()?;
    writing.file.sync_all()?;
    fs::rename(draft, path)?;
    File::open(path.parent().unwrap_or(path))?.sync_all()?;
    Ok(writing.rows)
}

struct Writing<'s> {
    store: &'s Store,
    file: File,
    bytes: Vec<u8>,
    rows: u64,
}

impl Writing<'_> {
    fn pass_on(&mut self) -> io::Result<()> {
        self.file.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

impl EachTable for Writing<'_> {
    fn table<R: Record>(&mut self) {
        let count = R::all(self.store).count() as u64;
        self.bytes.extend(count.to_le_bytes());
        for row in R::all(self.store) {
            row.pack(&mut self.bytes);
            if self.bytes.len() >= AT_ONCE {
                self.pass_on().expect("the disk takes the rows");
            }
        }
        self.rows += count;
    }
}

/// Reads what was written.
pub fn load(path: &Path) -> io::Result<Store> {
    struct Loading<'b>(Store, &'b [u8]);
    impl EachTable for Loading<'_> {
        fn table<R: Record>(&mut self) {
            let Self(store, bytes) = self;
            let count = bytes.split_off(..8).and_then(|count| count.try_into().ok());
            let count = u64::from_le_bytes(count.expect("a count stands before the rows"));
            R::reserve(store, count as usize);
            for _ in 0..count {
                R::unpack(bytes).restore(store).expect("rows that were valid are valid");
            }
        }
    }
    let bytes = fs::read(path)?;
    let mut loading = Loading(Store::default(), &bytes);
    each_table(&mut loading);
    Ok(loading.0)
}

/// Writes a journal of users, as they came and as they changed, without a sync.
pub fn write_journal<'u>(path: &Path, users: impl Iterator<Item = &'u User>) -> io::Result<()> {
    let (mut file, mut bytes) =
        (BufWriter::with_capacity(AT_ONCE, File::create(path)?), Vec::new());
    for user in users {
        bytes.clear();
        user.pack(&mut bytes);
        file.write_all(&bytes)?;
    }
    file.flush()
}

/// Reads a journal, entry by entry.
pub fn replay(path: &Path) -> io::Result<Store> {
    let (mut store, bytes) = (Store::default(), fs::read(path)?);
    let mut left = &bytes[..];
    while !left.is_empty() {
        store.put_user(User::unpack(&mut left)).expect("rows that were valid are valid");
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{rows_of, state_of_store};
    use crate::scratch::Scratch;
    use crate::stage::{LEAST_ROWS, Stage};

    #[test]
    fn a_dump_holds_everything_and_takes_the_place_of_the_old_one() {
        let (stage, scratch) = (Stage::new(LEAST_ROWS), Scratch::within(&std::env::temp_dir()));
        let (store, path) = (&stage.market().store, scratch.join("dump"));
        for _ in 0..2 {
            assert_eq!(write(store, &path).unwrap(), rows_of(store) as u64);
        }
        let loaded = load(&path).unwrap();
        assert_eq!(state_of_store(&loaded), state_of_store(store));
        let product = store.products().next().unwrap();
        assert_eq!(loaded.item_count(product.id), store.item_count(product.id));
        let category = product.category_id;
        assert_eq!(loaded.product_count(category), store.product_count(category));
    }

    #[test]
    fn a_journal_is_read_in_its_order() {
        let (stage, scratch) = (Stage::new(LEAST_ROWS), Scratch::within(&std::env::temp_dir()));
        let rows: Vec<User> = stage.people().store.users().cloned().collect();
        let changed: Vec<User> =
            rows.iter().map(|row| User { balance: row.balance + 1, ..row.clone() }).collect();
        let path = scratch.join("journal");
        write_journal(&path, rows.iter().chain(&changed)).unwrap();
        let store = replay(&path).unwrap();
        assert!(changed.iter().all(|row| store.user(row.id).unwrap().balance == row.balance));
        assert_eq!(store.user_count(), LEAST_ROWS);
    }
}
