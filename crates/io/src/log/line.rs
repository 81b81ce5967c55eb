//! One line of the log, from what an event or a span records.

use std::fmt::Debug;

use aware_core::text;
use jiff::Timestamp;
use tracing::Level;
use tracing::field::{Field, Visit};

/// The name that `tracing` gives the field of an event's own text.
const MESSAGE: &str = "message";

/// The fields of an event or a span, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedFields {
    message: String,
    details: Vec<(&'static str, String)>,
}

impl RecordedFields {
    /// The message without its details.
    pub(super) fn without_details(self) -> Self {
        Self { details: Vec::new(), ..self }
    }

    /// Adds a detail, unless one of this name is there: the innermost says it best.
    pub(super) fn add(&mut self, name: &'static str, value: &str) {
        if self.details.iter().all(|(known, _)| *known != name) {
            self.details.push((name, value.to_owned()));
        }
    }

    /// Adds what an enclosing span recorded.
    pub(super) fn add_all(&mut self, outer: &Self) {
        outer.details.iter().for_each(|(name, value)| self.add(name, value));
    }

    /// `error: what happened key=value`.
    pub(super) fn to_text(&self, level: &str) -> String {
        let mut line = format!("{level}: {}", text::clean_line(&self.message));
        for (key, value) in &self.details {
            line.push_str(&format!(" {key}={}", text::clean_line(value)));
        }
        line
    }

    /// One JSON object, with the details beside the message.
    pub(super) fn to_json(&self, level: &str, now: Timestamp) -> String {
        let now = now.to_string();
        let mut pairs = vec![("timestamp", now.as_str()), ("level", level)];
        pairs.push((MESSAGE, &self.message));
        pairs.extend(self.details.iter().map(|(name, value)| (*name, value.as_str())));
        text::json::json_line(&pairs)
    }

    fn record(&mut self, field: &Field, value: String) {
        match field.name() {
            MESSAGE => self.message = value,
            name => self.details.push((name, value)),
        }
    }
}

impl Visit for RecordedFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record(field, value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record(field, format!("{value:?}"));
    }
}

/// A level as the log names it.
pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        _ => "debug",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cannot_be_forged() {
        let forged = "a\nerror: b\u{1b}[2J";
        let mut fields = RecordedFields { message: forged.to_owned(), ..Default::default() };
        fields.add("k", forged);
        for line in [fields.to_text("info"), fields.to_json("info", Timestamp::UNIX_EPOCH)] {
            assert!(!line.contains(['\n', '\u{1b}']), "{line}");
        }
    }
}
