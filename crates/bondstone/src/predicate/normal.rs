//! A condition's normal form: conditions that all must be met, each a leaf, the contrary of a leaf, or several of which
//! one must be met.
//!
//! Negations stand at leaves only, and nothing stands directly within its like. The cheap conditions come first: the
//! order in which they were written counts among equals.

use bondstone_schema::Model;

use super::Node;
use crate::expression::Parameters;
use crate::query::plan::Wish;

impl<M: Model> Node<M> {
    /// The conditions that all must be met.
    pub(crate) fn into_conjuncts(self) -> Vec<Self> {
        let mut conjuncts = Vec::new();
        self.flatten(false, true, &mut conjuncts);
        conjuncts.sort_by_key(Self::effort);
        conjuncts
    }

    /// Adds the parts of this condition (or of its contrary) as parts of an `All` (or of an `Any`).
    fn flatten(self, negated: bool, of_all: bool, parts: &mut Vec<Self>) {
        match self {
            Self::Not(part) => part.flatten(!negated, of_all, parts),
            Self::All(inner) if negated != of_all => {
                inner.into_iter().for_each(|part| part.flatten(negated, of_all, parts))
            }
            Self::Any(inner) if negated == of_all => {
                inner.into_iter().for_each(|part| part.flatten(negated, of_all, parts))
            }
            Self::All(inner) | Self::Any(inner) => {
                let mut others = Vec::with_capacity(inner.len());
                inner.into_iter().for_each(|part| part.flatten(negated, !of_all, &mut others));
                others.sort_by_key(Self::effort);
                parts.push(if of_all { Self::Any(others) } else { Self::All(others) });
            }
            leaf @ Self::Leaf(_) if negated => parts.push(Self::Not(Box::new(leaf))),
            leaf @ Self::Leaf(_) => parts.push(leaf),
        }
    }

    /// What a plan could know of a part of the normal form.
    pub(crate) fn wish<'a>(&'a self, parameters: &'a dyn Parameters) -> Wish<'a> {
        let hinted = |hint: Option<_>| hint.map_or(Wish::Opaque, Wish::Hint);
        match self {
            Self::Leaf(leaf) => hinted(leaf.hint(parameters)),
            Self::Not(part) => match &**part {
                Self::Leaf(leaf) => hinted(leaf.hint_of_not()),
                _ => Wish::Opaque,
            },
            Self::All(_) => Wish::Opaque,
            Self::Any(parts) => {
                let branches = parts.iter().map(|part| match part {
                    Self::All(parts) => wishes(parts, parameters),
                    part => vec![part.wish(parameters)],
                });
                Wish::Any(branches.collect())
            }
        }
    }
}

/// What a plan could know of conditions that all must be met.
pub(crate) fn wishes<'a, M: Model>(
    conjuncts: &'a [Node<M>],
    parameters: &'a dyn Parameters,
) -> Vec<Wish<'a>> {
    conjuncts.iter().map(|conjunct| conjunct.wish(parameters)).collect()
}
