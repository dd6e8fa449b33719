//! A column of texts as bytes and back: checked archives beside the least that one writes by hand.

use super::{BY_HAND, Digest};
use crate::measure::{Contest, Lap};
use crate::stage::Stage;
use bondstone_persist::column;
use std::hint::black_box;

/// Writes a column of texts. One operation is a value.
pub fn column_write(stage: &Stage) -> Contest<'_> {
    let (ours, theirs) = (emails(stage), emails(stage));
    let laps = stage.walks();
    Contest::new(move || {
        lap(laps, ours.len(), || column::write(black_box(&ours)).map_or(0, |bytes| written(&bytes)))
    })
    .against(BY_HAND, move || {
        lap(laps, theirs.len(), || written(&by_hand::write(black_box(&theirs))))
    })
}

/// Reads a column of texts, with whatever is checked of it. One operation is a value.
pub fn column_read(stage: &Stage) -> Contest<'_> {
    let values = emails(stage);
    let (laps, count) = (stage.walks(), values.len());
    let ours = column::write(&values).expect("the column is small");
    let theirs = by_hand::write(&values);
    Contest::new(move || {
        lap(laps, count, || column::read::<String>(&ours).map_or(0, |values| bytes_of(&values)))
    })
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
