//! Inputs of the fuzzer that are worth keeping: each meets something that no other one does, and is as short as it can be
//! for that.

use std::collections::BTreeSet;

use crate::counters::EVENTS;
use crate::decode::decode;
use crate::run::{Divergence, run};

/// An input by which engine and oracle differ.
pub type Find = (Vec<u8>, Divergence);

/// How many inputs are tried for one rare event.
const TRIES: usize = 2000;

/// The longest input that is tried, eight times as long for a rare event.
const LONGEST: usize = 1000;

/// What an input meets.
///
/// # Errors
/// Engine and oracle differ.
pub fn meets(input: &[u8]) -> Result<BTreeSet<String>, Divergence> {
    Ok(run(&decode(input))?.met())
}

/// Adds inputs to a corpus: one for each rare event that it has not met yet, and others until it has `size` of them. The
/// same seed finds the same ones.
///
/// # Errors
/// Engine and oracle differ; and the input by which they do.
pub fn grow(corpus: &mut Vec<Vec<u8>>, size: usize, seed: u64) -> Result<(), Find> {
    let meets = |input: &[u8]| meets(input).map_err(|divergence| (input.to_vec(), divergence));
    let mut known = BTreeSet::new();
    for input in corpus.iter() {
        known.extend(meets(input)?);
    }
    let mut dice = Dice(seed | 1);
    for event in EVENTS.iter().map(|event| format!("{event:?}")) {
        let mut tries = 0;
        while !known.contains(&event) && tries < TRIES {
            tries += 1;
            let mut input = dice.bytes(LONGEST * 8);
            if meets(&input)?.contains(&event) {
                shorten(&mut input, |input| Ok(meets(input)?.contains(&event)))?;
                known.extend(meets(&input)?);
                corpus.push(input);
            }
        }
    }
    while corpus.len() < size {
        let mut input = dice.input(corpus);
        if meets(&input)?.is_subset(&known) {
            continue;
        }
        shorten(&mut input, |input| Ok(!meets(input)?.is_subset(&known)))?;
        known.extend(meets(&input)?);
        corpus.push(input);
    }
    Ok(())
}

/// Takes out whatever is not needed for `still` to hold: halves first, single bytes last; then makes bytes zero.
fn shorten<E>(input: &mut Vec<u8>, still: impl Fn(&[u8]) -> Result<bool, E>) -> Result<(), E> {
    let mut piece = input.len() / 2;
    while piece > 0 {
        let mut start = 0;
        while start < input.len() {
            let end = (start + piece).min(input.len());
            let shorter = [&input[..start], &input[end..]].concat();
            if still(&shorter)? {
                *input = shorter;
            } else {
                start = end;
            }
        }
        piece /= 2;
    }
    for place in 0..input.len() {
        let byte = std::mem::take(&mut input[place]);
        if byte != 0 && !still(input)? {
            input[place] = byte;
        }
    }
    Ok(())
}

/// Numbers that need not be good, and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    fn bytes(&mut self, longest: usize) -> Vec<u8> {
        let length = self.roll(longest) + 1;
        (0..length).map(|_| self.roll(256) as u8).collect()
    }

    /// Something new, or something made of what is known.
    fn input(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        if corpus.is_empty() || self.roll(3) == 0 {
            return self.bytes(LONGEST);
        }
        let mut input = corpus[self.roll(corpus.len())].clone();
        match self.roll(3) {
            0 => input.extend(self.bytes(LONGEST)),
            // Without the first byte, which says how the world begins.
            1 => input.extend(corpus[self.roll(corpus.len())].iter().skip(1)),
            _ => {
                for _ in 0..=self.roll(8) {
                    let place = self.roll(input.len());
                    input[place] = self.roll(256) as u8;
                }
            }
        }
        input
    }
}
