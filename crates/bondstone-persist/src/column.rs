//! A column as bytes: one rkyv archive behind a header.
//!
//! ```text
//!  0        8        12       16
//!  ┌────────┬────────┬────────┬───────────────────────────┐
//!  │ length │ rows   │ crc32c │ archive of Vec<T>, length │
//!  └────────┴────────┴────────┴───────────────────────────┘
//! ```
//!
//! Little-endian. `length` counts the archive's bytes; the checksum covers length, rows and archive. Numbers in the archive
//! are little-endian with 32-bit offsets on every machine, so an archive is less than 2 GiB.
//!
//! Reading checks in this order, and uses nothing before it has passed: the lengths against what is there, the checksum
//! (rkyv's validation alone accepts most single-bit flips with wrong values), rkyv's validation, the number of rows.

use rkyv::api::high::{HighDeserializer, HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor::Error as Rancor;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

/// Bytes of the header.
pub const HEADER: usize = 16;

/// What archives are aligned to.
const ALIGN: usize = 16;

/// Why bytes are not a column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// There are fewer or more bytes than the header says.
    #[error("{found} bytes where the header says {expected}")]
    Length {
        /// As the header says.
        expected: u64,
        /// As they are.
        found: u64,
    },
    /// The checksum is another one.
    #[error("checksum {found:08x} where the header says {expected:08x}")]
    Checksum {
        /// As the header says.
        expected: u32,
        /// Of the bytes.
        found: u32,
    },
    /// The checksum is right, but the archive is none of such values.
    #[error("not an archive of such values: {0}")]
    Archive(String),
    /// The archive has another number of rows than the header.
    #[error("{found} rows where the header says {expected}")]
    Rows {
        /// As the header says.
        expected: u32,
        /// As they are.
        found: usize,
    },
    /// The values are too many or too large for one column.
    #[error("a column holds less than 2 GiB and 2^32 rows")]
    TooLarge,
}

/// The bytes of a column. O(bytes).
///
/// ```
/// use bondstone_persist::column;
/// let bytes = column::write(&vec![1_u32, 2, 3])?;
/// assert_eq!(column::read::<u32>(&bytes)?, [1, 2, 3]);
/// # Ok::<(), column::Damage>(())
/// ```
///
/// # Errors
/// [`Damage::TooLarge`]; [`Damage::Archive`] when a value refuses to be archived.
pub fn write<T>(values: &Vec<T>) -> Result<Vec<u8>, Damage>
where
    Vec<T>: for<'a> Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, Rancor>>,
{
    let archive =
        rkyv::to_bytes::<Rancor>(values).map_err(|error| Damage::Archive(error.to_string()))?;
    let rows = u32::try_from(values.len()).map_err(|_| Damage::TooLarge)?;
    if archive.len() >= 1 << 31 {
        return Err(Damage::TooLarge);
    }
    let mut bytes = Vec::with_capacity(HEADER + archive.len());
    bytes.extend_from_slice(&(archive.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&rows.to_le_bytes());
    bytes.extend_from_slice(&checksum(&bytes, &archive).to_le_bytes());
    bytes.extend_from_slice(&archive);
    Ok(bytes)
}

/// The values of a column. O(bytes).
///
/// # Errors
/// What is wrong with the bytes. No value of a damaged column is returned.
pub fn read<T>(bytes: &[u8]) -> Result<Vec<T>, Damage>
where
    Vec<T>: Archive,
    <Vec<T> as Archive>::Archived: for<'a> CheckBytes<HighValidator<'a, Rancor>>
        + Deserialize<Vec<T>, HighDeserializer<Rancor>>,
{
    let Some((header, archive)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(Damage::Length { expected: HEADER as u64, found: bytes.len() as u64 });
    };
    let [length, rest @ ..] = header.as_chunks::<4>().0 else { return Err(Damage::TooLarge) };
    let [upper, rows, expected] = [rest[0], rest[1], rest[2]].map(u32::from_le_bytes);
    let length = u64::from(upper) << 32 | u64::from(u32::from_le_bytes(*length));
    if length != archive.len() as u64 {
        return Err(Damage::Length { expected: length, found: archive.len() as u64 });
    }
    let found = checksum(&header[..12], archive);
    if found != expected {
        return Err(Damage::Checksum { expected, found });
    }
    // An archive is read where it is aligned; a byte off, and rkyv refuses.
    let mut aligned = AlignedVec::<ALIGN>::with_capacity(archive.len());
    aligned.extend_from_slice(archive);
    let values: Vec<T> = rkyv::from_bytes::<Vec<T>, Rancor>(&aligned)
        .map_err(|error| Damage::Archive(error.to_string()))?;
    if values.len() != rows as usize {
        return Err(Damage::Rows { expected: rows, found: values.len() });
    }
    Ok(values)
}

fn checksum(header: &[u8], archive: &[u8]) -> u32 {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    digest.update(header);
    digest.update(archive);
    digest.finalize() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_bit_flip_and_every_truncation_is_detected() {
        let texts: Vec<Option<String>> =
            (0..20).map(|n| (n % 3 > 0).then(|| "bondstone".repeat(n))).collect();
        let bytes = write(&texts).unwrap();
        assert_eq!(read::<Option<String>>(&bytes).unwrap(), texts);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read::<Option<String>>(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(read::<Option<String>>(&bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn values_of_another_type_are_refused_or_another_number_of_rows() {
        let bytes = write(&vec![true, false]).unwrap();
        assert!(read::<u64>(&bytes).is_err());
        let mut more = write(&vec![1_u32, 2]).unwrap();
        more[8] = 3;
        let sum = checksum(&more[..12], &more[HEADER..]);
        more[12..16].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(read::<u32>(&more), Err(Damage::Rows { expected: 3, found: 2 }));
    }

    proptest! {
        #[test]
        fn values_come_back(numbers: Vec<i64>, texts: Vec<String>, pairs: Vec<(u8, Option<i128>)>) {
            prop_assert_eq!(&read::<i64>(&write(&numbers).unwrap()).unwrap(), &numbers);
            prop_assert_eq!(&read::<String>(&write(&texts).unwrap()).unwrap(), &texts);
            prop_assert_eq!(&read::<(u8, Option<i128>)>(&write(&pairs).unwrap()).unwrap(), &pairs);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = read::<String>(&bytes);
        }
    }
}
