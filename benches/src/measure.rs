//! Measuring two ways of doing the same thing on a machine that is never quiet.
//!
//! Contestants take turns within one process: base, ours, base, ours. What disturbs one lap mostly
//! disturbs its neighbour too, so the ratio is taken within each round and the median of those
//! ratios is the verdict; it is far steadier than the ratio of two medians. Laps of one round must
//! agree on what they read, or there is no verdict.

use std::fmt;
use std::time::{Duration, Instant};
use thiserror::Error;

/// What one contestant took for one turn.
#[derive(Clone, Copy, Debug)]
pub struct Lap {
    /// Nanoseconds, or bytes, of all operations together.
    pub cost: f64,
    /// How many operations that was.
    pub operations: usize,
    /// A digest of everything that was read, or of the state that was reached.
    pub checksum: u64,
}

impl Lap {
    /// Runs and times the operations, which return the checksum.
    pub fn timed(operations: usize, run: impl FnOnce() -> u64) -> Self {
        let (nanoseconds, checksum) = timed(run);
        Self { cost: nanoseconds, operations, checksum }
    }

    fn cost_per_operation(&self) -> f64 {
        self.cost / self.operations as f64
    }
}

/// Nanoseconds that `run` took, and what it returned.
pub fn timed<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed().as_nanos() as f64, result)
}

/// What the cost of a lap is, and how a ratio is made of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Nanoseconds; the ratio is ours to the base, lower is better.
    Time,
    /// Bytes; the ratio is ours to the base, lower is better. They do not vary, so one round is
    /// enough.
    Bytes,
    /// Nanoseconds; the ratio is the throughput that ours keeps of the base's, **higher** is
    /// better.
    Kept,
}

impl Figure {
    fn ratio(self, ours: f64, base: f64) -> f64 {
        match self {
            Self::Time | Self::Bytes => ours / base,
            Self::Kept => base / ours,
        }
    }
}

/// A contestant's turn. What it prepares before it starts the clock is not counted.
pub type Turn<'a> = Box<dyn FnMut() -> Lap + 'a>;

/// Ours against one base or more.
pub struct Contest<'a> {
    figure: Figure,
    bases: Vec<Base<'a>>,
    ours: Turn<'a>,
}

struct Base<'a> {
    name: &'static str,
    turn: Turn<'a>,
    pace: Pace,
}

/// Whether a base takes part in each round.
enum Pace {
    Fast,
    /// In the first ones only; so long it took until now, whatever it prepared included.
    Slow(Duration),
}

/// What came out of a round, for each operation.
struct Round {
    /// Of those bases that took part.
    bases: Vec<Option<f64>>,
    ours: f64,
}

/// The name of the contestant that ratios are about.
pub const OURS: &str = "bondstone";

impl<'a> Contest<'a> {
    /// A contest for the shortest time; it needs a base.
    pub fn new(ours: impl FnMut() -> Lap + 'a) -> Self {
        Self { figure: Figure::Time, bases: Vec::new(), ours: Box::new(ours) }
    }

    /// Compares with this base, too.
    pub fn against(self, name: &'static str, turn: impl FnMut() -> Lap + 'a) -> Self {
        self.with_base(Base { name, turn: Box::new(turn), pace: Pace::Fast })
    }

    /// Compares with this base, too, which is slower by so much that it would leave the others few
    /// rounds: it takes part in the first ones, and its time is not counted against theirs.
    pub fn against_slow(self, name: &'static str, turn: impl FnMut() -> Lap + 'a) -> Self {
        self.with_base(Base { name, turn: Box::new(turn), pace: Pace::Slow(Duration::ZERO) })
    }

    fn with_base(mut self, base: Base<'a>) -> Self {
        self.bases.push(base);
        self
    }

    /// Compares something else than time.
    pub fn for_figure(mut self, figure: Figure) -> Self {
        self.figure = figure;
        self
    }

    /// All contestants, ours last, but without those that take part in some rounds only.
    pub fn contestants(self) -> impl Iterator<Item = (&'static str, Turn<'a>)> {
        let fast = self.bases.into_iter().filter(|base| matches!(base.pace, Pace::Fast));
        fast.map(|base| (base.name, base.turn)).chain([(OURS, self.ours)])
    }

    /// Warms up, runs the rounds, and gives one verdict for each base.
    pub fn run(mut self, rounds: &Rounds) -> Result<Vec<Verdict>, Disagreement> {
        if self.figure == Figure::Bytes {
            let round = self.round(0)?;
            return Ok(self.verdicts(&[round]));
        }
        self.round(0)?;
        let (start, before) = (Instant::now(), self.slow());
        let mut history = Vec::new();
        while rounds.go_on(history.len(), start.elapsed().saturating_sub(self.slow() - before)) {
            history.push(self.round(history.len())?);
        }
        Ok(self.verdicts(&history))
    }

    /// How long the slow bases took until now.
    fn slow(&self) -> Duration {
        let slow = |base: &Base<'_>| match base.pace {
            Pace::Fast => Duration::ZERO,
            Pace::Slow(spent) => spent,
        };
        self.bases.iter().map(slow).sum()
    }

    /// One turn each: the bases, then ours.
    fn round(&mut self, number: usize) -> Result<Round, Disagreement> {
        let laps: Vec<_> =
            self.bases.iter_mut().map(|base| (base.name, base.lap(number))).collect();
        let ours = (self.ours)();
        for (base, lap) in &laps {
            if let Some(theirs) = lap.map(|lap| lap.checksum).filter(|&sum| sum != ours.checksum) {
                return Err(Disagreement { base, theirs, ours: ours.checksum });
            }
        }
        let cost = |(_, lap): (_, Option<Lap>)| lap.map(|lap| lap.cost_per_operation());
        let bases = laps.into_iter().map(cost).collect();
        Ok(Round { bases, ours: ours.cost_per_operation() })
    }

    fn verdicts(&self, history: &[Round]) -> Vec<Verdict> {
        let verdict = |(at, base): (usize, &Base<'_>)| {
            let both = |round: &Round| round.bases[at].map(|theirs| (theirs, round.ours));
            let (theirs, ours): (Vec<_>, Vec<_>) = history.iter().filter_map(both).unzip();
            let pairs = ours.iter().zip(&theirs);
            let ratios = pairs.map(|(&ours, &theirs)| self.figure.ratio(ours, theirs)).collect();
            Verdict {
                base: base.name,
                theirs: Spread::of(theirs).median,
                ours: Spread::of(ours).median,
                ratios: Spread::of(ratios),
            }
        };
        self.bases.iter().enumerate().map(verdict).collect()
    }
}

/// How many rounds a slow base takes part in, at most.
const SLOW_ROUNDS: usize = 3;
/// After so much time it takes part in no other one, once it has been measured.
const SLOW_TIME: Duration = Duration::from_secs(5);

impl Base<'_> {
    /// Its turn in this round, unless it takes no part in it.
    fn lap(&mut self, round: usize) -> Option<Lap> {
        let Pace::Slow(spent) = &mut self.pace else { return Some((self.turn)()) };
        if round > 0 && (round >= SLOW_ROUNDS || *spent >= SLOW_TIME) {
            return None;
        }
        let start = Instant::now();
        let lap = (self.turn)();
        *spent += start.elapsed();
        Some(lap)
    }
}

/// How many rounds a contest has.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    least: usize,
    most: usize,
    budget: Duration,
}

impl Default for Rounds {
    /// Many where rounds are short, few where a round builds and drops a million rows.
    fn default() -> Self {
        Self { least: 3, most: 41, budget: Duration::from_secs(1) }
    }
}

impl Rounds {
    /// That many, however long they take.
    pub fn exactly(count: usize) -> Self {
        Self { least: count, most: count, budget: Duration::MAX }
    }

    fn go_on(&self, done: usize, elapsed: Duration) -> bool {
        done < self.least || (done < self.most && elapsed < self.budget)
    }
}

/// How ours compares with one base.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The base.
    pub base: &'static str,
    /// Its median per operation.
    pub theirs: f64,
    /// Our median per operation.
    pub ours: f64,
    /// The ratios of all rounds.
    pub ratios: Spread,
}

/// The middle of some figures, and the middle of each half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter of the figures are below.
    pub low: f64,
    /// Half of them are below.
    pub median: f64,
    /// A quarter of them are above.
    pub high: f64,
}

impl Spread {
    /// Of figures in any order; of none it is not a number.
    pub fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        Self {
            low: quantile(&figures, 0.25),
            median: quantile(&figures, 0.5),
            high: quantile(&figures, 0.75),
        }
    }
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = last as f64 * share;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    below + (above - below) * position.fract()
}

/// Two contestants did not do the same work.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub struct Disagreement {
    base: &'static str,
    theirs: u64,
    ours: u64,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, theirs, ours } = self;
        write!(f, "the checksums differ: {base} {theirs:#018x}, {OURS} {ours:#018x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// A contestant whose laps cost what the list says, in turn, for two operations each.
    fn costing(costs: &'static [f64]) -> impl FnMut() -> Lap {
        let mut costs = costs.iter().cycle();
        move || Lap { cost: *costs.next().unwrap(), operations: 2, checksum: 7 }
    }

    #[test]
    fn the_spread_is_that_of_the_sorted_figures() {
        let spread = Spread::of(vec![9.0, 1.0, 3.0, 7.0, 5.0]);
        assert_eq!(spread, Spread { low: 3.0, median: 5.0, high: 7.0 });
        assert_eq!(Spread::of(vec![4.0, 2.0]), Spread { low: 2.5, median: 3.0, high: 3.5 });
        assert_eq!(Spread::of(vec![2.0]).median, 2.0);
        assert!(Spread::of(Vec::new()).median.is_nan());
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_and_not_of_the_medians() {
        // The first figures belong to the warm-up. Ratios: 0.5, 0.1, 2.0; the medians would give 20
        // / 40.
        let base = costing(&[1.0, 20.0, 400.0, 20.0]);
        let ours = costing(&[900.0, 10.0, 40.0, 40.0]);
        let verdicts = Contest::new(ours).against("base", base).run(&Rounds::exactly(3)).unwrap();
        let [verdict] = verdicts[..] else { panic!("one base, one verdict") };
        assert_eq!((verdict.base, verdict.theirs, verdict.ours), ("base", 10.0, 20.0));
        assert_eq!(verdict.ratios.median, 0.5);
    }

    #[test]
    fn contestants_take_turns_and_each_base_has_a_verdict() {
        let turns = RefCell::new(Vec::new());
        let turn = |name| {
            let turns = &turns;
            move || {
                turns.borrow_mut().push(name);
                Lap { cost: if name == "ours" { 3.0 } else { 6.0 }, operations: 1, checksum: 0 }
            }
        };
        let contest = Contest::new(turn("ours")).against("a", turn("a")).against("b", turn("b"));
        let verdicts = contest.run(&Rounds::exactly(1)).unwrap();
        assert_eq!(*turns.borrow(), ["a", "b", "ours", "a", "b", "ours"]);
        assert!(
            verdicts
                .iter()
                .map(|verdict| (verdict.base, verdict.ratios.median))
                .eq([("a", 0.5), ("b", 0.5)])
        );
    }

    #[test]
    fn a_slow_base_takes_part_in_the_first_rounds_and_takes_nobody_s_time() {
        let turns = RefCell::new(Vec::new());
        let (slow, fast) = (
            Duration::from_millis(30),
            Rounds { least: 0, most: 9, budget: Duration::from_millis(30) },
        );
        let base = || {
            std::thread::sleep(slow);
            turns.borrow_mut().push("slow");
            Lap { cost: 100.0, operations: 1, checksum: 7 }
        };
        let ours = || {
            turns.borrow_mut().push("ours");
            Lap { cost: 10.0, operations: 1, checksum: 7 }
        };
        let verdicts = Contest::new(ours).against_slow("base", base).run(&fast).unwrap();
        assert_eq!((verdicts[0].theirs, verdicts[0].ratios.median), (100.0, 0.1));
        let count = |name| turns.borrow().iter().filter(|turn| **turn == name).count();
        assert_eq!((count("slow"), count("ours")), (1 + SLOW_ROUNDS, 1 + 9));
    }

    #[test]
    fn a_base_that_takes_seconds_is_measured_once() {
        let laps = RefCell::new(0);
        let turn = Box::new(|| {
            *laps.borrow_mut() += 1;
            Lap { cost: 8.0, operations: 1, checksum: 7 }
        });
        let base = Base { name: "base", turn, pace: Pace::Slow(SLOW_TIME) };
        let contest = Contest::new(costing(&[4.0])).with_base(base);
        let verdicts = contest.run(&Rounds::exactly(9)).unwrap();
        assert_eq!((verdicts[0].theirs, verdicts[0].ratios.median), (8.0, 0.25));
        assert_eq!(*laps.borrow(), 2, "once to warm up, once to measure");
    }

    #[test]
    fn what_is_kept_is_a_throughput() {
        let contest =
            Contest::new(costing(&[4.0])).against("base", costing(&[3.0])).for_figure(Figure::Kept);
        assert_eq!(contest.run(&Rounds::exactly(1)).unwrap()[0].ratios.median, 0.75);
    }

    #[test]
    fn bytes_are_counted_once() {
        let ours = costing(&[4.0, 1.0]);
        let contest = Contest::new(ours).against("base", costing(&[8.0])).for_figure(Figure::Bytes);
        assert_eq!(contest.run(&Rounds::exactly(9)).unwrap()[0].ratios.median, 0.5);
    }

    #[test]
    fn different_checksums_are_an_error_in_any_round_and_for_any_base() {
        let mut laps = 0;
        let wrong_in_round_two = move || {
            laps += 1;
            Lap { cost: 1.0, operations: 1, checksum: 7 + u64::from(laps == 3) }
        };
        let contest = Contest::new(costing(&[1.0]))
            .against("good", costing(&[1.0]))
            .against("bad", wrong_in_round_two);
        let error = contest.run(&Rounds::exactly(2)).unwrap_err();
        assert_eq!(error, Disagreement { base: "bad", theirs: 8, ours: 7 });
        assert!(error.to_string().contains("bad 0x0000000000000008, bondstone 0x0000000000000007"));
    }

    #[test]
    fn rounds_end_by_count_or_by_time() {
        let rounds = Rounds { least: 2, most: 4, budget: Duration::from_secs(1) };
        let (early, late) = (Duration::ZERO, Duration::from_secs(2));
        assert!(rounds.go_on(1, late) && !rounds.go_on(2, late));
        assert!(rounds.go_on(3, early) && !rounds.go_on(4, early));
        assert!(Rounds::exactly(9).go_on(8, late) && !Rounds::exactly(9).go_on(9, early));
    }

    #[test]
    fn the_clock_runs_only_while_the_work_does() {
        let pause = Duration::from_millis(5);
        std::thread::sleep(pause);
        let lap = Lap::timed(5, || {
            std::thread::sleep(pause);
            3
        });
        assert!(lap.cost >= 5e6 && lap.checksum == 3 && lap.cost_per_operation() >= 1e6);
    }
}
