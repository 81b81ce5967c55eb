//! Times of the week: when routes are silent, or only then speak.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// How many minutes a day has, on the clock.
const DAY_MINUTES: u16 = 24 * 60;

/// A time on the clock to the minute, from `00:00` to `24:00`, the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime {
    minutes: u16,
}

impl ClockTime {
    /// The beginning of the day.
    pub const MIDNIGHT: Self = Self { minutes: 0 };
    /// The end of the day.
    pub const DAY_END: Self = Self { minutes: DAY_MINUTES };

    /// Reads `18:00`.
    ///
    /// ```
    /// use aware_core::route::ClockTime;
    ///
    /// assert_eq!(ClockTime::parse("08:30").unwrap().to_string(), "08:30");
    /// assert_eq!(ClockTime::parse("24:00"), Some(ClockTime::DAY_END));
    /// assert_eq!(ClockTime::parse("24:01"), None);
    /// assert_eq!(ClockTime::parse("8 pm"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let two_digits = |part: &str| -> Option<u16> {
            let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { part.parse().ok() } else { None }
        };
        let (hours, minutes) = text.split_once(':')?;
        let minutes = two_digits(minutes).filter(|minutes| *minutes < 60)?;
        let minutes = two_digits(hours)? * 60 + minutes;
        (minutes <= DAY_MINUTES).then_some(Self { minutes })
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

/// A window of time that comes back each week, by the clocks of a time zone. It holds its first
/// minute, and not its last. One that ends before it begins goes on after midnight, and belongs to
/// the day on which it begins.
///
/// Where clocks change, the window follows them: an hour that comes twice is in it twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeWindow {
    /// Its name in the config.
    pub name: String,
    /// The days on which it begins; empty for all.
    pub days: Vec<Weekday>,
    /// When it begins.
    pub from: ClockTime,
    /// When it ends.
    pub to: ClockTime,
    /// Whose clocks count.
    pub zone: TimeZone,
}

impl TimeWindow {
    /// Whether a time is within it.
    ///
    /// ```
    /// use aware_core::route::{ClockTime, TimeWindow};
    /// use jiff::tz::TimeZone;
    ///
    /// let nights = TimeWindow {
    ///     name: "nights".to_owned(),
    ///     days: Vec::new(),
    ///     from: ClockTime::parse("18:00").unwrap(),
    ///     to: ClockTime::parse("08:00").unwrap(),
    ///     zone: TimeZone::UTC,
    /// };
    /// assert!(nights.contains_time("2026-11-24T03:54:00Z".parse()?));
    /// assert!(!nights.contains_time("2026-11-24T08:00:00Z".parse()?));
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn contains_time(&self, at: Timestamp) -> bool {
        let local = self.zone.to_datetime(at);
        let hours = u16::try_from(local.hour()).unwrap_or_default();
        let minutes = u16::try_from(local.minute()).unwrap_or_default();
        let clock = ClockTime { minutes: hours * 60 + minutes };
        let today = local.weekday();
        if self.from < self.to {
            return self.has_day(today) && self.from <= clock && clock < self.to;
        }
        let is_evening = self.has_day(today) && self.from <= clock;
        is_evening || (self.has_day(today.previous()) && clock < self.to)
    }

    fn has_day(&self, day: Weekday) -> bool {
        self.days.is_empty() || self.days.contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central European time: clocks go from 02:00 to 03:00 on the last Sunday of March, and back
    /// from 03:00 to 02:00 on that of October.
    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn window(days: &[Weekday], from: &str, to: &str, zone: &str) -> TimeWindow {
        TimeWindow {
            name: "x".to_owned(),
            days: days.to_vec(),
            from: ClockTime::parse(from).unwrap(),
            to: ClockTime::parse(to).unwrap(),
            zone: TimeZone::posix(zone).unwrap(),
        }
    }

    fn check(window: &TimeWindow, cases: &[(&str, bool)]) {
        for (time, expected) in cases {
            assert_eq!(window.contains_time(time.parse().unwrap()), *expected, "{time}");
        }
    }

    #[test]
    fn what_is_a_time_on_the_clock() {
        for wrong in
            ["", ":", "8:00", "08:0", "08:60", "24:01", "25:00", "+8:00", "08.00", "08:00:00"]
        {
            assert_eq!(ClockTime::parse(wrong), None, "{wrong}");
        }
        for good in ["00:00", "08:05", "23:59", "24:00"] {
            assert_eq!(ClockTime::parse(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn within_a_day_the_end_is_outside() {
        let office = window(&[Weekday::Monday, Weekday::Tuesday], "09:00", "17:00", "UTC0");
        // 2026-11-23 is a Monday.
        check(
            &office,
            &[
                ("2026-11-23T08:59:59Z", false),
                ("2026-11-23T09:00:00Z", true),
                ("2026-11-24T16:59:59Z", true),
                ("2026-11-24T17:00:00Z", false),
                ("2026-11-25T12:00:00Z", false),
            ],
        );
    }

    #[test]
    fn whole_days() {
        let weekend = window(&[Weekday::Saturday, Weekday::Sunday], "00:00", "24:00", "UTC0");
        check(
            &weekend,
            &[
                ("2026-11-27T23:59:59Z", false),
                ("2026-11-28T00:00:00Z", true),
                ("2026-11-29T23:59:59Z", true),
                ("2026-11-30T00:00:00Z", false),
            ],
        );
    }

    #[test]
    fn over_midnight_it_belongs_to_the_day_on_which_it_begins() {
        let friday = window(&[Weekday::Friday], "18:00", "08:00", "UTC0");
        // 2026-11-27 is a Friday.
        check(
            &friday,
            &[
                ("2026-11-27T07:00:00Z", false),
                ("2026-11-27T17:59:00Z", false),
                ("2026-11-27T18:00:00Z", true),
                ("2026-11-28T07:59:59Z", true),
                ("2026-11-28T08:00:00Z", false),
                ("2026-11-28T18:00:00Z", false),
            ],
        );
        let to_midnight = window(&[Weekday::Friday], "18:00", "00:00", "UTC0");
        check(&to_midnight, &[("2026-11-27T23:59:59Z", true), ("2026-11-28T00:00:00Z", false)]);
    }

    #[test]
    fn the_clocks_of_the_zone_count_in_summer_and_winter() {
        let office = window(&[], "09:00", "17:00", BERLIN);
        check(
            &office,
            &[
                ("2026-07-01T07:00:00Z", true),
                ("2026-07-01T15:00:00Z", false),
                ("2026-12-01T07:00:00Z", false),
                ("2026-12-01T08:00:00Z", true),
                ("2026-12-01T15:59:59Z", true),
            ],
        );
    }

    #[test]
    fn clocks_that_change_within_a_window() {
        let early = window(&[Weekday::Sunday], "02:30", "03:30", BERLIN);
        // Back at 03:00 on 2026-10-25: 02:30 comes at 00:30Z and at 01:30Z.
        check(
            &early,
            &[
                ("2026-10-25T00:29:59Z", false),
                ("2026-10-25T00:30:00Z", true),
                ("2026-10-25T01:00:00Z", false),
                ("2026-10-25T01:30:00Z", true),
                ("2026-10-25T02:29:59Z", true),
                ("2026-10-25T02:30:00Z", false),
            ],
        );
        // Forward at 02:00 on 2027-03-28: 03:00 follows 01:59 at 01:00Z.
        check(
            &early,
            &[
                ("2027-03-28T00:59:59Z", false),
                ("2027-03-28T01:00:00Z", true),
                ("2027-03-28T01:30:00Z", false),
            ],
        );
        // Another day's date in the zone.
        let sunday = window(&[Weekday::Sunday], "00:00", "24:00", BERLIN);
        check(&sunday, &[("2026-11-28T23:00:00Z", true), ("2026-11-29T23:00:00Z", false)]);
    }
}
