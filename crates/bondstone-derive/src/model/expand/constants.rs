//! The constants by which columns, foreign keys, relations and unique indexes are named.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::Expand;
use crate::model::attribute::Way;
use crate::model::checked::{Column, ForeignKey, Index, IndexKind, Member, Part, Relation};
use crate::{names, source};

impl Expand<'_> {
    /// All constants, for an `impl` block of the struct.
    pub fn constants(&self) -> TokenStream {
        let columns = self.model.columns.iter().enumerate().map(|(position, column)| {
            let foreign_keys = self.model.foreign_keys.iter().enumerate();
            match foreign_keys.into_iter().find(|(_, key)| key.column == position) {
                Some((place, key)) => self.foreign_key_constant(column, key, place),
                None => self.column_constant(column, position),
            }
        });
        let relations =
            self.model.relations.iter().map(|relation| self.relation_constant(relation));
        let indexes = self.model.indexes.iter().enumerate();
        let indexes = indexes.filter_map(|(place, index)| self.index_constant(index, place));
        quote!(#(#columns)* #(#relations)* #(#indexes)*)
    }

    /// A column with a codec: what is stored, as a computed column.
    fn coded_constant(&self, column: &Column, position: usize) -> TokenStream {
        let Self { model, private, .. } = self;
        let Column { constant, name, .. } = column;
        let (row, doc, visibility) =
            (self.row(), column.documentation(), self.visibility(&column.visibility));
        let (stored, get) = (self.stored_type(column), self.get(&column.ident));
        let value = self.encoded(column, &quote!(&#get));
        let is_unique = model.indexes.iter().any(|index| {
            let part = matches!(&index.part, Some((of, Part::Encoded)) if *of == position);
            part && index.kind == IndexKind::Unique
        });
        let (kind, new) = match is_unique {
            true => (quote!(Uniq), quote!(unique)),
            false => (quote!(Plain), quote!(new)),
        };
        let hidden = column.private.then(|| quote!(.private()));
        quote! {
            #[doc = #doc]
            #visibility const #constant: #private::Computed<#row, #stored, #private::#kind> =
                #private::Computed::#new(#name, |row| #value)#hidden;
        }
    }

    fn column_constant(&self, column: &Column, position: usize) -> TokenStream {
        if column.codec.is_some() {
            return self.coded_constant(column, position);
        }
        let Self { model, private, .. } = self;
        let Column { constant, ty, .. } = column;
        let (row, doc, visibility) =
            (self.row(), column.documentation(), self.visibility(&column.visibility));
        let (number, get) = (self.place_among("column", position), self.get(&column.ident));
        let own = |kind| {
            let is_own = |index: &Index| {
                let columns = &index.columns[..];
                index.kind == kind && index.constant.is_none() && columns == [Member::Own(position)]
            };
            let place = model.indexes.iter().position(is_own);
            place.map(|place| self.place_among("index", place))
        };
        let (kind, new) = match own(IndexKind::Unique) {
            Some(place) => (quote!(Uniq), quote!(unique(#number, #place, |row| &#get))),
            None => (quote!(Plain), quote!(new(#number, |row| &#get))),
        };
        let new = quote!(#private::Column::#new);
        let new = match own(IndexKind::Ordered) {
            Some(place) => quote!(#private::Column::ordered(#new, #place)),
            None => new,
        };
        quote! {
            #[doc = #doc]
            #visibility const #constant: #private::Column<#row, #ty, #private::#kind> = #new;
        }
    }

    fn foreign_key_constant(&self, column: &Column, key: &ForeignKey, place: usize) -> TokenStream {
        let Self { model, private, .. } = self;
        let Column { constant, ty, .. } = column;
        let ForeignKey { target, nullable, unique, .. } = key;
        let (row, doc, visibility) =
            (self.row(), column.documentation(), self.visibility(&column.visibility));
        let position = self.place_among("column", key.column);
        let place = self.place_among("foreign_key", place);
        // With `#[references]` the type is an alias: if it is none of an id, rustc says so there.
        let value = match model.is_mixin {
            false => column.value_at_type(),
            true => {
                let get = self.get(&column.ident);
                quote!(&#get)
            }
        };
        let (null, id) = match nullable {
            true => {
                (quote!(Opt), quote_spanned!(ty.span()=> ::core::option::Option::as_ref(#value)))
            }
            false => {
                (quote!(Req), quote_spanned!(ty.span()=> ::core::option::Option::Some(#value)))
            }
        };
        quote! {
            #[doc = #doc]
            #visibility const #constant: #private::Fk<#row, #target, #private::#null> =
                #private::Fk::new(#position, #place, #unique, |row| #id);
        }
    }

    fn relation_constant(&self, relation: &Relation) -> TokenStream {
        let Self { model, private, .. } = self;
        let (visibility, row) = (&model.visibility, &model.ident);
        let Relation { constant, target, .. } = relation;
        let doc = relation.documentation();
        let (ty, keys) = match (&relation.way, relation.one) {
            (Way::Via { join, ends: Some((near, far)) }, _) => {
                let (near, far) = (names::foreign_constant(near), names::foreign_constant(far));
                (quote!(ManyVia<#row, #target, #join>), quote!(#join::#near, #join::#far))
            }
            (Way::Via { join, ends: None }, _) => {
                let (near, far) =
                    (self.only_key(join, &row.clone().into()), self.only_key(join, target));
                (quote!(ManyVia<#row, #target, #join>), quote!(#near, #far))
            }
            (_, true) => (quote!(One<#row, #target>), self.child_key(relation)),
            (_, false) => (quote!(Many<#row, #target>), self.child_key(relation)),
        };
        let kind = ty.clone().into_iter().next();
        quote! {
            #[doc = #doc]
            #visibility const #constant: #private::#ty = #private::#kind::by(#keys);
        }
    }

    /// The child's foreign key that makes a relation.
    pub fn child_key(&self, relation: &Relation) -> TokenStream {
        let target = &relation.target;
        match &relation.way {
            Way::By(field) => {
                let key = names::foreign_constant(field);
                quote!(#target::#key)
            }
            _ => self.only_key(target, &self.model.ident.clone().into()),
        }
    }

    fn only_key(&self, child: &Path, parent: &Path) -> TokenStream {
        let Self { private, .. } = self;
        quote_spanned!(child.span()=> <#child as #private::References<#parent>>::KEY)
    }

    fn index_constant(&self, index: &Index, place: usize) -> Option<TokenStream> {
        let Self { model, private, .. } = self;
        let constant = index.constant.as_ref()?;
        let (visibility, row) = (self.visibility(&model.visibility), self.row());
        let place = self.place_among("index", place);
        let columns = || index.columns.iter();
        let types = columns().map(|column| self.type_of(column));
        let fields = columns().map(|column| match column {
            Member::Own(position) => self.get(&model.columns[*position].ident),
            Member::Embedded { .. } => self.field_of(column, "row"),
        });
        let names: Vec<String> =
            columns().map(|column| format!("`{}`", self.name_of(column))).collect();
        let doc = format!("The unique index over {}.", names.join(", "));
        Some(quote! {
            #[doc = #doc]
            #visibility const #constant: #private::UniqueIndex<#row, (#(#types,)*)> =
                #private::UniqueIndex::new(#place, |row| (#(&#fields,)*));
        })
    }
}

impl Relation {
    /// What the relation is, in words.
    pub fn documentation(&self) -> String {
        let target = source::path_text(&self.target);
        match (&self.way, self.one) {
            (Way::Via { join, .. }, _) => {
                format!(
                    "The rows of [`{target}`] linked to this one by [`{}`].",
                    source::path_text(join)
                )
            }
            (Way::By(field), true) => {
                format!("The row of [`{target}`] whose `{field}` refers to this one.")
            }
            (Way::By(field), false) => {
                format!("The rows of [`{target}`] whose `{field}` refers to this one.")
            }
            (Way::Only, true) => format!("The row of [`{target}`] that refers to this one."),
            (Way::Only, false) => format!("The rows of [`{target}`] that refer to this one."),
        }
    }
}
