//! What a field is: the model's own key, a foreign key, or a plain column. Its type says so, as it is written.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Path, Type};

use crate::faults::Faults;
use crate::model::written::WrittenField;
use crate::source;

/// What a field is.
#[derive(Debug)]
pub enum Role {
    /// `#[key] id: Id<Self>`: the engine makes it.
    OwnKey,
    /// `Id<Other>`, `Option<Id<Other>>`, or `#[references(Other)]`.
    ForeignKey {
        /// The other model, or this one for a hierarchy.
        target: Path,
        /// May it be null?
        nullable: bool,
    },
    /// Anything else.
    Plain,
}

impl Role {
    /// The role of `field` in `model`.
    pub fn of(field: &WrittenField<'_>, model: &Ident, faults: &mut Faults) -> Self {
        let ty = &field.field.ty;
        if field.codec.is_some() {
            return Self::Plain;
        }
        let optional = source::option_of(ty);
        let lexical =
            source::id_target(optional.unwrap_or(ty)).map(|target| without_self(target, model));
        if let Some(references) = &field.references {
            let target = without_self(&references.value, model);
            if let Some(other) =
                lexical.filter(|other| source::last_name(other) != source::last_name(&target))
            {
                let (other, target) = (source::path_text(&other), source::path_text(&target));
                let message = format!(
                    "the field's type says `Id<{other}>`, this attribute says `{target}`: remove it"
                );
                faults.add(&references.value, message);
            }
            return Self::ForeignKey { target, nullable: optional.is_some() };
        }
        match lexical {
            Some(target) if field.key.is_some() && optional.is_none() && target.is_ident(model) => {
                Self::OwnKey
            }
            Some(target) => Self::ForeignKey { target, nullable: optional.is_some() },
            None => Self::Plain,
        }
    }

    /// Is it a foreign key?
    pub const fn is_foreign_key(&self) -> bool {
        matches!(self, Self::ForeignKey { .. })
    }
}

/// A path with the model's name for `Self`.
pub fn without_self(path: &Path, model: &Ident) -> Path {
    if !path.is_ident("Self") {
        return path.clone();
    }
    let span = source::last_name(path).map_or_else(|| model.span(), Ident::span);
    Ident::new(&model.to_string(), span).into()
}

/// A type with the model's name for `Self`.
pub fn type_without_self(ty: &Type, model: &Ident) -> Type {
    Type::Verbatim(source::without_self(ty.to_token_stream(), model))
}
