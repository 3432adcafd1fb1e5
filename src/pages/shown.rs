//! Values as people read them.

use crate::clock::Moment;

/// A count, with its thousands apart.
pub fn count(number: impl Into<i64>) -> String {
    let number: i64 = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        shown.push('−');
    }
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// How many of a thing there are, in words: `1 draft`, `2 drafts`.
pub fn plural(number: impl Into<i64>, thing: &str) -> String {
    let number: i64 = number.into();
    let ending = match number {
        1 => "",
        _ => "s",
    };
    format!("{} {thing}{ending}", count(number))
}

/// A size on a disk or in memory.
pub fn bytes(size: i64) -> String {
    let mut size = size as f64;
    for unit in ["bytes", "KiB", "MiB"] {
        if size < 1024.0 {
            return if unit == "bytes" { format!("{size} bytes") } else { format!("{size:.1} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.1} GiB")
}

/// A part of a whole, in percent; a dash if there is no whole.
pub fn percent(part: i64, whole: i64) -> String {
    match whole {
        0 => "–".into(),
        _ => format!("{:.0} %", part as f64 * 100.0 / whole as f64),
    }
}

/// A span of time, in its largest unit and rounded: `3 days`, `1 minute`.
pub fn span(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let (unit, name) = match seconds {
        0..MINUTE => (1, "second"),
        _ if seconds < HOUR - MINUTE / 2 => (MINUTE, "minute"),
        _ if seconds < DAY - HOUR / 2 => (HOUR, "hour"),
        _ => (DAY, "day"),
    };
    plural(i64::try_from((seconds + unit / 2) / unit).unwrap_or(i64::MAX), name)
}

/// A span of time, in its two largest units: `3 d 4 h`, `1 min 40 s`.
pub fn duration(seconds: u64) -> String {
    let two = |(large, unit): (u64, &str), (small, smaller): (u64, &str)| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {smaller}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => two((seconds / 60, "min"), (seconds % 60, "s")),
        3600..86_400 => two((seconds / 3600, "h"), (seconds % 3600 / 60, "min")),
        _ => two((seconds / 86_400, "d"), (seconds % 86_400 / 3600, "h")),
    }
}

/// How far a moment is from now: `3 days ago`, `in 2 hours`.
pub fn relative(moment: Moment, now: Moment) -> String {
    if moment > now {
        format!("in {}", span(moment.seconds_since(now)))
    } else {
        format!("{} ago", span(now.seconds_since(moment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        for (number, shown) in [(0, "0"), (999, "999"), (1000, "1,000"), (-12_345, "−12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(number), shown);
        }
        assert_eq!((plural(1, "draft"), plural(0, "draft")), ("1 draft".into(), "0 drafts".into()));
        assert_eq!([bytes(12), bytes(1536), bytes(5 << 30)], ["12 bytes", "1.5 KiB", "5.0 GiB"]);
        assert_eq!([percent(1, 3), percent(0, 0)], ["33 %", "–"]);
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, shown) in [(0, "0 s"), (59, "59 s"), (100, "1 min 40 s"), (7200, "2 h"), (273_600, "3 d 4 h")] {
            assert_eq!(duration(seconds), shown);
        }
    }

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let now: Moment = "2026-11-21T09:30:00Z".parse().expect("a moment");
        assert_eq!(relative(now.plus_minutes(125), now), "in 2 hours");
        assert_eq!(relative(now.minus_days(1), now), "1 day ago");
        assert_eq!(relative(now.plus_days(30).minus_minutes(1), now), "in 30 days");
        for (seconds, shown) in
            [(59, "59 seconds"), (89, "1 minute"), (3599, "1 hour"), (86_399, "1 day"), (129_600, "2 days")]
        {
            assert_eq!(span(seconds), shown);
        }
        assert_eq!(relative(now, now), "0 seconds ago");
    }
}
