//! What is done to the pieces of a file. Any bytes are an attack, and one that ends early goes on as if with zeros.

use bondstone::vfs::sim::SimDisk;

use super::bases::{Target, bases};
use super::pieces::{self, Honesty, Piece};

/// Numbers at which something may happen.
const NUMBERS: [u64; 12] = [
    0,
    1,
    127,
    255,
    u16::MAX as u64,
    1 << 31,
    u32::MAX as u64 - 7,
    u32::MAX as u64,
    1 << 48,
    1 << 62,
    u64::MAX - 7,
    u64::MAX,
];

/// No attack is longer: the file grows with it.
const LONGEST: usize = 4096;

/// A directory of which one file was changed.
pub struct Attack {
    target: Target,
    base: usize,
    /// The file that was changed, as it is now.
    name: String,
    bytes: Vec<u8>,
}

impl Attack {
    /// The attack that bytes are.
    #[must_use]
    pub fn decode(target: Target, bytes: &[u8]) -> Self {
        let mut script = Script(&bytes[..bytes.len().min(LONGEST)]);
        let all = bases(target);
        let base = script.choose(all.len());
        let names = all[base].targets(target);
        let name = names[script.choose(names.len())].to_owned();
        let flags = script.byte();
        let honesty = Honesty { lengths: flags & 1 == 0, order: flags & 2 == 0 };
        let mut pieces = pieces::apart(target, &all[base].files[&name]);
        while !script.0.is_empty() {
            change(&mut pieces, &mut script);
        }
        let mut file = pieces::together(target, pieces, honesty);
        if flags & 4 != 0 {
            // What a torn write leaves: checksums are not made right behind it.
            file.truncate(file.len() * usize::from(flags >> 3) / 32);
        }
        Self { target, base, name, bytes: file }
    }

    /// A disk with the directory, anew.
    #[must_use]
    pub fn disk(&self) -> SimDisk {
        let disk = SimDisk::new(1);
        for (name, bytes) in &bases(self.target)[self.base].files {
            let bytes = if *name == self.name { &self.bytes } else { bytes };
            disk.put(name, bytes.clone());
        }
        disk
    }

    /// How many bytes all files have.
    #[must_use]
    pub fn size(&self) -> usize {
        let others =
            bases(self.target)[self.base].files.iter().filter(|(name, _)| **name != self.name);
        self.bytes.len() + others.map(|(_, bytes)| bytes.len()).sum::<usize>()
    }
}

/// The bytes that are left of an attack.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn choose(&mut self, of: usize) -> usize {
        usize::from(self.byte()) % of.max(1)
    }

    /// A place among so many: near the end as easily as near the beginning.
    fn place(&mut self, of: usize) -> usize {
        let (high, low) = (self.byte(), self.byte());
        usize::from(u16::from_le_bytes([low, high])) % of.max(1)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }
}

/// One change of one piece, or of their order.
fn change(pieces: &mut Vec<Piece>, script: &mut Script<'_>) {
    let what = script.byte();
    let number = script.choose(pieces.len());
    let Some(piece) = pieces.get_mut(number) else { return };
    let part = if what & 0x80 == 0 { &mut piece.body } else { &mut piece.head };
    let at = script.place(part.len() + 1);
    match what % 9 {
        0 => overwrite(part, at, &[script.byte()]),
        1 => {
            let bit = script.byte() % 8;
            part.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
        }
        2 => {
            let (which, width) = (script.choose(NUMBERS.len()), [1, 2, 4, 8][script.choose(4)]);
            overwrite(part, at, &NUMBERS[which].to_le_bytes()[..width]);
        }
        3 => {
            let count = script.choose(32);
            let bytes = script.bytes(count);
            part.splice(at..at, bytes);
        }
        4 => {
            let end = (at + script.choose(64)).min(part.len());
            part.drain(at..end);
        }
        5 => {
            let length = part.len() as u64;
            let less = u64::from(script.byte());
            overwrite(part, at, &length.saturating_sub(less).to_le_bytes()[..4]);
        }
        6 => pieces.insert(number, pieces[number].clone()),
        7 => drop(pieces.remove(number)),
        _ => {
            let other = script.choose(pieces.len());
            pieces.swap(number, other);
        }
    }
}

/// Puts bytes over those that are there, as far as there are some.
fn overwrite(part: &mut [u8], at: usize, bytes: &[u8]) {
    part[at..].iter_mut().zip(bytes).for_each(|(old, new)| *old = *new);
}
