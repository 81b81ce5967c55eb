//! What the logs of requests have in common: quoted fields, clients, methods and paths.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::contract::{LineReader, MAX_RECORD_BYTES, ReadLine};
use super::field::FieldPath;
use crate::event::{Action, Event, Outcome, Principal, PrincipalKind, percent_decoded};
use crate::explanation::{DenialEffect, DenialLayer, Explanation};

/// How many fields after the last known one are kept.
pub(super) const MAX_EXTRA: usize = 32;

/// A client on the internet, which is the same in every log that names its address.
pub fn client_principal(address: Option<&str>) -> Principal {
    match address {
        Some(address) => Principal::from_name(PrincipalKind::Address, address, address),
        None => Principal::from_name(PrincipalKind::Unknown, "unknown client", "unknown client"),
    }
}

/// Explains what a rule of the owner's own refused: its reason is all that there is to know.
pub fn explain_refusal(event: &Event) -> Option<Explanation> {
    let why = event.why().filter(|_| event.outcome == Outcome::Denied)?;
    let resource = event.first_resource().map(|resource| resource.name.clone());
    let effect = DenialEffect::Explicit.into();
    Some(Explanation {
        resource,
        effect,
        layer: DenialLayer::NotIam.into(),
        why,
        ..Explanation::default()
    })
}

/// The address of `192.0.2.1:443` or `[2001:db8::1]:443`. A text without a port is returned as it is,
/// whether or not it is an address.
///
/// ```
/// use aware_core::source::common::address_of_endpoint;
///
/// assert_eq!(address_of_endpoint("192.0.2.1:443"), "192.0.2.1");
/// assert_eq!(address_of_endpoint("2001:db8::1"), "2001:db8::1");
/// ```
pub fn address_of_endpoint(endpoint: &str) -> &str {
    if let Some(inner) = endpoint.strip_prefix('[') {
        return inner.split_once(']').map_or(inner, |(address, _)| address);
    }
    match endpoint.rsplit_once(':') {
        Some((address, _)) if !address.contains(':') => address,
        _ => endpoint,
    }
}

/// The method of a request, if a text is one.
pub(super) fn method_of(text: &str) -> Option<&str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_uppercase());
    Some(text).filter(|text| is_plain && (1..=20).contains(&text.len()))
}

/// What was asked for, by its method: `http:GET`.
pub(super) fn request_action(method: Option<&str>) -> Action {
    let method = method.unwrap_or("request");
    Action {
        service: "http".to_owned(),
        read_only: Some(is_reading_method(method)),
        name: method.to_owned(),
    }
}

/// Whether a request with this method only reads.
pub(super) fn is_reading_method(method: &str) -> bool {
    ["GET", "HEAD", "OPTIONS"].iter().any(|one| one.eq_ignore_ascii_case(method))
}

/// The path of a URL or of a request's target, decoded once, without its query.
pub(super) fn path_of_url(url: &str) -> String {
    let behind = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => url,
    };
    percent_decoded(behind.split(['?', '#']).next().unwrap_or_default())
}

/// A text that is not empty.
pub(super) fn full_text<'r>(record: &'r Value, path: &FieldPath) -> Option<&'r str> {
    path.text_in(record).filter(|text| !text.is_empty())
}

/// A number, or a text of digits.
pub(super) fn number_in(record: &Value, path: &FieldPath) -> Option<u64> {
    let value = path.find_in(record)?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The words of a line and its quoted texts, in order; a quotation ends with a quote before a blank
/// or at the end of the line.
pub(super) fn quoted_fields(line: &str) -> Vec<&str> {
    let (mut fields, mut rest) = (Vec::new(), line.trim_matches(' '));
    // Where no quotation ends any more, none is looked for again.
    let mut has_ends = true;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').filter(|_| has_ends).and_then(|inner| {
            let end = inner.find("\" ").or_else(|| inner.strip_suffix('"').map(str::len));
            has_ends = end.is_some();
            let end = end?;
            Some((inner.get(..end)?, inner.get(end + 1..)?))
        });
        let (field, behind) = quoted.unwrap_or_else(|| rest.split_once(' ').unwrap_or((rest, "")));
        fields.push(field);
        rest = behind.trim_start_matches(' ');
    }
    fields
}

/// Adds a field, unless the log says that there is none. `int` fields become numbers.
pub(super) fn add_field(record: &mut Map<String, Value>, name: &str, kind: &str, text: &str) {
    if matches!(text, "" | "-") {
        return;
    }
    let number = (kind == "int").then(|| text.parse::<i64>().ok()).flatten();
    let value = number.map_or_else(|| Value::from(text), Value::from);
    record.insert(name.to_owned(), value);
}

/// Keeps what stands behind the last known field.
pub(super) fn add_extra<'t>(record: &mut Map<String, Value>, extra: impl Iterator<Item = &'t str>) {
    let extra: Vec<Value> = extra.take(MAX_EXTRA).map(Value::from).collect();
    if !extra.is_empty() {
        record.insert("extra".to_owned(), Value::Array(extra));
    }
}

/// Reads an access log, of which each line is a record.
#[derive(Debug)]
pub(super) struct AccessLineReader {
    /// What rejects call the log: `S3 access log`.
    log: &'static str,
    parse: fn(&str) -> Result<Map<String, Value>, &'static str>,
    record: Vec<u8>,
}

impl AccessLineReader {
    /// A reader of lines, given what turns one into a record or says what is wrong with it.
    pub(super) fn new(
        log: &'static str,
        parse: fn(&str) -> Result<Map<String, Value>, &'static str>,
    ) -> Self {
        Self { log, parse, record: Vec::new() }
    }
}

impl LineReader for AccessLineReader {
    fn read_line(&mut self, line: &[u8]) -> ReadLine<'_> {
        if line.trim_ascii().is_empty() {
            return ReadLine::Nothing;
        }
        if line.len() > MAX_RECORD_BYTES {
            let bytes = line.len();
            return ReadLine::Reject(format!(
                "line of {bytes} bytes is over the limit of {MAX_RECORD_BYTES}"
            ));
        }
        match (self.parse)(&text_of_line(line)) {
            Ok(record) => {
                self.record = Value::Object(record).to_string().into_bytes();
                ReadLine::Record(&self.record)
            }
            Err(problem) => ReadLine::Reject(format!("{}: {problem}", self.log)),
        }
    }
}

/// A line as text: bytes that are not UTF-8 become U+FFFD.
fn text_of_line(line: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(line.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        for (endpoint, address) in [
            ("192.0.2.1:443", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(address_of_endpoint(endpoint), address, "{endpoint}");
        }
    }

    #[test]
    fn paths() {
        for (url, path) in [
            ("https://app.example.com:443/a%20b?x=/c", "/a b"),
            ("https://app.example.com:443", "/"),
            ("/admin/?a", "/admin/"),
            ("", ""),
        ] {
            assert_eq!(path_of_url(url), path, "{url}");
        }
    }

    #[test]
    fn fields_in_quotes() {
        assert_eq!(quoted_fields("a \"b c\" - \"\" d\""), ["a", "b c", "-", "", "d\""]);
        assert_eq!(quoted_fields("\"say \\\"x\\\"\" \"open"), ["say \\\"x\\\"", "\"open"]);
        assert!(quoted_fields(" ").is_empty());
    }
}
