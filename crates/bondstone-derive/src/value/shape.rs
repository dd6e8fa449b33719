//! The shape of a type: a struct's fields, or an enum's variants with theirs.

use syn::visit::Visit;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type, TypePath, Variant};

use crate::faults::Faults;
use crate::names;

/// The most variants whose position fits into two bytes.
const MAX_VARIANTS: usize = 1 << 16;

/// A type that can be a value.
pub struct Shape<'a> {
    /// Its name.
    pub ident: &'a Ident,
    /// What it is made of.
    pub body: Body<'a>,
    /// Is it stored as one part, since it contains values of its own type?
    pub nested: bool,
    /// Is what is read tried, by `TryFrom`?
    pub tried: bool,
}

/// What a type is made of.
pub enum Body<'a> {
    /// Fields.
    Struct(&'a Fields),
    /// Variants, of which at least one has fields.
    Enum(Vec<&'a Variant>),
    /// Variants without fields.
    Fieldless(Vec<&'a Variant>),
}

impl<'a> Shape<'a> {
    /// The shape of a struct or enum without parameters.
    pub fn of(input: &'a DeriveInput) -> syn::Result<Self> {
        let mut faults = Faults::default();
        if !input.generics.params.is_empty() {
            faults.add(
                &input.generics,
                "a value has one description: it cannot be generic; remove the parameters",
            );
        }
        let body = match &input.data {
            Data::Struct(data) => Body::Struct(&data.fields),
            Data::Enum(data) => {
                let variants: Vec<&Variant> = data.variants.iter().collect();
                if variants.is_empty() {
                    faults.add(&input.ident, "an enum without variants has no values: add one");
                }
                if let Some(variant) = variants.get(MAX_VARIANTS) {
                    faults.add(
                        &variant.ident,
                        format!("a value has at most {MAX_VARIANTS} variants"),
                    );
                }
                if variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) {
                    Body::Fieldless(variants)
                } else {
                    Body::Enum(variants)
                }
            }
            Data::Union(data) => {
                let message = "nobody knows which field of a union is valid: write an enum";
                return Err(syn::Error::new(data.union_token.span, message));
            }
        };
        let (mut nested, mut tried) = (false, false);
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("value")) {
            match faults.keep(word(attribute)).as_deref() {
                Some("nested") => nested = true,
                Some(_) => {
                    tried = true;
                    if !matches!(&body, Body::Struct(fields) if fields.len() == 1) {
                        let message = "what is tried is made of one value: a struct of one field, such as `struct Email(String)`";
                        faults.add(attribute, message);
                    }
                }
                None => {}
            }
        }
        for attribute in fields_of(&input.data).flat_map(|field| &field.attrs) {
            if attribute.path().is_ident("value") {
                faults.add(attribute, "`#[value(…)]` belongs above the type, not on a field");
            }
        }
        let mut shape = Self { ident: &input.ident, body, nested, tried };
        shape.nested |= shape.types().iter().any(|ty| names_itself(ty, &input.ident));
        faults.finish(shape)
    }

    /// The types of all fields.
    pub fn types(&self) -> Vec<&'a Type> {
        let fields = |fields: &'a Fields| fields.iter().map(|field| &field.ty);
        match &self.body {
            Body::Struct(only) => fields(only).collect(),
            Body::Enum(variants) => {
                variants.iter().flat_map(|variant| fields(&variant.fields)).collect()
            }
            Body::Fieldless(_) => Vec::new(),
        }
    }
}

fn fields_of(data: &Data) -> Box<dyn Iterator<Item = &Field> + '_> {
    match data {
        Data::Struct(data) => Box::new(data.fields.iter()),
        Data::Enum(data) => Box::new(data.variants.iter().flat_map(|variant| &variant.fields)),
        Data::Union(data) => Box::new(data.fields.named.iter()),
    }
}

/// `#[value(nested)]`, `#[value(try_from)]`: the word.
fn word(attribute: &Attribute) -> syn::Result<String> {
    let word = attribute.parse_args::<Ident>().ok().map(|word| word.to_string());
    word.filter(|word| ["nested", "try_from"].contains(&word.as_str())).ok_or_else(|| {
        syn::Error::new_spanned(
            attribute,
            "write `#[value(nested)]`: the type and another one contain each other; or `#[value(try_from)]`: what is read is tried",
        )
    })
}

/// Does a field of this type contain the type with this name? Within an id or a path to something else it does not count.
fn names_itself(ty: &Type, ident: &Ident) -> bool {
    struct Search<'a> {
        ident: &'a Ident,
        found: bool,
    }
    impl<'a> Visit<'a> for Search<'_> {
        fn visit_type_path(&mut self, path: &'a TypePath) {
            let path = &path.path;
            let last = path.segments.last();
            let is_id = last.is_some_and(|segment| segment.ident == "Id");
            self.found |= path.is_ident("Self") || path.is_ident(self.ident);
            if !is_id {
                syn::visit::visit_path(self, path);
            }
        }
    }
    let mut search = Search { ident, found: false };
    search.visit_type(ty);
    search.found
}

/// The names of fields as they are shown: `0`, `1`, … for those without.
pub fn field_names(fields: &Fields) -> Vec<String> {
    let fields = fields.iter().enumerate();
    fields
        .map(|(position, field)| {
            field.ident.as_ref().map_or_else(|| position.to_string(), names::text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn mistake(input: &DeriveInput) -> String {
        Shape::of(input).err().map(|mistake| mistake.to_string()).unwrap_or_default()
    }

    #[test]
    fn enums_without_fields_are_told_apart() {
        let plain: DeriveInput = parse_quote!(
            enum Status {
                Draft,
                Published = 7,
            }
        );
        assert!(matches!(Shape::of(&plain).unwrap().body, Body::Fieldless(all) if all.len() == 2));
        let payload: DeriveInput = parse_quote!(
            enum Kind {
                None,
                Some { level: u8 },
                Pair(u8, String),
            }
        );
        let shape = Shape::of(&payload).unwrap();
        assert!(matches!(shape.body, Body::Enum(_)));
        assert_eq!(shape.types().len(), 3);
    }

    #[test]
    fn what_cannot_be_a_value_says_why() {
        assert!(mistake(&parse_quote!(union Bits { a: u32, b: f32 })).contains("write an enum"));
        assert!(
            mistake(&parse_quote!(
                enum Never {}
            ))
            .contains("without variants")
        );
        assert!(
            mistake(&parse_quote!(
                struct Pair<T>(T, T);
            ))
            .contains("cannot be generic")
        );
        assert!(
            mistake(&parse_quote!(
                struct Text<'a>(&'a str);
            ))
            .contains("cannot be generic")
        );
    }

    #[test]
    fn a_type_that_contains_itself_is_nested() {
        let nested = |input: &DeriveInput| Shape::of(input).unwrap().nested;
        assert!(nested(&parse_quote!(
            enum Json {
                Null,
                List(Vec<Json>),
            }
        )));
        assert!(nested(&parse_quote!(
            struct Chain {
                next: Option<Box<Self>>,
            }
        )));
        assert!(nested(&parse_quote!(
            #[value(nested)]
            struct Half(Vec<Other>);
        )));
        assert!(!nested(&parse_quote!(
            struct User(Id<User>, other::User);
        )));
        let misspelt = parse_quote!(
            #[value(nest)]
            struct Half(Vec<Other>);
        );
        assert!(mistake(&misspelt).contains("#[value(nested)]"));
    }

    #[test]
    fn fields_without_names_are_numbered() {
        let tuple: DeriveInput = parse_quote!(
            struct Pair(u8, u8);
        );
        let Data::Struct(data) = &tuple.data else { unreachable!() };
        assert_eq!(field_names(&data.fields), ["0", "1"]);
    }
}
