//! The config of a templated endpoint, and the check of its templates.

use std::collections::BTreeMap;
use std::time::Duration;

use aware_core::message::{Message, MessageError};
use aware_core::near::nearest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{RefusedRule, SuccessRule};
use super::plan::{BodyEncoding, BodyTree, HttpMethod, MAX_BYTES, MessageKindName, TemplatePlan};
use super::presets::{PresetError, PresetFile, preset_names, read_preset, show_preset};
use super::{TemplateDestination, TemplateRequestError};
use crate::aws::AwsSession;
use crate::config::choice::LevelName;
use crate::destination::endpoint::{EndpointError, EndpointUrl};
use crate::destination::http::ATTEMPT_TIMEOUT;
use crate::secret::{SecretError, SecretRef, SecretText};

/// Messages that every template must be able to write: a finding, an update, a closed case, a
/// digest, a message of the program itself and one of version 1.
const SAMPLES: &str = include_str!("samples.jsonl");

/// A receiver of JSON or forms, by a preset or by a template of your own.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateConfig {
    /// The receiver, if its template ships: `discord`. `aware destinations list` lists them.
    /// Default: none, and `body` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// The endpoint: an `https` URL, or where to read it from (`env:NAME`, `file:/path`, an ARN).
    pub url: String,
    /// The preset's own parameters, such as `channel`; templates see them as `parameters.NAME`.
    /// Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Where to read secrets from. Headers use them as `{{ secret.NAME }}`, a body as
    /// `{ "$secret" = "NAME" }`. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretRef>,
    /// The body, whose texts are templates. Default: the preset's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyTree>,
    /// `POST`, `PUT` or `PATCH`. Default: the preset's, or `POST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<HttpMethod>,
    /// `json` or `form`. Default: the preset's, or `json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<BodyEncoding>,
    /// Headers, whose values are templates; they are added to the preset's. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Headers whose whole value is a secret, with the place to read it from. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_headers: BTreeMap<String, SecretRef>,
    /// Which answers are a success. Default: the preset's, or every status from 200 to 299.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<SuccessRule>,
    /// Which answers refuse a message; everything else is retried. Default: the preset's, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedRule>,
    /// The kinds of messages that are sent: `finding`, `update`, `digest`, `heartbeat`, `system`.
    /// Default: the preset's, or all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<MessageKindName>,
    /// The lowest level that is sent. Messages without a level always are. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_level: Option<LevelName>,
    /// The most bytes of a body. Default: the preset's, or 262144.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<usize>,
    /// Allow `http` and addresses in private networks. Default: `false`.
    #[serde(default)]
    pub allow_private: bool,
}

/// Why a templated endpoint cannot be built. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum TemplateConfigError {
    /// There is no preset of this name.
    #[error("`preset`: there is no preset `{name}` (hint: {hint})")]
    UnknownPreset {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
    },
    /// A preset's file is malformed.
    #[error(transparent)]
    Preset(#[from] PresetError),
    /// Neither a preset nor a body.
    #[error("`body` is missing (hint: write one, or `preset = \"discord\"`)")]
    NoBody,
    /// A parameter that the preset needs.
    #[error("`parameters.{name}` is missing: {doc} (hint: `parameters.{name} = \"…\"`)")]
    NoParameter {
        /// Its name.
        name: String,
        /// What it is.
        doc: String,
    },
    /// A parameter that the preset does not have.
    #[error("`parameters.{name}`: the preset does not use it (hint: it uses {known})")]
    UnknownParameter {
        /// Its name.
        name: String,
        /// Those that it has.
        known: String,
    },
    /// A secret that the preset needs.
    #[error("`secrets.{name}` is missing: {doc} (hint: `secrets.{name} = \"env:NAME\"`)")]
    NoSecret {
        /// Its name.
        name: String,
        /// What it is.
        doc: String,
    },
    /// A rule that any proxy's answer would fit.
    #[error(
        "`refused`: a rule needs `status`, and `pointer` or `text` (hint: a proxy answers with the same statuses, so say what the receiver itself writes)"
    )]
    UnspecificRule,
    /// The URL cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A template does not work.
    #[error("with a sample message of kind `{kind}`: {problem}")]
    Template {
        /// The sample.
        kind: &'static str,
        /// What is wrong.
        problem: TemplateRequestError,
    },
    /// A sample message is malformed, which tests exclude.
    #[error("a sample message: {0}")]
    Sample(#[from] MessageError),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl TemplateConfig {
    /// Builds the destination, and writes sample messages with its templates.
    ///
    /// # Errors
    /// [`TemplateConfigError`] if something is missing, a secret cannot be read, or a template does
    /// not work.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<TemplateDestination, TemplateConfigError> {
        let endpoint = EndpointUrl::read(&self.url, self.allow_private, aws).await?;
        let secrets = read_secrets(&self.secrets, aws).await?;
        let secret_headers = read_secrets(&self.secret_headers, aws).await?;
        self.assemble(name, &endpoint, secrets, secret_headers, ATTEMPT_TIMEOUT)
    }

    /// The same, once everything is read.
    pub(super) fn assemble(
        mut self,
        name: String,
        endpoint: &EndpointUrl,
        secrets: BTreeMap<String, SecretText>,
        secret_headers: BTreeMap<String, SecretText>,
        timeout: Duration,
    ) -> Result<TemplateDestination, TemplateConfigError> {
        let client = endpoint.client(timeout)?;
        let preset = self.preset_file()?;
        let mut parameters = std::mem::take(&mut self.parameters);
        if let Some(preset) = &preset {
            fill_parameters(preset, &mut parameters)?;
            check_secrets(preset, &secrets)?;
        }
        let min_level = self.min_level.map(Into::into);
        let plan = self.plan(preset)?;
        let mut url = endpoint.as_url().clone();
        if !plan.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&plan.query);
        }
        let destination = TemplateDestination {
            name,
            client,
            url,
            plan,
            parameters,
            secrets,
            secret_headers,
            min_level,
        };
        check_samples(&destination)?;
        Ok(destination)
    }

    fn preset_file(&self) -> Result<Option<PresetFile>, TemplateConfigError> {
        let Some(name) = &self.preset else { return Ok(None) };
        let Some(text) = show_preset(name) else {
            let hint = match nearest(name, preset_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of {}", preset_names().collect::<Vec<_>>().join(", ")),
            };
            return Err(TemplateConfigError::UnknownPreset { name: name.clone(), hint });
        };
        Ok(Some(read_preset(name, text)?))
    }

    /// The preset's plan with what the config changes.
    fn plan(self, preset: Option<PresetFile>) -> Result<TemplatePlan, TemplateConfigError> {
        let plan = preset.map(PresetFile::into_plan);
        let body = match (self.body, &plan) {
            (Some(BodyTree(body)), _) => body,
            (None, Some(plan)) => plan.body.clone(),
            (None, None) => return Err(TemplateConfigError::NoBody),
        };
        let mut plan = plan.unwrap_or_else(empty_plan);
        plan.body = body;
        plan.method = self.method.unwrap_or(plan.method);
        plan.encoding = self.encoding.unwrap_or(plan.encoding);
        plan.headers.extend(self.headers);
        plan.success = self.success.unwrap_or(plan.success);
        plan.max_bytes = self.max_bytes.unwrap_or(plan.max_bytes);
        if !self.refused.is_empty() {
            plan.refused = self.refused;
        }
        if !self.kinds.is_empty() {
            plan.kinds = self.kinds;
        }
        if !plan.refused.iter().all(RefusedRule::is_specific) {
            return Err(TemplateConfigError::UnspecificRule);
        }
        Ok(plan)
    }
}

fn empty_plan() -> TemplatePlan {
    TemplatePlan {
        method: HttpMethod::Post,
        encoding: BodyEncoding::Json,
        query: BTreeMap::new(),
        headers: BTreeMap::new(),
        body: serde_json::Value::Null,
        success: SuccessRule::default(),
        refused: Vec::new(),
        kinds: Vec::new(),
        closes: false,
        once: false,
        thread: None,
        pause: None,
        max_bytes: MAX_BYTES,
        min_interval: Duration::ZERO,
    }
}

async fn read_secrets(
    places: &BTreeMap<String, SecretRef>,
    aws: &AwsSession,
) -> Result<BTreeMap<String, SecretText>, SecretError> {
    let mut secrets = BTreeMap::new();
    for (name, place) in places {
        secrets.insert(name.clone(), place.read_secret(aws).await?);
    }
    Ok(secrets)
}

/// Adds defaults. A parameter that a preset does not use is a slip.
fn fill_parameters(
    preset: &PresetFile,
    given: &mut BTreeMap<String, String>,
) -> Result<(), TemplateConfigError> {
    if let Some(name) = given.keys().find(|name| !preset.parameter.contains_key(*name)) {
        let known: Vec<&str> = preset.parameter.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(TemplateConfigError::UnknownParameter { name: name.clone(), known });
    }
    for (name, parameter) in &preset.parameter {
        if given.contains_key(name) {
            continue;
        }
        let (name, doc) = (name.clone(), parameter.doc.clone());
        let Some(default) = parameter.default.clone() else {
            return Err(TemplateConfigError::NoParameter { name, doc });
        };
        given.insert(name, default);
    }
    Ok(())
}

fn check_secrets(
    preset: &PresetFile,
    given: &BTreeMap<String, SecretText>,
) -> Result<(), TemplateConfigError> {
    match preset.secret.iter().find(|(name, _)| !given.contains_key(*name)) {
        None => Ok(()),
        Some((name, doc)) => {
            Err(TemplateConfigError::NoSecret { name: name.clone(), doc: doc.clone() })
        }
    }
}

/// Messages of every kind, as a template meets them.
pub(super) fn sample_messages() -> Result<Vec<Message>, MessageError> {
    SAMPLES.lines().map(|line| Message::read_json(line.as_bytes())).collect()
}

fn check_samples(destination: &TemplateDestination) -> Result<(), TemplateConfigError> {
    for message in sample_messages()? {
        for thread in [None, Some("1")] {
            destination.check_message(&message, thread).map_err(|problem| {
                TemplateConfigError::Template { kind: message.kind.as_str(), problem }
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
impl TemplateDestination {
    /// A template of its own at a test's address.
    pub(crate) fn test_endpoint(url: &str, timeout: Duration) -> Self {
        let config = serde_json::json!({
            "url": url, "body": {"text": "{{ subject }}"}, "allow_private": true,
        });
        let config: TemplateConfig = serde_json::from_value(config).unwrap();
        let endpoint = EndpointUrl::parse(url, true).unwrap();
        let none = BTreeMap::new();
        config.assemble("template".into(), &endpoint, none.clone(), none, timeout).unwrap()
    }
}
