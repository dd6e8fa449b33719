//! The attributes one by one: what may stand between their parentheses.
//!
//! One grammar everywhere: `name: thing, thing`.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitInt, LitStr, Meta, Path, Token, Type, parenthesized};

use super::checked::Action;

/// Something written in an attribute, and where the attribute is.
#[derive(Clone)]
pub struct At<T> {
    /// The attribute's name.
    pub span: Span,
    /// What it says.
    pub value: T,
}

/// What a `#[key]` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStyle {
    /// `#[key]`
    Plain,
    /// `#[key(uuid)]`, `#[key(uuid_v4)]`: the version.
    Uuid(u8),
}

/// A struct's `#[unique]` or `#[index]`.
pub struct StructIndex {
    /// Found by hash only.
    pub hash: bool,
    /// What it is over.
    pub over: Over,
}

/// A field in a struct's index: `status`, or of a mixin `times.created_at`.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// The mixin's field, if it is named.
    pub mixin: Option<Ident>,
    /// The field.
    pub field: Ident,
}

impl Parse for FieldPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first = input.parse()?;
        if input.parse::<Option<Token![.]>>()?.is_some() {
            return Ok(Self { mixin: Some(first), field: input.parse()? });
        }
        Ok(Self { mixin: None, field: first })
    }
}

/// What a struct's index is over.
pub enum Over {
    /// `name: a, b`
    Fields {
        /// The name.
        name: Ident,
        /// The fields, in order.
        fields: Vec<FieldPath>,
    },
    /// `FULL_NAME`: the constant of a hybrid.
    Hybrid(Ident),
}

impl StructIndex {
    /// What it is named by, or after.
    pub const fn ident(&self) -> &Ident {
        match &self.over {
            Over::Fields { name, .. } => name,
            Over::Hybrid(constant) => constant,
        }
    }
}

/// `name: condition` of a `#[check]`.
pub struct Condition {
    /// The name.
    pub name: Ident,
    /// The condition.
    pub expression: Expr,
}

/// `Old, function` of a `#[converted_from]`.
#[derive(Clone)]
pub struct Conversion {
    /// The type that the column had.
    pub old: Type,
    /// What makes a new value of an old one.
    pub function: Path,
}

/// `name: Child by field` or `name: Target via Join(near, far)`.
pub struct Relation {
    /// The relation's name, which becomes that of its method.
    pub name: Ident,
    /// The model on the other side.
    pub target: Path,
    /// How to get there.
    pub way: Way,
}

/// How a relation finds the other side.
#[derive(Clone)]
pub enum Way {
    /// By the one foreign key there is.
    Only,
    /// By the foreign key in this field.
    By(Ident),
    /// By way of an association model.
    Via {
        /// The association model.
        join: Path,
        /// Its foreign keys to this side and to the other, when named.
        ends: Option<(Ident, Ident)>,
    },
}

/// An attribute that takes no arguments.
pub fn bare(attribute: &Attribute) -> syn::Result<()> {
    let name = attribute.path().get_ident().map(ToString::to_string).unwrap_or_default();
    match &attribute.meta {
        Meta::Path(_) => Ok(()),
        other => Err(syn::Error::new_spanned(other, format!("`#[{name}]` takes no arguments"))),
    }
}

/// `#[table("users")]`
pub fn table(attribute: &Attribute) -> syn::Result<LitStr> {
    let name: LitStr = arguments(attribute, "#[table(\"users\")]", |input| input.parse())?;
    if name.value().is_empty() {
        return Err(syn::Error::new(name.span(), "a table needs a name"));
    }
    Ok(name)
}

/// `#[key]`, `#[key(uuid)]`, `#[key(uuid_v4)]`
pub fn key(attribute: &Attribute) -> syn::Result<KeyStyle> {
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok(KeyStyle::Plain);
    }
    let style: Ident = arguments(attribute, "#[key(uuid)]", Ident::parse)?;
    match style.to_string().as_str() {
        "uuid" => Ok(KeyStyle::Uuid(7)),
        "uuid_v4" => Ok(KeyStyle::Uuid(4)),
        other => Err(syn::Error::new(
            style.span(),
            format!(
                "no key is made by `{other}`: write `#[key]`, `#[key(uuid)]` or `#[key(uuid_v4)]`"
            ),
        )),
    }
}

/// What a field's `#[index]` is over.
pub enum FieldIndex {
    /// `#[index]`, `#[index(hash)]`: the column; by hash only?
    Column(bool),
    /// `#[index(tag, CUSTOMER_LEVEL)]`: which variant it is, and fields of variants.
    Variants(Vec<Ident>),
}

/// `#[index]`, `#[index(hash)]`, `#[index(tag, CUSTOMER_LEVEL)]`
pub fn field_index(attribute: &Attribute) -> syn::Result<FieldIndex> {
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok(FieldIndex::Column(false));
    }
    let words = arguments(attribute, "#[index(hash)]", |input| {
        if input.peek2(Token![:]) {
            return Err(input.error("an index over several columns is written above the struct"));
        }
        Punctuated::<Ident, Token![,]>::parse_terminated(input)
    })?;
    let words: Vec<Ident> = words.into_iter().collect();
    if let [hash] = &words[..]
        && hash == "hash"
    {
        return Ok(FieldIndex::Column(true));
    }
    match words.iter().find(|word| *word != "tag" && !is_constant(word)) {
        Some(word) => {
            let message = "write `#[index]` or `#[index(hash)]`; on an enum with data `#[index(tag)]` or `#[index(VARIANT_FIELD)]`";
            Err(syn::Error::new(word.span(), message))
        }
        None => Ok(FieldIndex::Variants(words)),
    }
}

/// `#[unique(name: a, b)]`, `#[index(name: a, b)]`, `#[index(hash, name: a)]`; and over a hybrid `#[unique(LIVE_SLUG)]`,
/// `#[index(FULL_NAME)]`, `#[index(hash, FULL_NAME)]`
pub fn struct_index(attribute: &Attribute) -> syn::Result<StructIndex> {
    let unique = attribute.path().is_ident("unique");
    let form = if unique {
        "#[unique(name: a, b)]` or `#[unique(HYBRID)]"
    } else {
        "#[index(name: a, b)]` or `#[index(HYBRID)]"
    };
    arguments(attribute, form, |input| {
        let mut name: Ident = input.parse()?;
        let hash = !unique && name == "hash" && input.peek(Token![,]);
        if hash {
            input.parse::<Token![,]>()?;
            name = input.parse()?;
        }
        if is_constant(&name) && !input.peek(Token![:]) {
            if input.peek(Token![,]) {
                return Err(input.error("an index is over one hybrid: let it return a tuple"));
            }
            return Ok(StructIndex { hash, over: Over::Hybrid(name) });
        }
        input.parse::<Token![:]>()?;
        let fields = Punctuated::<FieldPath, Token![,]>::parse_separated_nonempty(input)?;
        input.parse::<Option<Token![,]>>()?;
        let fields = fields.into_iter().collect();
        Ok(StructIndex { hash, over: Over::Fields { name, fields } })
    })
}

/// Is it written as constants are, `FULL_NAME`?
fn is_constant(name: &Ident) -> bool {
    let name = name.to_string();
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// `#[check(name: condition)]`
pub fn check(attribute: &Attribute) -> syn::Result<Condition> {
    arguments(attribute, "#[check(name: self.column > 0)]", |input| {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let expression = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Condition { name, expression })
    })
}

/// `#[max_len(80)]`; the length may be a constant.
pub fn max_len(attribute: &Attribute) -> syn::Result<Expr> {
    arguments(attribute, "#[max_len(80)]", Expr::parse)
}

/// `#[decimal(10, 2)]`
pub fn decimal(attribute: &Attribute) -> syn::Result<(u32, u32)> {
    let (digits, places) = arguments(attribute, "#[decimal(10, 2)]", |input| {
        let digits: LitInt = input.parse()?;
        input.parse::<Token![,]>()?;
        Ok((digits, input.parse::<LitInt>()?))
    })?;
    let (precision, scale) = (digits.base10_parse()?, places.base10_parse()?);
    if !(1..=28).contains(&precision) {
        return Err(syn::Error::new(digits.span(), "a decimal has 1 to 28 digits"));
    }
    if scale > precision {
        let message = format!("{scale} decimal places do not fit into {precision} digits");
        return Err(syn::Error::new(places.span(), message));
    }
    Ok((precision, scale))
}

/// `#[default]` or `#[default(expression)]`
pub fn default(attribute: &Attribute) -> syn::Result<Option<Expr>> {
    match attribute.meta {
        Meta::Path(_) => Ok(None),
        _ => arguments(attribute, "#[default(expression)]", Expr::parse).map(Some),
    }
}

/// `#[on_insert(expression)]`, `#[on_update(expression)]`
pub fn expression(attribute: &Attribute) -> syn::Result<Expr> {
    arguments(attribute, "#[on_insert(tx.now())]", Expr::parse)
}

/// `#[on_delete(action)]`, and `#[on_update(action)]` on a foreign key
pub fn action(attribute: &Attribute) -> syn::Result<Action> {
    let action: Expr = arguments(attribute, "#[on_delete(cascade)]", Expr::parse)?;
    action_named(&action).ok_or_else(|| {
        let known = "write `restrict`, `cascade`, `set_null` or `set_default`";
        syn::Error::new_spanned(&action, format!("no such action: {known}"))
    })
}

/// The action that an expression names.
pub fn action_named(expression: &Expr) -> Option<Action> {
    let Expr::Path(path) = expression else { return None };
    match path.path.get_ident()?.to_string().as_str() {
        "restrict" => Some(Action::Restrict),
        "cascade" => Some(Action::Cascade),
        "set_null" => Some(Action::SetNull),
        "set_default" => Some(Action::SetDefault),
        _ => None,
    }
}

/// `#[was("mail")]`, `#[was("mail", "e_mail")]`
pub fn was(attribute: &Attribute) -> syn::Result<Vec<LitStr>> {
    let parse = Punctuated::<LitStr, Token![,]>::parse_separated_nonempty;
    let names = arguments(attribute, "#[was(\"old_name\")]", |input| {
        let names = parse(input)?;
        input.parse::<Option<Token![,]>>()?;
        Ok(names)
    })?;
    match names.iter().find(|name| name.value().is_empty()) {
        Some(empty) => Err(syn::Error::new(empty.span(), "nothing was ever called nothing")),
        None => Ok(names.into_iter().collect()),
    }
}

/// `#[converted_from(Old, path::to::function)]`
pub fn converted_from(attribute: &Attribute) -> syn::Result<Conversion> {
    arguments(attribute, "#[converted_from(Old, function)]", |input| {
        let old = input.parse()?;
        input.parse::<Token![,]>()?;
        let function = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Conversion { old, function })
    })
}

/// `#[codec(AsText)]`
pub fn codec(attribute: &Attribute) -> syn::Result<Type> {
    arguments(attribute, "#[codec(AsText)]", Type::parse)
}

/// `#[references(User)]`
pub fn references(attribute: &Attribute) -> syn::Result<Path> {
    arguments(attribute, "#[references(User)]", Path::parse)
}

/// `#[method(name)]`
pub fn method(attribute: &Attribute) -> syn::Result<Ident> {
    arguments(attribute, "#[method(name)]", Ident::parse)
}

/// `#[mixin]`, `#[mixin(given)]`: has it fields without a default?
pub fn mixin(attribute: &Attribute) -> syn::Result<bool> {
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok(false);
    }
    let word: Ident = arguments(attribute, "#[mixin]` or `#[mixin(given)]", Ident::parse)?;
    if word == "given" {
        return Ok(true);
    }
    Err(syn::Error::new(word.span(), "write `#[mixin]` or `#[mixin(given)]`"))
}

/// `#[has_many(…)]`
pub fn has_many(attribute: &Attribute) -> syn::Result<Vec<Relation>> {
    relations(attribute, "#[has_many(orders: Order)]")
}

/// `#[has_one(…)]`
pub fn has_one(attribute: &Attribute) -> syn::Result<Vec<Relation>> {
    let relations = relations(attribute, "#[has_one(profile: Profile)]")?;
    let many = relations.iter().find_map(|relation| match &relation.way {
        Way::Via { join, .. } => Some(join),
        _ => None,
    });
    match many {
        Some(join) => Err(syn::Error::new_spanned(
            join,
            "`via` leads to many rows: write it in `#[has_many(…)]`",
        )),
        None => Ok(relations),
    }
}

fn relations(attribute: &Attribute, form: &str) -> syn::Result<Vec<Relation>> {
    let relations =
        arguments(attribute, form, Punctuated::<Relation, Token![,]>::parse_terminated)?;
    Ok(relations.into_iter().collect())
}

impl Parse for Relation {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let target = input.call(Path::parse_mod_style)?;
        let way = match input.parse::<Option<Ident>>()? {
            None => Way::Only,
            Some(word) if word == "by" => Way::By(input.parse()?),
            Some(word) if word == "via" => {
                let join = input.call(Path::parse_mod_style)?;
                let ends = input.peek(syn::token::Paren).then(|| ends(input)).transpose()?;
                Way::Via { join, ends }
            }
            Some(word) => {
                return Err(syn::Error::new(
                    word.span(),
                    "write `by foreign_key`, `via Association`, or a comma",
                ));
            }
        };
        Ok(Self { name, target, way })
    }
}

fn ends(input: ParseStream<'_>) -> syn::Result<(Ident, Ident)> {
    let names;
    parenthesized!(names in input);
    let near = names.parse()?;
    names.parse::<Token![,]>()?;
    let far = names.parse()?;
    names.parse::<Option<Token![,]>>()?;
    if names.is_empty() {
        return Ok((near, far));
    }
    Err(names.error("two foreign keys: the one to this model, the one to the other"))
}

/// Parses what stands between the parentheses; without any, `form` says how it is written.
fn arguments<T>(
    attribute: &Attribute,
    form: &str,
    parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            list.parse_args_with(parse).map_err(|mistake| with_form(&mistake, form))
        }
        other => Err(syn::Error::new_spanned(other, format!("write `{form}`"))),
    }
}

/// What syn expected says little to someone who does not know the grammar: the form is added.
fn with_form(mistake: &syn::Error, form: &str) -> syn::Error {
    let message = mistake.to_string();
    if message.starts_with("expected") || message.starts_with("unexpected") {
        return syn::Error::new(mistake.span(), format!("{message}: write `{form}`"));
    }
    mistake.clone()
}
