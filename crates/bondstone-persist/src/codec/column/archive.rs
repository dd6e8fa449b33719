//! What is archived of a column: vectors of numbers and texts, and nothing else.
use bondstone_schema::PartKind;
use rkyv::{Archive, Serialize};

/// The values of a column.
#[derive(Archive, Serialize, Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// How many values.
    pub rows: u32,
    /// Their parts.
    pub parts: Vec<Part>,
}

/// One part of the values of a column.
#[derive(Archive, Serialize, Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// One byte each.
    U8(Vec<u8>),
    /// Two bytes each.
    U16(Vec<u16>),
    /// Four bytes each.
    U32(Vec<u32>),
    /// Eight bytes each.
    U64(Vec<u64>),
    /// Sixteen bytes each.
    U128(Vec<u128>),
    /// Texts, one behind the other.
    Text {
        /// How many bytes each has.
        lengths: Vec<u32>,
        /// All of them.
        text: String,
    },
    /// Nested values in the layout of rows, one behind the other.
    Bytes {
        /// How many bytes each has.
        lengths: Vec<u32>,
        /// All of them.
        bytes: Vec<u8>,
    },
}

impl Part {
    /// None of that kind.
    pub(super) const fn of(kind: PartKind) -> Self {
        match kind {
            PartKind::U8 => Self::U8(Vec::new()),
            PartKind::U16 => Self::U16(Vec::new()),
            PartKind::U32 => Self::U32(Vec::new()),
            PartKind::U64 => Self::U64(Vec::new()),
            PartKind::U128 => Self::U128(Vec::new()),
            PartKind::Text => Self::Text { lengths: Vec::new(), text: String::new() },
            PartKind::Bytes => Self::Bytes { lengths: Vec::new(), bytes: Vec::new() },
        }
    }

    /// How many bytes the values take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::U8(all) => all.len(),
            Self::U16(all) => all.len() * 2,
            Self::U32(all) => all.len() * 4,
            Self::U64(all) => all.len() * 8,
            Self::U128(all) => all.len() * 16,
            Self::Text { lengths, text } => lengths.len() * 4 + text.len(),
            Self::Bytes { lengths, bytes } => lengths.len() * 4 + bytes.len(),
        }
    }

    /// How much there is.
    pub(super) fn mark(&self, marks: &mut Vec<usize>) {
        match self {
            Self::U8(all) => marks.push(all.len()),
            Self::U16(all) => marks.push(all.len()),
            Self::U32(all) => marks.push(all.len()),
            Self::U64(all) => marks.push(all.len()),
            Self::U128(all) => marks.push(all.len()),
            Self::Text { lengths, text } => marks.extend([lengths.len(), text.len()]),
            Self::Bytes { lengths, bytes } => marks.extend([lengths.len(), bytes.len()]),
        }
    }

    /// Takes away what came after that.
    pub(super) fn go_back(&mut self, marks: &mut impl Iterator<Item = usize>) {
        let mut next = || marks.next().unwrap_or(0);
        match self {
            Self::U8(all) => all.truncate(next()),
            Self::U16(all) => all.truncate(next()),
            Self::U32(all) => all.truncate(next()),
            Self::U64(all) => all.truncate(next()),
            Self::U128(all) => all.truncate(next()),
            Self::Text { lengths, text } => {
                lengths.truncate(next());
                text.truncate(next());
            }
            Self::Bytes { lengths, bytes } => {
                lengths.truncate(next());
                bytes.truncate(next());
            }
        }
    }

    /// Forgets the values and keeps the memory.
    pub(super) fn clear(&mut self) {
        match self {
            Self::U8(all) => all.clear(),
            Self::U16(all) => all.clear(),
            Self::U32(all) => all.clear(),
            Self::U64(all) => all.clear(),
            Self::U128(all) => all.clear(),
            Self::Text { lengths, text } => {
                lengths.clear();
                text.clear();
            }
            Self::Bytes { lengths, bytes } => {
                lengths.clear();
                bytes.clear();
            }
        }
    }
}
