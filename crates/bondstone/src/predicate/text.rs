//! Conditions on texts: how they begin, what they contain, how they end, whatever the case.

use std::any::TypeId;
use std::borrow::Borrow;
use std::marker::PhantomData;
use std::sync::Arc;

use bondstone_schema::{Model, Value};

use super::hint::{self, Asked, Meets};
use super::{Effort, Hint, Leaf, Pred, Test, each};
use crate::expression::{At, Expression, Parameters};

/// What every expression whose values are texts can be asked.
///
/// A null meets none of these.
///
/// ```
#[doc = include_str!("../example.txt")]
/// let snap = db.read();
/// let count = |condition| snap.query::<User>().filter(condition).count();
/// assert_eq!(count(User::EMAIL.starts_with("ann@")), 1);
/// assert_eq!(count(User::EMAIL.contains("@X.")), 0);
/// assert_eq!(count(User::EMAIL.contains_ignoring_case("@X.")), 1);
/// # Ok::<(), Error>(())
/// ```
pub trait TextExpression<M: Model>: Expression<M> {
    /// Does the text begin so? With an ordered index on the column, O(log n + rows).
    fn starts_with(self, prefix: impl Into<String>) -> Pred<M>;
    /// Does the text contain this?
    fn contains(self, part: impl Into<String>) -> Pred<M>;
    /// Does the text end so?
    fn ends_with(self, suffix: impl Into<String>) -> Pred<M>;
    /// Is the text this one, upper and lower case being the same?
    ///
    /// Here and below, case is what `char::to_lowercase` says, character by character: `ẞ` and `ß` are the same, `ß` and
    /// `SS` are not.
    fn eq_ignoring_case(self, text: impl AsRef<str>) -> Pred<M>;
    /// Does the text begin so, upper and lower case being the same?
    fn starts_with_ignoring_case(self, prefix: impl AsRef<str>) -> Pred<M>;
    /// Does the text contain this, upper and lower case being the same?
    fn contains_ignoring_case(self, part: impl AsRef<str>) -> Pred<M>;
    /// Does the text end so, upper and lower case being the same?
    fn ends_with_ignoring_case(self, suffix: impl AsRef<str>) -> Pred<M>;
}

impl<M, E> TextExpression<M> for E
where
    M: Model,
    E: Expression<M>,
    E::Value: Value + AsRef<str>,
{
    fn starts_with(self, prefix: impl Into<String>) -> Pred<M> {
        Pred::leaf(Text::new(self, Way::Begins, Case::Matters, prefix.into()))
    }

    fn contains(self, part: impl Into<String>) -> Pred<M> {
        Pred::leaf(Text::new(self, Way::Contains, Case::Matters, part.into()))
    }

    fn ends_with(self, suffix: impl Into<String>) -> Pred<M> {
        Pred::leaf(Text::new(self, Way::Ends, Case::Matters, suffix.into()))
    }

    fn eq_ignoring_case(self, text: impl AsRef<str>) -> Pred<M> {
        ignoring_case(self, Way::Is, text.as_ref())
    }

    fn starts_with_ignoring_case(self, prefix: impl AsRef<str>) -> Pred<M> {
        ignoring_case(self, Way::Begins, prefix.as_ref())
    }

    fn contains_ignoring_case(self, part: impl AsRef<str>) -> Pred<M> {
        ignoring_case(self, Way::Contains, part.as_ref())
    }

    fn ends_with_ignoring_case(self, suffix: impl AsRef<str>) -> Pred<M> {
        ignoring_case(self, Way::Ends, suffix.as_ref())
    }
}

fn ignoring_case<M, E>(value: E, way: Way, part: &str) -> Pred<M>
where
    M: Model,
    E: Expression<M>,
    E::Value: AsRef<str>,
{
    let part = part.chars().flat_map(char::to_lowercase).collect();
    Pred::leaf(Text::new(value, way, Case::DoesNot, part))
}

/// Where the text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Is,
    Begins,
    Contains,
    Ends,
}

/// Does the case matter? If it does not, the text that is looked for is in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Matters,
    DoesNot,
}

struct Text<M, E> {
    value: E,
    way: Way,
    case: Case,
    part: String,
    marker: PhantomData<fn(&M)>,
}

impl<M, E> Text<M, E> {
    const fn new(value: E, way: Way, case: Case, part: String) -> Self {
        Self { value, way, case, part, marker: PhantomData }
    }

    /// `lower` is room for the text in lower case.
    fn meets(&self, text: &str, lower: &mut String) -> bool {
        if self.case == Case::Matters {
            return self.way.holds(text, &self.part);
        }
        lower.clear();
        if text.is_ascii() {
            lower.push_str(text);
            lower.make_ascii_lowercase();
        } else {
            lower.extend(text.chars().flat_map(char::to_lowercase));
        }
        self.way.holds(lower, &self.part)
    }
}

impl Way {
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Is => text == part,
            Self::Begins => text.starts_with(part),
            Self::Contains => text.contains(part),
            Self::Ends => text.ends_with(part),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::Begins => "starts with",
            Self::Contains => "contains",
            Self::Ends => "ends with",
        }
    }
}

/// Is the order of the values of a type that of their texts? A type of the user's own may be shown as a text and ordered
/// otherwise.
fn is_text<V: 'static>() -> bool {
    let own = [TypeId::of::<String>(), TypeId::of::<Box<str>>(), TypeId::of::<Arc<str>>()];
    own.contains(&TypeId::of::<V>())
}

impl<M: Model, E: Expression<M>> Meets<E::Value> for Text<M, E>
where
    E::Value: AsRef<str>,
{
    fn is_met_by(&self, left: Option<&E::Value>, _parameters: &dyn Parameters) -> bool {
        left.is_some_and(|text| self.meets(text.as_ref(), &mut String::new()))
    }

    fn are_met_by(&self, lefts: &[Option<&E::Value>], _parameters: &dyn Parameters) -> u64 {
        let mut lower = String::new();
        hint::each(lefts, |left| left.is_some_and(|text| self.meets(text.as_ref(), &mut lower)))
    }
}

impl<M, E> Leaf<M> for Text<M, E>
where
    M: Model,
    E: Expression<M>,
    E::Value: AsRef<str>,
{
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        let mut lower = String::new();
        each(rows, among, |row| {
            let seen = self.value.see(row, at);
            seen.is_some_and(|seen| self.meets(seen.borrow().as_ref(), &mut lower))
        })
    }

    fn effort(&self) -> Effort {
        self.value.effort()
    }

    fn hint<'a>(&'a self, parameters: &'a dyn Parameters) -> Option<Hint<'a>> {
        let is_prefix = self.way == Way::Begins && self.case == Case::Matters;
        let is_known = is_prefix && is_text::<E::Value>();
        let test = if is_known { Test::Prefix(&self.part) } else { Test::Other };
        self.value.hint(test, Asked { comparison: self, parameters })
    }

    fn text(&self, _parameters: &dyn Parameters) -> String {
        let part =
            if self.value.is_private() { "•••".into() } else { format!("{:?}", self.part) };
        let case = if self.case == Case::Matters { "" } else { " (any case)" };
        format!("{} {} {part}{case}", self.value.text(), self.way.word())
    }
}
