//! Where and when an event counts.

use aware_core::fingerprint::Fingerprint;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::test::{BaselineKind, BaselineTest};
use crate::correlate::extract_values;
use crate::ir::RecordSource;

/// A day: days since the first of January 2020, UTC.
pub type Day = u16;

/// The key of a [`super::BaselineRow`]: 32 hexadecimal digits.
pub type RowKey = String;

/// The first second of day 0.
const FIRST_SECOND: i64 = 1_577_836_800;
/// The seconds of a day.
const DAY_SECONDS: i64 = 86_400;
/// The most combinations of values of one event that are looked at.
const MAX_TUPLES: usize = 16;

/// What an event adds to a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaselineSighting {
    /// The row.
    pub row: RowKey,
    /// The row that says since when the rule is learning; only for `rare`.
    pub rule_row: Option<RowKey>,
    /// The value's hash; for a burst, the day.
    pub value: u64,
    /// The event's day.
    pub day: Day,
}

impl BaselineSighting {
    /// The value and the day.
    pub(super) fn place(&self) -> (u64, Day) {
        (self.value, self.day)
    }
}

/// The day of a time; times before 2020 are of day 0.
///
/// ```
/// use aware_rules::baseline::day_of;
///
/// assert_eq!(day_of("2020-01-02T23:59:59Z".parse()?), 1);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn day_of(time: Timestamp) -> Day {
    let days = (time.as_second() - FIRST_SECOND).max(0) / DAY_SECONDS;
    Day::try_from(days).unwrap_or(Day::MAX)
}

/// The date of a day.
///
/// ```
/// assert_eq!(aware_rules::baseline::date_of_day(1).to_string(), "2020-01-02");
/// ```
pub fn date_of_day(day: Day) -> Date {
    let first = Date::constant(2020, 1, 1);
    first.saturating_add(jiff::Span::new().days(i64::from(day)))
}

/// The key of the row of a rule for the values of its key's fields.
pub fn row_key(rule: &str, key: &[&str]) -> RowKey {
    let parts = [&["baseline-1", rule], key].concat();
    Fingerprint::from_parts(&parts).as_str().trim_start_matches("fp1:").to_owned()
}

/// The hash under which a value is remembered.
pub fn value_hash(value: &[&str]) -> u64 {
    let parts = [&["baseline-value-1"], value].concat();
    let print = Fingerprint::from_parts(&parts);
    let digits = print.as_str().trim_start_matches("fp1:").get(..16);
    digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

impl BaselineTest {
    /// Where an event counts: once for each combination of the values of its fields. Empty if a
    /// field has none.
    pub fn sightings(
        &self,
        rule: &str,
        (source, record): (RecordSource<'_>, &Value),
        time: Timestamp,
    ) -> Vec<BaselineSighting> {
        let day = day_of(time);
        let rows = tuples_of(&self.key, source, record);
        let values: Vec<u64> = match self.kind {
            BaselineKind::Burst => vec![u64::from(day)],
            BaselineKind::FirstSeen | BaselineKind::Rare => {
                let tuples = tuples_of(&self.value, source, record);
                tuples.iter().map(|value| value_hash(&texts(value))).collect()
            }
        };
        let rule_row = (self.kind == BaselineKind::Rare).then(|| row_key(rule, &[]));
        let mut all: Vec<BaselineSighting> = rows
            .iter()
            .flat_map(|row| {
                let row = row_key(rule, &texts(row));
                let rule_row = rule_row.clone();
                values.iter().map(move |value| BaselineSighting {
                    row: row.clone(),
                    rule_row: rule_row.clone(),
                    value: *value,
                    day,
                })
            })
            .take(MAX_TUPLES)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn texts(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

/// Every combination of the fields' values; none if a field has no value.
fn tuples_of(fields: &[String], source: RecordSource<'_>, record: &Value) -> Vec<Vec<String>> {
    let mut tuples: Vec<Vec<String>> = vec![Vec::new()];
    for field in fields {
        let values = extract_values(source, record, field);
        tuples = tuples
            .iter()
            .flat_map(|tuple| {
                values.iter().map(|value| [tuple.as_slice(), std::slice::from_ref(value)].concat())
            })
            .take(MAX_TUPLES)
            .collect();
    }
    tuples
}
