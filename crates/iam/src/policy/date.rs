//! Dates as conditions take them.

use jiff::Timestamp;

/// A time: RFC 3339, a date alone (midnight UTC), or seconds since 1970.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let whole = || text.parse::<Timestamp>().ok();
    let day = || {
        format!("{}T00:00:00Z", text.get(..10).filter(|day| day.len() == text.len())?).parse().ok()
    };
    let epoch = || Timestamp::from_second(text.parse().ok()?).ok();
    whole().or_else(day).or_else(epoch)
}

/// Whether a text is a date that date operators accept.
pub(crate) fn is_date(text: &str) -> bool {
    parse_date(text).is_some()
}
