//! A digest of 128 bits: two checksums of 64 bits by different polynomials, which the processor computes at the speed of memory.
//!
//! It finds accidents of any size, and no forgery: a file is believed as far as its values can be checked, and no further.

use crc_fast::CrcAlgorithm::{Crc64Nvme, Crc64Xz};

/// The digest of all bytes so far.
pub struct Digest([crc_fast::Digest; 2]);

impl Digest {
    /// Of no bytes.
    pub fn new() -> Self {
        Self([Crc64Nvme, Crc64Xz].map(crc_fast::Digest::new))
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.iter_mut().for_each(|digest| digest.update(bytes));
    }

    /// The digest.
    pub fn finish(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (place, digest) in bytes.as_chunks_mut().0.iter_mut().zip(&self.0) {
            *place = digest.finalize().to_le_bytes();
        }
        bytes
    }
}
