//! Whether one pattern or statement lies within another: "already granted, so the reason is
//! elsewhere".

use super::arn::Pattern;
use super::condition::Condition;
use super::evaluate::{Deciding, Named};
use super::glob::{Filling, Glob};
use super::statement::{Clause, Effect, Policy, Statement};
use super::truth::Truth;

/// Whether `outer` matches every action that `inner` matches. A yes is certain.
pub fn action_within(inner: &str, outer: &str) -> bool {
    Glob::folded(outer).contains(&Glob::folded(inner))
}

/// A part of an action pattern that is compared with many names.
#[derive(Clone, Debug)]
pub(crate) struct ActionPattern(Glob);

impl ActionPattern {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(Glob::folded(pattern))
    }

    /// Whether a name matches, ignoring case.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.0.matches(&name.to_ascii_lowercase()) == Truth::True
    }
}

/// Whether `outer` matches every resource that `inner` matches. A yes is certain; policy variables
/// are plain text here, which lies within itself and `*`.
pub fn resource_within(inner: &str, outer: &str) -> bool {
    Pattern::new(outer).contains(&Pattern::new(inner))
}

/// How a wanted statement relates to the existing policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is already allowed or denied.
    pub verdict: Already,
    /// A `Deny` that may apply: it has conditions, or covers only a part.
    pub perhaps_denied: Option<Bound>,
}

/// Whether a wanted statement is already allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Already {
    /// Nothing allows it: a grant is missing.
    Missing,
    /// It is allowed, unconditionally or under conditions that the statement also has.
    Allowed,
    /// An `Allow` covers it, or a part of it, under conditions that the statement lacks. A grant
    /// without them would bypass what the owner has set.
    AllowedIf(Bound),
    /// A `Deny` without conditions covers all of it: no grant helps.
    Denied(Deciding),
}

/// A statement that is limited by conditions, or to a part of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The statement.
    pub by: Deciding,
    /// Its conditions, as far as the wanted statement lacks them.
    pub conditions: Vec<Condition>,
    /// Whether it covers all that is wanted, or only a part.
    pub is_whole: bool,
}

impl Standing {
    fn rank(&self) -> u8 {
        match &self.verdict {
            Already::Denied(_) => 0,
            Already::AllowedIf(bound) => 1 + u8::from(bound.is_whole),
            Already::Missing => 3,
            Already::Allowed => 4,
        }
    }
}

/// Whether policies already allow or deny what a statement allows: each action on each resource. If
/// the answers differ, returns the one that hinders most: denied, allowed under conditions,
/// missing, allowed.
///
/// `Allowed` is certain as long as no `Deny` may apply. Permissions that several statements allow
/// only in combination are not recognised.
pub fn standing(statement: &Statement, policies: &[Named]) -> Standing {
    let missing = || Standing { verdict: Already::Missing, perhaps_denied: None };
    let (Effect::Allow, Clause::Is(actions), Some(Clause::Is(resources))) =
        (statement.effect, &statement.actions, &statement.resources)
    else {
        return missing();
    };
    let pairs = actions.iter().flat_map(|action| resources.iter().map(move |r| (action, r)));
    let all = pairs.map(|(action, resource)| {
        Wanted { conditions: &statement.conditions, action, resource }.standing(policies)
    });
    all.min_by_key(Standing::rank).unwrap_or_else(missing)
}

/// Whether a policy already allows all that a statement allows, and no `Deny` may apply.
///
/// A yes is certain. A no may be a "perhaps": permissions that several statements allow only in
/// combination are not recognised, and a `Deny` under a condition counts as a deny.
pub fn is_granted(statement: &Statement, policy: &Policy) -> bool {
    let named = Named { name: String::new(), policy: policy.clone() };
    let found = standing(statement, std::slice::from_ref(&named));
    found.verdict == Already::Allowed && found.perhaps_denied.is_none()
}

/// One action on one resource, wanted under conditions.
#[derive(Clone, Copy)]
struct Wanted<'w> {
    conditions: &'w [Condition],
    action: &'w str,
    resource: &'w str,
}

impl Wanted<'_> {
    fn standing(&self, policies: &[Named]) -> Standing {
        let (mut denied, mut perhaps_denied, mut allowed) = (None, None, false);
        let mut allowed_if: Option<Bound> = None;
        for (by, one) in identity_statements(policies) {
            if !comes_near(one, self.action, self.resource) {
                continue;
            }
            let bound = Bound { by, conditions: self.lacking(one), is_whole: self.is_covered(one) };
            let is_free = bound.is_whole && bound.conditions.is_empty();
            match one.effect {
                Effect::Deny if is_free => _ = denied.get_or_insert(bound.by),
                Effect::Deny => _ = perhaps_denied.get_or_insert(bound),
                Effect::Allow if is_free => allowed = true,
                Effect::Allow if bound.conditions.is_empty() || self.has_other_values(one) => {}
                Effect::Allow
                    if allowed_if.as_ref().is_none_or(|old| bound.is_whole && !old.is_whole) =>
                {
                    allowed_if = Some(bound);
                }
                Effect::Allow => {}
            }
        }
        let verdict = match (denied, allowed, allowed_if) {
            (Some(by), _, _) => Already::Denied(by),
            (None, true, _) => Already::Allowed,
            (None, false, Some(bound)) => Already::AllowedIf(bound),
            (None, false, None) => Already::Missing,
        };
        Standing { verdict, perhaps_denied }
    }

    /// Whether a statement certainly covers the action and all of the resource.
    fn is_covered(&self, one: &Statement) -> bool {
        ACTIONS.covered(self.action, &one.actions)
            && one.resources.as_ref().is_none_or(|clause| RESOURCES.covered(self.resource, clause))
    }

    fn lacking(&self, one: &Statement) -> Vec<Condition> {
        let has = |condition: &&Condition| !self.conditions.contains(condition);
        one.conditions.iter().filter(has).cloned().collect()
    }

    /// Whether the wanted grant sets the same keys to other values, and so bypasses nothing, as
    /// when a role is to be passed to another service.
    fn has_other_values(&self, one: &Statement) -> bool {
        let is_bound = |condition: &Condition| {
            self.conditions.iter().any(|other| other.key.eq_ignore_ascii_case(&condition.key))
        };
        self.lacking(one).iter().all(is_bound)
    }
}

/// Every statement of identity-based policies, with its name. A statement with a principal belongs
/// to a resource instead.
fn identity_statements(policies: &[Named]) -> impl Iterator<Item = (Deciding, &Statement)> {
    policies.iter().flat_map(|named| {
        let own = named.policy.statements.iter().enumerate();
        own.filter(|(_, one)| one.principals.is_none()).map(|(index, one)| {
            let (policy, sid) = (named.name.clone(), one.sid.clone());
            (Deciding { policy, statement: index, sid }, one)
        })
    })
}

/// Whether a statement may apply to this action on this resource.
fn comes_near(deny: &Statement, action: &str, resource: &str) -> bool {
    ACTIONS.near(action, &deny.actions)
        && deny.resources.as_ref().is_none_or(|clause| RESOURCES.near(resource, clause))
}

/// How two patterns of one kind are compared.
struct Comparison {
    within: fn(&str, &str) -> bool,
    meet: fn(&str, &str) -> bool,
}

const ACTIONS: Comparison = Comparison { within: action_within, meet: actions_meet };
const RESOURCES: Comparison = Comparison { within: resource_within, meet: resources_meet };

impl Comparison {
    /// Whether the clause certainly covers everything that the pattern matches.
    fn covered(&self, inner: &str, clause: &Clause) -> bool {
        match clause {
            Clause::Is(patterns) => patterns.iter().any(|outer| (self.within)(inner, outer)),
            Clause::Not(patterns) => !patterns.iter().any(|other| (self.meet)(inner, other)),
        }
    }

    /// Whether the clause may cover something that the pattern matches.
    fn near(&self, inner: &str, clause: &Clause) -> bool {
        match clause {
            Clause::Is(patterns) => patterns.iter().any(|other| (self.meet)(inner, other)),
            Clause::Not(patterns) => !patterns.iter().any(|outer| (self.within)(inner, outer)),
        }
    }
}

/// Whether both match some common action.
fn actions_meet(a: &str, b: &str) -> bool {
    Glob::folded(a).meets(&Glob::folded(b))
}

/// Whether both match some common resource; a policy variable, and `${…}` in a format of the
/// catalogue, may be anything.
pub(crate) fn resources_meet(a: &str, b: &str) -> bool {
    let open = |text: &str| Pattern::with_variables(text, &|_| Filling::Unknown);
    matches!((open(a), open(b)), (Some(a), Some(b)) if a.meets(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(statement: (&str, &str), policy: &str) -> bool {
        let statement =
            Statement::allow(vec![statement.0.to_owned()], vec![statement.1.to_owned()]);
        is_granted(&statement, &Policy::parse(policy).unwrap())
    }

    #[test]
    fn what_is_granted_already() {
        let allow =
            r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}"#;
        for (action, resource, expected) in [
            ("s3:GetObject", "arn:aws:s3:::b/k", true),
            ("S3:getobject", "arn:aws:s3:::b/k*", true),
            ("s3:PutObject", "arn:aws:s3:::b/k", false),
            ("s3:GetObject", "arn:aws:s3:::*", false),
            ("s3:*", "arn:aws:s3:::b/k", false),
        ] {
            assert_eq!(granted((action, resource), allow), expected, "{action} {resource}");
        }
    }

    #[test]
    fn how_a_grant_relates_to_what_is_there() {
        let mfa = r#"{"Effect":"Allow","Action":"s3:Delete*","Resource":"arn:aws:s3:::b/*",
            "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
        let part = mfa.replace("b/*", "b/2026/*");
        let any = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
        let deny = r#"{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}"#;
        let unless = r#"{"Effect":"Deny","Action":"*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        let of_bucket = any.replace("\"Action\"", "\"Principal\":\"*\",\"Action\"");
        for (wanted, statements, expected) in [
            ("arn:aws:s3:::b/k", vec![mfa], "if whole"),
            ("arn:aws:s3:::b/*", vec![&part], "if part"),
            ("arn:aws:s3:::c/k", vec![mfa], "missing"),
            ("arn:aws:s3:::b/k", vec![&part, mfa, any], "allowed"),
            ("arn:aws:s3:::b/k", vec![any, deny], "denied"),
            ("arn:aws:s3:::b/k", vec![unless], "missing, perhaps denied"),
            ("arn:aws:s3:::b/k", vec![any, unless], "allowed, perhaps denied"),
            ("arn:aws:s3:::b/k", vec![&of_bucket], "missing"),
        ] {
            let text = format!(r#"{{"Statement":[{}]}}"#, statements.join(","));
            let policy = Named { name: "p".to_owned(), policy: Policy::parse(&text).unwrap() };
            let wanted =
                Statement::allow(vec!["s3:DeleteObject".to_owned()], vec![wanted.to_owned()]);
            let found = standing(&wanted, &[policy]);
            let verdict = match found.verdict {
                Already::Missing => "missing",
                Already::Allowed => "allowed",
                Already::AllowedIf(bound) if bound.is_whole => "if whole",
                Already::AllowedIf(_) => "if part",
                Already::Denied(_) => "denied",
            };
            let perhaps = if found.perhaps_denied.is_some() { ", perhaps denied" } else { "" };
            assert_eq!(format!("{verdict}{perhaps}"), expected, "{text}");
        }
    }

    #[test]
    fn a_deny_or_a_condition_leaves_it_open() {
        let statement = ("s3:GetObject", "arn:aws:s3:::b/k");
        let denied = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::${aws:username}/*"}]}"#;
        assert!(!granted(statement, denied));
        let elsewhere = denied.replace("${aws:username}", "other");
        assert!(granted(statement, &elsewhere));
        let conditional = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{"Bool":{"aws:SecureTransport":true}}}}"#;
        assert!(!granted(statement, conditional));
        let all_but = r#"{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#;
        assert!(granted(statement, all_but));
        assert!(!granted(("iam:GetUser", "*"), all_but));
        assert!(!granted(("*", "*"), all_but));
    }
}
