//! Deletes, and what follows.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Oracle, Refused};
use crate::datum::Datum;
use crate::refusal::{Refusal, Rule, Way};
use crate::specification::{Action, Reference, Table};
use crate::state::State;

/// What a delete entails.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The rows that go, the first is the one that is named.
    pub deletes: Vec<(Table, Datum)>,
    /// The rows that stay and let go, and by which foreign key.
    pub unlinks: Vec<(Table, Datum, &'static Reference)>,
    /// The rows that refuse, and by which foreign key.
    pub refusals: Vec<(Table, Datum, &'static Reference)>,
    /// From rows that go to rows that refer to them, by name.
    steps: Rc<BTreeSet<(String, String)>>,
    /// How many steps it is from the named row to the farthest.
    pub depth: usize,
    /// Do rows that go refer to each other in a circle?
    pub circular: bool,
    /// Does a row that goes refer to several others, or by several references?
    pub diamond: bool,
}

impl Plan {
    /// What deleting a row entails.
    #[must_use]
    pub fn of(state: &State, table: Table, key: &Datum) -> Self {
        let mut plan = Self { deletes: vec![(table, key.clone())], ..Self::default() };
        let mut links = Vec::new();
        let mut steps = BTreeSet::new();
        let mut depths = vec![0];
        let mut met_again = Vec::new();
        let mut next = 0;
        while let Some((table, key)) = plan.deletes.get(next).cloned() {
            for (child, child_key, reference) in state.referring(table, &key) {
                steps.insert((table.name_row(&key), child.name_row(child_key)));
                let child = (child, child_key.clone());
                if reference.on_delete != Action::Cascade {
                    links.push((child.0, child.1, reference));
                } else if plan.deletes.contains(&child) {
                    met_again.push((child.0.name_row(&child.1), table.name_row(&key)));
                } else {
                    plan.deletes.push(child);
                    depths.push(depths[next] + 1);
                }
            }
            next += 1;
        }
        plan.depth = depths.into_iter().max().unwrap_or_default();
        plan.steps = Rc::new(steps);
        for (child, parent) in met_again {
            let circular = plan.leads(&child, &parent);
            plan.circular |= circular;
            plan.diamond |= !circular;
        }
        links.retain(|(table, key, _)| !plan.deletes.contains(&(*table, key.clone())));
        let refuses = |link: &(Table, Datum, &Reference)| link.2.on_delete == Action::Restrict;
        (plan.refusals, plan.unlinks) = links.into_iter().partition(refuses);
        plan
    }

    /// Do references lead from the row `to` up to the row `from`? A row leads to itself.
    fn leads(&self, from: &str, to: &str) -> bool {
        let mut met = BTreeSet::from([from]);
        let mut work = vec![from];
        while let Some(row) = work.pop() {
            let children = self.steps.iter().filter(|(parent, _)| parent == row);
            work.extend(children.map(|(_, child)| &**child).filter(|child| met.insert(child)));
        }
        met.contains(to)
    }

    /// The first two rows that are out of order, if any are: each row comes before all that it refers to, unless they refer
    /// to each other in a circle.
    #[must_use]
    pub fn misplaced(&self, order: &[&str]) -> Option<(String, String)> {
        let place = |row: &str| order.iter().position(|other| *other == row);
        let wrong = |(parent, child): &&(String, String)| match (place(parent), place(child)) {
            (Some(parent_at), Some(child_at)) => parent_at < child_at && !self.leads(child, parent),
            _ => false,
        };
        self.steps.iter().find(wrong).cloned()
    }

    fn along(&self, refusal: Refusal) -> Refusal {
        let (table, key) = &self.deletes[0];
        Refusal { way: Way::Along(table.name_row(key), Rc::clone(&self.steps)), ..refusal }
    }
}

impl Oracle {
    /// Deletes a row, and does what the foreign keys say.
    ///
    /// # Errors
    /// The row is not there, another one refuses, or breaks a rule by letting go.
    pub fn delete(&mut self, table: Table, key: &Datum) -> Result<Plan, Refused> {
        if self.state.row(table, key).is_none() {
            return Err(vec![Refusal::not_found(table, key)]);
        }
        let plan = Plan::of(&self.state, table, key);
        if !plan.refusals.is_empty() {
            let refusal = |(table, key, reference): &(Table, Datum, &Reference)| {
                plan.along(Refusal::new(Rule::Restricted, *table, reference.name, key))
            };
            return Err(plan.refusals.iter().map(refusal).collect());
        }
        let mut after = self.clone();
        for (table, key) in &plan.deletes {
            after.state.remove(*table, key);
        }
        let mut changed = BTreeSet::new();
        for (table, key, reference) in &plan.unlinks {
            after.let_go(*table, key, reference, reference.on_delete);
            changed.insert((*table, key.clone()));
        }
        let faults = after.faults(&changed);
        if !faults.is_empty() {
            return Err(faults.into_iter().map(|fault| plan.along(fault)).collect());
        }
        *self = after;
        Ok(plan)
    }

    /// Lets a foreign key refer to nothing, or to its default.
    pub(super) fn let_go(
        &mut self,
        table: Table,
        key: &Datum,
        reference: &Reference,
        action: Action,
    ) {
        let column = &table.specification().columns[reference.column];
        let value = match action {
            Action::SetDefault => column.default().unwrap_or(Datum::Null),
            _ => Datum::Null,
        };
        self.point(table, key, reference.column, value);
    }

    /// Changes a reference that is not part of the row's key.
    pub(super) fn point(&mut self, table: Table, key: &Datum, column: usize, value: Datum) {
        let Some(before) = self.state.row(table, key).cloned() else { return };
        let mut values = before.values.clone();
        if values[column] == value {
            return;
        }
        values[column] = value;
        self.touch(table, &before.values, &mut values);
        self.state.put(table, values, before.life);
    }
}
