//! Looking for rows along an index, a bounded number of them at a time.

use diesel::QueryResult;

/// The most rows that one walk looks at. What it is after may stand further on: it says where it stopped.
pub const LONGEST: usize = 5000;

/// Rows that are read at a time, at most. The first time it is no more than are wanted: mostly they are all found then.
const STRIDE: usize = 1000;

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked<T, P> {
    /// The rows, in the order of the index.
    pub found: Vec<T>,
    /// Behind which place there may be more; none: there is no more.
    pub next: Option<P>,
}

/// Goes along an index, from behind a place, until it has found `most` rows that are wanted, or has looked at `LONGEST`.
///
/// `read` gives so many rows that stand behind a place, in the order of the index; fewer only at its end.
pub fn walk<T, P: Clone>(
    most: usize,
    start: Option<P>,
    mut read: impl FnMut(Option<&P>, usize) -> QueryResult<Vec<T>>,
    place: impl Fn(&T) -> P,
    wanted: impl Fn(&T) -> bool,
) -> QueryResult<Walked<T, P>> {
    let (mut found, mut seen, mut looked_at) = (Vec::new(), start, 0);
    let mut stride = (most + 1).min(STRIDE);
    while looked_at < LONGEST {
        let rows = read(seen.as_ref(), stride)?;
        let is_end = rows.len() < stride;
        looked_at += rows.len();
        for row in rows {
            let here = place(&row);
            if wanted(&row) {
                if found.len() == most {
                    return Ok(Walked { found, next: seen });
                }
                found.push(row);
            }
            seen = Some(here);
        }
        if is_end {
            return Ok(Walked { found, next: None });
        }
        stride = (stride * 4).min(STRIDE);
    }
    Ok(Walked { found, next: seen })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A walk over the numbers below `end`.
    fn step(most: usize, start: Option<usize>, end: usize, every: usize) -> (Walked<usize, usize>, usize) {
        let mut looked_at = 0;
        let read = |after: Option<&usize>, count: usize| {
            let first = after.map_or(0, |after| after + 1);
            let rows: Vec<usize> = (first..end).take(count).collect();
            looked_at += rows.len();
            Ok(rows)
        };
        let walked = walk(most, start, read, |row| *row, |row| row.is_multiple_of(every));
        (walked.expect("there is no database"), looked_at)
    }

    #[test]
    fn a_walk_that_finds_nothing_stops_and_says_where() {
        let (walked, looked_at) = step(50, None, 1_000_000, 1_000_000_000);
        assert_eq!((walked.found, looked_at < LONGEST + STRIDE), (vec![0], true));
        assert_eq!(walked.next, Some(looked_at - 1));
    }

    #[test]
    fn a_walk_that_finds_at_once_reads_no_more_than_it_needs() {
        let (walked, looked_at) = step(50, None, 1_000_000, 1);
        assert_eq!((walked.found.len(), walked.next, looked_at), (50, Some(49), 51));
    }

    proptest! {
        #[test]
        fn page_by_page_everything_is_found_once_and_in_order(most in 1_usize..200, end in 0_usize..20_000, every in 1_usize..3000) {
            let (mut all, mut start) = (Vec::new(), None);
            loop {
                let (walked, _) = step(most, start, end, every);
                prop_assert!(walked.found.len() <= most);
                all.extend(walked.found);
                start = walked.next;
                if start.is_none() {
                    break;
                }
            }
            prop_assert_eq!(all, (0..end).step_by(every).collect::<Vec<_>>());
        }
    }
}
