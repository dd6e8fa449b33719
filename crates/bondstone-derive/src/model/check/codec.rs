//! `#[codec(…)]`: a column of a foreign type.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::Type;

use crate::faults::Faults;
use crate::model::checked::Codec;
use crate::model::written::WrittenField;
use crate::source;

/// The codec of a field.
pub fn check(field: &WrittenField<'_>, model: &Ident, faults: &mut Faults) -> Option<Codec> {
    let codec = field.codec.as_ref()?;
    let others = [
        (field.key.as_ref().map(|at| at.span), "key"),
        (field.max_len.as_ref().map(|at| at.span), "max_len"),
        (field.decimal.as_ref().map(|at| at.span), "decimal"),
        (field.references.as_ref().map(|at| at.span), "references"),
        (field.version.as_ref().map(|at| at.span), "version"),
    ];
    for (span, name) in others {
        if let Some(span) = span {
            let message =
                format!("nothing is known of a foreign type: remove `#[{name}]`, or the codec");
            faults.add_at(span, message);
        }
    }
    Some(Codec {
        ty: Type::Verbatim(source::without_self(codec.value.to_token_stream(), model)),
        optional: source::option_of(&field.field.ty).is_some(),
    })
}
