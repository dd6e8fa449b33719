//! Integers of 256 bits: sums of numbers that fill 128, and of decimals.

/// A signed integer of 256 bits, in two's complement.
///
/// Nothing here overflows as it is used: sums of at most 2^32 numbers of 190 bits or fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wide {
    low: u128,
    high: i128,
}

impl From<i128> for Wide {
    #[inline]
    fn from(number: i128) -> Self {
        Self { low: number as u128, high: number >> 127 }
    }
}

impl From<u128> for Wide {
    #[inline]
    fn from(number: u128) -> Self {
        Self { low: number, high: 0 }
    }
}

impl Wide {
    #[inline]
    pub(super) fn add(&mut self, other: Self) {
        let (low, carry) = self.low.overflowing_add(other.low);
        self.low = low;
        self.high += other.high + i128::from(carry);
    }

    #[inline]
    pub(super) const fn is_negative(self) -> bool {
        self.high < 0
    }

    pub(super) const fn negated(self) -> Self {
        let (low, carry) = (!self.low).overflowing_add(1);
        Self { low, high: !self.high + carry as i128 }
    }

    pub(super) const fn magnitude(self) -> Self {
        if self.is_negative() { self.negated() } else { self }
    }

    pub(super) const fn to_u128(self) -> Option<u128> {
        if self.high == 0 { Some(self.low) } else { None }
    }

    pub(super) const fn to_i128(self) -> Option<i128> {
        let low = self.low as i128;
        if self.high == low >> 127 { Some(low) } else { None }
    }

    pub(super) fn to_f64(self) -> f64 {
        const TWO_TO_128: f64 = (1_u128 << 127) as f64 * 2.0;
        let Self { low, high } = self.magnitude();
        let magnitude = high as f64 * TWO_TO_128 + low as f64;
        if self.is_negative() { -magnitude } else { magnitude }
    }
}

/// The digits that 64 bits hold whatever they are.
#[cfg(any(feature = "decimal", test))]
const DIGITS: u32 = 19;

/// By powers of ten, and by counts: for decimals.
#[cfg(any(feature = "decimal", test))]
impl Wide {
    /// With so many zeros appended.
    pub(super) const fn shifted(self, places: u32) -> Self {
        if places <= DIGITS {
            return self.times(10_u64.pow(places));
        }
        self.times(10_u64.pow(DIGITS)).shifted(places - DIGITS)
    }

    /// The product; two's complement needs no care of signs.
    const fn times(self, by: u64) -> Self {
        let by = by as u128;
        let below = (self.low as u64 as u128) * by;
        let above = (self.low >> 64) * by + (below >> 64);
        let low = above << 64 | below as u64 as u128;
        let high = self.high.wrapping_mul(by as i128).wrapping_add((above >> 64) as i128);
        Self { low, high }
    }

    /// Quotient and remainder of a number that is not negative.
    pub(super) fn divided(self, by: u64) -> (Self, u64) {
        let high = self.high as u128;
        let limbs = [high >> 64, high, self.low >> 64, self.low].map(|limb| limb as u64);
        let mut rest = 0;
        let [a, b, c, d] = limbs.map(|limb| {
            let dividend = rest << 64 | u128::from(limb);
            rest = dividend % u128::from(by);
            dividend / u128::from(by)
        });
        (Self { low: c << 64 | d, high: (a << 64 | b) as i128 }, rest as u64)
    }

    /// A number that is not negative without its last `places` digits, rounded; half of one to the even digit.
    ///
    /// `inexact`: it is a little more than this.
    pub(super) fn rounded(self, places: u32, inexact: bool) -> Self {
        let Some(all_but_one) = places.checked_sub(1) else { return self };
        let (mut left, mut inexact, mut places) = (self, inexact, all_but_one);
        while places > 0 {
            let step = places.min(DIGITS);
            let (quotient, rest) = left.divided(10_u64.pow(step));
            (left, inexact, places) = (quotient, inexact || rest != 0, places - step);
        }
        let (mut quotient, digit) = left.divided(10);
        let is_odd = quotient.low & 1 != 0;
        if digit > 5 || digit == 5 && (inexact || is_odd) {
            quotient.add(Self::from(1_u128));
        }
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_pass_the_border_of_128_bits_and_come_back() {
        let mut sum = Wide::default();
        (0..5).for_each(|_| sum.add(Wide::from(i128::MAX)));
        assert_eq!((sum.to_i128(), sum.to_u128()), (None, None));
        (0..4).for_each(|_| sum.add(Wide::from(-i128::MAX)));
        assert_eq!(sum.to_i128(), Some(i128::MAX));
        (0..3).for_each(|_| sum.add(Wide::from(i128::MIN)));
        assert!(sum.is_negative() && sum.to_i128().is_none());
        assert_eq!(sum.to_f64(), 2.0 * i128::MIN as f64);
    }

    #[test]
    fn powers_of_ten_go_in_and_out() {
        for number in [0, 1, -1, 7_i128.pow(20), i128::MIN, i128::MAX] {
            for places in 0..=28 {
                let shifted = Wide::from(number).shifted(places);
                let back = shifted.magnitude().rounded(places, false);
                assert_eq!(back, Wide::from(number).magnitude(), "{number} by {places} places");
                assert_eq!(shifted.is_negative(), number < 0);
            }
        }
    }

    #[test]
    fn a_quotient_and_its_rest_make_the_number_again() {
        for by in [1, 2, 10, u64::MAX] {
            let number = Wide::from(u128::MAX).shifted(28);
            let (quotient, rest) = number.divided(by);
            let mut again = quotient.times(by);
            again.add(Wide::from(u128::from(rest)));
            assert!(rest < by && again == number);
        }
    }

    #[test]
    fn halves_go_to_the_even_digit() {
        let rounded = |number: u128, inexact| Wide::from(number).rounded(2, inexact).to_u128();
        assert_eq!([rounded(150, false), rounded(250, false)], [Some(2), Some(2)]);
        assert_eq!(
            [rounded(250, true), rounded(251, false), rounded(249, true)],
            [3, 3, 2].map(Some)
        );
    }
}
