//! The rules that concern a row alone: limits, checks, columns that do not change.
//!
//! Which columns have such a rule is a constant of the model, so that a write looks at those alone.

use bondstone_schema::{ColumnSet, Limit, Model};

use crate::error::{About, Result};

/// The columns in which two rows differ.
pub(crate) fn differing<M: Model>(before: &M, after: &M) -> ColumnSet {
    (M::DEFINITION.row.differing)(before, after)
}

/// Enforces `max_len` on the columns `changed`, and `decimal`, which also brings to scale, on all: a decimal of another scale
/// is equal, and would be stored as it is.
pub(crate) fn enforce_limits<M: Model>(row: &mut M, changed: ColumnSet) -> Result<()> {
    let (lengths, decimals) = const { (limited::<M>(false), limited::<M>(true)) };
    for number in changed.and(lengths).or(decimals).iter() {
        let enforced = (M::DEFINITION.row.enforce)(row, number);
        enforced.map_err(|error| About::row(&*row).limit(number, &error))?;
    }
    Ok(())
}

/// Tests the checks: all of them, since a check may call a method that reads columns it does not name.
pub(crate) fn test_checks<M: Model>(row: &M) -> Result<()> {
    for (place, check) in M::DEFINITION.checks.iter().enumerate() {
        if !(check.test)(row) {
            return Err(About::row(row).unmet(place));
        }
    }
    Ok(())
}

/// Refuses a change of columns that are set once.
pub(super) fn keep_immutable<M: Model>(row: &M, changed: ColumnSet) -> Result<()> {
    match changed.and(const { immutable::<M>() }).iter().next() {
        Some(column) => Err(About::row(row).immutable(column)),
        None => Ok(()),
    }
}

const fn immutable<M: Model>() -> ColumnSet {
    let columns = M::DEFINITION.columns;
    let mut found = ColumnSet::EMPTY;
    let mut number = 0;
    while number < columns.len() {
        if columns[number].immutable {
            found.insert(number as u16);
        }
        number += 1;
    }
    found
}

/// The columns with a limit: `decimal`, or the other one.
const fn limited<M: Model>(decimal: bool) -> ColumnSet {
    let columns = M::DEFINITION.columns;
    let mut found = ColumnSet::EMPTY;
    let mut number = 0;
    while number < columns.len() {
        if let Some(limit) = &columns[number].limit
            && matches!(limit, Limit::Decimal { .. }) == decimal
        {
            found.insert(number as u16);
        }
        number += 1;
    }
    found
}
