//! Whether one pattern or statement lies within another: "already granted, so the reason is
//! elsewhere".

use super::arn::Pattern;
use super::glob::{Filling, Glob};
use super::{Clause, Effect, Policy, Statement};

/// Whether every action that `inner` matches is matched by `outer`. A yes is certain.
pub fn action_within(inner: &str, outer: &str) -> bool {
    Glob::folded(outer).contains(&Glob::folded(inner))
}

/// Whether every resource that `inner` matches is matched by `outer`. A yes is certain; policy
/// variables are plain text here, and lie within themselves and `*`.
pub fn resource_within(inner: &str, outer: &str) -> bool {
    Pattern::new(outer).contains(&Pattern::new(inner))
}

/// Whether a policy already allows all that a statement allows: each action on each resource
/// lies within one `Allow` whose conditions the statement has too, and no `Deny` comes near.
///
/// A yes is certain. A no may be a "perhaps": what several statements allow only together is not
/// seen, and a `Deny` under a condition counts as a deny.
pub fn is_granted(statement: &Statement, policy: &Policy) -> bool {
    let (Effect::Allow, Clause::Is(actions), Some(Clause::Is(resources))) =
        (statement.effect, &statement.actions, &statement.resources)
    else {
        return false;
    };
    let pairs = || actions.iter().flat_map(|action| resources.iter().map(move |r| (action, r)));
    let mut denies = policy.statements.iter().filter(|other| other.effect == Effect::Deny);
    if denies.any(|deny| pairs().any(|(action, resource)| comes_near(deny, action, resource))) {
        return false;
    }
    pairs().all(|(action, resource)| {
        let mut allows = policy.statements.iter().filter(|other| other.effect == Effect::Allow);
        allows.any(|allow| {
            allow.principals.is_none()
                && allow.conditions.iter().all(|condition| statement.conditions.contains(condition))
                && ACTIONS.covered(action, &allow.actions)
                && allow.resources.as_ref().is_some_and(|r| RESOURCES.covered(resource, r))
        })
    })
}

/// Whether a `Deny` may be about this action on this resource.
fn comes_near(deny: &Statement, action: &str, resource: &str) -> bool {
    ACTIONS.near(action, &deny.actions)
        && deny.resources.as_ref().is_none_or(|clause| RESOURCES.near(resource, clause))
}

/// How patterns of one kind are compared.
struct Comparison {
    within: fn(&str, &str) -> bool,
    meet: fn(&str, &str) -> bool,
}

const ACTIONS: Comparison = Comparison { within: action_within, meet: actions_meet };
const RESOURCES: Comparison = Comparison { within: resource_within, meet: resources_meet };

impl Comparison {
    /// Whether the clause surely takes in everything that the pattern matches.
    fn covered(&self, inner: &str, clause: &Clause) -> bool {
        match clause {
            Clause::Is(patterns) => patterns.iter().any(|outer| (self.within)(inner, outer)),
            Clause::Not(patterns) => !patterns.iter().any(|other| (self.meet)(inner, other)),
        }
    }

    /// Whether the clause may take in something that the pattern matches.
    fn near(&self, inner: &str, clause: &Clause) -> bool {
        match clause {
            Clause::Is(patterns) => patterns.iter().any(|other| (self.meet)(inner, other)),
            Clause::Not(patterns) => !patterns.iter().any(|outer| (self.within)(inner, outer)),
        }
    }
}

/// Whether some action is matched by both.
fn actions_meet(a: &str, b: &str) -> bool {
    Glob::folded(a).meets(&Glob::folded(b))
}

/// Whether some resource is matched by both; a policy variable, and what stands in `${…}` in a
/// format of the catalogue, may be anything.
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
