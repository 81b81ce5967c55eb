//! A resource, and how it is known.

use super::evidence::ResourceEvidence;
use super::format::{self, FilledFormat};

/// How a resource was identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceOrigin {
    /// AWS's message names it.
    Message,
    /// The record's `resources[]` or an ARN of the request.
    Record,
    /// Filled from the request.
    Request,
    /// The action works on no named resource: `*`.
    NoType,
    /// Not identified: a pattern of the right type, Region and account.
    Pattern,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundResource {
    /// For people: an ARN, `*`, or an ARN with `*` for unknown parts.
    pub name: String,
    /// For a policy: the same, with `*` and `?` in names written so that they match only
    /// themselves.
    pub pattern: String,
    /// How it was identified.
    pub origin: ResourceOrigin,
    /// Whether it is completely known.
    pub whole: bool,
    /// The resource type, if one fits.
    pub kind: Option<String>,
    /// Whether the message had the form of a log group's streams, `…:log-stream:`.
    pub of_streams: bool,
}

impl FoundResource {
    pub(super) fn any_resource(evidence: &ResourceEvidence<'_>) -> Self {
        let origin =
            if evidence.named.is_some() { ResourceOrigin::Message } else { ResourceOrigin::NoType };
        Self {
            name: "*".to_owned(),
            pattern: "*".to_owned(),
            origin,
            whole: true,
            kind: None,
            of_streams: false,
        }
    }

    /// The same resource type with another ARN.
    pub(crate) fn with_arn(&self, arn: &str) -> Self {
        Self::new_exact(arn, ResourceOrigin::Record, self.kind.as_deref())
    }

    /// A resource that an ARN names.
    pub(crate) fn from_arn(arn: &str, kind: &str) -> Self {
        Self::new_exact(arn, ResourceOrigin::Record, Some(kind))
    }

    /// A pattern for a resource that nothing names.
    pub(crate) fn from_pattern(pattern: &str, kind: &str) -> Self {
        let exact = Self::new_exact(pattern, ResourceOrigin::Pattern, Some(kind));
        Self { pattern: pattern.to_owned(), whole: false, ..exact }
    }

    pub(super) fn new_exact(arn: &str, origin: ResourceOrigin, kind: Option<&str>) -> Self {
        Self {
            name: arn.to_owned(),
            pattern: format::escape_literal(arn),
            origin,
            whole: true,
            kind: kind.map(str::to_owned),
            of_streams: false,
        }
    }
}

impl FilledFormat {
    pub(super) fn into_resource(self) -> FoundResource {
        let kind = Some(self.kind);
        let origin = ResourceOrigin::Request;
        let (name, pattern, whole) = (self.name, self.pattern, self.whole);
        FoundResource { name, pattern, origin, whole, kind, of_streams: false }
    }
}
