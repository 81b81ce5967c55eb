//! Whether one pattern or statement lies within another: "already granted, so the reason is
//! elsewhere".

use super::arn::ResourcePattern;
use super::condition::PolicyCondition;
use super::evaluate::{DecidingStatement, NamedPolicy};
use super::glob::{Glob, VariableValue};
use super::statement::{PatternClause, Policy, Statement, StatementEffect};
use super::truth::Truth;

/// Whether `outer` matches every action that `inner` matches. A yes is certain.
pub fn action_within(inner: &str, outer: &str) -> bool {
    Glob::new_folded(outer).contains_glob(&Glob::new_folded(inner))
}

/// A part of an action pattern that is compared with many names.
#[derive(Clone, Debug)]
pub(crate) struct ActionPattern(Glob);

impl ActionPattern {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(Glob::new_folded(pattern))
    }

    /// Whether a name matches, ignoring case.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.0.matches_text(&name.to_ascii_lowercase()) == Truth::True
    }
}

/// Whether `outer` matches every resource that `inner` matches. A yes is certain; policy variables
/// are plain text here, which lies within itself and `*`.
///
/// ```
/// use aware_iam::policy::resource_within;
///
/// assert!(resource_within("arn:aws:s3:::example-bucket/a/*", "arn:aws:s3:::example-bucket/*"));
/// assert!(!resource_within("arn:aws:s3:::example-bucket/*", "arn:aws:s3:::example-bucket/a/*"));
/// ```
pub fn resource_within(inner: &str, outer: &str) -> bool {
    ResourcePattern::new(outer).contains_pattern(&ResourcePattern::new(inner))
}

/// How a wanted statement relates to the existing policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExistingStanding {
    /// Whether it is already allowed or denied.
    pub verdict: ExistingVerdict,
    /// A `Deny` that may apply: it has conditions, or covers only a part.
    pub perhaps_denied: Option<BoundStatement>,
}

/// Whether a wanted statement is already allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExistingVerdict {
    /// Nothing allows it: a grant is missing.
    Missing,
    /// It is allowed, unconditionally or under conditions that the statement also has.
    Allowed,
    /// An `Allow` covers it, or a part of it, under conditions that the statement lacks. A grant
    /// without them would bypass what the owner has set.
    AllowedIf(BoundStatement),
    /// A `Deny` without conditions covers all of it: no grant helps.
    Denied(DecidingStatement),
}

/// A statement that is limited by conditions, or to a part of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundStatement {
    /// The statement.
    pub by: DecidingStatement,
    /// Its conditions, as far as the wanted statement lacks them.
    pub conditions: Vec<PolicyCondition>,
    /// Whether it covers all that is wanted, or only a part.
    pub is_whole: bool,
}

impl ExistingStanding {
    fn rank(&self) -> u8 {
        match &self.verdict {
            ExistingVerdict::Denied(_) => 0,
            ExistingVerdict::AllowedIf(bound) => 1 + u8::from(bound.is_whole),
            ExistingVerdict::Missing => 3,
            ExistingVerdict::Allowed => 4,
        }
    }
}

/// Whether policies already allow or deny what a statement allows: each action on each resource. If
/// the answers differ, returns the one that hinders most: denied, allowed under conditions,
/// missing, allowed.
///
/// `Allowed` is certain as long as no `Deny` may apply. Permissions that several statements allow
/// only in combination are not recognised.
pub fn find_standing(statement: &Statement, policies: &[NamedPolicy]) -> ExistingStanding {
    let missing = || ExistingStanding { verdict: ExistingVerdict::Missing, perhaps_denied: None };
    let (StatementEffect::Allow, PatternClause::Is(actions), Some(PatternClause::Is(resources))) =
        (statement.effect, &statement.actions, &statement.resources)
    else {
        return missing();
    };
    let pairs = actions.iter().flat_map(|action| resources.iter().map(move |r| (action, r)));
    let all = pairs.map(|(action, resource)| {
        WantedGrant { conditions: &statement.conditions, action, resource }.compare_with(policies)
    });
    all.min_by_key(ExistingStanding::rank).unwrap_or_else(missing)
}

/// Whether a policy already allows all that a statement allows, and no `Deny` may apply.
///
/// A yes is certain. A no may be a "perhaps": permissions that several statements allow only in
/// combination are not recognised, and a `Deny` under a condition counts as a deny.
pub fn is_granted(statement: &Statement, policy: &Policy) -> bool {
    let named = NamedPolicy { name: String::new(), policy: policy.clone() };
    let found = find_standing(statement, std::slice::from_ref(&named));
    found.verdict == ExistingVerdict::Allowed && found.perhaps_denied.is_none()
}

/// One action on one resource, wanted under conditions.
#[derive(Clone, Copy)]
struct WantedGrant<'w> {
    conditions: &'w [PolicyCondition],
    action: &'w str,
    resource: &'w str,
}

impl WantedGrant<'_> {
    fn compare_with(&self, policies: &[NamedPolicy]) -> ExistingStanding {
        let (mut denied, mut perhaps_denied, mut allowed) = (None, None, false);
        let mut allowed_if: Option<BoundStatement> = None;
        for (by, one) in identity_statements(policies) {
            if !comes_near(one, self.action, self.resource) {
                continue;
            }
            let bound = BoundStatement {
                by,
                conditions: self.lacking_conditions(one),
                is_whole: self.is_covered(one),
            };
            let is_free = bound.is_whole && bound.conditions.is_empty();
            match one.effect {
                StatementEffect::Deny if is_free => _ = denied.get_or_insert(bound.by),
                StatementEffect::Deny => _ = perhaps_denied.get_or_insert(bound),
                StatementEffect::Allow if is_free => allowed = true,
                StatementEffect::Allow
                    if bound.conditions.is_empty() || self.has_other_values(one) => {}
                StatementEffect::Allow
                    if allowed_if.as_ref().is_none_or(|old| bound.is_whole && !old.is_whole) =>
                {
                    allowed_if = Some(bound);
                }
                StatementEffect::Allow => {}
            }
        }
        let verdict = match (denied, allowed, allowed_if) {
            (Some(by), _, _) => ExistingVerdict::Denied(by),
            (None, true, _) => ExistingVerdict::Allowed,
            (None, false, Some(bound)) => ExistingVerdict::AllowedIf(bound),
            (None, false, None) => ExistingVerdict::Missing,
        };
        ExistingStanding { verdict, perhaps_denied }
    }

    /// Whether a statement certainly covers the action and all of the resource.
    fn is_covered(&self, one: &Statement) -> bool {
        ACTIONS.surely_covers(self.action, &one.actions)
            && one
                .resources
                .as_ref()
                .is_none_or(|clause| RESOURCES.surely_covers(self.resource, clause))
    }

    fn lacking_conditions(&self, one: &Statement) -> Vec<PolicyCondition> {
        let has = |condition: &&PolicyCondition| !self.conditions.contains(condition);
        one.conditions.iter().filter(has).cloned().collect()
    }

    /// Whether the wanted grant sets the same keys to other values, and so bypasses nothing, as
    /// when a role is to be passed to another service.
    fn has_other_values(&self, one: &Statement) -> bool {
        let is_bound = |condition: &PolicyCondition| {
            self.conditions.iter().any(|other| other.key.eq_ignore_ascii_case(&condition.key))
        };
        self.lacking_conditions(one).iter().all(is_bound)
    }
}

/// Every statement of identity-based policies, with its name. A statement with a principal belongs
/// to a resource instead.
fn identity_statements(
    policies: &[NamedPolicy],
) -> impl Iterator<Item = (DecidingStatement, &Statement)> {
    policies.iter().flat_map(|named| {
        let own = named.policy.statements.iter().enumerate();
        own.filter(|(_, one)| one.principals.is_none()).map(|(index, one)| {
            let (policy, sid) = (named.name.clone(), one.sid.clone());
            (DecidingStatement { policy, statement: index, sid }, one)
        })
    })
}

/// Whether a statement may apply to this action on this resource.
fn comes_near(deny: &Statement, action: &str, resource: &str) -> bool {
    ACTIONS.may_cover(action, &deny.actions)
        && deny.resources.as_ref().is_none_or(|clause| RESOURCES.may_cover(resource, clause))
}

/// How two patterns of one kind are compared.
struct PatternComparison {
    within: fn(&str, &str) -> bool,
    meet: fn(&str, &str) -> bool,
}

const ACTIONS: PatternComparison = PatternComparison { within: action_within, meet: actions_meet };
const RESOURCES: PatternComparison =
    PatternComparison { within: resource_within, meet: resources_meet };

impl PatternComparison {
    /// Whether the clause certainly covers everything that the pattern matches.
    fn surely_covers(&self, inner: &str, clause: &PatternClause) -> bool {
        match clause {
            PatternClause::Is(patterns) => patterns.iter().any(|outer| (self.within)(inner, outer)),
            PatternClause::Not(patterns) => !patterns.iter().any(|other| (self.meet)(inner, other)),
        }
    }

    /// Whether the clause may cover something that the pattern matches.
    fn may_cover(&self, inner: &str, clause: &PatternClause) -> bool {
        match clause {
            PatternClause::Is(patterns) => patterns.iter().any(|other| (self.meet)(inner, other)),
            PatternClause::Not(patterns) => {
                !patterns.iter().any(|outer| (self.within)(inner, outer))
            }
        }
    }
}

/// Whether both match some common action.
fn actions_meet(a: &str, b: &str) -> bool {
    Glob::new_folded(a).meets_glob(&Glob::new_folded(b))
}

/// Whether both match some common resource; a policy variable, and `${…}` in a format of the
/// catalogue, may be anything.
pub(crate) fn resources_meet(a: &str, b: &str) -> bool {
    let open = |text: &str| ResourcePattern::with_variables(text, &|_| VariableValue::Unknown);
    matches!((open(a), open(b)), (Some(a), Some(b)) if a.meets_pattern(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(statement: (&str, &str), policy: &str) -> bool {
        let statement =
            Statement::new_allow(vec![statement.0.to_owned()], vec![statement.1.to_owned()]);
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
            let policy =
                NamedPolicy { name: "p".to_owned(), policy: Policy::parse(&text).unwrap() };
            let wanted =
                Statement::new_allow(vec!["s3:DeleteObject".to_owned()], vec![wanted.to_owned()]);
            let found = find_standing(&wanted, &[policy]);
            let verdict = match found.verdict {
                ExistingVerdict::Missing => "missing",
                ExistingVerdict::Allowed => "allowed",
                ExistingVerdict::AllowedIf(bound) if bound.is_whole => "if whole",
                ExistingVerdict::AllowedIf(_) => "if part",
                ExistingVerdict::Denied(_) => "denied",
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
