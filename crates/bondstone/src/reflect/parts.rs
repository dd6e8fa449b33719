//! A value in parts, one after the other: what it writes, and what it is read from. Lives for a moment, and in memory only.

use bondstone_schema::stored::DEEPEST;
use bondstone_schema::{Malformed, Sink, Source};

/// One part.
#[derive(Clone, Debug)]
enum Part {
    Number(u128),
    Text(String),
    Nested(Parts),
}

/// The parts of values.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    /// What `write` writes.
    pub(super) fn of(write: impl FnOnce(&mut dyn Sink)) -> Self {
        let mut parts = Self::default();
        write(&mut parts);
        parts
    }

    /// Reads them from the first on.
    pub(super) fn source(&self) -> PartSource<'_> {
        PartSource { left: self.0.iter(), bytes: Vec::new(), depth: 0 }
    }

    fn number(&mut self, number: impl Into<u128>) {
        self.0.push(Part::Number(number.into()));
    }
}

impl Sink for Parts {
    fn u8(&mut self, value: u8) {
        self.number(value);
    }

    fn u16(&mut self, value: u16) {
        self.number(value);
    }

    fn u32(&mut self, value: u32) {
        self.number(value);
    }

    fn u64(&mut self, value: u64) {
        self.number(value);
    }

    fn u128(&mut self, value: u128) {
        self.number(value);
    }

    fn text(&mut self, value: &str) {
        self.0.push(Part::Text(value.to_owned()));
    }

    fn length(&mut self, length: usize) {
        self.number(length as u64);
    }

    fn u8s(&mut self, values: &[u8]) {
        values.iter().for_each(|value| self.u8(*value));
    }

    fn nested(&mut self, write: &mut dyn FnMut(&mut dyn Sink)) {
        let mut inside = Self::default();
        write(&mut inside);
        self.0.push(Part::Nested(inside));
    }

    fn part(&self) -> usize {
        0
    }

    fn go(&mut self, _: usize) {}
}

/// Reads parts in the order in which they were written.
pub(super) struct PartSource<'a> {
    left: std::slice::Iter<'a, Part>,
    /// Bytes that were asked for together.
    bytes: Vec<u8>,
    depth: usize,
}

impl PartSource<'_> {
    /// Was everything read?
    pub(super) fn finish(&self) -> Result<(), Malformed> {
        if self.left.len() == 0 { Ok(()) } else { Err(Malformed::new("there is more of it")) }
    }

    fn number<N: TryFrom<u128>>(&mut self) -> Result<N, Malformed> {
        let Some(Part::Number(number)) = self.left.next() else { return Err(Malformed::end()) };
        N::try_from(*number).map_err(|_| Malformed::no("part of this width", number))
    }
}

impl Source for PartSource<'_> {
    fn u8(&mut self) -> Result<u8, Malformed> {
        self.number()
    }

    fn u16(&mut self) -> Result<u16, Malformed> {
        self.number()
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.number()
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.number()
    }

    fn u128(&mut self) -> Result<u128, Malformed> {
        self.number()
    }

    fn text(&mut self) -> Result<&str, Malformed> {
        match self.left.next() {
            Some(Part::Text(text)) => Ok(text),
            _ => Err(Malformed::end()),
        }
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let length = self.number()?;
        if length <= self.left.len() { Ok(length) } else { Err(Malformed::end()) }
    }

    fn u8s(&mut self, length: usize) -> Result<&[u8], Malformed> {
        self.bytes.clear();
        for _ in 0..length {
            let byte = self.number()?;
            self.bytes.push(byte);
        }
        Ok(&self.bytes)
    }

    fn nested(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Source) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        let Some(Part::Nested(inside)) = self.left.next() else { return Err(Malformed::end()) };
        if self.depth == DEEPEST {
            return Err(Malformed::new("it is nested too deep"));
        }
        let mut source = PartSource { depth: self.depth + 1, ..inside.source() };
        read(&mut source)?;
        source.finish()
    }

    fn part(&self) -> usize {
        0
    }

    fn go(&mut self, _: usize) {}
}
