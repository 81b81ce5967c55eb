//! YAML, as written by the AWS CLI with `--output yaml` and `yaml-stream`: converted to JSON and
//! opened as that.

use serde_json::Value;
use serde_saphyr::Options;

use super::opener::BodyOpener;
use super::shape::is_document_lines;

/// The longest body of YAML, in bytes: it is parsed whole.
const MAX_YAML: usize = 16 << 20;
/// Maximum nesting of lists and maps.
const MAX_DEPTH: usize = 32;
/// Maximum number of values in a body.
const MAX_VALUES: usize = 1_000_000;
/// Maximum number of values that anchors may repeat.
const MAX_REPEATED: usize = 20_000;
/// Maximum number of documents in a body: one per page.
const MAX_DOCUMENTS: usize = 100_000;

/// Keys that a page of the AWS CLI's output begins with.
const KEYS: [&[u8]; 20] = [
    b"AccessKeyId",
    b"CloudTrailEvent",
    b"EventId",
    b"EventName",
    b"EventTime",
    b"Events",
    b"NextToken",
    b"QueryResultRows",
    b"QueryStatus",
    b"QueryStatistics",
    b"Records",
    b"eventId",
    b"eventVersion",
    b"events",
    b"ingestionTime",
    b"logStreamName",
    b"nextBackwardToken",
    b"nextForwardToken",
    b"nextToken",
    b"results",
];

/// Whether a line begins YAML: a known key, or a list of texts.
pub(super) fn begins_yaml(line: &[u8]) -> bool {
    let mut rest = line;
    if rest == b"---" {
        return true;
    }
    let mut is_list = false;
    while let Some(item) = rest.strip_prefix(b"- ") {
        (rest, is_list) = (item.trim_ascii_start(), true);
    }
    let is_text = matches!(rest.first(), Some(b'\'' | b'"' | b'{'));
    let key = rest.split(|byte| *byte == b':').next().unwrap_or_default();
    let ends = matches!(rest.get(key.len() + 1), None | Some(b' '));
    (is_list && is_text) || (key.len() < rest.len() && ends && KEYS.contains(&key))
}

fn yaml_options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: MAX_DOCUMENTS,
            max_nodes: MAX_VALUES,
            max_events: 4 * MAX_VALUES,
            max_total_scalar_bytes: MAX_YAML,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

impl BodyOpener<'_> {
    /// Opens the documents of a body. If it turns out not to be YAML, it is read line by line,
    /// provided that its lines hold records.
    pub(super) fn open_yaml(&mut self, body: &[u8]) {
        let hint = "(hint: use --output json)";
        if body.len() > MAX_YAML {
            let length = body.len();
            let what = format_args!("YAML of {length} bytes is over {MAX_YAML} {hint}");
            return self.opened.reject_body(what);
        }
        let text = String::from_utf8_lossy(body);
        match serde_saphyr::from_str_multiple_with_options::<Value, Vec<Value>>(
            &text,
            yaml_options(),
        ) {
            Ok(documents) => {
                for document in documents {
                    let text = document.to_string();
                    if self.charge_bytes(text.len()).is_err() {
                        return self.reject_over_limit();
                    }
                    self.open_document(text.as_bytes(), 0);
                }
            }
            Err(_) if is_document_lines(body) => self.open_lines(body, 0),
            Err(error) => {
                let error = error.without_snippet().to_string();
                let error = error.lines().next().unwrap_or_default();
                self.opened.reject_body(format_args!("YAML cannot be read: {error} {hint}"));
            }
        }
    }
}
