//! Which resource a call was made on: what AWS's message names, else what the record and the
//! request tell.
//!
//! In this order: the message; an ARN of the record's `resources[]` or of the request that fits a
//! resource type of the action; the type's ARN format, filled from request keys of the same name;
//! the format with `*` for the variables that are not known, and for those alone.

mod apigateway;
mod encoded;
mod every;
mod fill;
mod format;
mod ids;
mod leaves;
mod message;
mod naming;
mod owner;
mod request;
mod stars;

use aware_core::event::{Event, Resource};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use crate::catalogue::{AccessLevel, ActionEntry, ResourceUse};
use format::Filled;
pub(crate) use format::literal;
pub(crate) use ids::base_model;
pub(crate) use message::{is_hidden, is_masked};
pub(crate) use owner::{named_accounts, owner};
use request::Request;
pub(crate) use request::key_alias;

/// Where a call was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'e> {
    /// The region, which tells the partition too; may be empty.
    pub region: &'e str,
    /// The account that was called; may be empty.
    pub account: &'e str,
}

impl<'e> Place<'e> {
    /// Where an event's call was made: in the account whose things the request names, else in the
    /// log's own.
    pub fn of(event: &'e Event) -> Self {
        let request = field::REQUEST.get(&event.record);
        let account = owner(&event.action.service, request).or(event.account.as_deref());
        Self { region: &event.region, account: account.unwrap_or_default() }
    }

    /// The partition of a region: `aws`, `aws-cn`, ….
    ///
    /// Source: AWS General Reference, "AWS partitions".
    pub fn partition(&self) -> &'static str {
        const REGIONS: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-isob-", "aws-iso-b"),
            ("us-isof-", "aws-iso-f"),
            ("us-iso-", "aws-iso"),
            ("eu-isoe-", "aws-iso-e"),
            ("eusc-", "aws-eusc"),
        ];
        let found = REGIONS.iter().find(|(start, _)| self.region.starts_with(start));
        found.map_or("aws", |(_, partition)| partition)
    }
}

/// What there is to tell a resource from.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// Where.
    pub place: Place<'e>,
    /// The operation, `GetTable`.
    pub operation: &'e str,
    /// What AWS's message names.
    pub named: Option<&'e str>,
    /// The record's resources.
    pub resources: &'e [Resource],
    /// `requestParameters`.
    pub request: Option<&'e Value>,
}

/// How a resource is known.
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
    /// Nothing tells it: a pattern of the right type, region and account.
    Pattern,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// For people: an ARN, `*`, or an ARN with `*` for what is not known.
    pub name: String,
    /// For a policy: the same, with `*` and `?` of names written so that they match only
    /// themselves.
    pub pattern: String,
    /// How it is known.
    pub origin: Origin,
    /// Whether nothing of it is left open.
    pub whole: bool,
    /// The resource type, where one fits.
    pub kind: Option<String>,
    /// Whether the message had the form of a log group's streams, `…:log-stream:`.
    pub of_streams: bool,
}

/// Finds the resource of an action; `None` when nothing is known of the action's resources.
pub fn find(action: Option<&ActionEntry>, evidence: &Evidence<'_>) -> Option<Found> {
    if action.is_some_and(|action| action.resources.is_empty()) {
        // What AWS names is what it has checked, whatever its reference says.
        return Some(
            evidence
                .named
                .and_then(message::named_whole)
                .unwrap_or_else(|| Found { origin: Origin::NoType, ..Found::star(evidence) }),
        );
    }
    let types = action.map(|action| action.resources.as_slice()).unwrap_or_default();
    let plain = encoded::decoded(evidence.request);
    let request = Request::read(plain.as_deref(), &evidence.place);
    if let Some(named) = evidence.named.filter(|named| *named != "*") {
        return message::read(named, types, &request, evidence);
    }
    let in_record = evidence.resources.iter().map(|resource| resource.name.as_str());
    // What the event's own resources were told from is AWS's message, read already.
    let arns = in_record.filter(|name| Some(*name) != evidence.named).chain(request.arns());
    let filled = || match best_fill(types, &request, evidence)? {
        (_, filled) if filled.whole || filled.known > 0 => Some(filled.found()),
        (used, filled) if used.required && evidence.named.is_none() => {
            Some(Found { origin: Origin::Pattern, ..filled.found() })
        }
        _ => None,
    };
    best_fit(types, arns).or_else(filled).or_else(|| {
        let optional = action.is_some_and(needs_none);
        (optional || evidence.named == Some("*")).then(|| Found::star(evidence))
    })
}

/// Whether a call may be about no resource that exists: it lists or creates, or one type may be left
/// out. Where several may, each call needs one of them: an object, or one behind an access point;
/// and a session is always one of a role.
fn needs_none(action: &ActionEntry) -> bool {
    let is_list = action.name.starts_with("List") && !action.name.contains("Tags");
    let lists = is_list && action.level == AccessLevel::List && action.service != "s3";
    let creates = ["Create", "Register", "Import"].iter().any(|it| action.name.starts_with(it));
    let is_one = action.resources.len() == 1 && action.service != "sts";
    (lists || creates || is_one) && !action.requires_resource()
}

/// Finds every resource of an action in a call that went through: all that it names, and a
/// pattern for each required type that it names none of. `*` alone where the action works on no
/// named resource, or names none of its optional types. Empty when nothing is known of them.
pub fn find_all(action: &ActionEntry, evidence: &Evidence<'_>) -> Vec<Found> {
    if evidence.named.is_some() || action.resources.is_empty() {
        return find(Some(action), evidence).into_iter().collect();
    }
    let plain = encoded::decoded(evidence.request);
    let request = Request::read(plain.as_deref(), &evidence.place);
    let found = every::find(action, &request, evidence);
    if found.is_empty() && !action.requires_resource() {
        vec![Found::star(evidence)]
    } else {
        found
    }
}

impl Found {
    fn star(evidence: &Evidence<'_>) -> Self {
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

    /// The same type of resource, told by another ARN.
    pub(crate) fn told(&self, arn: &str) -> Self {
        Self::exact(arn, Origin::Record, self.kind.as_deref())
    }

    /// A resource that an ARN names.
    pub(crate) fn named(arn: &str, kind: &str) -> Self {
        Self::exact(arn, Origin::Record, Some(kind))
    }

    /// A pattern that stands for what nothing names.
    pub(crate) fn pattern_of(pattern: &str, kind: &str) -> Self {
        let exact = Self::exact(pattern, Origin::Pattern, Some(kind));
        Self { pattern: pattern.to_owned(), whole: false, ..exact }
    }

    fn exact(arn: &str, origin: Origin, kind: Option<&str>) -> Self {
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
    fn found(self) -> Found {
        let kind = Some(self.kind);
        let origin = Origin::Request;
        let (name, pattern, whole) = (self.name, self.pattern, self.whole);
        Found { name, pattern, origin, whole, kind, of_streams: false }
    }
}

/// The ARN that fits one of the types best: the type with the most letters of its own.
fn best_fit<'a>(types: &[ResourceUse], arns: impl Iterator<Item = &'a str>) -> Option<Found> {
    let mut best: Option<(bool, usize, &str, &str)> = None;
    for arn in arns {
        for used in types {
            let fit = used.formats.iter().filter_map(|format| format::fits(format, arn)).max();
            let Some(letters) = fit else { continue };
            let better =
                best.is_none_or(|(required, most, ..)| (used.required, letters) > (required, most));
            if better {
                best = Some((used.required, letters, arn, used.name.as_str()));
            }
        }
    }
    best.map(|(_, _, arn, kind)| Found::exact(arn, Origin::Record, Some(kind)))
}

/// The type that the request fills best, and that the operation's name speaks of.
fn best_fill<'t>(
    types: &'t [ResourceUse],
    request: &Request<'_>,
    evidence: &Evidence<'_>,
) -> Option<(&'t ResourceUse, Filled)> {
    let operation = leaves::plain(evidence.operation);
    let all = types.iter().flat_map(|used| used.formats.iter().map(move |format| (used, format)));
    let filled = all.map(|(used, format)| {
        let filled = format::fill(format, &used.name, &evidence.place, |variable| {
            request.value(variable, &used.name)
        });
        let noun = leaves::plain(&used.name);
        let noun = noun.strip_suffix('s').unwrap_or(&noun);
        let spoken = if operation.contains(noun) { noun.len() } else { 0 };
        // A type that nothing fills is spoken of in vain when another is filled, and one without a
        // variable says nothing of the request.
        let varies = filled.variables > 0;
        let whole = filled.whole && (varies || spoken > 0);
        let told = filled.known > 0 || whole;
        ((told, spoken, whole, filled.known, used.required, varies), used, filled)
    });
    let best = filled.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, used, filled)| (used, filled))
}

#[cfg(test)]
mod tests;
