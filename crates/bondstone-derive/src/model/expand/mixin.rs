//! Mixins from both sides: a model's lists joined with those of its mixins, and the code for a mixin itself.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::member::name_hash;
use super::stored::Reads;
use super::{Expand, number};
use crate::names;

impl Expand<'_> {
    /// A list of the definition: the model's own entries, then those of its mixins.
    pub fn with_mixins(
        &self,
        list: &str,
        entry: &str,
        own: impl Iterator<Item = TokenStream>,
    ) -> TokenStream {
        let Self { model, private, .. } = self;
        if model.mixins.is_empty() {
            return quote!(&[#(#own),*]);
        }
        let (row, list, entry) = (&model.ident, format_ident!("{list}"), format_ident!("{entry}"));
        let mixins = model.mixins.iter().map(|mixin| &mixin.ty);
        self.joined(
            &quote!(#private::#entry<#row>),
            &quote!(&[#(#own),*], #(<#mixins as #private::lift::Lift<#row>>::#list),*),
        )
    }

    /// The columns: the model's own, then those of its mixins.
    pub fn columns_with_mixins(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let own = self.column_entries();
        if model.mixins.is_empty() {
            return quote!(&[#(#own),*]);
        }
        let mixins = model.mixins.iter().map(|mixin| &mixin.ty);
        let joined = self.joined(
            &quote!(#private::ColumnDef),
            &quote!(&[#(#own),*], #(<#mixins as #root::Mixin>::PORTION.columns),*),
        );
        quote!({
            const ALL: &[#private::ColumnDef] = #joined;
            const _: () = ::core::assert!(
                ALL.len() <= 128,
                "a model has at most 128 columns, those of its mixins included",
            );
            ALL
        })
    }

    /// Several lists as one.
    fn joined(&self, entry: &TokenStream, lists: &TokenStream) -> TokenStream {
        let Self { private, .. } = self;
        let option = quote!(::core::option::Option);
        quote!({
            const LISTS: &[&[#entry]] = &[#lists];
            const JOINED: &#option<[#entry; #private::mixin::length(LISTS)]> =
                &#private::mixin::joined(LISTS);
            match JOINED {
                #option::Some(entries) => entries,
                #option::None => &[],
            }
        })
    }

    /// `impl Embeds<Timestamps> for Post`, for each mixin.
    pub fn embeds_impls(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let (row, table) = (&model.ident, &model.table);
        let (columns, indexes, keys) = (
            number(model.columns.len()),
            number(model.indexes.len()),
            number(model.foreign_keys.len()),
        );
        let impls = model.mixins.iter().enumerate().map(|(place, mixin)| {
            let (field, ty) = (&mixin.ident, &mixin.ty);
            let before = model.mixins[..place].iter().map(|mixin| &mixin.ty);
            quote_spanned! {ty.span()=>
                #[automatically_derived]
                impl #root::Embeds<#ty> for #row {
                    const FIRST: #private::mixin::First =
                        #private::mixin::First::new(#table, #columns, #indexes, #keys)
                            #(.behind::<#before>())*;

                    #[inline]
                    fn embedded(&self) -> &#ty {
                        &self.#field
                    }

                    #[inline]
                    fn embedded_mut(&mut self) -> &mut #ty {
                        &mut self.#field
                    }
                }
            }
        });
        quote!(#(#impls)*)
    }

    /// The code for a mixin.
    pub fn mixin(&self) -> TokenStream {
        let new = self.given().next().is_some().then(|| self.new_struct());
        let constants = self.constants_trait();
        let hidden = [
            self.check_methods().unwrap_or_default(),
            self.default_functions(),
            self.mixin_impl(),
            self.completion(new.is_some()),
            self.lift_impl(),
            self.field_impls(),
        ];
        quote! {
            #new
            #constants

            const _: () = {
                #(#hidden)*
            };
        }
    }

    /// What stands for a row of the model in the constants: of a mixin's, any model that embeds it.
    pub fn row(&self) -> TokenStream {
        let ident = &self.model.ident;
        if self.model.is_mixin { quote!(Self) } else { quote!(#ident) }
    }

    /// `row.field`, in the getter of a constant.
    pub fn get(&self, field: &Ident) -> TokenStream {
        let Self { model, root, .. } = self;
        let mixin = &model.ident;
        match model.is_mixin {
            false => quote!(row.#field),
            true => quote!(#root::Embeds::<#mixin>::embedded(row).#field),
        }
    }

    /// The number of a column, an index or a foreign key: of a mixin's, behind those of the model.
    pub fn place_among(&self, list: &str, position: usize) -> TokenStream {
        let Self { model, root, .. } = self;
        let (mixin, list, number) = (&model.ident, format_ident!("{list}"), number(position));
        match model.is_mixin {
            false => quote!(#number),
            true => quote!(<Self as #root::Embeds<#mixin>>::FIRST.#list + #number),
        }
    }

    /// The visibility of a constant or method: in a trait there is none to write.
    pub fn visibility(&self, written: &Visibility) -> Option<Visibility> {
        (!self.model.is_mixin).then(|| written.clone())
    }

    /// `TimestampsColumns`: the constants, and the methods of foreign keys.
    fn constants_trait(&self) -> TokenStream {
        let Self { model, root, .. } = self;
        let (ident, visibility) = (&model.ident, &model.visibility);
        let name = names::made(&format!("{}Columns", names::text(ident)), ident);
        let doc = format!(
            "The columns of [`{ident}`], as constants of each model that embeds it: in scope where they are named."
        );
        let (constants, methods) = (self.constants(), self.methods());
        quote! {
            #[doc = #doc]
            #[allow(private_interfaces, private_bounds)]
            #visibility trait #name: #root::Embeds<#ident> {
                #constants
                #methods
            }

            #[automatically_derived]
            impl<M: #root::Embeds<#ident>> #name for M {}
        }
    }

    fn mixin_impl(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let ident = &model.ident;
        let (values, foreign) = self.field_types();
        let functions = [self.row_functions(), self.foreign_key_functions()];
        let (columns, indexes) = (self.column_entries(), self.index_entries());
        let (foreign_keys, checks) = (self.foreign_key_entries(), self.check_entries());
        let (refreshes, refreshed) = (self.refreshes(), self.refreshed());
        let row = self.row_ops();
        let Reads { reads, fields: restored } = self.stored_fields();
        let given = self.given_fields(&quote!(self));
        let mutable = (!given.is_empty()).then(|| quote!(mut));
        let reached = self.reached();
        let indexed = self.indexed_impls();
        quote! {
            #indexed

            #private::part!(#ident: #(#values),*; #(#foreign),*);

            #[automatically_derived]
            impl #root::Mixin for #ident {
                const PORTION: &'static #private::mixin::Portion<Self> = {
                    #(#functions)*
                    &#private::mixin::Portion {
                        columns: &[#(#columns),*],
                        row: #row,
                        indexes: &[#(#indexes),*],
                        foreign_keys: &[#(#foreign_keys),*],
                        checks: &[#(#checks),*],
                    }
                };

                const REFRESHES: bool = #refreshes;

                fn refresh(&mut self, before: &Self, tx: &mut #root::Fill<'_>) {
                    #refreshed
                }

                fn reach(models: &mut #root::Models) {
                    #(models.add::<#reached>();)*
                }

                fn restore(
                    mut row: #private::stored::RowReader<'_>,
                ) -> #private::stored::Restored<Self> {
                    #(#reads)*
                    ::core::result::Result::Ok(Self { #(#restored,)* })
                }

                fn take_named(
                    &mut self,
                    #mutable row: #private::stored::RowReader<'_>,
                ) -> #private::stored::Restored<()> {
                    #(#given)*
                    ::core::result::Result::Ok(())
                }
            }
        }
    }

    /// How a new row gets its mixin.
    fn completion(&self, given: bool) -> TokenStream {
        let Self { model, root, private } = self;
        let (ident, fields) = (&model.ident, self.initial_fields());
        let whole = quote!(::core::result::Result::Ok(#ident { #(#fields,)* }));
        if !given {
            return quote! {
                #[automatically_derived]
                impl #private::mixin::Filled for #ident {
                    fn fill(tx: &mut #root::Fill<'_>) -> #root::Result<Self> {
                        #whole
                    }
                }
            };
        }
        let (new, Reads { reads, fields }) = (self.new_ident(), self.required_fields());
        quote! {
            #[automatically_derived]
            impl #private::mixin::Given for #ident {
                type New = #new;
            }

            #[automatically_derived]
            impl #private::mixin::NewPart for #new {
                type Mixin = #ident;

                fn complete(self, tx: &mut #root::Fill<'_>) -> #root::Result<#ident> {
                    #whole
                }

                fn from_named(
                    mut row: #private::stored::RowReader<'_>,
                ) -> #private::stored::Restored<Self> {
                    #(#reads)*
                    ::core::result::Result::Ok(Self { #(#fields,)* })
                }
            }
        }
    }

    /// Its entries as those of any model.
    fn lift_impl(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let ident = &model.ident;
        let lifts = [
            ("INDEXES", "IndexDef", "index", model.indexes.len()),
            ("FOREIGN_KEYS", "ForeignKeyDef", "foreign_key", model.foreign_keys.len()),
            ("CHECKS", "CheckDef", "check", model.checks.len()),
        ];
        let lists = lifts.map(|(list, entry, lift, length)| {
            let [list, entry, lift] = [list, entry, lift].map(|name| format_ident!("{name}"));
            let places = 0..length;
            quote! {
                const #list: &'static [#private::#entry<M>] =
                    &[#(#private::lift::#lift::<M, Self, #places>()),*];
            }
        });
        quote! {
            #[automatically_derived]
            impl<M: #root::Embeds<#ident>> #private::lift::Lift<M> for #ident {
                #(#lists)*
            }
        }
    }

    /// Each field by the hash of its name.
    fn field_impls(&self) -> TokenStream {
        let Self { model, private, .. } = self;
        let ident = &model.ident;
        let impls = model.columns.iter().enumerate().map(|(position, column)| {
            let (hash, ty, place) = (name_hash(&column.name), &column.ty, number(position));
            quote! {
                #[automatically_derived]
                impl #private::mixin::MixinField<#hash> for #ident {
                    type Type = #ty;
                    const PLACE: ::core::primitive::u16 = #place;
                }
            }
        });
        quote!(#(#impls)*)
    }
}
