//! What was seen for a key.

use std::collections::BTreeMap;

use super::sighting::Day;
use super::test::{BaselineKind, BaselineTest};

/// The most values of a key. Whoever has more has no habit: nothing is a first for them any more.
pub const MAX_VALUES: usize = 4_096;

/// The version of the format of a stored row.
const VERSION: u8 = 1;
/// The bytes of a value in a stored row.
const VALUE_BYTES: usize = 12;
/// The bytes before the values.
const HEAD_BYTES: usize = 4;

/// Why a stored row cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Its length is not that of whole values.
    #[error("baseline row of {0} bytes is cut")]
    Cut(usize),
    /// Another version of the program wrote it.
    #[error("baseline row of version {0} (hint: this program knows {VERSION})")]
    Version(u8),
}

/// What was seen for a key of a rule, value by value. For a burst the values are days, with how many
/// events each had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineRow {
    values: BTreeMap<u64, ValueSeen>,
    /// The first day of any value, forgotten ones too.
    since: Option<Day>,
    /// Whether it had too many values.
    is_full: bool,
}

/// When a value was seen; for a burst, the two halves of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ValueSeen {
    first: Day,
    last: Day,
}

impl BaselineRow {
    /// Since when the key is known.
    pub fn since(&self) -> Option<Day> {
        self.since
    }

    /// How many values are known.
    pub fn value_count(&self) -> usize {
        self.values.len()
    }

    /// Whether it had too many values to tell what is new.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The values, each with its first and its last day.
    pub fn values(&self) -> impl Iterator<Item = (u64, (Day, Day))> {
        self.values.iter().map(|(value, seen)| (*value, (seen.first, seen.last)))
    }

    /// The first and the last day of a value.
    pub fn days_of(&self, value: u64) -> Option<(Day, Day)> {
        self.values.get(&value).map(|seen| (seen.first, seen.last))
    }

    /// How many events a day of a burst had.
    pub(super) fn count_of(&self, day: u64) -> u32 {
        self.values.get(&day).map_or(0, |seen| seen.count())
    }

    /// What changes when an event of a value is recorded.
    pub(super) fn marks_of(&self, value: u64) -> (Option<(Day, Day)>, Option<Day>, bool, usize) {
        (self.days_of(value), self.since, self.is_full, self.values.len())
    }

    /// Whether an event of this value on this day is unusual, before it is recorded. `count` events
    /// of the day are known, and the rule has been learning since `rule_since`.
    pub fn is_unusual(
        &self,
        test: &BaselineTest,
        (value, day): (u64, Day),
        count: u32,
        rule_since: Option<Day>,
    ) -> bool {
        let since = if test.kind == BaselineKind::Rare { rule_since } else { self.since };
        let has_learned = since.is_some_and(|since| day >= since.saturating_add(test.learn));
        if self.is_full || !(has_learned || test.learn == 0) {
            return false;
        }
        match test.kind {
            BaselineKind::FirstSeen => self.is_new(test, value, day),
            BaselineKind::Rare => {
                let known = self.values.iter().filter(|(other, seen)| {
                    **other != value && day <= seen.last.saturating_add(test.forget)
                });
                self.is_new(test, value, day) && known.count() < usize::from(test.at_most)
            }
            BaselineKind::Burst => {
                let others = self.values.iter().filter(|(other, _)| **other != value);
                let most = others.map(|(_, seen)| seen.count()).max().unwrap_or_default();
                count >= test.at_least && f64::from(count) >= test.times * f64::from(most)
            }
        }
    }

    /// Whether the value was not seen on an earlier day that is remembered, nor on this one. What was
    /// seen on a later day only was told then.
    fn is_new(&self, test: &BaselineTest, value: u64, day: Day) -> bool {
        let seen = self.values.get(&value);
        seen.is_none_or(|seen| day > seen.last.saturating_add(test.forget))
    }

    /// Records events of a value on a day.
    pub fn record(&mut self, test: &BaselineTest, (value, day): (u64, Day), count: u32) {
        self.since = Some(self.since.map_or(day, |since| since.min(day)));
        let is_burst = test.kind == BaselineKind::Burst;
        self.forget_before(test, day);
        if self.values.len() >= MAX_VALUES && !self.values.contains_key(&value) {
            self.is_full = true;
            return;
        }
        let new =
            if is_burst { ValueSeen::counted(0) } else { ValueSeen { first: day, last: day } };
        let seen = self.values.entry(value).or_insert(new);
        *seen = match is_burst {
            true => ValueSeen::counted(seen.count().saturating_add(count)),
            false if day > seen.last.saturating_add(test.forget) => new,
            false => ValueSeen { first: seen.first.min(day), last: seen.last.max(day) },
        };
    }

    /// A row with too many values drops those that are forgotten, and a burst's the days beyond the
    /// number that is remembered.
    fn forget_before(&mut self, test: &BaselineTest, day: Day) {
        match test.kind {
            BaselineKind::Burst => {
                while self.values.len() > usize::from(test.forget.max(1)) {
                    self.values.pop_first();
                }
            }
            _ if self.values.len() >= MAX_VALUES => {
                self.values.retain(|_, seen| day <= seen.last.saturating_add(test.forget));
                self.is_full &= self.values.len() >= MAX_VALUES;
            }
            _ => {}
        }
    }

    /// The row as it is stored: four bytes, and twelve for each value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + VALUE_BYTES * self.values.len());
        bytes.extend([VERSION, u8::from(self.is_full)]);
        bytes.extend(self.since.unwrap_or(Day::MAX).to_le_bytes());
        for (value, seen) in &self.values {
            bytes.extend(value.to_le_bytes());
            bytes.extend(seen.first.to_le_bytes());
            bytes.extend(seen.last.to_le_bytes());
        }
        bytes
    }

    /// A stored row.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RowError> {
        let cut = RowError::Cut(bytes.len());
        let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(cut)?;
        let [version, full, first, second] = *head;
        if version != VERSION {
            return Err(RowError::Version(version));
        }
        let (values, left) = rest.as_chunks::<VALUE_BYTES>();
        if !left.is_empty() {
            return Err(cut);
        }
        let since = Some(Day::from_le_bytes([first, second])).filter(|since| *since != Day::MAX);
        let values = values.iter().map(|[a, b, c, d, e, f, g, h, i, j, k, l]| {
            let value = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            let first = Day::from_le_bytes([*i, *j]);
            (value, ValueSeen { first, last: Day::from_le_bytes([*k, *l]) })
        });
        Ok(Self { values: values.collect(), since, is_full: full != 0 })
    }
}

impl ValueSeen {
    /// A count of events of a day, in two halves.
    #[allow(clippy::cast_possible_truncation)]
    fn counted(count: u32) -> Self {
        Self { first: (count >> 16) as Day, last: count as Day }
    }

    fn count(self) -> u32 {
        u32::from(self.first) << 16 | u32::from(self.last)
    }
}
