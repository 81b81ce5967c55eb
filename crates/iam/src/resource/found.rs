//! A resource, and how it is known.

use super::evidence::Evidence;
use super::format::{self, Filled};

/// How a resource was identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
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
pub struct Found {
    /// For people: an ARN, `*`, or an ARN with `*` for unknown parts.
    pub name: String,
    /// For a policy: the same, with `*` and `?` in names written so that they match only
    /// themselves.
    pub pattern: String,
    /// How it was identified.
    pub origin: Origin,
    /// Whether it is completely known.
    pub whole: bool,
    /// The resource type, if one fits.
    pub kind: Option<String>,
    /// Whether the message had the form of a log group's streams, `…:log-stream:`.
    pub of_streams: bool,
}

impl Found {
    pub(super) fn star(evidence: &Evidence<'_>) -> Self {
        let origin = if evidence.named.is_some() { Origin::Message } else { Origin::NoType };
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
    pub(crate) fn told(&self, arn: &str) -> Self {
        Self::exact(arn, Origin::Record, self.kind.as_deref())
    }

    /// A resource that an ARN names.
    pub(crate) fn named(arn: &str, kind: &str) -> Self {
        Self::exact(arn, Origin::Record, Some(kind))
    }

    /// A pattern for a resource that nothing names.
    pub(crate) fn pattern_of(pattern: &str, kind: &str) -> Self {
        let exact = Self::exact(pattern, Origin::Pattern, Some(kind));
        Self { pattern: pattern.to_owned(), whole: false, ..exact }
    }

    pub(super) fn exact(arn: &str, origin: Origin, kind: Option<&str>) -> Self {
        Self {
            name: arn.to_owned(),
            pattern: format::literal(arn),
            origin,
            whole: true,
            kind: kind.map(str::to_owned),
            of_streams: false,
        }
    }
}

impl Filled {
    pub(super) fn found(self) -> Found {
        let kind = Some(self.kind);
        let origin = Origin::Request;
        let (name, pattern, whole) = (self.name, self.pattern, self.whole);
        Found { name, pattern, origin, whole, kind, of_streams: false }
    }
}
