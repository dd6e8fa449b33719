//! `#[hybrid]`: a method stays as it is, and a constant appears beside it by which queries and indexes name its value.
//!
//! Which constant, the parameters say: with `&self` alone a `Computed`, with a view as well a `Derived`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Ident, ImplItemFn, Receiver, ReturnType, Safety, Signature, Type};

use crate::faults::Faults;
use crate::paths::Paths;
use crate::{names, source};

/// What stands between the attribute's parentheses.
#[derive(Default)]
pub struct Options {
    /// `unique`: `find` takes it.
    unique: Option<Span>,
    /// `private`: no error shows its value.
    private: Option<Span>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let word: Ident = input.parse()?;
            let slot = match word.to_string().as_str() {
                "unique" => &mut options.unique,
                "private" => &mut options.private,
                _ => {
                    let message = "write `#[hybrid]`, `#[hybrid(unique)]` or `#[hybrid(private)]`";
                    return Err(syn::Error::new(word.span(), message));
                }
            };
            if slot.replace(word.span()).is_some() {
                let message = format!("`{word}` is given twice: remove one");
                return Err(syn::Error::new(word.span(), message));
            }
            if !input.is_empty() {
                input.parse::<syn::Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// What a hybrid reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Its row: it may be indexed.
    Row,
    /// Other rows as well, through a view.
    View,
}

/// The method as written, and its constant; or everything that is wrong with it.
pub fn expand(options: TokenStream, method: TokenStream) -> TokenStream {
    let constant = understand(options, method.clone())
        .map_or_else(syn::Error::into_compile_error, |hybrid| hybrid.constant(&Paths::find()));
    quote!(#method #constant)
}

/// A method that can be a hybrid.
struct Hybrid {
    method: ImplItemFn,
    value: Type,
    reads: Reads,
    options: Options,
}

fn understand(options: TokenStream, method: TokenStream) -> syn::Result<Hybrid> {
    let method: ImplItemFn = syn::parse2(method).map_err(|mistake| {
        syn::Error::new(mistake.span(), "a hybrid is a method: `fn full_name(&self) -> String`")
    })?;
    let mut faults = Faults::default();
    let options: Options = faults.keep(syn::parse2(options)).unwrap_or_default();
    let signature = &method.sig;
    check_kind(signature, &mut faults);
    let reads = reads(signature, &mut faults);
    let value = value(signature, &mut faults);
    if let (Reads::View, Some(unique)) = (reads, options.unique) {
        let message = "a hybrid that reads other rows has no index: their changes would not reach \
                       it; remove `unique`, or the `&View`";
        faults.add_at(unique, message);
    }
    faults.finish(())?;
    // Without a value there is a fault.
    let value = value.ok_or_else(|| syn::Error::new(signature.span(), NO_VALUE))?;
    Ok(Hybrid { method, value, reads, options })
}

const NO_VALUE: &str = "a hybrid has a value: write `-> String`, or whatever type it is";

/// It must be a plain function of the language.
fn check_kind(signature: &Signature, faults: &mut Faults) {
    if let Some(word) = &signature.asyncness {
        faults.add(word, "a query does not wait: remove `async`");
    }
    if let Safety::Unsafe(word) = &signature.safety {
        faults.add(word, "queries call a hybrid on any row: remove `unsafe`");
    }
    if let Some(abi) = &signature.abi {
        faults.add(abi, "a hybrid is an ordinary method: remove the ABI");
    }
    if !signature.generics.params.is_empty() {
        faults.add(
            &signature.generics,
            "a hybrid is one column: it cannot be generic; remove the parameters",
        );
    }
}

fn reads(signature: &Signature, faults: &mut Faults) -> Reads {
    let mut parameters = signature.inputs.iter();
    match parameters.next() {
        Some(FnArg::Receiver(this)) if is_shared_self(this) => {}
        Some(FnArg::Receiver(this)) => faults.add(this, "a hybrid only reads: write `&self`"),
        _ => {
            let message = "a hybrid is a method of the row: its first parameter is `&self`";
            faults.add(&signature.ident, message);
        }
    }
    let Some(FnArg::Typed(second)) = parameters.next() else { return Reads::Row };
    if !is_view(&second.ty) {
        faults.add(
            second,
            "a hybrid takes `&self`, and `db: &View` if it reads other rows; for other parameters \
             write a function that returns a predicate",
        );
    } else if let Some(third) = parameters.next() {
        faults.add(third, "a hybrid takes `&self` and `&View`, and nothing else");
    }
    Reads::View
}

fn is_shared_self(this: &Receiver) -> bool {
    this.to_token_stream().to_string().replace(' ', "") == "&self"
}

/// Is it written `&View`, with any path before the name?
fn is_view(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    reference.mutability.is_none()
        && source::last_name(&path.path).is_some_and(|name| name == "View")
}

/// The type of the value, which is owned.
fn value(signature: &Signature, faults: &mut Faults) -> Option<Type> {
    let ReturnType::Type(_, value) = &signature.output else {
        faults.add(&signature.ident, NO_VALUE);
        return None;
    };
    if matches!(&**value, Type::Tuple(tuple) if tuple.elems.is_empty()) {
        faults.add(value, NO_VALUE);
        return None;
    }
    if let Some(span) = borrow_in(value.to_token_stream()) {
        let message = "a hybrid's value stands by itself, as a column's does: return an owned \
                       value, `String` rather than `&str`";
        faults.add_at(span, message);
    } else if let Some(span) = opaque_in(value.to_token_stream()) {
        faults.add_at(span, "the type of a column has a name: write it instead of `impl …`");
    }
    Some((**value).clone())
}

/// The first reference or lifetime.
fn borrow_in(tokens: TokenStream) -> Option<Span> {
    first(
        tokens,
        &|tree| matches!(tree, TokenTree::Punct(mark) if matches!(mark.as_char(), '&' | '\'')),
    )
}

fn opaque_in(tokens: TokenStream) -> Option<Span> {
    first(tokens, &|tree| matches!(tree, TokenTree::Ident(word) if word == "impl"))
}

fn first(tokens: TokenStream, is_it: &dyn Fn(&TokenTree) -> bool) -> Option<Span> {
    tokens.into_iter().find_map(|tree| match &tree {
        TokenTree::Group(group) => first(group.stream(), is_it),
        _ => is_it(&tree).then(|| tree.span()),
    })
}

impl Hybrid {
    fn constant(&self, Paths { root, private }: &Paths) -> TokenStream {
        let Self { method, value, reads, options } = self;
        let (ident, visibility) = (&method.sig.ident, &method.vis);
        let constant = names::constant(ident);
        let name = names::hybrid(&constant);
        let kept = method.attrs.iter().filter(|attribute| is_kept(attribute));
        let doc = source::documentation(&method.attrs);
        let doc = doc.is_empty().then(|| format!("The hybrid `{}`.", names::text(ident)));
        let doc = doc.map(|doc| quote!(#[doc = #doc]));
        let function = quote_spanned!(names::made_at(ident)=> Self::#ident);
        let (ty, new) = match (reads, options.unique) {
            (Reads::View, _) => (quote!(#root::Derived<Self, #value>), quote!(#root::Derived::new)),
            (Reads::Row, None) => {
                let ty = quote!(#root::Computed<Self, #value, #private::Plain>);
                (ty, quote!(#root::Computed::new))
            }
            // At the word itself: there rustc says so when the struct has no such index.
            (Reads::Row, Some(unique)) => (
                quote!(#root::Computed<Self, #value, #private::Uniq>),
                quote_spanned!(unique=> #root::Computed::unique),
            ),
        };
        let new = quote_spanned!(new.span()=> #new(#name, #function));
        let new = match options.private {
            Some(_) => quote!(#new.private()),
            None => new,
        };
        quote! {
            #(#kept)*
            #doc
            #[allow(dead_code)]
            #visibility const #constant: #ty = #new;
        }
    }
}

/// What holds for the method and its constant alike.
fn is_kept(attribute: &Attribute) -> bool {
    ["doc", "cfg", "deprecated"].iter().any(|name| attribute.path().is_ident(name))
}
