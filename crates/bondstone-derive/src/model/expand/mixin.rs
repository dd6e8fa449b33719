//! Mixins from both sides: a model's lists joined with those of its mixins, and the code for a mixin itself.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::member::name_hash;
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
        let option = quote!(::core::option::Option);
        let fits = (list == "COLUMNS").then(|| {
            quote! {
                const _: () = ::core::assert!(
                    #private::mixin::length(LISTS) <= 128,
                    "a model has at most 128 columns, those of its mixins included",
                );
            }
        });
        quote!({
            const LISTS: &[&[#private::#entry<#row>]] =
                &[&[#(#own),*], #(<#mixins as #private::lift::Lift<#row>>::#list),*];
            const JOINED: &#option<[#private::#entry<#row>; #private::mixin::length(LISTS)]> =
                &#private::mixin::joined(LISTS);
            #fits
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
        let functions = [
            self.column_functions(),
            self.foreign_key_functions(),
            self.hashed_columns().unwrap_or_default(),
        ];
        let (columns, indexes) = (self.column_entries(), self.index_entries());
        let (foreign_keys, checks) = (self.foreign_key_entries(), self.check_entries());
        let (refreshes, refreshed) = (self.refreshes(), self.refreshed());
        let restored = self.restored_fields(&quote!(first+));
        let given = self.given_fields(&quote!(self), &quote!(first+));
        let reached = self.reached();
        quote! {
            #private::part!(#ident: #(#values),*; #(#foreign),*);

            #[automatically_derived]
            impl #root::Mixin for #ident {
                const PORTION: &'static #private::mixin::Portion<Self> = {
                    #(#functions)*
                    &#private::mixin::Portion {
                        columns: &[#(#columns),*],
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
                    row: &mut dyn #private::StoredRow,
                    first: ::core::primitive::u16,
                ) -> #private::stored::Restored<Self> {
                    ::core::result::Result::Ok(Self { #(#restored,)* })
                }

                fn take_named(
                    &mut self,
                    row: &mut dyn #private::StoredRow,
                    first: ::core::primitive::u16,
                ) -> #root::Result<()> {
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
        let (new, required) = (self.new_ident(), self.required_fields(&quote!(first+)));
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
                    row: &mut dyn #private::StoredRow,
                    first: ::core::primitive::u16,
                ) -> #root::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#required,)* })
                }
            }
        }
    }

    /// Its entries as those of any model.
    fn lift_impl(&self) -> TokenStream {
        let Self { model, root, private } = self;
        let ident = &model.ident;
        let lifts = [
            ("COLUMNS", "ColumnDef", "column", model.columns.len()),
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
