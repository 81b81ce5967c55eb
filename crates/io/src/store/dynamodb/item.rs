//! Items and their keys.

use std::collections::HashMap;

use aware_cases::group::{Class, Tally};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aware_core::text::clip_bytes;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::table::{OUTBOX, REMEMBER, UNTOLD};
use aware_pipeline::port::{EventKey, StoreError, Window};

/// The partition of everything that correlations remember: it is read together.
pub(super) const WINDOWS: &str = "window";
/// The prefix of the keys of triage's memory.
const TRIAGE: &str = "triage:";
/// The sort key of an item that is alone in its partition.
const ALONE: &str = "-";
/// How much is kept of each text of a group that is too large, in bytes.
const MAX_TEXT: usize = 2_048;
/// How long an expired memory is kept, since stored logs bring events from long ago.
const LINGER: SignedDuration = SignedDuration::from_hours(24);
/// The longest key that is used as it is, in bytes.
const MAX_KEY: usize = 512;
/// An item may have 400 KB; names and numbers take some of that.
const MAX_BODY: usize = 380_000;

/// An item's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pk: String,
    sk: String,
}

impl Key {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: short(pk.into()), sk: short(sk.into()) }
    }

    pub(super) fn single(pk: String) -> Self {
        Self::new(pk, ALONE)
    }

    pub(super) fn of_event(event: &EventKey) -> Self {
        Self::single(format!("seen#{}#{}", event.account, event.id))
    }

    pub(super) fn of_tally(fingerprint: &Fingerprint) -> Self {
        Self::single(format!("tally#{}", fingerprint.as_str()))
    }

    /// Notes of one kind, `kind/…`, share a partition.
    pub(super) fn of_note(name: &str) -> Self {
        match name.split_once('/') {
            Some((kind, rest)) => Self::new(Self::notes(kind), rest),
            None => Self::single(format!("note#{name}")),
        }
    }

    /// The partition of the notes of one kind.
    pub(super) fn notes(kind: &str) -> String {
        format!("notes#{kind}")
    }

    pub(super) fn of_window(key: &str) -> Self {
        if key.starts_with(TRIAGE) { Self::single(key.to_owned()) } else { Self::new(WINDOWS, key) }
    }

    /// Its name, for logs and keys.
    pub(super) fn name(&self) -> String {
        if self.sk == ALONE { self.pk.clone() } else { format!("{}#{}", self.pk, self.sk) }
    }

    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let Self { pk, sk } = self;
        [("pk", pk), ("sk", sk)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.clone())))
            .collect()
    }
}

/// Shortens keys, which are made from log content: a partition key may have 2,048 bytes, a sort key
/// 1,024.
fn short(text: String) -> String {
    if text.len() <= MAX_KEY {
        return text;
    }
    let kind = text.split('#').next().filter(|kind| kind.len() < 20).unwrap_or_default();
    format!("{kind}#{}", Fingerprint::from_parts(&[&text]).as_str())
}

/// An item that was read or is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Item(HashMap<String, AttributeValue>);

impl From<HashMap<String, AttributeValue>> for Item {
    fn from(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }
}

impl Item {
    pub(super) fn new(key: &Key) -> Self {
        Self(key.attributes())
    }

    /// An event that now counts as seen.
    pub(super) fn seen(event: &EventKey, now: Timestamp) -> Self {
        Self::new(&Key::of_event(event)).until(now.checked_add(REMEMBER).ok())
    }

    /// A group. It expires if it was reported long ago, unless it is waiting or belongs to an AWS
    /// service.
    pub(super) fn of_tally(tally: &Tally, now: Timestamp) -> Result<Self, StoreError> {
        let body = body(tally)
            .map_err(|error| StoreError::Down(format!("a group cannot be written: {error}")))?;
        let item = Self::new(&Key::of_tally(&tally.fingerprint)).with("body", body);
        if tally.untold() > 0 {
            return Ok(item.with("state", UNTOLD));
        }
        let quiet = tally.class == Class::Finding;
        // Stored logs bring groups from long ago.
        let last = tally.last_seen.max(now);
        Ok(item.until(last.checked_add(REMEMBER).ok().filter(|_| quiet)))
    }

    /// A message that a topic has not accepted yet.
    pub(super) fn of_message(message: &Message, now: Timestamp) -> Self {
        Self::new(&Key::single(format!("outbox#{}", message.id)))
            .with("body", message.to_json())
            .with("state", OUTBOX)
            .number("at", now.as_millisecond())
    }

    /// What a correlation or triage remembers; `None` if it is too large for an item.
    pub(super) fn of_window(window: &Window, now: Timestamp) -> Option<Self> {
        if window.bytes.len() > MAX_BODY {
            return None;
        }
        let mut item = Self::new(&Key::of_window(&window.key)).with("key", window.key.as_str());
        let bytes = AttributeValue::B(Blob::new(window.bytes.clone()));
        item.0.insert("bytes".to_owned(), bytes);
        let ends = window.expires.max(now).checked_add(LINGER).ok();
        Some(item.number("expires", window.expires.as_second()).until(ends))
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    pub(super) fn number(mut self, name: &str, value: i64) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    /// Sets the expiry time; DynamoDB deletes the item some time after that.
    pub(super) fn until(self, expires: Option<Timestamp>) -> Self {
        match expires {
            Some(expires) => self.number("ttl", expires.as_second()),
            None => self,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_s().ok().cloned()
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    pub(super) fn key(&self) -> Key {
        Key::new(self.text("pk").unwrap_or_default(), self.text("sk").unwrap_or_default())
    }

    pub(super) fn version(&self) -> u64 {
        self.integer("version").map_or(0, i64::unsigned_abs)
    }

    /// When it was written, in milliseconds.
    pub(super) fn at(&self) -> i64 {
        self.integer("at").unwrap_or_default()
    }

    /// Whether it has not expired.
    pub(super) fn is_alive(&self) -> bool {
        self.integer("ttl").is_none_or(|ttl| ttl >= Timestamp::now().as_second())
    }

    pub(super) fn tally(&self) -> Result<Tally, StoreError> {
        let body = self.text("body").unwrap_or_default();
        serde_json::from_str(&body)
            .map_err(|error| StoreError::Down(format!("a group cannot be read: {error}")))
    }

    pub(super) fn message(&self) -> Result<Message, StoreError> {
        let body = self.text("body").unwrap_or_default();
        Message::read(body.as_bytes())
            .map_err(|error| StoreError::Down(format!("a message cannot be read: {error}")))
    }

    pub(super) fn window(&self) -> Result<Window, StoreError> {
        let problem = "a memory cannot be read: key, bytes or expiry are missing";
        self.window_if_whole().ok_or_else(|| StoreError::Down(problem.to_owned()))
    }

    fn window_if_whole(&self) -> Option<Window> {
        let bytes = self.0.get("bytes")?.as_b().ok()?.clone().into_inner();
        let expires = Timestamp::from_second(self.integer("expires")?).ok()?;
        Some(Window { key: self.text("key")?, bytes, expires })
    }

    /// The item without its state, under another key.
    pub(super) fn moved_to(mut self, key: &Key) -> Self {
        for gone in ["state", "ttl", "version"] {
            self.0.remove(gone);
        }
        self.0.extend(key.attributes());
        self
    }

    pub(super) fn into_attributes(self) -> HashMap<String, AttributeValue> {
        self.0
    }
}

/// A group as JSON. A record may have a mebibyte, more than an item: from a huge group the request
/// is left out, which the first message showed, and long texts are cut.
fn body(tally: &Tally) -> Result<String, serde_json::Error> {
    let body = serde_json::to_string(tally)?;
    if body.len() <= MAX_BODY {
        return Ok(body);
    }
    let mut value = serde_json::to_value(tally)?;
    if let Some(request) = value.pointer_mut("/first/request") {
        *request = Value::Null;
    }
    clip(&mut value);
    serde_json::to_string(&value)
}

fn clip(value: &mut Value) {
    match value {
        Value::String(text) => {
            let (kept, cut) = clip_bytes(text, MAX_TEXT);
            if cut > 0 {
                *text = kept.to_owned();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(clip),
        Value::Object(members) => members.values_mut().for_each(clip),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use aware_core::finding::{Finding, RuleSummary};
    use aware_core::source::cloudtrail::decode;
    use serde_json::json;

    use super::*;

    /// The template allows each function the keys that it needs, by prefix.
    #[test]
    fn the_template_allows_every_key() {
        let template = include_str!("../../../../../deploy/template.yaml");
        let long = "x".repeat(2_000);
        let event = |id: &str| EventKey { account: "1".into(), id: id.into() };
        let fingerprint = Fingerprint::from_parts(&["x"]);
        let source = [
            Key::of_event(&event("a")),
            Key::of_event(&event(&long)),
            Key::of_tally(&fingerprint),
            Key::of_note("a"),
            Key::of_note("kind/a"),
            Key::of_note(&long),
            Key::of_window("a"),
            Key::of_window("triage:a"),
            Key::of_window(&format!("triage:{long}")),
            Key::single("outbox#a".to_owned()),
            Key::single("resume#a".to_owned()),
            Key::single("schema".to_owned()),
            Key::single(format!("unreadable#{}", Key::of_tally(&fingerprint).name())),
        ];
        let slack = [
            Key::new("settled#a", "slack"),
            Key::new(format!("thread#{long}"), "a"),
            Key::new("refused#a", "slack"),
            Key::single("schema".to_owned()),
        ];
        let (of_source, of_slack) = template.split_once("\n  SlackRole:").unwrap();
        for (keys, role) in [(&source[..], of_source), (&slack[..], of_slack)] {
            let lists = role.split("dynamodb:LeadingKeys:").nth(1).unwrap();
            let list = lists.split("Sid:").next().unwrap();
            let allowed: Vec<&str> = list
                .split(['\n', '[', ']', ',', ' ', '-'])
                .map(|word| word.trim_matches('"'))
                .filter(|word| !word.is_empty())
                .collect();
            for key in keys {
                let is_allowed = |pattern: &&str| match pattern.strip_suffix('*') {
                    Some(start) => key.pk.starts_with(start),
                    None => key.pk == **pattern,
                };
                assert!(allowed.iter().any(is_allowed), "{key:?}: {allowed:?}");
            }
        }
    }

    #[test]
    fn the_group_of_a_huge_record_fits_an_item() {
        let (text, long) = ("y".repeat(50_000), "x".repeat(400_000));
        let many: Vec<String> = (0..8_000).map(|n| format!("value {n} of a long list")).collect();
        let record = json!({
            "eventTime": "2026-11-24T03:54:00Z", "eventSource": "iam.amazonaws.com",
            "eventName": "ListUsers", "errorCode": "AccessDenied",
            "errorMessage": text, "userAgent": text,
            "requestParameters": { "long": long, "many": many },
            "userIdentity": {
                "type": "IAMUser",
                "arn": format!("arn:aws:iam::111122223333:user/{}", "u".repeat(30_000)),
            },
        });
        let event = decode(record.to_string().as_bytes()).unwrap();
        let finding = Finding::new(&RuleSummary::denied_call(), &event);
        let mut tally = Tally::new(&finding);
        tally.absorb(&finding);
        let item = Item::of_tally(&tally, tally.last_seen).unwrap();
        assert!(item.text("body").unwrap().len() <= MAX_BODY);
        let read = item.tally().unwrap();
        assert_eq!((read.fingerprint, read.count), (tally.fingerprint, tally.count));
    }
}
