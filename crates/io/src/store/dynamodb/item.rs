//! Items and their keys.

use std::collections::HashMap;

use aware_cases::group::{FindingGroup, GroupClass};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aware_core::text::clip_bytes;
use aware_pipeline::port::{EventKey, MemoryWindow, StoreError};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::packed::{deflate, inflate};
use super::table::{
    DUE_SHARD, DUE_TIME, NEVER_DUE, OUTBOX_STATE, RETENTION, TALLY_SHARDS, UNTOLD_STATE, due_shard,
};

/// The partition of everything that correlations remember: it is read together.
pub(super) const WINDOW_PARTITION: &str = "window";
/// The prefixes of the keys of what is remembered of single principals: each is read by its key.
const OWN_PARTITIONS: [&str; 4] = ["base/", "case/", "history:", "triage:"];
/// The sort key of an item that is alone in its partition.
const NO_SORT_KEY: &str = "-";
/// How much is kept of each text of a group that is too large, in bytes.
const MAX_TEXT_BYTES: usize = 2_048;
/// How long an expired memory is kept, since stored logs bring events from long ago.
const LINGER: SignedDuration = SignedDuration::from_hours(24);
/// The longest key that is used as it is, in bytes.
const MAX_KEY_BYTES: usize = 512;
/// An item may have 400 KB; names and numbers take some of that.
pub(super) const MAX_BODY_BYTES: usize = 380_000;
/// An item's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ItemKey {
    pk: String,
    sk: String,
}

impl ItemKey {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: shorten_key(pk.into()), sk: shorten_key(sk.into()) }
    }

    pub(super) fn single(pk: String) -> Self {
        Self::new(pk, NO_SORT_KEY)
    }

    pub(super) fn of_event(event: &EventKey) -> Self {
        Self::single(format!("seen#{}#{}", event.account, event.id))
    }

    pub(super) fn of_tally(fingerprint: &Fingerprint) -> Self {
        Self::single(format!("tally#{}", fingerprint.as_str()))
    }

    pub(super) fn of_case(id: &str) -> Self {
        Self::single(format!("case#{id}"))
    }

    /// Notes of one kind, `kind/…`, share a partition.
    pub(super) fn of_note(name: &str) -> Self {
        match name.split_once('/') {
            Some((kind, rest)) => Self::new(Self::notes_partition(kind), rest),
            None => Self::single(format!("note#{name}")),
        }
    }

    /// The partition of the notes of one kind.
    pub(super) fn notes_partition(kind: &str) -> String {
        format!("notes#{kind}")
    }

    pub(super) fn of_window(key: &str) -> Self {
        if OWN_PARTITIONS.iter().any(|prefix| key.starts_with(prefix)) {
            Self::single(key.to_owned())
        } else {
            Self::new(WINDOW_PARTITION, key)
        }
    }

    /// Its partition key.
    pub(super) fn partition(&self) -> &str {
        &self.pk
    }

    /// Its name, for logs and keys.
    pub(super) fn display_name(&self) -> String {
        if self.sk == NO_SORT_KEY { self.pk.clone() } else { format!("{}#{}", self.pk, self.sk) }
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
fn shorten_key(text: String) -> String {
    if text.len() <= MAX_KEY_BYTES {
        return text;
    }
    let kind = text.split('#').next().filter(|kind| kind.len() < 20).unwrap_or_default();
    format!("{kind}#{}", Fingerprint::from_parts(&[&text]).as_str())
}

/// An item that was read or is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DynamoItem(HashMap<String, AttributeValue>);

impl From<HashMap<String, AttributeValue>> for DynamoItem {
    fn from(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }
}

impl DynamoItem {
    pub(super) fn new(key: &ItemKey) -> Self {
        Self(key.attributes())
    }

    /// An event that now counts as seen.
    pub(super) fn from_event(event: &EventKey, now: Timestamp) -> Self {
        Self::new(&ItemKey::of_event(event)).with_expiry(now.checked_add(RETENTION).ok())
    }

    /// A group. It expires if it was reported long ago, unless it is waiting or belongs to an AWS
    /// service.
    pub(super) fn from_tally(tally: &FindingGroup, now: Timestamp) -> Result<Self, StoreError> {
        let body = tally_body(tally)
            .map_err(|error| StoreError::Down(format!("a group cannot be written: {error}")))?;
        let item = Self::new(&ItemKey::of_tally(&tally.fingerprint)).with_text("body", body);
        if tally.unreported_count() > 0 {
            let item = item.with_text("state", UNTOLD_STATE);
            return Ok(match tally.due {
                Some(due) => item.with_due(TALLY_SHARDS, tally.fingerprint.as_str(), Some(due)),
                None => item,
            });
        }
        let quiet = tally.class == GroupClass::Finding;
        // Stored logs bring groups from long ago.
        let last = tally.last_seen.max(now);
        Ok(item.with_expiry(last.checked_add(RETENTION).ok().filter(|_| quiet)))
    }

    /// A message that a topic has not accepted yet.
    pub(super) fn from_message(message: &Message, now: Timestamp) -> Self {
        Self::new(&ItemKey::single(format!("outbox#{}", message.id)))
            .with_text("body", message.to_json())
            .with_text("state", OUTBOX_STATE)
            .with_number("at", now.as_millisecond())
    }

    /// What a correlation or triage remembers; `None` if it is too large for an item.
    pub(super) fn from_window(window: &MemoryWindow, now: Timestamp) -> Option<Self> {
        let bytes = deflate(&window.bytes);
        if bytes.len() > MAX_BODY_BYTES {
            return None;
        }
        let item = Self::new(&ItemKey::of_window(&window.key))
            .with_text("key", window.key.as_str())
            .with_bytes("bytes", bytes);
        let ends = window.expires.max(now).checked_add(LINGER).ok();
        Some(item.with_number("expires", window.expires.as_second()).with_expiry(ends))
    }

    /// Enters the item in the index of what is due, under a shard that its id decides.
    pub(super) fn with_due(self, kind: &str, id: &str, due: Option<Timestamp>) -> Self {
        let time = due.map_or(NEVER_DUE, Timestamp::as_millisecond);
        self.with_text(DUE_SHARD, due_shard(kind, id)).with_number(DUE_TIME, time)
    }

    /// Takes bytes as [`deflate`] makes them.
    pub(super) fn with_bytes(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(bytes)));
        self
    }

    /// Bytes as they were before [`deflate`].
    pub(super) fn bytes_of(&self, name: &str) -> Option<Vec<u8>> {
        inflate(self.0.get(name)?.as_b().ok()?.as_ref())
    }

    /// A time in milliseconds.
    pub(super) fn time_of(&self, name: &str) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.integer_of(name)?).ok()
    }

    pub(super) fn with_text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    pub(super) fn with_number(mut self, name: &str, value: i64) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    /// Sets the expiry time; DynamoDB deletes the item some time after that.
    pub(super) fn with_expiry(self, expires: Option<Timestamp>) -> Self {
        match expires {
            Some(expires) => self.with_number("ttl", expires.as_second()),
            None => self,
        }
    }

    pub(super) fn text_of(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_s().ok().cloned()
    }

    pub(super) fn integer_of(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    pub(super) fn item_key(&self) -> ItemKey {
        ItemKey::new(self.text_of("pk").unwrap_or_default(), self.text_of("sk").unwrap_or_default())
    }

    pub(super) fn version(&self) -> u64 {
        self.integer_of("version").map_or(0, i64::unsigned_abs)
    }

    /// When it was written, in milliseconds.
    pub(super) fn written_at(&self) -> i64 {
        self.integer_of("at").unwrap_or_default()
    }

    /// Whether it has not expired.
    pub(super) fn is_alive(&self) -> bool {
        self.integer_of("ttl").is_none_or(|ttl| ttl >= Timestamp::now().as_second())
    }

    pub(super) fn to_tally(&self) -> Result<FindingGroup, StoreError> {
        let body = self.text_of("body").unwrap_or_default();
        serde_json::from_str(&body)
            .map_err(|error| StoreError::Down(format!("a group cannot be read: {error}")))
    }

    pub(super) fn to_message(&self) -> Result<Message, StoreError> {
        let body = self.text_of("body").unwrap_or_default();
        Message::read_json(body.as_bytes())
            .map_err(|error| StoreError::Down(format!("a message cannot be read: {error}")))
    }

    pub(super) fn to_window(&self) -> Result<MemoryWindow, StoreError> {
        let problem = "a memory cannot be read: key, bytes or expiry are missing";
        self.window_if_whole().ok_or_else(|| StoreError::Down(problem.to_owned()))
    }

    fn window_if_whole(&self) -> Option<MemoryWindow> {
        let bytes = self.bytes_of("bytes")?;
        let expires = Timestamp::from_second(self.integer_of("expires")?).ok()?;
        Some(MemoryWindow { key: self.text_of("key")?, bytes, expires })
    }

    /// The item without its state, under another key.
    pub(super) fn moved_to(mut self, key: &ItemKey) -> Self {
        for gone in ["state", "ttl", "version", DUE_SHARD, DUE_TIME] {
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
fn tally_body(tally: &FindingGroup) -> Result<String, serde_json::Error> {
    let body = serde_json::to_string(tally)?;
    if body.len() <= MAX_BODY_BYTES {
        return Ok(body);
    }
    let mut value = serde_json::to_value(tally)?;
    if let Some(request) = value.pointer_mut("/first/request") {
        *request = Value::Null;
    }
    clip_texts(&mut value);
    serde_json::to_string(&value)
}

fn clip_texts(value: &mut Value) {
    match value {
        Value::String(text) => {
            let (kept, cut) = clip_bytes(text, MAX_TEXT_BYTES);
            if cut > 0 {
                *text = kept.to_owned();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(clip_texts),
        Value::Object(members) => members.values_mut().for_each(clip_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use aware_core::finding::{Finding, RuleSummary};
    use aware_core::source::cloudtrail::decode_record;
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
            ItemKey::of_event(&event("a")),
            ItemKey::of_event(&event(&long)),
            ItemKey::of_tally(&fingerprint),
            ItemKey::of_note("a"),
            ItemKey::of_note("kind/a"),
            ItemKey::of_note(&long),
            ItemKey::of_window("a"),
            ItemKey::of_window("triage:a"),
            ItemKey::of_window("history:a"),
            ItemKey::of_window("case/actor/a"),
            ItemKey::of_window(&format!("case/actor/{long}")),
            ItemKey::of_case("c5b1e"),
            ItemKey::of_window(&format!("triage:{long}")),
            ItemKey::single("outbox#a".to_owned()),
            ItemKey::single("resume#a".to_owned()),
            ItemKey::single("schema".to_owned()),
            ItemKey::single(format!(
                "unreadable#{}",
                ItemKey::of_tally(&fingerprint).display_name()
            )),
        ];
        let slack = [
            ItemKey::new("settled#a", "slack"),
            ItemKey::new(format!("thread#{long}"), "a"),
            ItemKey::new("refused#a", "slack"),
            ItemKey::single("schema".to_owned()),
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
        let event = decode_record(record.to_string().as_bytes()).unwrap();
        let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
        let mut tally = FindingGroup::for_finding(&finding);
        tally.record(&finding);
        let item = DynamoItem::from_tally(&tally, tally.last_seen).unwrap();
        assert!(item.text_of("body").unwrap().len() <= MAX_BODY_BYTES);
        let read = item.to_tally().unwrap();
        assert_eq!((read.fingerprint, read.count), (tally.fingerprint, tally.count));
    }
}
