//! A column of texts as bytes and back: checked archives beside the least that one writes by hand.

use super::{BY_HAND, Digest};
use crate::measure::{Contest, Lap};
use crate::stage::Stage;
use bondstone_persist::codec::block::{Block, Compression, Loaded, Place};
use bondstone_persist::codec::column::ColumnSink;
use bondstone_schema::{Shape, Value};
use rkyv::util::AlignedVec;
use std::hint::black_box;

const PLACE: Place = Place { table: 0, column: 0, segment: 0, rows: 0 };

/// Writes a column of texts. One operation is a value.
pub fn column_write(stage: &Stage) -> Contest<'_> {
    let (ours, theirs) = (emails(stage), emails(stage));
    let laps = stage.walks();
    Contest::new(move || lap(laps, ours.len(), || written(&ours::write(black_box(&ours)))))
        .against(BY_HAND, move || {
            lap(laps, theirs.len(), || written(&by_hand::write(black_box(&theirs))))
        })
}

/// Reads a column of texts, with whatever is checked of it. One operation is a value.
pub fn column_read(stage: &Stage) -> Contest<'_> {
    let values = emails(stage);
    let (laps, count) = (stage.walks(), values.len());
    let ours = ours::write(&values);
    let theirs = by_hand::write(&values);
    Contest::new(move || lap(laps, count, || bytes_of(&ours::read(&ours, count))))
        .against(BY_HAND, move || {
            lap(laps, count, || by_hand::read(&theirs).map_or(0, |values| bytes_of(&values)))
        })
}

fn emails(stage: &Stage) -> Vec<String> {
    stage.people().data.iter().map(|row| row.email.clone()).collect()
}

/// That something was written; what it is, [`column_read`] shows.
fn written(bytes: &[u8]) -> usize {
    usize::from(!black_box(bytes).is_empty())
}

fn bytes_of(values: &[String]) -> usize {
    values.iter().map(String::len).sum()
}

fn lap(laps: usize, values: usize, run: impl Fn() -> usize) -> Lap {
    Lap::timed(laps * values, || (0..laps).map(|_| run() as u64).digest())
}

/// As a snapshot writes and reads a column.
mod ours {
    use super::*;

    pub fn write(values: &[String]) -> AlignedVec<16> {
        let mut sink = ColumnSink::new(&Shape::of::<String>());
        for value in values {
            sink.push(|sink| value.write_to(sink));
        }
        let column = sink.finish().expect("the column is small");
        let place = Place { rows: column.rows, ..PLACE };
        let block = Block::new(column, place, Compression::None).expect("the column is small");
        let mut bytes = AlignedVec::with_capacity(block.length() as usize);
        block.pieces().iter().for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }

    pub fn read(bytes: &AlignedVec<16>, rows: usize) -> Vec<String> {
        let place = Place { rows: rows as u32, ..PLACE };
        // As a file is read: into memory of its own.
        let column = Loaded::new(bytes.clone(), place).expect("nothing damaged it");
        let mut source = column.values(&Shape::of::<String>()).expect("it is a column of texts");
        let mut values = Vec::with_capacity(rows);
        for _ in 0..rows {
            source.begin();
            values.push(String::read_from(&mut source).expect("each is a text"));
        }
        source.finish().expect("there are no more");
        values
    }
}

/// Lengths and bytes, with no header and no checksum: what is damaged is found only where it does not fit.
mod by_hand {
    pub fn write(values: &[String]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(values.iter().map(|value| 4 + value.len()).sum());
        for value in values {
            bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
            bytes.extend_from_slice(value.as_bytes());
        }
        bytes
    }

    pub fn read(mut bytes: &[u8]) -> Option<Vec<String>> {
        let mut values = Vec::new();
        while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            values.push(std::str::from_utf8(text).ok()?.to_owned());
            bytes = rest;
        }
        bytes.is_empty().then_some(values)
    }
}
