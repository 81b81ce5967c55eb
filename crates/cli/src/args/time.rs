//! Times as people write them. All commands use one grammar: a date, a time, or a length of time
//! before now.

use clap::Args;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The period in which events count.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct TimePeriod {
    /// Only events from this time on: `30d` or `12h` (before now), `2026-11-24`, or
    /// `2026-11-24T03:54:00Z`
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    pub(crate) since: Option<Timestamp>,
    /// Only events up to this time, in the same forms; a date includes the whole day
    #[arg(long, value_name = "TIME", value_parser = parse_until)]
    pub(crate) until: Option<Timestamp>,
}

impl TimePeriod {
    /// Whether a time is within it.
    pub(crate) fn contains_time(&self, time: Timestamp) -> bool {
        !self.is_before(time) && self.until.is_none_or(|until| time < until)
    }

    /// Whether a time is before it.
    pub(crate) fn is_before(&self, time: Timestamp) -> bool {
        self.since.is_some_and(|since| time < since)
    }

    /// The same period, if it is not empty.
    ///
    /// # Errors
    /// A sentence, if it ends before it starts.
    pub(crate) fn check_order(self) -> Result<Self, String> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if since >= until => Err(format!(
                "--since ({since}) is not before --until ({until}), so no event can match"
            )),
            _ => Ok(self),
        }
    }
}

/// The start of a period: for a date, its first moment.
pub(super) fn parse_since(text: &str) -> Result<Timestamp, String> {
    parse_moment(text, Timestamp::now(), PeriodEdge::Start)
}

/// The end of a period, exclusive: for a date, the first moment of the next day.
fn parse_until(text: &str) -> Result<Timestamp, String> {
    parse_moment(text, Timestamp::now(), PeriodEdge::End)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PeriodEdge {
    Start,
    End,
}

/// Parses a moment; without a zone it is in UTC.
fn parse_moment(text: &str, now: Timestamp, edge: PeriodEdge) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Some(ago) = parse_length(text) {
        let from = now.to_zoned_datetime(TimeZone::UTC).checked_sub(ago);
        return from.map(|time| time.timestamp()).map_err(|_| format!("`{text}` is too long ago"));
    }
    parse_civil(text, edge).and_then(|civil| TimeZone::UTC.to_timestamp(civil).ok()).ok_or_else(
        || {
            format!(
                "`{text}` is not a time (hint: write 30d, 12h, 2026-11-24 or 2026-11-24T03:54:00Z)"
            )
        },
    )
}

/// Parses a length of time with units: `30d`, `12h`, `1h 30m`, `2w`.
fn parse_length(text: &str) -> Option<Span> {
    let begins = text.starts_with(|first: char| first.is_ascii_digit());
    text.parse::<Span>().ok().filter(|span| begins && span.is_positive())
}

/// A date stands for its first moment or, at the end of a period, for that of the next day.
fn parse_civil(text: &str, edge: PeriodEdge) -> Option<DateTime> {
    let has_time = text.contains([':', 'T', 't', ' ']);
    if has_time {
        return text.parse().ok();
    }
    let date: Date = text.parse().ok()?;
    let date = if edge == PeriodEdge::End { date.tomorrow().ok()? } else { date };
    Some(date.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-24T12:00:00Z";

    fn at(text: &str, edge: PeriodEdge) -> Result<String, String> {
        parse_moment(text, NOW.parse().unwrap(), edge).map(|time| time.to_string())
    }

    #[test]
    fn every_form() {
        for (text, expected) in [
            ("30d", "2026-10-25T12:00:00Z"),
            ("2w", "2026-11-10T12:00:00Z"),
            ("36h", "2026-11-23T00:00:00Z"),
            ("1h 30m", "2026-11-24T10:30:00Z"),
            ("2026-11-24", "2026-11-24T00:00:00Z"),
            ("2026-11-24T03:54:00", "2026-11-24T03:54:00Z"),
            ("2026-11-24 03:54", "2026-11-24T03:54:00Z"),
            ("2026-11-24T03:54:00Z", "2026-11-24T03:54:00Z"),
            ("2026-11-24T03:54:00+01:00", "2026-11-24T02:54:00Z"),
        ] {
            assert_eq!(at(text, PeriodEdge::Start).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_end_takes_in_its_day() {
        assert_eq!(at("2026-11-24", PeriodEdge::End).as_deref(), Ok("2026-11-25T00:00:00Z"));
        assert_eq!(at("2026-12-31", PeriodEdge::End).as_deref(), Ok("2027-01-01T00:00:00Z"));
        assert_eq!(
            at("2026-11-24T05:00:00Z", PeriodEdge::End).as_deref(),
            Ok("2026-11-24T05:00:00Z")
        );
        assert_eq!(at("1d", PeriodEdge::End).as_deref(), Ok("2026-11-23T12:00:00Z"));
    }

    #[test]
    fn what_is_no_time() {
        for wrong in
            ["", "d", "-3d", "0d", "30", "30q", "ä", "999999999d", "yesterday", "24.11.2026"]
        {
            assert!(at(wrong, PeriodEdge::Start).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_period_needs_room() {
        let period = |since: &str, until: &str| {
            let (since, until) = (since.parse().ok(), until.parse().ok());
            TimePeriod { since, until }.check_order()
        };
        assert!(period("2026-11-25T00:00:00Z", NOW).is_err());
        let good = period("2026-11-24T00:00:00Z", NOW).unwrap();
        let holds = |text: &str| good.contains_time(text.parse().unwrap());
        assert!(holds("2026-11-24T00:00:00Z") && holds("2026-11-24T11:59:59Z"));
        assert!(!holds("2026-11-23T23:59:59Z") && !holds(NOW));
    }
}
