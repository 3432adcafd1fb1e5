//! Spans of time, counted: from them a median is told, and two counts add up to a third.
//!
//! A span is kept in whole seconds, rounded down to 11 significant bits: exact below 34 minutes, and at most 0.1 % too short
//! above. So there are few different spans, however many are counted.

use std::collections::BTreeMap;

/// Spans below this many seconds are kept as they are.
const EXACT: u64 = 1 << BITS;
const BITS: u32 = 11;
/// How many different spans are kept between a power of two and the next.
const STEPS: u64 = EXACT / 2;

/// The number of a span, by length: a longer one never has a lower number.
fn step(seconds: u64) -> u64 {
    // More than a century is a clock that was set wrong.
    let seconds = seconds.min(u32::MAX.into());
    if seconds < EXACT {
        return seconds;
    }
    let doublings = u64::from(seconds.ilog2() + 1 - BITS);
    EXACT + (doublings - 1) * STEPS + (seconds >> doublings) - STEPS
}

/// The seconds of the spans with this number.
fn seconds(step: u64) -> u64 {
    if step < EXACT {
        return step;
    }
    let doublings = (step - EXACT) / STEPS + 1;
    // What was stored by nobody of us must not make a shift too far.
    (STEPS + (step - EXACT) % STEPS).checked_shl(doublings.min(40) as u32).unwrap_or(u64::MAX)
}

/// A few spans, as they are gathered and stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times(BTreeMap<u64, u64>);

impl Times {
    /// Counts a span.
    pub fn add(&mut self, seconds: u64) {
        *self.0.entry(step(seconds)).or_default() += 1;
    }

    /// Counts what another has counted.
    pub fn merge(&mut self, other: &Self) {
        for (step, count) in &other.0 {
            *self.0.entry(*step).or_default() += count;
        }
    }

    /// As it is stored: for each span its distance from the one before and how often it was counted, as integers of seven
    /// bits a byte, the lowest first.
    pub fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 2);
        let mut before = 0;
        for (step, count) in &self.0 {
            push(&mut bytes, step - before);
            push(&mut bytes, *count);
            before = *step;
        }
        bytes
    }

    /// Back from the database. What cannot be read counts as nothing.
    pub fn decoded(bytes: &[u8]) -> Self {
        Self(Pairs::of(bytes).collect())
    }
}

/// Many spans, as they are added up to be told.
#[derive(Debug, Clone, Default)]
pub struct Spread {
    counts: Vec<u64>,
    all: u64,
}

impl Spread {
    /// Counts what was stored, without unpacking it first.
    pub fn add_encoded(&mut self, bytes: &[u8]) {
        Pairs::of(bytes).for_each(|(step, count)| self.add_step(step, count));
    }

    /// Counts what has been gathered.
    pub fn add(&mut self, times: &Times) {
        times.0.iter().for_each(|(step, count)| self.add_step(*step, *count));
    }

    fn add_step(&mut self, at: u64, count: u64) {
        // The longest span there is bounds the memory, whatever is stored.
        let place = at.min(step(u64::MAX)) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += count;
        self.all += count;
    }

    /// The span in the middle, in seconds; between two, half of both. None if nothing was counted.
    pub fn median(&self) -> Option<u64> {
        let last = self.all.checked_sub(1)?;
        Some(u64::midpoint(self.at(last / 2)?, self.at(self.all / 2)?))
    }

    /// The span at this place, in the order of length.
    fn at(&self, place: u64) -> Option<u64> {
        let mut before = 0;
        let found = self.counts.iter().position(|count| {
            before += count;
            before > place
        });
        found.map(|step| seconds(step as u64))
    }
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads what was stored: spans, with how often they were counted.
struct Pairs<'a> {
    bytes: std::slice::Iter<'a, u8>,
    before: u64,
}

impl<'a> Pairs<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), before: 0 }
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

impl Iterator for Pairs<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.before.checked_add(self.number()?)?;
        self.before = step;
        Some((step, self.number()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn times(spans: &[u64]) -> Times {
        let mut times = Times::default();
        spans.iter().for_each(|span| times.add(*span));
        times
    }

    fn median(times: &Times) -> Option<u64> {
        let mut spread = Spread::default();
        spread.add(times);
        spread.median()
    }

    fn rounded(span: u64) -> u64 {
        seconds(step(span))
    }

    fn spans() -> impl Strategy<Value = Vec<u64>> {
        let span = prop_oneof![0..100_u64, 0..5000_u64, 0..100_000_000_u64, Just(u64::from(u32::MAX))];
        prop::collection::vec(span, 0..60)
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&times(&[])), None);
        assert_eq!(median(&times(&[7])), Some(7));
        assert_eq!(median(&times(&[1, 2, 900])), Some(2));
        assert_eq!(median(&times(&[10, 20, 30, 1000])), Some(25));
        assert_eq!(median(&times(&[5, 5, 5, 6])), Some(5));
    }

    #[test]
    fn short_spans_are_exact_and_long_ones_nearly() {
        assert!((0..EXACT).all(|span| rounded(span) == span));
        for span in [2048, 2049, 4095, 86_399, 86_400, 34_560_000, u64::from(u32::MAX)] {
            assert!(rounded(span) <= span && span - rounded(span) <= span / 1000, "{span}: {}", rounded(span));
        }
        assert_eq!(rounded(u64::MAX), rounded(u32::MAX.into()));
    }

    #[test]
    fn bytes_that_nobody_wrote_do_no_harm() {
        for bytes in [&[0xff; 40][..], &[0x80], &[1], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 5, 5]]
        {
            let mut spread = Spread::default();
            spread.add_encoded(bytes);
            spread.median();
            Times::decoded(bytes);
        }
    }

    proptest! {
        #[test]
        fn a_longer_span_has_no_lower_number(one in any::<u32>(), other in any::<u32>()) {
            let (short, long) = (one.min(other), one.max(other));
            prop_assert!(step(short.into()) <= step(long.into()));
        }

        #[test]
        fn what_is_stored_comes_back(spans in spans()) {
            let times = times(&spans);
            prop_assert_eq!(Times::decoded(&times.encoded()), times);
        }

        #[test]
        fn two_counts_add_up_to_the_count_of_all(one in spans(), other in spans()) {
            let mut merged = times(&one);
            merged.merge(&times(&other));
            prop_assert_eq!(merged, times(&[one, other].concat()));
        }

        #[test]
        fn the_median_is_that_of_the_rounded_spans(spans in spans()) {
            let mut list: Vec<u64> = spans.iter().map(|span| rounded(*span)).collect();
            list.sort_unstable();
            let middle = (!list.is_empty()).then(|| u64::midpoint(list[(list.len() - 1) / 2], list[list.len() / 2]));
            let mut spread = Spread::default();
            spread.add_encoded(&times(&spans).encoded());
            prop_assert_eq!(spread.median(), middle);
        }
    }
}
