//! A model as it is written: the struct and its fields, each with its attributes, not yet judged together.

use proc_macro2::Span;
use syn::{Attribute, Data, DeriveInput, Expr, Field, Fields, Ident, LitStr, Path, Type};

use super::attribute::{
    self, At, Condition, Conversion, FieldIndex, KeyStyle, Relation, StructIndex,
};
use super::checked::Action;
use crate::faults::Faults;
use crate::source;

/// The struct.
pub struct Written<'a> {
    /// Its name, visibility and documentation.
    pub input: &'a DeriveInput,
    /// `#[table]`
    pub table: Option<At<LitStr>>,
    /// `#[was]`
    pub was: Option<At<Vec<LitStr>>>,
    /// `#[unique(…)]`, `#[index(…)]`: whether it is unique, and the index.
    pub indexes: Vec<(bool, StructIndex)>,
    /// `#[check]`, and its text.
    pub checks: Vec<(Condition, String)>,
    /// `#[has_many]`
    pub has_many: Vec<Relation>,
    /// `#[has_one]`
    pub has_one: Vec<Relation>,
    /// `#[singleton]`
    pub singleton: Option<At<()>>,
    /// The fields that are columns.
    pub fields: Vec<WrittenField<'a>>,
    /// The fields that are mixins.
    pub mixins: Vec<WrittenField<'a>>,
    /// What it is to be.
    pub kind: Kind,
}

/// What a struct is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `#[derive(Model)]`
    Model,
    /// `#[derive(Mixin)]`
    Mixin,
}

impl Kind {
    /// As one speaks of it.
    const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Mixin => "mixin",
        }
    }
}

/// A field.
pub struct WrittenField<'a> {
    /// Its name.
    pub ident: &'a Ident,
    /// Its type, visibility and documentation.
    pub field: &'a Field,
    /// `#[key]`
    pub key: Option<At<KeyStyle>>,
    /// `#[unique]`
    pub unique: Option<At<()>>,
    /// `#[index]`
    pub index: Option<At<FieldIndex>>,
    /// `#[max_len]`
    pub max_len: Option<At<Expr>>,
    /// `#[decimal]`
    pub decimal: Option<At<(u32, u32)>>,
    /// `#[default]`, and its text.
    pub default: Option<At<(Option<Expr>, String)>>,
    /// `#[on_insert]`
    pub on_insert: Option<At<Expr>>,
    /// `#[on_update]`: a value, or on a foreign key an action.
    pub on_update: Option<At<Expr>>,
    /// `#[on_delete]`
    pub on_delete: Option<At<Action>>,
    /// `#[immutable]`
    pub immutable: Option<At<()>>,
    /// `#[private]`
    pub private: Option<At<()>>,
    /// `#[acyclic]`
    pub acyclic: Option<At<()>>,
    /// `#[references]`
    pub references: Option<At<Path>>,
    /// `#[method]`
    pub method: Option<At<Ident>>,
    /// `#[was]`
    pub was: Option<At<Vec<LitStr>>>,
    /// `#[converted_from]`
    pub converted_from: Option<At<Conversion>>,
    /// `#[version]`
    pub version: Option<At<()>>,
    /// `#[codec]`
    pub codec: Option<At<Type>>,
    /// `#[mixin]`: has it fields without a default?
    pub mixin: Option<At<bool>>,
}

impl<'a> Written<'a> {
    /// Reads a struct with named fields and without generics; anything else cannot be a model at all.
    pub fn read(input: &'a DeriveInput, kind: Kind, faults: &mut Faults) -> syn::Result<Self> {
        let fields = named_fields(input, kind)?;
        if !input.generics.params.is_empty() {
            let what = match kind {
                Kind::Model => "a model is one table",
                Kind::Mixin => "a mixin is the same columns everywhere",
            };
            let message = format!("{what}: it cannot be generic; remove the parameters");
            faults.add(&input.generics, message);
        }
        let mut written = Self {
            input,
            table: None,
            was: None,
            indexes: Vec::new(),
            checks: Vec::new(),
            has_many: Vec::new(),
            has_one: Vec::new(),
            singleton: None,
            fields: Vec::new(),
            mixins: Vec::new(),
            kind,
        };
        for attribute in &input.attrs {
            written.read_attribute(attribute, faults);
        }
        let fields = fields
            .iter()
            .filter_map(|field| Some(WrittenField::read(field.ident.as_ref()?, field, faults)));
        (written.mixins, written.fields) = fields.partition(|field| field.mixin.is_some());
        Ok(written)
    }

    fn read_attribute(&mut self, attribute: &Attribute, faults: &mut Faults) {
        let Some(name) = attribute.path().get_ident() else { return };
        match name.to_string().as_str() {
            "table" => put(&mut self.table, attribute, attribute::table, faults),
            "was" => put(&mut self.was, attribute, attribute::was, faults),
            "singleton" => put(&mut self.singleton, attribute, attribute::bare, faults),
            "unique" | "index" => {
                let index = faults.keep(attribute::struct_index(attribute));
                self.indexes.extend(index.map(|index| (name == "unique", index)));
            }
            "check" => {
                let check = faults.keep(attribute::check(attribute));
                self.checks.extend(check.map(|condition| (condition, condition_text(attribute))));
            }
            "has_many" => self
                .has_many
                .extend(faults.keep(attribute::has_many(attribute)).into_iter().flatten()),
            "has_one" => self
                .has_one
                .extend(faults.keep(attribute::has_one(attribute)).into_iter().flatten()),
            "key" | "max_len" | "decimal" | "default" | "on_insert" | "on_update" | "on_delete"
            | "immutable" | "private" | "acyclic" | "references" | "method" | "converted_from"
            | "mixin" | "version" | "codec" => {
                faults.add(
                    attribute.path(),
                    format!("`#[{name}]` belongs on a field, not on the struct"),
                );
            }
            _ => {}
        }
    }
}

fn named_fields(input: &DeriveInput, kind: Kind) -> syn::Result<&Fields> {
    let what = kind.name();
    match &input.data {
        Data::Struct(data) => match &data.fields {
            fields @ Fields::Named(_) => Ok(fields),
            _ => Err(syn::Error::new(
                input.ident.span(),
                format!(
                    "the columns of a {what} have names: write `struct {} {{ … }}`",
                    input.ident
                ),
            )),
        },
        Data::Enum(data) => Err(syn::Error::new(
            data.enum_token.span,
            format!("a {what} is a struct; an enum can be a column of one: `#[derive(Value)]`"),
        )),
        Data::Union(data) => {
            Err(syn::Error::new(data.union_token.span, format!("a {what} is a struct")))
        }
    }
}

/// The text of a check without its name.
fn condition_text(attribute: &Attribute) -> String {
    let text = source::arguments_text(attribute);
    text.split_once(':').map(|(_, condition)| condition.trim().to_owned()).unwrap_or(text)
}

impl<'a> WrittenField<'a> {
    fn read(ident: &'a Ident, field: &'a Field, faults: &mut Faults) -> Self {
        let mut written = Self {
            ident,
            field,
            key: None,
            unique: None,
            index: None,
            max_len: None,
            decimal: None,
            default: None,
            on_insert: None,
            on_update: None,
            on_delete: None,
            immutable: None,
            private: None,
            acyclic: None,
            references: None,
            method: None,
            was: None,
            converted_from: None,
            version: None,
            codec: None,
            mixin: None,
        };
        for attribute in &field.attrs {
            written.read_attribute(attribute, faults);
        }
        written
    }

    fn read_attribute(&mut self, attribute: &Attribute, faults: &mut Faults) {
        let Some(name) = attribute.path().get_ident() else { return };
        match name.to_string().as_str() {
            "key" => self.read_key(attribute, faults),
            "unique" => put(&mut self.unique, attribute, attribute::bare, faults),
            "index" => put(&mut self.index, attribute, attribute::field_index, faults),
            "max_len" => put(&mut self.max_len, attribute, attribute::max_len, faults),
            "decimal" => put(&mut self.decimal, attribute, attribute::decimal, faults),
            "default" => put(&mut self.default, attribute, default, faults),
            "on_insert" => put(&mut self.on_insert, attribute, attribute::expression, faults),
            "on_update" => put(&mut self.on_update, attribute, attribute::expression, faults),
            "on_delete" => put(&mut self.on_delete, attribute, attribute::action, faults),
            "immutable" => put(&mut self.immutable, attribute, attribute::bare, faults),
            "private" => put(&mut self.private, attribute, attribute::bare, faults),
            "acyclic" => put(&mut self.acyclic, attribute, attribute::bare, faults),
            "references" => put(&mut self.references, attribute, attribute::references, faults),
            "method" => put(&mut self.method, attribute, attribute::method, faults),
            "was" => put(&mut self.was, attribute, attribute::was, faults),
            "version" => put(&mut self.version, attribute, attribute::bare, faults),
            "codec" => put(&mut self.codec, attribute, attribute::codec, faults),
            "mixin" => put(&mut self.mixin, attribute, attribute::mixin, faults),
            "converted_from" => {
                put(&mut self.converted_from, attribute, attribute::converted_from, faults);
            }
            "table" | "check" | "has_many" | "has_one" | "singleton" => {
                faults.add(
                    attribute.path(),
                    format!("`#[{name}]` belongs above the struct, not on a field"),
                );
            }
            _ => {}
        }
    }

    /// A key written wrongly is still meant as one: to say "no key" as well would mislead.
    fn read_key(&mut self, attribute: &Attribute, faults: &mut Faults) {
        let read = |attribute: &Attribute| attribute::key(attribute);
        put(&mut self.key, attribute, read, faults);
        self.key.get_or_insert(At { span: name_span(attribute), value: KeyStyle::Plain });
    }
}

fn default(attribute: &Attribute) -> syn::Result<(Option<Expr>, String)> {
    let expression = attribute::default(attribute)?;
    let text = match expression {
        Some(_) => source::arguments_text(attribute),
        None => "Default::default()".to_owned(),
    };
    Ok((expression, text))
}

/// Fills `slot` from an attribute that may be given once.
fn put<T>(
    slot: &mut Option<At<T>>,
    attribute: &Attribute,
    read: impl FnOnce(&Attribute) -> syn::Result<T>,
    faults: &mut Faults,
) {
    if slot.is_some() {
        let name = attribute.path().get_ident().map(ToString::to_string).unwrap_or_default();
        return faults.add(attribute.path(), format!("`#[{name}]` is given twice: remove one"));
    }
    let value = faults.keep(read(attribute));
    *slot = value.map(|value| At { span: name_span(attribute), value });
}

fn name_span(attribute: &Attribute) -> Span {
    attribute.path().get_ident().map_or_else(Span::call_site, Ident::span)
}
