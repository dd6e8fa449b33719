//! One commit as bytes.
//!
//! ```text
//!  0        4          8        12     13         21        29               37
//!  ┌────────┬──────────┬────────┬──────┬──────────┬─────────┬────────────────┬───────────────┐
//!  │ length │ checksum │ before │ kind │ sequence │ version │ synced_through │ payload       │
//!  └────────┴──────────┴────────┴──────┴──────────┴─────────┴────────────────┴───────────────┘
//! ```
//!
//! Little-endian. `length` counts the payload's bytes. `before` is the checksum of the frame before this one; of the
//! segment's header for the first. `kind` is 1 for a commit, 2 for the seal. `synced_through` is the highest sequence that
//! was known to be on the medium when the frame was made.
//!
//! The checksum is the crc32c of the whole frame, with the checksum of the **segment's header** in the checksum's place.
//! So a frame says two things, each of which can be checked by itself:
//!
//! * *I am of this segment*: no frame of another segment, of another epoch or of another database passes, wherever it
//!   turns up, since their headers differ.
//! * *I stand behind that frame*: `before` is written down and not only mixed in. So a frame behind a damaged one can
//!   still be checked, which is what finds proof of damage (see [`log`](crate::log)).

use crate::canary::canary;
use crate::log::Header;

/// Bytes of a frame before its payload.
pub const HEADER: usize = 37;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It holds a commit.
    Commit = 1,
    /// It ends a log that was closed: everything before it is on the medium, nothing comes behind it.
    Seal = 2,
}

/// A frame without its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub length: u32,
    pub checksum: u32,
    pub before: u32,
    pub kind: Kind,
    pub sequence: u64,
    pub version: u64,
    pub synced_through: u64,
}

/// A commit, as it was read from the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its number: consecutive, from 1.
    pub sequence: u64,
    /// Its version: greater than the one before.
    pub version: u64,
    /// What was committed.
    pub payload: &'a [u8],
    /// What the segment that it is in says of itself.
    pub header: &'a Header,
}

impl Head {
    /// Reads a head, if it can be one. Nothing is believed before the checksum was compared.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (bytes, _) = bytes.split_first_chunk::<HEADER>()?;
        let kind = match bytes[12] {
            1 => Kind::Commit,
            2 => Kind::Seal,
            _ => return None,
        };
        Some(Self {
            length: u32_at(bytes, 0),
            checksum: u32_at(bytes, 4),
            before: u32_at(bytes, 8),
            kind,
            sequence: u64_at(bytes, 13),
            version: u64_at(bytes, 21),
            synced_through: u64_at(bytes, 29),
        })
    }

    /// Appends the frame and gives its checksum. `length` and `checksum` are found out here.
    ///
    /// # Panics
    /// When the payload is 4 GiB or more, which the caller has refused.
    pub fn write(&self, payload: &[u8], salt: u32, into: &mut Vec<u8>) -> u32 {
        let start = into.len();
        let length = u32::try_from(payload.len()).expect("the caller refused a longer one");
        into.reserve(HEADER + payload.len());
        let mut head = [0; HEADER];
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[8..12].copy_from_slice(&self.before.to_le_bytes());
        head[12] = self.kind as u8;
        head[13..21].copy_from_slice(&self.sequence.to_le_bytes());
        head[21..29].copy_from_slice(&self.version.to_le_bytes());
        head[29..].copy_from_slice(&self.synced_through.to_le_bytes());
        into.extend_from_slice(&head);
        into.extend_from_slice(payload);
        let checksum = checksum(&mut into[start..], salt);
        into[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
        checksum
    }

    /// Bytes of the whole frame.
    pub fn size(&self) -> u64 {
        HEADER as u64 + u64::from(self.length)
    }
}

/// The checksum of a whole frame, whatever stands in its place. O(bytes), in one go: that is ten times faster for small
/// frames than piece by piece, so the salt is put into its place for the time being.
pub(crate) fn checksum(frame: &mut [u8], salt: u32) -> u32 {
    let written = u32_at(frame, 4);
    frame[4..8].copy_from_slice(&salt.to_le_bytes());
    let covered = if canary!(ChecksumWithoutHeader) { HEADER } else { 0 };
    let checksum = crc_fast::crc32_iscsi(&frame[covered..]);
    frame[4..8].copy_from_slice(&written.to_le_bytes());
    checksum
}

/// Little-endian, at a place that the caller knows to be there.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

/// Little-endian, at a place that the caller knows to be there.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// One look whether it is there, and not one for each byte.
fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        length: 7,
        checksum: 0,
        before: 0xaabb_ccdd,
        kind: Kind::Commit,
        sequence: 5,
        version: 9,
        synced_through: 3,
    };

    fn accepts(bytes: &[u8], salt: u32) -> Option<Head> {
        let head = Head::read(bytes)?;
        let whole = head.size() == bytes.len() as u64;
        (whole && checksum(&mut bytes.to_vec(), salt) == head.checksum).then_some(head)
    }

    #[test]
    fn a_frame_is_these_bytes() {
        let mut bytes = Vec::new();
        let checksum = HEAD.write(b"payload", 1, &mut bytes);
        let mut expected = vec![7, 0, 0, 0];
        expected.extend(checksum.to_le_bytes());
        expected.extend([0xdd, 0xcc, 0xbb, 0xaa, 1]);
        expected.extend([5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend(b"payload");
        assert_eq!(bytes, expected);
        assert_eq!(accepts(&bytes, 1), Some(Head { checksum, ..HEAD }));
        assert_eq!(accepts(&bytes, 2), None, "a frame of another segment");
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let mut bytes = Vec::new();
        HEAD.write(b"payload", 1, &mut bytes);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(accepts(&damaged, 1), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(accepts(&bytes[..length], 1), None, "length {length}");
        }
    }
}
