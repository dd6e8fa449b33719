//! The methods that walk from a row to its parents and children.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expand;
use crate::model::attribute::Way;
use crate::model::checked::{ForeignKey, Relation};
use crate::{names, source};

impl Expand<'_> {
    /// All methods, for an `impl` block of the struct.
    pub fn methods(&self) -> TokenStream {
        let parents = self.model.foreign_keys.iter().map(|key| self.parent_method(key));
        let children = self.model.relations.iter().map(|relation| self.relation_method(relation));
        quote!(#(#parents)* #(#children)*)
    }

    fn parent_method(&self, key: &ForeignKey) -> TokenStream {
        let Self { model, root, private } = self;
        let ForeignKey { target, method, nullable, .. } = key;
        let column = &model.columns[key.column];
        let (visibility, constant) = (self.visibility(&column.visibility), &column.constant);
        let (target_name, field) = (source::path_text(target), &column.name);
        let (doc, answer, walk) = match nullable {
            false => (
                format!(
                    "The [`{target_name}`] that `{field}` refers to.\n\n# Panics\n\nIf this row is not \
                     one of this view; `{constant}.of(row, &db)` never panics."
                ),
                quote!(&'v #target),
                quote!(required_parent),
            ),
            true => (
                format!("The [`{target_name}`] that `{field}` refers to, if any."),
                quote!(::core::option::Option<&'v #target>),
                quote!(optional_parent),
            ),
        };
        quote! {
            #[doc = #doc]
            #[must_use]
            #[inline]
            #visibility fn #method<'v>(&self, db: &'v #root::View) -> #answer {
                #private::#walk(Self::#constant, self, db)
            }
        }
    }

    fn relation_method(&self, relation: &Relation) -> TokenStream {
        let Self { model, root, private } = self;
        let Relation { constant, target, .. } = relation;
        let visibility = &model.visibility;
        let method = names::relocated(&relation.method);
        let doc = relation.documentation();
        let (answer, walk) = match (&relation.way, relation.one) {
            (_, true) => (quote!(::core::option::Option<&'v #target>), quote!(child)),
            (Way::Via { .. }, false) => (quote!(#root::Related<'v, #target>), quote!(linked)),
            (_, false) => (quote!(#root::Related<'v, #target>), quote!(children)),
        };
        quote! {
            #[doc = #doc]
            #[must_use]
            #[inline]
            #visibility fn #method<'v>(&self, db: &'v #root::View) -> #answer {
                #private::#walk(Self::#constant, self, db)
            }
        }
    }
}
