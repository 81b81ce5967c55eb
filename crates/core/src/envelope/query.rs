//! Results of queries: CloudWatch Logs Insights, CloudTrail Lake, `--query` of the AWS CLI, and
//! OCSF.
//!
//! Sources: the API references of CloudWatch Logs and CloudTrail, both "GetQueryResults";
//! <https://schema.ocsf.io>, `raw_data`.

use super::columns::EVENT_JSON;
use super::form;
use super::opener::BodyOpener;
use super::shape::find_member;
use super::span::{ElementSpan, ElementSpans, MemberSpans};

impl BodyOpener<'_> {
    /// Opens a list within a list, as `--query 'Events[].[EventTime,CloudTrailEvent]'` prints it:
    /// every element that is an object, or a text that holds one.
    pub(super) fn open_row(&mut self, row: &[u8], nesting: u8, lists: u8) {
        if is_insights_row(row) {
            return self.open_insights_row(row);
        }
        let mut is_empty = true;
        for element in ElementSpans::new(row, 0) {
            let ElementSpan::At(place) = element else { continue };
            let value = row.get(place).unwrap_or_default();
            let is_record = match value.first() {
                Some(b'{') => true,
                Some(b'"') => holds_object_text(value),
                Some(b'[') if lists > 0 => {
                    self.open_row(value, nesting, lists - 1);
                    is_empty = false;
                    false
                }
                _ => false,
            };
            if is_record {
                is_empty = false;
                self.open_element(value, nesting);
            }
        }
        if is_empty {
            self.opened.reject_record("a row without a record");
        }
    }

    /// Opens rows of Logs Insights, each a list of fields.
    pub(super) fn open_insights_rows(&mut self, rows: Option<&[u8]>) {
        self.open_each(rows, |this, row| this.open_insights_row(row));
    }

    fn open_insights_row(&mut self, row: &[u8]) {
        let mut message = None;
        for field in list_elements(row) {
            if find_member(field, "field") == Some(b"\"@message\"") {
                message = find_member(field, "value");
            }
        }
        match message {
            Some(message) => self.open_log_event(Some(message)),
            None => self.opened.reject_record(form::INSIGHTS),
        }
    }

    /// Opens rows of CloudTrail Lake, each a list of columns. Only `eventJson` is a whole record.
    pub(super) fn open_lake_rows(&mut self, rows: Option<&[u8]>) {
        let mut without = 0_u64;
        self.open_each(rows, |this, row| match list_elements(row).find_map(event_json_column) {
            Some(record) => this.open_text_record(Some(record), "an empty `eventJson`"),
            None => without += 1,
        });
        if without > 0 {
            self.opened.reject_body(form::count_rows(without, form::LAKE));
        }
    }

    /// Opens an OCSF event, which is a translation: only its `raw_data` is the record.
    pub(super) fn open_ocsf_event(&mut self, event: &[u8]) {
        let raw = [Some(event), find_member(event, "unmapped")].into_iter().flatten();
        let raw = raw.filter_map(|object| find_member(object, "raw_data")).next();
        match raw {
            Some(raw) if raw.starts_with(b"{") => self.emit_record(raw),
            Some(raw) if holds_object_text(raw) => self.open_text_record(Some(raw), form::OCSF),
            _ => self.opened.reject_record(form::OCSF),
        }
    }
}

/// The complete elements of a list.
fn list_elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = if list.starts_with(b"[") { list } else { b"[]" };
    ElementSpans::new(list, 0).filter_map(|element| match element {
        ElementSpan::At(place) => list.get(place),
        _ => None,
    })
}

fn is_insights_row(row: &[u8]) -> bool {
    let first = list_elements(row).next();
    first.is_some_and(|field| {
        find_member(field, "field").is_some() && find_member(field, "value").is_some()
    })
}

fn event_json_column(column: &[u8]) -> Option<&[u8]> {
    let mut members = MemberSpans::new(column, 0).filter(|_| column.starts_with(b"{"));
    let named = members.find(|one| one.key.eq_ignore_ascii_case(EVENT_JSON.as_bytes()))?;
    column.get(named.value)
}

/// Whether a string's text begins like an object.
fn holds_object_text(value: &[u8]) -> bool {
    let text = value.strip_prefix(b"\"").unwrap_or_default();
    let blanks = |text: &&[u8]| text.starts_with(b"\\n") || text.starts_with(b"\\t");
    let mut text = text.trim_ascii_start();
    while blanks(&text) {
        text = text.get(2..).unwrap_or_default().trim_ascii_start();
    }
    text.starts_with(b"{")
}
