//! Times, always in UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How the lines of a case write their times: with the day if the case spans several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockStyle {
    with_day: bool,
}

impl ClockStyle {
    /// The style for events between two times.
    pub(super) fn for_span(first: Timestamp, last: Timestamp) -> Self {
        Self { with_day: in_utc(first).date() != in_utc(last).date() }
    }

    /// `13:06:49`, or `26 Nov 13:06:49`.
    pub(super) fn label(self, time: Timestamp) -> String {
        if self.with_day {
            format!("{} {}", short_day(time), clock_time(time))
        } else {
            clock_time(time)
        }
    }
}

fn in_utc(time: Timestamp) -> DateTime {
    Offset::UTC.to_datetime(time)
}

/// `13:06:49`.
pub(super) fn clock_time(time: Timestamp) -> String {
    let time = in_utc(time);
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// `26 Nov`; days are aligned.
pub(super) fn short_day(time: Timestamp) -> String {
    let time = in_utc(time);
    let month = usize::try_from(time.month() - 1).ok().and_then(|month| MONTHS.get(month));
    format!("{:2} {}", time.day(), month.unwrap_or(&""))
}

/// `26 Nov 23:58`.
pub(super) fn day_and_minute(time: Timestamp) -> String {
    let clock = in_utc(time);
    format!("{} {:02}:{:02}", short_day(time).trim_start(), clock.hour(), clock.minute())
}

/// `2026-11-30 09:50`.
pub(super) fn full_minute(time: Timestamp) -> String {
    let clock = in_utc(time);
    format!("{} {:02}:{:02}", clock.date(), clock.hour(), clock.minute())
}

/// `2026-11-26 13:02:53 to 14:01:48 UTC`; a day is written once, and a year too.
pub(super) fn time_span(first: Timestamp, last: Timestamp) -> String {
    let (from, to) = (in_utc(first).date(), in_utc(last).date());
    let start = format!("{from} {}", clock_time(first));
    let end = clock_time(last);
    if first.as_second() == last.as_second() {
        format!("{start} UTC")
    } else if from == to {
        format!("{start} to {end} UTC")
    } else if from.year() == to.year() {
        format!("{start} to {:02}-{:02} {end} UTC", to.month(), to.day())
    } else {
        format!("{start} to {to} {end} UTC")
    }
}

/// Whole seconds between two times.
pub(super) fn seconds_between(first: Timestamp, last: Timestamp) -> i64 {
    last.as_second() - first.as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_written_once() {
        for (first, last, text) in [
            ("2026-11-26T13:02:53Z", "2026-11-26T13:02:53Z", "2026-11-26 13:02:53 UTC"),
            ("2026-11-26T13:02:53Z", "2026-11-26T14:01:48Z", "2026-11-26 13:02:53 to 14:01:48 UTC"),
            (
                "2026-11-26T00:07:51Z",
                "2026-11-27T10:37:43Z",
                "2026-11-26 00:07:51 to 11-27 10:37:43 UTC",
            ),
            (
                "2026-12-31T23:00:00Z",
                "2027-01-01T00:30:00Z",
                "2026-12-31 23:00:00 to 2027-01-01 00:30:00 UTC",
            ),
        ] {
            assert_eq!(time_span(at(first), at(last)), text);
        }
    }

    #[test]
    fn lines_show_the_day_where_there_are_several() {
        let (first, last) = (at("2026-11-06T13:06:49Z"), at("2026-11-07T00:00:00Z"));
        assert_eq!(ClockStyle::for_span(first, first).label(first), "13:06:49");
        assert_eq!(ClockStyle::for_span(first, last).label(first), " 6 Nov 13:06:49");
        assert_eq!(day_and_minute(first), "6 Nov 13:06");
        assert_eq!(full_minute(first), "2026-11-06 13:06");
    }
}
