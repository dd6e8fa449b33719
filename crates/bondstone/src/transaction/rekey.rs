//! Rekeying: a row takes another primary key, and those that refer to it follow.
//!
//! A row's place belongs to its key, so a rekey is, inside, the end of the old row and the beginning of a new one with the
//! same values: the handle changes, and the change set shows both. What refers to it does as its `on_update` says:
//! `cascade` follows, `set_null` and `set_default` let go, `restrict` refuses. A row whose own key is made of the
//! reference is rekeyed in its turn, by way of a work list.

use std::sync::Arc;

use bondstone_schema::{Action, Id, Model};
use bondstone_storage::Slot;

use super::{Tx, behaviour_of};
use crate::database::Inner;
use crate::entity::Entity;
use crate::error::{Error, Reference, Result};
use crate::plan::{RowRef, name_of};

/// A row that took another key: its old place, and its new one.
#[derive(Clone, Copy)]
pub(crate) struct Moved {
    table: usize,
    from: Slot,
    to: Slot,
}

impl Tx {
    /// Gives a row another primary key. O(rows that refer to it, and their indexes).
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound), [`Unique`](Error::Unique) when the key is taken, [`Restricted`](Error::Restricted)
    /// when a foreign key with `on_update(restrict)` refers to the row, or a rule that a referring row would break.
    /// Nothing is changed then.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let order = db.write(|tx| tx.insert(NewOrder { user_id: ann, quantity: 3 }))?;
    /// let seven = Id::from_u64(7).unwrap();
    /// db.write(|tx| tx.rekey(ann, seven))?;
    /// assert_eq!(db.read()[order].user_id, seven, "what refers to it follows");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn rekey<M: Entity>(&mut self, id: Id<M>, new: Id<M>) -> Result<()> {
        let slot = self.place_of(&id)?;
        if id == new {
            return Ok(());
        }
        let Some(mut row) = self.sight().at_slot::<M>(slot).cloned() else {
            return Err(Error::NotFound(id.to_string()));
        };
        row.set_id(new);
        let database = Arc::clone(&self.database);
        self.statement(|tx| {
            let mut moves = vec![tx.move_row(slot, row)?];
            while let Some(moved) = moves.pop() {
                tx.let_follow(&database, moved, &mut moves)?;
            }
            Ok(())
        })
    }

    /// Ends the row in `slot` and begins one with a new key and the same values.
    fn move_row<M: Entity>(&mut self, slot: Slot, mut row: M) -> Result<Moved> {
        let table = M::number().get();
        if let Some(old) = self.sight().at_slot::<M>(slot) {
            follow_itself(old, &mut row);
        }
        self.view.sight.delete(table, slot);
        Ok(Moved { table, from: slot, to: self.write_new(row)? })
    }

    /// Writes a row that refers to its parent's new key now; if its own key is made of the reference, the row moves.
    pub(crate) fn follow_row<M: Entity>(&mut self, slot: Slot, row: M) -> Result<Option<Moved>> {
        let moves = self.sight().at_slot::<M>(slot).is_some_and(|before| before.id() != row.id());
        if moves {
            return self.move_row(slot, row).map(Some);
        }
        self.change_slot::<M>(slot, |before| {
            *before = row;
            Ok(())
        })?;
        Ok(None)
    }

    fn let_follow(&mut self, database: &Inner, moved: Moved, moves: &mut Vec<Moved>) -> Result<()> {
        let parent = behaviour_of(database, moved.table)?;
        let incoming = self.sight().incoming(moved.table).to_vec();
        for (table, place) in incoming {
            let child = behaviour_of(database, table)?;
            let key = child.foreign_key(place);
            for slot in self.sight().child_slots(table, place, moved.from) {
                match key.on_update {
                    Action::Restrict => {
                        let name = |row| name_of(&self.view, database, row);
                        let parent = RowRef { table: moved.table, slot: moved.from };
                        let reference = Reference {
                            verb: "rekey",
                            parent: name(parent),
                            child: name(RowRef { table, slot }),
                            child_table: child.table(),
                            column: key.column,
                            constraint: key.name,
                            rule: "on_update",
                        };
                        return Err(reference.into_error(vec![name(parent)]));
                    }
                    Action::Cascade => {
                        moves.extend(child.follow(self, slot, place, (parent, moved.to))?)
                    }
                    action => child.detach(self, slot, place, action)?,
                }
            }
        }
        Ok(())
    }
}

/// A row that refers to itself goes on doing so under its new key.
fn follow_itself<M: Model>(old: &M, row: &mut M) {
    for key in M::DEFINITION.foreign_keys {
        if (key.refers)(row, old) {
            let parent = row.clone();
            (key.point)(row, Some(&parent));
        }
    }
}
