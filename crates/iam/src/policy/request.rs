//! What is asked of a policy: who wants to do what, on what, and what else is known of the call.

use std::collections::BTreeMap;

/// A request as AWS would judge it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Who calls.
    pub caller: Caller,
    /// The IAM action, `s3:GetObject`.
    pub action: String,
    /// The resource's ARN; `*` for actions that have none.
    pub resource: String,
    /// Whether the resource is known in part only: it is then a pattern, and a statement that
    /// takes in a part of it may or may not be about the request.
    pub is_open: bool,
    /// Condition keys and their values.
    pub context: Context,
}

impl Request {
    /// A request of which nothing but action and resource is known.
    pub fn new(action: &str, resource: &str) -> Self {
        Self { action: action.to_owned(), resource: resource.to_owned(), ..Self::default() }
    }

    /// The account that owns the resource, where the ARN says so.
    pub(super) fn resource_account(&self) -> Option<&str> {
        self.resource.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

/// Who calls, as the `Principal` of a resource-based policy may name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// ARN of the user or role.
    pub arn: Option<String>,
    /// ARN of the role session, `arn:aws:sts::…:assumed-role/…`.
    pub session_arn: Option<String>,
    /// The caller's account.
    pub account: Option<String>,
    /// The service, where an AWS service calls for itself: `lambda.amazonaws.com`.
    pub service: Option<String>,
}

/// Condition keys whose values are known, or known to be absent. Every other key is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Option<Vec<String>>>,
}

/// What is known of a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// The request has it, with these values.
    Values(&'a [String]),
    /// The request does not have it.
    Absent,
    /// Nobody knows.
    Unknown,
}

impl Context {
    /// A context that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The request has this key with these values. Names of keys ignore case.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.keys.insert(key.to_ascii_lowercase(), Some(values));
        self
    }

    /// The request is known not to have this key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), None);
        self
    }

    /// What is known of a key.
    pub fn get(&self, key: &str) -> Known<'_> {
        match self.keys.get(&key.to_ascii_lowercase()) {
            Some(Some(values)) if values.is_empty() => Known::Absent,
            Some(Some(values)) => Known::Values(values),
            Some(None) => Known::Absent,
            None => Known::Unknown,
        }
    }
}
