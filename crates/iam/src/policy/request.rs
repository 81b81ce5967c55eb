//! A request to evaluate: who wants to do what, on what, and what else is known about the call.

use std::collections::BTreeMap;

/// A request as AWS would evaluate it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRequest {
    /// The caller.
    pub caller: RequestCaller,
    /// The IAM action, `s3:GetObject`.
    pub action: String,
    /// The resource's ARN; `*` for actions that have none.
    pub resource: String,
    /// Whether the resource is only partly known: it is then a pattern, and a statement that covers
    /// part of it may or may not apply.
    pub is_open: bool,
    /// Condition keys and their values.
    pub context: RequestContext,
}

impl PolicyRequest {
    /// A request of which only action and resource are known.
    pub fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned(), ..Self::default() }
    }

    /// The account that owns the resource, if the ARN names it.
    pub(super) fn resource_account(&self) -> Option<&str> {
        self.resource.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

/// The caller, as the `Principal` of a resource-based policy may name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCaller {
    /// ARN of the user or role.
    pub arn: Option<String>,
    /// ARN of the role session, `arn:aws:sts::…:assumed-role/…`.
    pub session_arn: Option<String>,
    /// The caller's account.
    pub account: Option<String>,
    /// The service, if an AWS service calls on its own behalf: `lambda.amazonaws.com`.
    pub service: Option<String>,
}

/// Condition keys whose values are known, or known to be absent. Every other key is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    keys: BTreeMap<String, Option<Vec<String>>>,
}

/// What is known about a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownValue<'a> {
    /// The request has the key, with these values.
    Values(&'a [String]),
    /// The request does not have the key.
    Absent,
    /// Unknown.
    Unknown,
}

impl RequestContext {
    /// An empty context, in which every key is unknown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records that the request has this key with these values. Keys ignore case.
    #[must_use]
    pub fn with_values<V: Into<String>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.keys.insert(key.to_ascii_lowercase(), Some(values));
        self
    }

    /// Records that the request does not have this key.
    #[must_use]
    pub fn without_key(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), None);
        self
    }

    /// What is known about a key.
    pub fn get(&self, key: &str) -> KnownValue<'_> {
        match self.keys.get(&key.to_ascii_lowercase()) {
            Some(Some(values)) if values.is_empty() => KnownValue::Absent,
            Some(Some(values)) => KnownValue::Values(values),
            Some(None) => KnownValue::Absent,
            None => KnownValue::Unknown,
        }
    }
}
