//! Rekeys, and what follows.

use std::collections::BTreeSet;

use super::{Oracle, Refused};
use crate::datum::Datum;
use crate::refusal::{Refusal, Rule, Way};
use crate::specification::{Action, Reference, Table};

impl Oracle {
    /// Gives a row another key. True if anything moved; and how many rows took another key with it.
    ///
    /// # Errors
    /// The row is not there, the key is taken, another row refuses, or breaks a rule by following.
    pub fn rekey(&mut self, table: Table, key: &Datum, new: &Datum) -> Result<usize, Refused> {
        if self.state.row(table, key).is_none() {
            return Err(vec![Refusal::not_found(table, key)]);
        }
        if key == new {
            return Ok(0);
        }
        let mut after = self.clone();
        let mut changed = BTreeSet::new();
        if let Err(refused) = after.relocate(table, key, new, &mut changed) {
            return Err(refused.into_iter().chain(self.restricting(table, key)).collect());
        }
        let numbers = after.numbers;
        let mut refusals = Vec::new();
        let mut moves = vec![(table, key.clone(), new.clone())];
        let mut moved = 0;
        while let Some((table, from, to)) = moves.pop() {
            moved += 1;
            let follows = after.let_follow((table, &from, &to), &mut moves, &mut changed);
            refusals.extend(follows.err().unwrap_or_default());
        }
        // Who refuses to follow is asked before anything is written; otherwise the number is used up, whether the
        // statement succeeds or not.
        if refusals.iter().all(|refusal| refusal.rule != Rule::Restricted) {
            self.numbers = numbers;
        }
        refusals.extend(after.faults(&changed));
        if !refusals.is_empty() {
            let way = Way::Rekeyed(table.name_row(key));
            let along = |refusal| Refusal { way: way.clone(), ..refusal };
            return Err(refusals.into_iter().map(along).collect());
        }
        *self = after;
        Ok(moved)
    }

    /// Does what the foreign keys to a moved row say.
    fn let_follow(
        &mut self,
        (table, from, to): (Table, &Datum, &Datum),
        moves: &mut Vec<(Table, Datum, Datum)>,
        changed: &mut BTreeSet<(Table, Datum)>,
    ) -> Result<(), Refused> {
        let referring: Vec<(Table, Datum, &Reference)> = self
            .state
            .referring(table, from)
            .map(|(child, key, reference)| (child, key.clone(), reference))
            .collect();
        let mut refusals = Vec::new();
        for (child, child_key, reference) in referring {
            let in_key = child.specification().key.contains(&reference.column);
            match reference.on_update {
                Action::Restrict => {
                    refusals.push(Refusal::new(
                        Rule::Restricted,
                        child,
                        reference.name,
                        &child_key,
                    ));
                    continue;
                }
                Action::Cascade if in_key => {
                    let Some(values) = self.state.values(child, &child_key) else { continue };
                    let mut values = values.clone();
                    values[reference.column] = to.clone();
                    let new = child.key_of(&values);
                    self.relocate(child, &child_key, &new, changed)?;
                    moves.push((child, child_key, new));
                    continue;
                }
                Action::Cascade => self.point(child, &child_key, reference.column, to.clone()),
                action => self.let_go(child, &child_key, reference, action),
            }
            changed.insert((child, child_key));
        }
        if refusals.is_empty() { Ok(()) } else { Err(refusals) }
    }

    /// The rows that do not let a row take another key.
    fn restricting(&self, table: Table, key: &Datum) -> Refused {
        let referring = self.state.referring(table, key).filter(|(child, child_key, reference)| {
            reference.on_update == Action::Restrict && (*child, *child_key) != (table, key)
        });
        let refusal = |(child, child_key, reference): (Table, &Datum, &Reference)| Refusal {
            way: Way::Rekeyed(table.name_row(key)),
            ..Refusal::new(Rule::Restricted, child, reference.name, child_key)
        };
        referring.map(refusal).collect()
    }

    /// Moves a row alone. One that refers to itself goes on doing so.
    fn relocate(
        &mut self,
        table: Table,
        from: &Datum,
        to: &Datum,
        changed: &mut BTreeSet<(Table, Datum)>,
    ) -> Result<(), Refused> {
        let specification = table.specification();
        let Some(row) = self.state.remove(table, from) else { return Ok(()) };
        let mut values = row.values.clone();
        match (specification.key, to) {
            ([column], key) => values[*column] = key.clone(),
            (columns, Datum::List(parts)) => {
                for (column, part) in columns.iter().zip(parts) {
                    values[*column] = part.clone();
                }
            }
            _ => {}
        }
        for reference in specification.references {
            if reference.target == table && values[reference.column] == *from {
                values[reference.column] = to.clone();
            }
        }
        self.judge_row(table, &mut values, None)?;
        self.write(table, values);
        changed.insert((table, to.clone()));
        Ok(())
    }
}
