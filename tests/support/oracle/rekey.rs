//! Rekeys, and what follows.
//!
//! First who moves: the keys of rows, and of rows whose keys contain them, until there are no more. Then all of them at
//! once: the old rows go, the new ones come, and the state that results is judged as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{Oracle, Refused, limit};
use crate::datum::{Datum, Values};
use crate::refusal::{Refusal, Rule, Way};
use crate::specification::{Action, Reference, Table};

/// What a rekey did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// The rows that took another key, the named one included.
    pub moved: usize,
    /// Did a row follow by both halves of its key?
    pub both_halves: bool,
}

/// The rows that a rekey concerns, as they will be, by where they are.
#[derive(Default)]
struct Concerned {
    rows: BTreeMap<(Table, Datum), Values>,
    /// Those that refuse to follow.
    refusals: Refused,
    both_halves: bool,
}

impl Oracle {
    /// Gives a row another key.
    ///
    /// # Errors
    /// The row is not there, the key is taken, another row refuses, or breaks a rule by following.
    pub fn rekey(&mut self, table: Table, key: &Datum, new: &Datum) -> Result<Rekeyed, Refused> {
        if self.state.row(table, key).is_none() {
            return Err(vec![Refusal::not_found(table, key)]);
        }
        if key == new {
            return Ok(Rekeyed::default());
        }
        let named = (table, key.clone());
        let concerned = self.concerned(&named, new);
        let along = |refusal| Refusal { way: Way::Rekeyed(table.name_row(key)), ..refusal };
        let restricted: Refused = concerned.refusals.into_iter().map(along).collect();

        let alone = self.alone(&named, concerned.rows[&named].clone());
        if !alone.is_empty() || !restricted.is_empty() {
            return Err(alone.into_iter().chain(restricted).collect());
        }
        let mut after = self.clone();
        for (table, key) in concerned.rows.keys() {
            after.state.remove(*table, key);
        }
        let mut changed = BTreeSet::new();
        let mut faults = Vec::new();
        let mut moved = 0;
        for ((table, from), mut values) in concerned.rows {
            let Some(before) = self.state.row(table, &from) else { continue };
            let to = table.key_of(&values);
            if after.state.row(table, &to).is_some() {
                let name = table.specification().key_name;
                faults.push(Refusal::new(Rule::Unique, table, name, &to));
            }
            if to != from {
                moved += 1;
                after.write(table, values);
            } else {
                if values != before.values {
                    after.touch(table, &before.values, &mut values);
                }
                after.state.put(table, values, before.life);
            }
            changed.insert((table, to));
        }
        // From here on the number is used up, whether the statement succeeds or not.
        self.numbers = after.numbers;
        faults.extend(after.faults(&changed));
        if !faults.is_empty() {
            return Err(faults.into_iter().map(along).collect());
        }
        *self = after;
        Ok(Rekeyed { moved, both_halves: concerned.both_halves })
    }

    /// What is wrong with a row under its new key, whoever else moves: tested before anyone is asked to follow.
    fn alone(&self, (table, key): &(Table, Datum), mut values: Values) -> Refused {
        let mut others = self.clone();
        others.state.remove(*table, key);
        let too_long = limit(*table, &mut values).err().into_iter().flatten();
        let broken = others.broken(*table, &values, None);
        // Where its references lead is known when all have moved.
        let broken = broken.into_iter().filter(|refusal| refusal.rule != Rule::ForeignKey);
        too_long.chain(broken).collect()
    }

    /// The rows that move with a row, and those that stay but refer to one that moves.
    fn concerned(&self, named: &(Table, Datum), new: &Datum) -> Concerned {
        let mut concerned = Concerned::default();
        let mut root = self.state.values(named.0, &named.1).cloned().unwrap_or_default();
        set_key(named.0, &mut root, new);
        concerned.rows.insert(named.clone(), root);
        let mut work = vec![named.clone()];
        while let Some((parent, from)) = work.pop() {
            let to = parent.key_of(&concerned.rows[&(parent, from.clone())]);
            for (child, child_key, reference) in self.state.referring(parent, &from) {
                let action = reference.on_update;
                if action == Action::Restrict {
                    let refusal = Refusal::new(Rule::Restricted, child, reference.name, child_key);
                    concerned.refusals.push(refusal);
                    continue;
                }
                let place = (child, child_key.clone());
                let row = concerned.rows.entry(place.clone()).or_insert_with(|| {
                    self.state.values(child, child_key).cloned().unwrap_or_default()
                });
                let before = child.key_of(row);
                row[reference.column] = followed(child, reference, action, &to);
                if child.key_of(row) != before {
                    concerned.both_halves |= before != *child_key;
                    work.push(place);
                }
            }
        }
        concerned
    }
}

/// What a reference to a row that moves becomes.
fn followed(child: Table, reference: &Reference, action: Action, to: &Datum) -> Datum {
    let column = &child.specification().columns[reference.column];
    match action {
        Action::Cascade | Action::Restrict => to.clone(),
        Action::SetNull => Datum::Null,
        Action::SetDefault => column.default().unwrap_or(Datum::Null),
    }
}

/// Gives a row another key. References of it to itself are found by [`Oracle::concerned`].
fn set_key(table: Table, values: &mut Values, key: &Datum) {
    match (table.specification().key, key) {
        ([column], key) => values[*column] = key.clone(),
        (columns, Datum::List(parts)) => {
            for (column, part) in columns.iter().zip(parts) {
                values[*column] = part.clone();
            }
        }
        _ => {}
    }
}
