//! `#[version]`: one column of a model, a number that is the engine's.

use proc_macro2::Span;
use syn::Type;

use crate::faults::Faults;
use crate::model::written::{Kind, Written, WrittenField};
use crate::source;

/// Reports versions that are none.
pub fn check(written: &Written<'_>, faults: &mut Faults) {
    let versions = written.fields.iter().filter_map(|field| Some((field, field.version.as_ref()?)));
    for (place, (field, version)) in versions.enumerate() {
        if written.kind == Kind::Mixin {
            let message = "a version is of a whole row: write the field in the model";
            faults.add_at(version.span, message);
        } else if place > 0 {
            faults.add_at(version.span, "a row has one version: remove one");
        }
        if !is_u64(&field.field.ty) {
            faults.add(&field.field.ty, "a version counts changes: write `u64`");
        }
        for (span, name) in beside(field) {
            let message = format!("the engine sets this column: remove `#[{name}]`");
            faults.add_at(span, message);
        }
    }
}

fn is_u64(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if source::last_name(&path.path).is_some_and(|name| name == "u64"))
}

/// What says that somebody else sets the column.
fn beside(field: &WrittenField<'_>) -> Vec<(Span, &'static str)> {
    let given = [
        (field.key.as_ref().map(|at| at.span), "key"),
        (field.default.as_ref().map(|at| at.span), "default"),
        (field.on_insert.as_ref().map(|at| at.span), "on_insert"),
        (field.on_update.as_ref().map(|at| at.span), "on_update"),
        (field.immutable.as_ref().map(|at| at.span), "immutable"),
    ];
    given.into_iter().filter_map(|(span, name)| Some((span?, name))).collect()
}
