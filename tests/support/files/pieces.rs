//! A file in pieces, and back: written after `docs/format.md`, and sharing no code with the engine but the layout of rows.
//!
//! | file | first piece | then | last |
//! |---|---|---|---|
//! | log | header, schema | frames: head, payload | |
//! | snapshot | header, schema | blocks: head, archive | trailer, directory |
//!
//! Put together again, everything that must agree with the rest does: lengths, checksums, the chain of frames, the directory. An
//! [`Honesty`] says what is left as it is.

use bondstone::files::codec::row;
use crc_fast::CrcAlgorithm::{Crc64Nvme, Crc64Xz};

use super::Target;

/// A header and what it is the header of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its fixed part.
    pub head: Vec<u8>,
    /// Its other bytes.
    pub body: Vec<u8>,
}

/// What is made right when pieces are put together. Checksums always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Honesty {
    /// The numbers that tell how long something is.
    pub lengths: bool,
    /// Frames follow each other, and blocks are where the directory says.
    pub order: bool,
}

/// All is made right.
pub const HONEST: Honesty = Honesty { lengths: true, order: true };

const SEGMENT: usize = 64;
const FRAME: usize = 37;
const SNAPSHOT: usize = 80;
const BLOCK: usize = 32;
const TRAILER: usize = 40;

/// For each block its table, segment, column, rows and length.
type Directory = (Vec<(u64, u64)>, Vec<(u32, u32, u32, u32, u32)>);

/// The pieces of a valid file.
#[must_use]
pub fn apart(target: Target, bytes: &[u8]) -> Vec<Piece> {
    match target {
        Target::Log => log_apart(bytes),
        Target::Snapshot => snapshot_apart(bytes),
    }
}

/// The file that is made of pieces.
#[must_use]
pub fn together(target: Target, pieces: Vec<Piece>, honesty: Honesty) -> Vec<u8> {
    match target {
        Target::Log => log_together(pieces, honesty),
        Target::Snapshot => snapshot_together(pieces, honesty),
    }
}

/// Takes a piece from the front: a head of that length, which tells at a place how long the body is.
fn take(rest: &mut &[u8], head: usize, length_at: usize) -> Piece {
    let length = u32_at(rest, length_at) as usize;
    let (piece, behind) = rest.split_at(head + length);
    *rest = behind;
    Piece { head: piece[..head].to_vec(), body: piece[head..].to_vec() }
}

fn log_apart(bytes: &[u8]) -> Vec<Piece> {
    let mut rest = bytes;
    let mut pieces = vec![take(&mut rest, SEGMENT, 60)];
    while !rest.is_empty() {
        pieces.push(take(&mut rest, FRAME, 0));
    }
    pieces
}

fn log_together(pieces: Vec<Piece>, honesty: Honesty) -> Vec<u8> {
    let (mut file, mut salt, mut before, mut sequence) = (Vec::new(), 0, 0, 0);
    for (number, Piece { mut head, body }) in pieces.into_iter().enumerate() {
        if number == 0 {
            head.resize(SEGMENT, 0);
            tell_length(&mut head, 60, &body, honesty);
            salt = crc32c(&[&head[..12], &head[16..], &body]);
            put(&mut head, 12, &salt.to_le_bytes());
            (before, sequence) = (salt, u64_at(&head, 40));
        } else {
            head.resize(FRAME, 0);
            tell_length(&mut head, 0, &body, honesty);
            if honesty.order {
                put(&mut head, 8, &before.to_le_bytes());
                put(&mut head, 13, &sequence.to_le_bytes());
                let synced = u64_at(&head, 29).min(sequence.saturating_sub(1));
                put(&mut head, 29, &synced.to_le_bytes());
            }
            sequence = sequence.wrapping_add(1);
            put(&mut head, 4, &salt.to_le_bytes());
            before = crc32c(&[&head, &body]);
            put(&mut head, 4, &before.to_le_bytes());
        }
        file.extend(head);
        file.extend(body);
    }
    file
}

fn snapshot_apart(bytes: &[u8]) -> Vec<Piece> {
    let (content, trailer) = bytes.split_at(bytes.len() - TRAILER);
    let directory = u64_at(trailer, 0) as usize;
    let length = u32_at(trailer, 8) as usize;
    let mut rest = content;
    let mut pieces = vec![take(&mut rest, SNAPSHOT, 12)];
    loop {
        let at = (content.len() - rest.len()).next_multiple_of(16);
        if at >= directory {
            break;
        }
        rest = &content[at..];
        pieces.push(take(&mut rest, BLOCK, 0));
    }
    let body = content[directory..][..length].to_vec();
    pieces.push(Piece { head: trailer.to_vec(), body });
    pieces
}

fn snapshot_together(mut pieces: Vec<Piece>, honesty: Honesty) -> Vec<u8> {
    let Some(Piece { head: mut trailer, body: directory }) = pieces.pop() else {
        return Vec::new();
    };
    let (mut file, mut lengths) = (Vec::new(), Vec::new());
    for (number, Piece { mut head, body }) in pieces.into_iter().enumerate() {
        if number == 0 {
            head.resize(SNAPSHOT, 0);
            tell_length(&mut head, 12, &body, honesty);
            let checksum = crc32c(&[&head[..64], &body]);
            put(&mut head, 64, &checksum.to_le_bytes());
        } else {
            head.resize(BLOCK, 0);
            tell_length(&mut head, 0, &body, honesty);
            if u32_at(&head, 12) == 0 {
                tell_length(&mut head, 4, &body, honesty);
            }
            put(&mut head, 8, &[0; 4]);
            let checksum = crc32c(&[&head, &body]);
            put(&mut head, 8, &checksum.to_le_bytes());
            lengths.push((head.len() + body.len()) as u32);
        }
        file.extend(head);
        file.extend(body);
        file.resize(file.len().next_multiple_of(16), 0);
    }
    let directory = if honesty.order { with_lengths(directory, &lengths) } else { directory };
    trailer.resize(TRAILER, 0);
    put(&mut trailer, 0, &(file.len() as u64).to_le_bytes());
    tell_length(&mut trailer, 8, &directory, HONEST);
    put(&mut trailer, 12, &crc32c(&[&directory]).to_le_bytes());
    file.extend(directory);
    file.resize(file.len().next_multiple_of(16), 0);
    file.extend(&trailer[..16]);
    let digests = [Crc64Nvme, Crc64Xz].map(|digest| crc_fast::checksum(digest, &file));
    digests.iter().for_each(|digest| file.extend(digest.to_le_bytes()));
    file.extend(&trailer[32..]);
    file
}

/// The directory, with the lengths that the blocks have. As it is, if it is none or has another number of blocks.
fn with_lengths(bytes: Vec<u8>, lengths: &[u32]) -> Vec<u8> {
    let Ok((tables, mut blocks)) = row::read::<Directory>(&bytes) else { return bytes };
    if blocks.len() != lengths.len() {
        return bytes;
    }
    blocks.iter_mut().zip(lengths).for_each(|(block, length)| block.4 = *length);
    let mut directory = Vec::new();
    let written = row::write(&mut directory, |sink| {
        bondstone::Value::write_to(&(tables, blocks), sink);
    });
    if written.is_ok() { directory } else { bytes }
}

fn tell_length(head: &mut [u8], at: usize, body: &[u8], honesty: Honesty) {
    if honesty.lengths {
        put(head, at, &(body.len() as u32).to_le_bytes());
    }
}

fn put(bytes: &mut [u8], at: usize, number: &[u8]) {
    bytes[at..at + number.len()].copy_from_slice(number);
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|place| bytes[at + place]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|place| bytes[at + place]))
}

fn crc32c(parts: &[&[u8]]) -> u32 {
    crc_fast::crc32_iscsi(&parts.concat())
}
