//! Which records a second look keeps, judged by their bytes.

use std::collections::HashSet;

use aware_cases::case::{CaseEvent, CaseLink};
use aware_core::source::cloudtrail::split::RecordFilter;
use memchr::memmem::Finder;

/// Keeps records with one of these access keys or ARNs, or of sessions of one of these roles. As with every test on bytes, a record that
/// is kept may still be nobody's: [`FollowFilter::is_about`] decides once it is decoded.
#[derive(Debug)]
pub(crate) struct FollowFilter {
    /// Keys and ARNs.
    texts: HashSet<Vec<u8>>,
    /// What the ARNs of a role's sessions begin with.
    roles: HashSet<Vec<u8>>,
    names: Vec<Finder<'static>>,
    escapes: Vec<Finder<'static>>,
}

/// The names under which CloudTrail writes keys and ARNs, of callers and in answers.
const NAMES: [&str; 2] = ["\"accessKeyId\"", "\"arn\""];
/// Escapes that can hide a text: within JSON in a string, and of a slash.
const ESCAPES: [&str; 3] = ["\\/", "accessKeyId\\\"", "arn\\\""];

impl FollowFilter {
    /// A filter for the texts of a [`FollowPlan`](aware_cases::case::FollowPlan): keys, ARNs with the
    /// quote that ends them, and what the ARNs of a role's sessions begin with.
    pub(crate) fn new(texts: &[String]) -> Self {
        let finders = |texts: &[&str]| texts.iter().map(|text| finder(text)).collect();
        let (roles, whole): (Vec<&String>, Vec<&String>) =
            texts.iter().partition(|text| text.ends_with('/'));
        Self {
            texts: whole
                .iter()
                .map(|text| text.trim_end_matches('"').as_bytes().to_vec())
                .collect(),
            roles: roles.iter().map(|text| text.as_bytes().to_vec()).collect(),
            names: finders(&NAMES),
            escapes: finders(&ESCAPES),
        }
    }

    /// Whether the record may contain one of the texts.
    pub(crate) fn lets_through(&self, record: &[u8]) -> bool {
        let shows = |name: &Finder<'_>| {
            name.find_iter(record).any(|at| {
                let after = record.get(at + name.needle().len()..);
                self.shows_text(after.unwrap_or_default())
            })
        };
        self.names.iter().any(shows) || self.may_hide(record)
    }

    /// Whether an event was caused by somebody who is followed, or lets somebody act who is.
    pub(crate) fn is_about(&self, event: &CaseEvent) -> bool {
        self.is_by(event) || self.is_linked(event)
    }

    /// Whether an event was caused by somebody who is followed.
    pub(super) fn is_by(&self, event: &CaseEvent) -> bool {
        let who = &event.principal;
        let named = [&who.access_key, &who.session_arn, &who.arn];
        named.into_iter().flatten().any(|text| self.is_wanted(text.as_bytes()))
    }

    fn is_linked(&self, event: &CaseEvent) -> bool {
        let mut links = event.links.iter().map(|link| match link {
            CaseLink::Key(text) | CaseLink::Session(text) | CaseLink::User(text) => text,
        });
        links.any(|text| self.is_wanted(text.as_bytes()))
    }

    fn is_wanted(&self, text: &[u8]) -> bool {
        self.texts.contains(text)
            || !self.roles.is_empty() && role_of(text).is_some_and(|role| self.roles.contains(role))
    }

    /// Whether what follows a name is one of the texts, or can't be told.
    fn shows_text(&self, after: &[u8]) -> bool {
        let after = after.trim_ascii_start();
        let Some(value) = after.strip_prefix(b":").map(<[u8]>::trim_ascii_start) else {
            // It is no name, but a text.
            return false;
        };
        let Some(text) = value.strip_prefix(b"\"") else { return false };
        let Some(end) = memchr::memchr2(b'"', b'\\', text) else { return true };
        text.get(end) == Some(&b'\\') || text.get(..end).is_some_and(|text| self.is_wanted(text))
    }

    /// Whether an escape may hide a text.
    fn may_hide(&self, record: &[u8]) -> bool {
        let is_escaped = |escape: &Finder<'_>| escape.find(record).is_some();
        memchr::memchr(b'\\', record).is_some()
            && (self.escapes.iter().any(is_escaped)
                || memchr::memmem::find(record, b"\\u").is_some())
    }
}

impl RecordFilter for FollowFilter {
    fn search_texts(&self) -> Vec<Vec<u8>> {
        NAMES.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    fn keeps_match(&self, _needle: usize, after: &[u8]) -> bool {
        self.shows_text(after)
    }

    fn keeps_all(&self) -> bool {
        false
    }

    fn keeps_record(&self, record: &[u8]) -> bool {
        self.may_hide(record)
    }
}

/// What the ARNs of a role's sessions begin with, `…:assumed-role/app/`, in one of them.
fn role_of(arn: &[u8]) -> Option<&[u8]> {
    let at = memchr::memmem::find(arn, ASSUMED_ROLE)? + ASSUMED_ROLE.len();
    let end = at + memchr::memchr(b'/', arn.get(at..)?)?;
    arn.get(..=end)
}

const ASSUMED_ROLE: &[u8] = b":assumed-role/";

fn finder(text: &str) -> Finder<'static> {
    Finder::new(text.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_kept_if_it_may_hold_a_text() {
        let texts = [
            "AKIAEXAMPLE1",
            "arn:aws:iam::111122223333:user/alice\"",
            "arn:aws:sts::111122223333:assumed-role/app/",
        ];
        let texts = texts.map(str::to_owned);
        let filter = FollowFilter::new(&texts);
        for (record, is_kept) in [
            (r#"{"userIdentity":{"accessKeyId":"AKIAEXAMPLE1"}}"#, true),
            (r#"{"userIdentity":{"accessKeyId" :  "AKIAEXAMPLE1"}}"#, true),
            (r#"{"userIdentity":{"accessKeyId":"AKIAEXAMPLE2"}}"#, false),
            (r#"{"userIdentity":{"accessKeyId":null,"type":"arn"}}"#, false),
            (r#"{"a":{"arn":"arn:aws:iam::111122223333:user/alice"}}"#, true),
            (r#"{"a":{"arn":"arn:aws:iam::111122223333:user/alice2"}}"#, false),
            (r#"{"a":{"arn":"arn:aws:iam::111122223333:user\/alice"}}"#, true),
            (r#"{"a":{"arn":"arn:aws:sts::111122223333:assumed-role/app/i-1"}}"#, true),
            (r#"{"a":{"arn":"arn:aws:sts::111122223333:assumed-role/app2/i-1"}}"#, false),
            (r#"{"a":{"arn":"arn:aws:sts::444455556666:assumed-role/app/i-1"}}"#, false),
            (r#"{"a":{"\u0061rn":"x"}}"#, true),
            (r#"{"a":"{\"accessKeyId\":\"AKIAEXAMPLE1\"}"}"#, true),
            (r#"{"a":"a \"quoted\" text"}"#, false),
            (r#"{"requestParameters":{"name":"AKIAEXAMPLE1"}}"#, false),
        ] {
            assert_eq!(filter.lets_through(record.as_bytes()), is_kept, "{record}");
        }
    }
}
