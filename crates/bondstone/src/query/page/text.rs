//! Bytes as text for links: in the alphabet of base64url (RFC 4648, section 5), without padding, with a checksum.
//!
//! Each sequence of bytes has one text. A text of which up to four neighbouring characters were changed is refused for
//! certain, since the checksum finds every change within 32 bits; any other wrong one with all but certainty.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text of some bytes.
pub(super) fn sealed(mut bytes: Vec<u8>) -> String {
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for character in 0..=three.len() {
            let six = bits >> (18 - 6 * character) & 63;
            text.push(char::from(ALPHABET[six as usize]));
        }
    }
    text
}

/// The bytes of a text; `None` if it is not one of [`sealed`].
pub(super) fn opened(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for four in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for (place, character) in four.iter().enumerate() {
            bits |= six_bits(*character)? << (18 - 6 * place);
        }
        let [_, three @ ..] = u32::to_be_bytes(bits);
        // One character alone is no byte; the bits behind the last byte are zeros.
        let (whole, rest) = three.split_at(four.len() - 1);
        if whole.is_empty() || rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(whole);
    }
    let (body, sum) = bytes.split_last_chunk()?;
    if u32::from_le_bytes(*sum) != checksum(body) {
        return None;
    }
    bytes.truncate(bytes.len() - 4);
    Some(bytes)
}

fn six_bits(character: u8) -> Option<u32> {
    let six = match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(u32::from(six))
}

/// CRC-32, the usual one; bit by bit, for a few dozen bytes.
fn checksum(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}

/// A number of a text that is the same in every process (FNV-1a).
pub(super) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Appends a number: seven bits in a byte, the least first, and a mark on all but the last.
pub(super) fn push_number(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Bytes that are read from the front.
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    /// The next bytes, so many; `None` if there are fewer.
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next [number](push_number), if it is one of 63 bits.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..9 {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 127) << (7 * place);
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_every_length_come_back_from_their_text() {
        let mut bytes = Vec::new();
        for length in 0..200_u8 {
            let text = sealed(bytes.clone());
            assert!(text.bytes().all(|byte| ALPHABET.contains(&byte)));
            assert_eq!(opened(&text).as_ref(), Some(&bytes));
            bytes.push(length.wrapping_mul(37));
        }
    }

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX >> 1] {
            let mut bytes = Vec::new();
            push_number(number, &mut bytes);
            assert_eq!(Reader(&bytes).number(), Some(number));
            assert_eq!(Reader(&bytes[..bytes.len() - 1]).number(), None);
        }
        assert_eq!(Reader(&[255; 20]).number(), None, "there is no end");
    }
}
