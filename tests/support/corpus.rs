//! Inputs of the fuzzer that are worth keeping: each meets something that no other one does, and is as short as it can be
//! for that.

use std::collections::BTreeSet;

/// What an input meets; or how two answers to it differ.
pub type Meets<'a> = &'a dyn Fn(&[u8]) -> Result<BTreeSet<String>, String>;

/// An input by which two answers differ, and how.
pub type Find = (Vec<u8>, String);

/// How many inputs are tried for one rare event.
const TRIES: usize = 2000;

/// Makes a corpus grow.
pub struct Grow<'a> {
    /// What an input meets.
    pub meets: Meets<'a>,
    /// What is to be met by some input, if it can be found.
    pub wanted: &'a [String],
    /// The longest input that is tried, eight times as long for something that is wanted.
    pub longest: usize,
}

impl Grow<'_> {
    /// Adds inputs to a corpus: one for each thing that is wanted and that it has not met yet, and others until it has
    /// `size` of them. The same seed finds the same ones.
    ///
    /// # Errors
    /// Two answers differ; and the input by which they do.
    pub fn grow(&self, corpus: &mut Vec<Vec<u8>>, size: usize, seed: u64) -> Result<(), Find> {
        let meets =
            |input: &[u8]| (self.meets)(input).map_err(|difference| (input.to_vec(), difference));
        let mut known = BTreeSet::new();
        for input in corpus.iter() {
            known.extend(meets(input)?);
        }
        let mut dice = Dice(seed | 1);
        for event in self.wanted {
            let mut tries = 0;
            while !known.contains(event) && tries < TRIES {
                tries += 1;
                let mut input = dice.bytes(self.longest * 8);
                if meets(&input)?.contains(event) {
                    shorten(&mut input, |input| Ok(meets(input)?.contains(event)))?;
                    known.extend(meets(&input)?);
                    corpus.push(input);
                }
            }
        }
        while corpus.len() < size {
            let mut input = dice.input(corpus, self.longest);
            if meets(&input)?.is_subset(&known) {
                continue;
            }
            shorten(&mut input, |input| Ok(!meets(input)?.is_subset(&known)))?;
            known.extend(meets(&input)?);
            corpus.push(input);
        }
        Ok(())
    }
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
    fn input(&mut self, corpus: &[Vec<u8>], longest: usize) -> Vec<u8> {
        if corpus.is_empty() || self.roll(3) == 0 {
            return self.bytes(longest);
        }
        let mut input = corpus[self.roll(corpus.len())].clone();
        match self.roll(3) {
            0 => input.extend(self.bytes(longest)),
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
