//! Conditions that are nested deeply, in a row instead of a tree: whoever walks a tree needs room on the stack for each level,
//! and a condition that a program builds in a loop may have any number of them.
//!
//! The row is the tree in prefix form. Each group says where it ends, so that what cannot matter any more is skipped; where
//! the judge stands is kept in a list of its own.

use std::sync::Arc;

use super::{Effort, Leaf, Node};
use crate::expression::{At, Parameters};

/// So many levels are a tree. What is deeper is judged and is of no use to a plan.
pub(super) const LEVELS: u32 = 64;

/// A condition in prefix form.
pub(super) struct Deep<M>(Vec<Step<M>>);

/// A part of a condition in prefix form.
pub enum Step<M> {
    Leaf(Arc<dyn Leaf<M>>),
    /// The parts up to the step with this number, which belongs to none of them.
    Group(Group, usize),
}

/// How the parts of a group make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    All,
    Any,
    Not,
}

impl Group {
    const fn sign(self) -> &'static str {
        match self {
            Self::All => " and ",
            Self::Any => " or ",
            Self::Not => "",
        }
    }
}

impl<M> Clone for Step<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Arc::clone(leaf)),
            Self::Group(group, end) => Self::Group(*group, *end),
        }
    }
}

impl<M> Deep<M> {
    /// The same as a tree with few levels, in which others may stand that were made so before.
    pub(super) fn of(tree: &Node<M>) -> Self {
        let mut steps = Vec::new();
        enter(tree, &mut steps);
        Self(steps)
    }
}

fn enter<M>(tree: &Node<M>, steps: &mut Vec<Step<M>>) {
    let (group, parts) = match tree {
        Node::Leaf(leaf) => {
            let start = steps.len();
            return match leaf.steps() {
                None => steps.push(Step::Leaf(Arc::clone(leaf))),
                Some(inner) => steps.extend(inner.iter().map(|step| match step {
                    Step::Group(group, end) => Step::Group(*group, start + end),
                    leaf => leaf.clone(),
                })),
            };
        }
        Node::All(parts) => (Group::All, &parts[..]),
        Node::Any(parts) => (Group::Any, &parts[..]),
        Node::Not(part) => (Group::Not, std::slice::from_ref(&**part)),
    };
    let place = steps.len();
    steps.push(Step::Group(group, 0));
    parts.iter().for_each(|part| enter(part, steps));
    steps[place] = Step::Group(group, steps.len());
}

/// A group of which some parts were judged.
struct Open {
    group: Group,
    end: usize,
    /// The rows that were to be judged.
    among: u64,
    /// The rows that meet what was judged of it.
    met: u64,
}

impl Open {
    fn new(group: Group, end: usize, among: u64) -> Self {
        Self { group, end, among, met: if group == Group::Any { 0 } else { among } }
    }

    /// The rows for which the next part matters.
    const fn left(&self) -> u64 {
        match self.group {
            Group::All => self.met,
            Group::Any => self.among & !self.met,
            Group::Not => self.among,
        }
    }

    /// These of the rows meet the next part.
    const fn enter(&mut self, met: u64) {
        self.met = match self.group {
            Group::All => met,
            Group::Any => self.met | met,
            Group::Not => self.among & !met,
        };
    }
}

impl<M> Leaf<M> for Deep<M> {
    fn judge(&self, rows: &[&M], among: u64, at: At<'_, '_>) -> u64 {
        let mut open: Vec<Open> = Vec::new();
        let mut next = 0;
        loop {
            let is_over = |group: &mut Open| next == group.end || group.left() == 0;
            let met = match open.pop_if(is_over) {
                Some(group) => {
                    next = group.end;
                    group.met
                }
                None => {
                    let left = open.last().map_or(among, Open::left);
                    let step = &self.0[next];
                    next += 1;
                    match step {
                        Step::Leaf(leaf) => leaf.judge(rows, left, at),
                        Step::Group(group, end) => {
                            open.push(Open::new(*group, *end, left));
                            continue;
                        }
                    }
                }
            };
            match open.last_mut() {
                Some(group) => group.enter(met),
                None => return met,
            }
        }
    }

    fn effort(&self) -> Effort {
        let effort = |step: &Step<M>| match step {
            Step::Leaf(leaf) => leaf.effort(),
            Step::Group(..) => Effort::Row,
        };
        self.0.iter().map(effort).max().unwrap_or(Effort::Row)
    }

    fn hops(&self) -> u32 {
        let hops = |step: &Step<M>| match step {
            Step::Leaf(leaf) => leaf.hops(),
            Step::Group(..) => 0,
        };
        self.0.iter().map(hops).max().unwrap_or_default()
    }

    fn steps(&self) -> Option<&[Step<M>]> {
        Some(&self.0)
    }

    fn text(&self, parameters: &dyn Parameters) -> String {
        let mut text = String::new();
        let mut open: Vec<(Group, usize)> = Vec::new();
        for (place, step) in self.0.iter().enumerate() {
            let mut is_first = place == 0 || matches!(self.0[place - 1], Step::Group(..));
            while open.last().is_some_and(|(_, end)| *end == place) {
                close(&mut text, open.pop());
                is_first = false;
            }
            if let Some((group, _)) = open.last().filter(|_| !is_first) {
                text.push_str(group.sign());
            }
            match step {
                Step::Leaf(leaf) => text.push_str(&leaf.text(parameters)),
                Step::Group(group, end) => {
                    text.push_str(if *group == Group::Not { "not " } else { "(" });
                    open.push((*group, *end));
                }
            }
        }
        while let Some(group) = open.pop() {
            close(&mut text, Some(group));
        }
        text
    }
}

fn close(text: &mut String, group: Option<(Group, usize)>) {
    if group.is_some_and(|(group, _)| group != Group::Not) {
        text.push(')');
    }
}
