//! How a templated endpoint is called: what a preset and a config together say.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use aware_core::message::MessageKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{RefusedRule, SuccessRule};

/// The most bytes of a body, unless something else says otherwise.
pub(super) const MAX_BYTES: usize = 256 << 10;

/// A method of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// POST
    #[default]
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
}

impl HttpMethod {
    pub(super) fn to_reqwest(self) -> reqwest::Method {
        match self {
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
        }
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BodyEncoding {
    /// JSON.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`; the body is one table of texts.
    Form,
}

/// A body: a table, whose texts are templates. Tables and lists within it may be nested freely.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BodyTree(pub Value);

impl JsonSchema for BodyTree {
    fn schema_name() -> Cow<'static, str> {
        "BodyTree".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let below = generator.subschema_for::<Self>();
        json_schema!({
            "description": "A body whose texts are templates.",
            "type": ["object", "array", "string", "integer", "number", "boolean"],
            "additionalProperties": below,
            "items": below,
        })
    }
}

/// A kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKindName {
    /// A new case or group.
    Finding,
    /// What is new in one.
    Update,
    /// The daily digest.
    Digest,
    /// A sign of life.
    Heartbeat,
    /// About the program itself.
    System,
}

impl From<MessageKindName> for MessageKind {
    fn from(name: MessageKindName) -> Self {
        match name {
            MessageKindName::Finding => Self::Finding,
            MessageKindName::Update => Self::Update,
            MessageKindName::Digest => Self::Digest,
            MessageKindName::Heartbeat => Self::Heartbeat,
            MessageKindName::System => Self::System,
        }
    }
}

/// What is sent, and what answers mean.
#[derive(Clone, Debug)]
pub(super) struct TemplatePlan {
    pub(super) method: HttpMethod,
    pub(super) encoding: BodyEncoding,
    /// Added to the URL's own.
    pub(super) query: BTreeMap<String, String>,
    /// Templates, by header.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Value,
    pub(super) success: SuccessRule,
    pub(super) refused: Vec<RefusedRule>,
    /// The kinds that are sent; empty for all.
    pub(super) kinds: Vec<MessageKindName>,
    /// Whether the receiver closes what it opened: the end of an open alert is sent whatever its
    /// level.
    pub(super) closes: bool,
    /// Whether only the first message of a case or group that is taken is sent.
    pub(super) once: bool,
    /// Where an answer names the message, as a JSON pointer.
    pub(super) thread: Option<String>,
    /// Where a 429 says how many seconds to wait, as a JSON pointer.
    pub(super) pause: Option<String>,
    pub(super) max_bytes: usize,
    pub(super) min_interval: Duration,
}

impl TemplatePlan {
    /// Whether this kind of message is sent.
    pub(super) fn takes_kind(&self, kind: MessageKind) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|name| MessageKind::from(*name) == kind)
    }
}
