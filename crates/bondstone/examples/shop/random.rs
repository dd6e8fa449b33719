//! SplitMix64: small, fast, and the same on every machine.

/// A stream of numbers that the seed decides.
pub struct Random(u64);

impl Random {
    /// The stream of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub const fn below(&mut self, limit: usize) -> usize {
        // The high half of the product is as even as the bits are, but for one part in 2^64 / limit.
        ((self.next() as u128 * limit as u128) >> 64) as usize
    }

    /// A number below `limit` in which small ones are more frequent: most sales are of few products.
    pub const fn skewed(&mut self, limit: usize) -> usize {
        let first = self.below(limit);
        let second = self.below(limit);
        first * second / limit
    }

    /// True once in `times`.
    pub const fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them; there is at least one.
    pub const fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn is_splitmix64() {
        let mut random = Random::new(1_234_567);
        let published = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([random.next(), random.next()], published);
    }

    #[test]
    fn stays_below_its_limit_and_reaches_it() {
        let mut random = Random::new(1);
        let seen: std::collections::BTreeSet<usize> = (0..1_000).map(|_| random.below(7)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
        assert!((0..1_000).all(|_| random.skewed(7) < 7));
    }
}
