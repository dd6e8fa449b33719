//! What a plan says of itself: as data for tools, printed for people.

use std::fmt;
use std::time::{Duration, Instant};

use bondstone_schema::Model;

use super::order::Order;
use super::plan::{Choice, Finds, Ground, Kinds, Path, Place, PlanKind, Sorting, ground};
use super::run::Normal;
use super::{Matches, Query, sort};
use crate::expression::At;

/// How a query is run: what [`Query::explain`] and [`Query::profile`] give. Data for tools; printed, it reads as a table.
///
/// Estimates are those of the tables as they are now, not as the view sees them. Values of `#[private]` columns are shown
/// as `•••`.
#[derive(Clone, Debug)]
pub struct Plan {
    table: &'static str,
    rows: u64,
    kinds: Kinds,
    lines: Vec<PlanLine>,
}

/// One step of a [`Plan`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PlanLine {
    /// What is done: `from` (how rows are found, the first step), `filter`, `order`, `offset`, `limit`.
    pub step: &'static str,
    /// By which means, in words.
    pub text: String,
    /// About so many rows come out of it.
    pub estimated: Option<u64>,
    /// So many rows came out of it, in the run that was [profiled](Query::profile).
    pub actual: Option<u64>,
    /// So long it took, with what it needed from the steps before that are not timed themselves.
    pub time: Option<Duration>,
}

impl PlanLine {
    fn new(step: &'static str, text: impl Into<String>) -> Self {
        Self { step, text: text.into(), estimated: None, actual: None, time: None }
    }
}

impl Plan {
    /// The table whose rows are looked for.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// How many rows it has.
    #[must_use]
    pub const fn table_rows(&self) -> u64 {
        self.rows
    }

    /// What the plan is made of.
    pub fn kinds(&self) -> impl Iterator<Item = PlanKind> {
        self.kinds.iter()
    }

    /// Its steps, in order.
    #[must_use]
    pub fn lines(&self) -> &[PlanLine] {
        &self.lines
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, line) in self.lines.iter().enumerate() {
            let name = if nth == 0 { self.table.to_owned() } else { format!("  {}", line.step) };
            let mut text = format!("{name:<14}{}", line.text);
            if let Some(estimated) = line.estimated {
                let of = if nth == 0 { format!(" of {}", self.rows) } else { String::new() };
                text = format!("{text:<78} est. {estimated}{of}");
            }
            if let Some(actual) = line.actual {
                text = format!("{text:<104} actual {actual}");
            }
            if let Some(time) = line.time {
                text = format!("{text:<118} {time:?}");
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

impl<'v, M: Model> Query<'v, M> {
    /// How the query would be run, without running it.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let snap = db.read();
    /// let plan = snap.query().filter(User::EMAIL.eq("ann@x.org") & User::AGE.lt(18)).explain();
    /// assert_eq!(plan.lines()[0].text, "index users_email_key: email = \"ann@x.org\"");
    /// assert_eq!((plan.lines()[1].step, plan.lines()[1].text.as_str()), ("filter", "age < 18"));
    /// println!("{plan}");
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn explain(self) -> Plan {
        let query = self.normal();
        let choice = query.choose_any();
        query.plan(&choice)
    }

    /// Runs the query and says how: as [`explain`](Query::explain), with the rows that there really were, and how long each
    /// step took.
    ///
    /// ```
    #[doc = include_str!("../example.txt")]
    /// let plan = db.read().query::<User>().order_by(User::AGE.desc()).profile();
    /// assert_eq!(plan.lines()[0].actual, Some(1));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn profile(self) -> Plan {
        let query = self.normal();
        let choice = query.choose_any();
        query.profile(&choice)
    }
}

impl<'v, M: Model> Normal<'v, M> {
    /// The plan, in words.
    pub(super) fn plan(&self, choice: &Choice) -> Plan {
        let is_exact = choice.path.is_exact(ground::<M>());
        let texts: Vec<String> =
            self.conditions.iter().map(|condition| condition.text(self.parameters())).collect();
        let text = |number: u16| texts[usize::from(number)].as_str();
        let mut from = PlanLine::new("from", describe(ground::<M>(), &choice.path, &text));
        from.estimated = Some(choice.rows.round() as u64);
        let mut lines = vec![from];
        let answered = choice.path.conditions();
        let judged =
            (0..).zip(&texts).filter(|(number, _)| !(is_exact && answered.contains(number)));
        // That an index has looked for it already is no news, though the rows are asked again.
        let news = judged.filter(|(number, _)| !choice.path.looks_for(*number));
        lines.extend(news.map(|(_, text)| PlanLine::new("filter", text)));
        lines.extend(self.closures.iter().map(|_| PlanLine::new("filter", "a closure")));
        if !self.order.is_empty() {
            lines.push(PlanLine::new("order", self.order_text(choice)));
        }
        if let Some(last) = lines.last_mut().filter(|line| line.step == "filter") {
            last.estimated = Some(choice.meant.round() as u64);
        }
        if self.offset > 0 {
            lines.push(PlanLine::new("offset", self.offset.to_string()));
        }
        if let Some(limit) = self.limit {
            lines.push(PlanLine::new("limit", limit.to_string()));
        }
        let rows = self.view.sight().statistics::<M>().rows() as u64;
        Plan { table: M::DEFINITION.name, rows, kinds: choice.kinds, lines }
    }

    fn order_text(&self, choice: &Choice) -> String {
        let keys: Vec<String> = self.order.iter().map(Order::text).collect();
        let how = match (choice.sorting, &choice.path) {
            (Sorting::Top(rows), _) => format!("the first {rows} are kept"),
            (Sorting::All, _) => "sorted".into(),
            (Sorting::Nothing, Path::Range { descending: true, .. }) => {
                "from the index backwards, no sort".into()
            }
            (Sorting::Nothing, Path::Ids { descending: false, .. }) => {
                "from the key, no sort".into()
            }
            (Sorting::Nothing, Path::Ids { .. }) => "from the key backwards, no sort".into(),
            (Sorting::Nothing, _) => "from the index, no sort".into(),
        };
        format!("{}: {how}", keys.join(", "))
    }

    /// Runs it, step by step.
    fn profile(mut self, choice: &Choice) -> Plan {
        let mut plan = self.plan(choice);
        let order = std::mem::take(&mut self.order);
        let (view, parameters) = (self.view, self.parameters.clone());
        let at = At { view, parameters: super::run::or_none(&parameters) };
        let (offset, limit) = (self.offset, self.limit.unwrap_or(usize::MAX));
        let sorts = !order.is_empty() && choice.sorting != Sorting::Nothing;

        let start = Instant::now();
        let followed = self.follow(choice);
        let (source, filter) = self.open(followed);
        let wanted = if sorts { usize::MAX } else { limit.saturating_add(offset) };
        let mut matches = Matches::new(source, filter, 0, wanted);
        let mut rows: Vec<&M> = matches.by_ref().collect();
        let found = start.elapsed();
        let (read, met) = (matches.judged().max(rows.len()), rows.len());
        let start = Instant::now();
        if sorts {
            sort::sort(&mut rows, &order, at);
        }
        let sorted = start.elapsed();

        let out = met.saturating_sub(offset);
        plan.lines[0].actual = Some(read as u64);
        plan.lines[0].time = Some(found);
        if let Some(filter) = plan.lines.iter_mut().rfind(|line| line.step == "filter") {
            filter.actual = Some(met as u64);
        }
        for line in &mut plan.lines {
            match line.step {
                "order" => (line.actual, line.time) = (Some(met as u64), Some(sorted)),
                "offset" => line.actual = Some(out as u64),
                "limit" => line.actual = Some(out.min(limit) as u64),
                _ => {}
            }
        }
        plan
    }
}

/// A path and the conditions that it uses.
fn describe<'t>(ground: &dyn Ground, path: &Path, text: &dyn Fn(u16) -> &'t str) -> String {
    let mut numbers = path.conditions();
    numbers.sort_unstable();
    numbers.dedup();
    let conditions: Vec<&str> = numbers.iter().map(|number| text(*number)).collect();
    let way = way(ground, path);
    if conditions.is_empty() { way } else { format!("{way}: {}", conditions.join(", ")) }
}

/// A path.
fn way(ground: &dyn Ground, path: &Path) -> String {
    let ways =
        |paths: &[Path]| paths.iter().map(|path| way(ground, path)).collect::<Vec<_>>().join(", ");
    match path {
        Path::Nothing => "nothing: the conditions contradict each other".into(),
        Path::Scan => "scan".into(),
        Path::Related => "related rows".into(),
        Path::Lookup { index: Place::Key, .. } | Path::Ids { .. } => "key".into(),
        Path::Lookup { index: Place::Index(place), .. } | Path::Range { index: place, .. } => {
            format!("index {}", ground.index(*place).name)
        }
        Path::Postings { foreign_key, .. } => {
            format!("children by {}", ground.column(ground.foreign_key(*foreign_key)))
        }
        Path::Walk { .. } => "hierarchy".into(),
        Path::Through { table, other, .. } => {
            format!("from {} ({})", table.name(), way(*table, other))
        }
        Path::All(paths) => format!("all of {}", ways(paths)),
        Path::Any { branches, .. } => format!("any of {}", ways(branches)),
    }
}

impl Path {
    /// Does it lead to the very rows that meet the conditions it uses? As far as that is known before it is followed.
    fn is_exact(&self, ground: &dyn Ground) -> bool {
        match self {
            Self::Range { index, .. } => ground.index(*index).kind == Finds::InOrder,
            Self::Ids { .. } | Self::Postings { .. } | Self::Walk { .. } => true,
            _ => false,
        }
    }

    /// Does it look for just the rows that meet this condition, if it finds others as well now and then?
    fn looks_for(&self, number: u16) -> bool {
        match self {
            Self::Nothing => true,
            Self::Lookup { conditions, .. } => conditions.contains(&number),
            Self::Range { .. } | Self::Postings { .. } | Self::Walk { .. } => self.answers(number),
            Self::Through { condition, .. } | Self::Any { condition, .. } => *condition == number,
            Self::All(paths) => paths.iter().any(|path| path.looks_for(number)),
            _ => false,
        }
    }
}
