//! The buffer in which a key of an ordered index is put together.

use smallvec::SmallVec;

/// A key being encoded: bytes whose lexicographic order is the order of the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyBuf(SmallVec<[u8; 32]>);

impl KeyBuf {
    /// An empty key.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes as they are.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends text that may contain zeros, so that the end shows: 0 is written 0 255, the end 0 1.
    pub fn push_delimited(&mut self, bytes: &[u8]) {
        self.push_escaped(bytes);
        self.0.extend_from_slice(&[0, 1]);
    }

    /// Appends text that may contain zeros without its end: what the encodings of all texts have in common that begin so.
    pub fn push_escaped(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(zero) = rest.iter().position(|byte| *byte == 0) {
            self.0.extend_from_slice(&rest[..zero]);
            self.0.extend_from_slice(&[0, 255]);
            rest = &rest[zero + 1..];
        }
        self.0.extend_from_slice(rest);
    }

    /// The key so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first 8 bytes as a number whose order is theirs; shorter keys are filled up with zeros.
    #[must_use]
    #[inline]
    pub fn as_u64(&self) -> u64 {
        if let Some(word) = self.0.first_chunk() {
            return u64::from_be_bytes(*word);
        }
        let mut word = [0; 8];
        let length = self.0.len().min(8);
        word[..length].copy_from_slice(&self.0[..length]);
        u64::from_be_bytes(word)
    }

    /// The first 16 bytes as a number whose order is theirs; shorter keys are filled up with zeros.
    #[must_use]
    #[inline]
    pub fn as_u128(&self) -> u128 {
        if let Some(word) = self.0.first_chunk() {
            return u128::from_be_bytes(*word);
        }
        let mut word = [0; 16];
        let length = self.0.len().min(16);
        word[..length].copy_from_slice(&self.0[..length]);
        u128::from_be_bytes(word)
    }

    /// Makes this the smallest key above all that begin with it; false when there is none (all bytes are 255).
    pub fn step_over_prefix(&mut self) -> bool {
        while let Some(last) = self.0.pop() {
            if last < 255 {
                self.0.push(last + 1);
                return true;
            }
        }
        false
    }

    /// Empties the key, keeping its memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimited(text: &[u8]) -> Vec<u8> {
        let mut key = KeyBuf::new();
        key.push_delimited(text);
        key.bytes().to_vec()
    }

    #[test]
    fn delimited_text_keeps_its_order_whatever_follows() {
        let texts: [&[u8]; 8] = [b"", b"\0", b"\0\0", b"\0a", b"\x01", b"a", b"a\0", b"ab"];
        for (left, a) in texts.iter().enumerate() {
            for (right, b) in texts.iter().enumerate() {
                let (mut a, mut b) = (delimited(a), delimited(b));
                a.push(if left % 2 == 0 { 255 } else { 0 });
                b.push(if right % 2 == 0 { 255 } else { 0 });
                assert_eq!(a.cmp(&b), left.cmp(&right), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_prefix_is_stepped_over() {
        let mut key = KeyBuf::new();
        key.push(&[1, 255, 255]);
        assert!(key.step_over_prefix());
        assert_eq!(key.bytes(), [2]);
        key.clear();
        key.push(&[255]);
        assert!(!key.step_over_prefix());
    }
}
