//! Results of queries: CloudWatch Logs Insights, CloudTrail Lake, `--query` of the AWS CLI, and OCSF.
//!
//! Sources: the API references of CloudWatch Logs and CloudTrail, both "GetQueryResults";
//! <https://schema.ocsf.io>, `raw_data`.

use super::document::Opener;
use super::form;
use super::shape::member;
use super::span::{Element, Elements, Members};

/// The column of a Lake query that holds the record as CloudTrail wrote it, in lower case.
pub(super) const EVENT_JSON: &str = "eventjson";
impl Opener<'_> {
    /// Opens a list within a list, as `--query 'Events[].[EventTime,CloudTrailEvent]'` prints it:
    /// every element that is an object, or a text that holds one.
    pub(super) fn row(&mut self, row: &[u8], nesting: u8, lists: u8) {
        if is_insights_row(row) {
            return self.insights_row(row);
        }
        let mut is_empty = true;
        for element in Elements::new(row, 0) {
            let Element::At(place) = element else { continue };
            let value = row.get(place).unwrap_or_default();
            let is_record = match value.first() {
                Some(b'{') => true,
                Some(b'"') => holds_object(value),
                Some(b'[') if lists > 0 => {
                    self.row(value, nesting, lists - 1);
                    is_empty = false;
                    false
                }
                _ => false,
            };
            if is_record {
                is_empty = false;
                self.element(value, nesting);
            }
        }
        if is_empty {
            self.opened.reject_record("a row without a record");
        }
    }

    /// Opens rows of Logs Insights, each a list of fields.
    pub(super) fn insights(&mut self, rows: Option<&[u8]>) {
        self.each(rows, |this, row| this.insights_row(row));
    }

    fn insights_row(&mut self, row: &[u8]) {
        let mut message = None;
        for field in elements(row) {
            if member(field, "field") == Some(b"\"@message\"") {
                message = member(field, "value");
            }
        }
        match message {
            Some(message) => self.log_event(Some(message)),
            None => self.opened.reject_record(form::INSIGHTS),
        }
    }

    /// Opens rows of CloudTrail Lake, each a list of columns. Only `eventJson` is a whole record.
    pub(super) fn lake(&mut self, rows: Option<&[u8]>) {
        let mut without = 0_u64;
        self.each(rows, |this, row| match elements(row).find_map(event_json) {
            Some(record) => this.text_record(Some(record), "an empty `eventJson`"),
            None => without += 1,
        });
        if without > 0 {
            self.opened.reject(form::rows_of(without, form::LAKE));
        }
    }

    /// Opens an OCSF event, which is a translation: only its `raw_data` is the record.
    pub(super) fn ocsf(&mut self, event: &[u8]) {
        let raw = [Some(event), member(event, "unmapped")].into_iter().flatten();
        let raw = raw.filter_map(|object| member(object, "raw_data")).next();
        match raw {
            Some(raw) if raw.starts_with(b"{") => self.record(raw),
            Some(raw) if holds_object(raw) => self.text_record(Some(raw), form::OCSF),
            _ => self.opened.reject_record(form::OCSF),
        }
    }
}

/// The complete elements of a list.
fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = if list.starts_with(b"[") { list } else { b"[]" };
    Elements::new(list, 0).filter_map(|element| match element {
        Element::At(place) => list.get(place),
        _ => None,
    })
}

fn is_insights_row(row: &[u8]) -> bool {
    let first = elements(row).next();
    first.is_some_and(|field| member(field, "field").is_some() && member(field, "value").is_some())
}

fn event_json(column: &[u8]) -> Option<&[u8]> {
    let mut members = Members::new(column, 0).filter(|_| column.starts_with(b"{"));
    let named = members.find(|one| one.key.eq_ignore_ascii_case(EVENT_JSON.as_bytes()))?;
    column.get(named.value)
}

/// Whether a string's text begins like an object.
fn holds_object(value: &[u8]) -> bool {
    let text = value.strip_prefix(b"\"").unwrap_or_default();
    let blanks = |text: &&[u8]| text.starts_with(b"\\n") || text.starts_with(b"\\t");
    let mut text = text.trim_ascii_start();
    while blanks(&text) {
        text = text.get(2..).unwrap_or_default().trim_ascii_start();
    }
    text.starts_with(b"{")
}
