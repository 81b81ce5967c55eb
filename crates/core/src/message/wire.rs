//! Reads and writes messages of both versions.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::labelled::LabelledFields;
use super::lenient::{read_fields, read_tag, scalar_text};
use super::{
    CaseFacts, Facts, Message, MessageField, MessageKind, TruncatedField, VERSION_1, value_as_text,
};
use crate::explanation::LooksLike;
use crate::fingerprint::Fingerprint;
use crate::open::OpenEnum;

/// The version written. Minor versions only add.
pub const SCHEMA_VERSION: &str = "2.0";

/// Why a body is not a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Not JSON.
    #[error("message is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A required key is missing or of another type; the text is that of the product this one
    /// replaces.
    #[error("Missing Required Parameter '{0}'")]
    Missing(&'static str),
}

impl Message {
    /// Reads a message of any version.
    ///
    /// Unknown keys are ignored; tags without a key or value are dropped, as in version 1. What a
    /// version 1 message lacks is derived: its id and fingerprint from its subject and fields.
    /// `subject` and `fields` may be anything: malformed parts are shown, not dropped.
    ///
    /// ```
    /// use aware_core::message::Message;
    ///
    /// let body = br#"{"subject": "Denied call", "fields": [{"key": "Event", "value": "s3:GetObject"}]}"#;
    /// let message = Message::read_json(body)?;
    /// assert!(message.is_version_1());
    /// assert_eq!(message.field_text("Event").as_deref(), Some("s3:GetObject"));
    ///
    /// let problem = Message::read_json(br#"{"subject": "Denied call"}"#).unwrap_err();
    /// assert_eq!(problem.to_string(), "Missing Required Parameter 'fields'");
    /// # Ok::<(), aware_core::message::MessageError>(())
    /// ```
    ///
    /// # Errors
    /// [`MessageError`] when it is not a JSON object, or has no `subject` or `fields`.
    pub fn read_json(body: &[u8]) -> Result<Self, MessageError> {
        let value: Value = serde_json::from_slice(body)?;
        let text =
            |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let meta = |key: &str| scalar_text(value.pointer(&format!("/metadata/{key}"))?);
        let given = |key: &'static str| value.get(key).ok_or(MessageError::Missing(key));
        let subject = value_as_text(given("subject")?);
        let fields = read_fields(given("fields")?);
        let made_up = derived_fingerprint(&subject, &fields);
        let fingerprint = text("fingerprint").map_or(made_up, |text| text.to_owned().into());
        let looks_like = text("looksLike").map(OpenEnum::read);
        let facts = read_facts(&value, &fields, looks_like.as_ref());
        Ok(Self {
            subject,
            fields,
            source_name: meta("sourceName"),
            source_icon_url: meta("sourceIconUrl"),
            tags: read_list(&value, "tags", read_tag),
            schema_version: text("schemaVersion").unwrap_or(VERSION_1).to_owned(),
            topic: None,
            id: text("id").unwrap_or(fingerprint.as_str()).to_owned(),
            kind: text("kind").and_then(MessageKind::from_name).unwrap_or(MessageKind::Finding),
            time: text("time").and_then(|time| time.parse().ok()),
            severity: text("severity").and_then(|level| level.parse().ok()),
            count: value.get("count").and_then(Value::as_u64).unwrap_or(1),
            identity: text("identity").map(str::to_owned),
            principal: text("principal").map(str::to_owned),
            looks_like,
            facts,
            case: value.get("case").and_then(|case| CaseFacts::deserialize(case).ok()),
            finding: value.get("finding").filter(|finding| finding.is_object()).cloned(),
            truncated: read_list(&value, "truncated", read_cut),
            fingerprint,
        })
    }

    /// The message as version 2.
    pub fn to_value(&self) -> Value {
        let mut object = self.version_1_object();
        object.insert("schemaVersion".into(), SCHEMA_VERSION.into());
        object.insert("id".into(), self.id.clone().into());
        object.insert("kind".into(), self.kind.as_str().into());
        object.insert("time".into(), self.time.map(|time| time.to_string()).into());
        object.insert("fingerprint".into(), self.fingerprint.as_str().into());
        object.insert("severity".into(), self.severity_name().into());
        object.insert("count".into(), self.count.into());
        object.insert("identity".into(), self.identity.clone().into());
        object.insert("principal".into(), self.principal.clone().into());
        object.insert("looksLike".into(), self.looks_like.as_ref().map(OpenEnum::as_str).into());
        if self.facts != Facts::default() {
            object.insert("facts".into(), serde_json::to_value(&self.facts).unwrap_or_default());
        }
        if let Some(case) = &self.case {
            object.insert("case".into(), serde_json::to_value(case).unwrap_or_default());
        }
        object.insert("finding".into(), self.finding.clone().into());
        let cuts: Vec<_> = self
            .truncated
            .iter()
            .map(|cut| json!({"path": cut.path, "bytes": cut.bytes}))
            .collect();
        object.insert("truncated".into(), cuts.into());
        object.retain(|key, value| {
            !value.is_null() && (key != "truncated" || !self.truncated.is_empty())
        });
        Value::Object(object)
    }

    /// The message as version 2, on one line.
    ///
    /// ```
    /// use aware_core::message::Message;
    ///
    /// let mut message = Message::read_json(br#"{"subject": "Denied call", "fields": []}"#)?;
    /// message.count = 3;
    /// let read = Message::read_json(message.to_json().as_bytes())?;
    /// assert_eq!((read.schema_version.as_str(), read.count), ("2.0", 3));
    /// # Ok::<(), aware_core::message::MessageError>(())
    /// ```
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// The message as version 1, on one line: for readers that reject unknown keys.
    pub fn to_json_v1(&self) -> String {
        Value::Object(self.version_1_object()).to_string()
    }

    fn version_1_object(&self) -> Map<String, Value> {
        let fields: Vec<_> =
            self.fields.iter().map(|f| json!({"key": f.key, "value": f.value})).collect();
        let tags: Vec<_> =
            self.tags.iter().map(|t| json!({"key": t.key, "value": t.value})).collect();
        let mut metadata = Map::new();
        if let Some(name) = &self.source_name {
            metadata.insert("sourceName".into(), name.clone().into());
        }
        if let Some(url) = &self.source_icon_url {
            metadata.insert("sourceIconUrl".into(), url.clone().into());
        }
        let mut object = Map::new();
        object.insert("subject".into(), self.subject.clone().into());
        object.insert("fields".into(), fields.into());
        object.insert("metadata".into(), Value::Object(metadata));
        object.insert("tags".into(), tags.into());
        object
    }
}

/// The facts as written; otherwise those in the labelled fields.
fn read_facts(
    value: &Value,
    fields: &[MessageField],
    looks_like: Option<&OpenEnum<LooksLike>>,
) -> Facts {
    let fields = LabelledFields(fields);
    match value.get("facts").map(Facts::deserialize) {
        Some(Ok(facts)) => Facts { request: fields.request(), ..facts },
        Some(Err(_)) | None => fields.facts(looks_like),
    }
}

fn read_list<T>(value: &Value, key: &str, read: fn(&Value) -> Option<T>) -> Vec<T> {
    let entries = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(read).collect()
}

fn read_cut(value: &Value) -> Option<TruncatedField> {
    let bytes = value.get("bytes")?.as_u64()?;
    Some(TruncatedField {
        path: value.get("path")?.as_str()?.to_owned(),
        bytes: usize::try_from(bytes).ok()?,
    })
}

fn derived_fingerprint(subject: &str, fields: &[MessageField]) -> Fingerprint {
    let fields: Vec<_> = fields.iter().map(|f| json!([f.key, f.value])).collect();
    Fingerprint::from_parts(&["v1", subject, &Value::from(fields).to_string()])
}
