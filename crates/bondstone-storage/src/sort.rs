//! Sorting by a number, digit by digit.
//!
//! Hashes and encoded keys are numbers, and there are many of them: counting digits takes a few steps for each item and no
//! comparison whose outcome the processor must guess. Digits in which no two items differ are left out, so numbers from a
//! small range cost as little as small numbers.

/// Bits of a digit: so many counters fit the nearest cache.
const DIGIT: u32 = 11;
const VALUES: usize = 1 << DIGIT;
const DIFFERS: u64 = VALUES as u64 - 1;

/// Fewer items than this are compared: counting would touch more counters than items.
const FEW: usize = if cfg!(any(loom, feature = "tiny")) { 8 } else { 512 };

/// Sorts by a number; items with the same one keep their order. O(items) for each digit that differs.
pub(crate) fn sort_by_number<T: Copy>(items: &mut Vec<T>, number: impl Fn(&T) -> u64) {
    if items.is_sorted_by_key(&number) {
        return;
    }
    if items.len() < FEW {
        items.sort_by_key(number);
        return;
    }
    let first = number(&items[0]);
    let differing = items.iter().fold(0, |differing, item| differing | (number(item) ^ first));
    let mut sorted = items.clone();
    for shift in (0..u64::BITS).step_by(DIGIT as usize) {
        let digit = |item: &T| (number(item) >> shift) as usize % VALUES;
        if differing >> shift & DIFFERS != 0 {
            distribute(items, &mut sorted, digit);
            std::mem::swap(items, &mut sorted);
        }
    }
}

/// Copies items to where they belong by one digit.
fn distribute<T: Copy>(from: &[T], to: &mut [T], digit: impl Fn(&T) -> usize) {
    let mut places = [0; VALUES];
    from.iter().for_each(|item| places[digit(item)] += 1);
    let mut next = 0;
    for place in &mut places {
        next += std::mem::replace(place, next);
    }
    for item in from {
        let place = &mut places[digit(item)];
        to[*place] = *item;
        *place += 1;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn items_are_in_order_and_equals_as_they_were() {
        let mut seed = 1_u64;
        for (len, mask) in
            [(0, 0), (1, 7), (300, 7), (5_000, 0xff), (5_000, u64::MAX), (9_000, !0 << 40)]
        {
            let mut items: Vec<(u64, usize)> = Vec::new();
            for place in 0..len {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
                items.push(((seed ^ seed >> 29) & mask, place));
            }
            let mut expected = items.clone();
            expected.sort();
            sort_by_number(&mut items, |item| item.0);
            assert_eq!(items, expected, "{len} items of the bits {mask:x}");
        }
    }
}
