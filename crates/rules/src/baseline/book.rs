//! Rows in memory, and what is unusual as events come.

use std::collections::{BTreeMap, BTreeSet};

use super::row::BaselineRow;
use super::sighting::{BaselineSighting, RowKey};
use super::test::{BaselineKind, BaselineTest};

/// Rows by their keys.
#[derive(Clone, Debug, Default)]
pub struct BaselineBook {
    rows: BTreeMap<RowKey, BaselineRow>,
    changed: BTreeSet<RowKey>,
}

impl BaselineBook {
    /// Adds a stored row.
    pub fn insert_row(&mut self, key: RowKey, row: BaselineRow) {
        self.rows.insert(key, row);
    }

    /// A row.
    pub fn row(&self, key: &str) -> Option<&BaselineRow> {
        self.rows.get(key)
    }

    /// The rows that events have changed since they were stored.
    pub fn changed_rows(&self) -> impl Iterator<Item = (&RowKey, &BaselineRow)> {
        self.changed.iter().filter_map(|key| self.rows.get_key_value(key))
    }

    /// Whether `count` events that count alike are unusual. Nothing is recorded.
    pub fn is_unusual(&self, test: &BaselineTest, seen: &BaselineSighting, count: u32) -> bool {
        let rule_since = seen.rule_row.as_ref().and_then(|key| self.rows.get(key)?.since());
        let Some(row) = self.rows.get(&seen.row) else {
            return BaselineRow::default().is_unusual(test, seen.place(), count, rule_since);
        };
        let before = match test.kind {
            BaselineKind::Burst => row.count_of(seen.value),
            BaselineKind::FirstSeen | BaselineKind::Rare => 0,
        };
        let total = before.saturating_add(count);
        row.is_unusual(test, seen.place(), total, rule_since)
            && !(before > 0 && row.is_unusual(test, seen.place(), before, rule_since))
    }

    /// Records `count` events that count alike, and says whether they are unusual. Events are to come
    /// in the order of their days; those of a day in any order.
    ///
    /// ```
    /// use aware_rules::baseline::{BaselineBook, BaselineKind, BaselineSighting, BaselineTest};
    ///
    /// let test = BaselineTest {
    ///     kind: BaselineKind::FirstSeen,
    ///     key: vec!["aware.principal".into()],
    ///     value: vec!["aware.action".into()],
    ///     learn: 7, forget: 90, at_most: 1, at_least: 10, times: 3.0,
    /// };
    /// let mut book = BaselineBook::default();
    /// let mut observe = |value, day| {
    ///     let sighting = BaselineSighting { row: "alice".into(), rule_row: None, value, day };
    ///     book.observe(&test, &sighting, 1)
    /// };
    /// assert!(!observe(1, 100), "it is learning");
    /// assert!(!observe(1, 107), "it is known");
    /// assert!(observe(2, 107), "it is new");
    /// assert!(!observe(2, 107), "it was told");
    /// ```
    pub fn observe(&mut self, test: &BaselineTest, seen: &BaselineSighting, count: u32) -> bool {
        let is_unusual = self.is_unusual(test, seen, count);
        let row = self.rows.entry(seen.row.clone()).or_default();
        let was = row.marks_of(seen.value);
        row.record(test, seen.place(), count);
        if was != row.marks_of(seen.value) {
            self.changed.insert(seen.row.clone());
        }
        if let Some(key) = &seen.rule_row {
            let row = self.rows.entry(key.clone()).or_default();
            let was = row.since();
            row.record(test, (0, seen.day), 1);
            if was != row.since() {
                self.changed.insert(key.clone());
            }
        }
        is_unusual
    }
}
