//! `#[singleton]`: one row, without a key, which the engine can make by itself.

use crate::faults::Faults;
use crate::model::written::Written;
use crate::names;

/// Reports what a singleton cannot have.
pub fn check(written: &Written<'_>, faults: &mut Faults) {
    for field in &written.fields {
        if let Some(key) = &field.key {
            let message = "there is one row, and nothing to tell it from: remove the key";
            faults.add_at(key.span, message);
        } else if field.default.is_none() && field.on_insert.is_none() && field.version.is_none() {
            let message = format!(
                "the row is there from the beginning, and nobody gives it `{name}`: write `#[default(…)]` on `{name}`",
                name = names::text(field.ident)
            );
            faults.add(field.ident, message);
        }
        if let Some(unique) = &field.unique {
            faults.add_at(unique.span, "there is one row: remove `#[unique]`");
        }
        if let Some(index) = &field.index {
            faults.add_at(index.span, "there is one row: remove `#[index]`");
        }
    }
    for mixin in &written.mixins {
        if let Some(given) = mixin.mixin.as_ref().filter(|mixin| mixin.value) {
            let message = "the row is there from the beginning, and nobody gives it anything: write `#[mixin]`";
            faults.add_at(given.span, message);
        }
    }
    for (_, index) in &written.indexes {
        faults.add(index.ident(), "there is one row: remove the index");
    }
}
