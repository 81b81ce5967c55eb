//! Reduces statements: each permission is stated once, and similar ones are grouped.

use std::collections::{BTreeMap, BTreeSet};

use super::condition::PolicyCondition;
use super::statement::{PatternClause, Statement, StatementEffect};
use super::subset::{action_within, resource_within};

/// What an action does, as far as it matters to a reader of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessKind {
    /// Reads or lists.
    Read,
    /// Changes something, including tags.
    Write,
    /// Changes who may do what.
    Permissions,
}

impl AccessKind {
    /// The prefix of a `Sid`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Permissions => "Permissions",
        }
    }
}

type ConditionSet = BTreeSet<PolicyCondition>;
/// Grants by conditions and lower-case action: the action's spelling, and its resources.
type ExplodedGrants = BTreeMap<(ConditionSet, String), (String, BTreeSet<String>)>;

/// Merges grants without allowing anything more or less: it joins the resources of each action
/// under each condition, drops what lies within another, and lets actions with equal resources
/// share a statement. Reading, writing and permissions stay apart, each with its `Sid`.
///
/// Statements that are not plain grants (denies, `NotAction`, principals) come last, unchanged and
/// in order. Equal sets of grants give equal output, whatever their order.
///
/// ```
/// use aware_iam::policy::{AccessKind, Statement, minimise_statements};
///
/// let allow = |action: &str, resource: &str| {
///     Statement::new_allow(vec![action.to_owned()], vec![resource.to_owned()])
/// };
/// let small = minimise_statements(
///     &[
///         allow("s3:GetObject", "arn:aws:s3:::example-bucket/a.txt"),
///         allow("s3:GetObject", "arn:aws:s3:::example-bucket/*"),
///         allow("s3:GetObjectTagging", "arn:aws:s3:::example-bucket/*"),
///     ],
///     &|_| AccessKind::Read,
/// );
/// let mut expected = Statement::new_allow(
///     vec!["s3:GetObject".to_owned(), "s3:GetObjectTagging".to_owned()],
///     vec!["arn:aws:s3:::example-bucket/*".to_owned()],
/// );
/// expected.sid = Some("Read".to_owned());
/// assert_eq!(small, [expected]);
/// ```
pub fn minimise_statements(
    statements: &[Statement],
    access: &dyn Fn(&str) -> AccessKind,
) -> Vec<Statement> {
    let mut exploded = ExplodedGrants::new();
    let mut others = Vec::new();
    for statement in statements {
        match plain_grant(statement) {
            Some((actions, resources)) => {
                add_exploded(&mut exploded, statement, actions, resources)
            }
            None => others.push(statement.clone()),
        }
    }
    let exploded = without_repeats(&exploded);
    let mut grouped: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for ((conditions, _), (action, resources)) in exploded {
        let key = (access(&action), resources, conditions);
        grouped.entry(key).or_default().push(action);
    }
    let mut grants: Vec<_> = grouped.into_iter().collect();
    grants.sort_by(|((a, ..), x), ((b, ..), y)| (a, x).cmp(&(b, y)));
    let mut count: BTreeMap<AccessKind, usize> = BTreeMap::new();
    let named = grants.into_iter().map(|((access, resources, conditions), actions)| {
        let number = count.entry(access).and_modify(|n| *n += 1).or_insert(1);
        let suffix = if *number > 1 { number.to_string() } else { String::new() };
        Statement {
            sid: Some(format!("{}{suffix}", access.as_str())),
            conditions: conditions.into_iter().collect(),
            ..Statement::new_allow(actions, resources.into_iter().collect())
        }
    });
    named.chain(others).collect()
}

/// Actions and resources of a plain grant.
fn plain_grant(statement: &Statement) -> Option<(&[String], &[String])> {
    match (statement.effect, &statement.principals, &statement.actions, &statement.resources) {
        (
            StatementEffect::Allow,
            None,
            PatternClause::Is(actions),
            Some(PatternClause::Is(resources)),
        ) => Some((actions, resources)),
        _ => None,
    }
}

fn add_exploded(
    exploded: &mut ExplodedGrants,
    statement: &Statement,
    actions: &[String],
    resources: &[String],
) {
    let conditions: ConditionSet = statement.conditions.iter().cloned().collect();
    for action in actions {
        // Actions ignore case: two spellings of one action are merged, and the first in order is
        // kept.
        let key = (conditions.clone(), action.to_ascii_lowercase());
        let entry = exploded.entry(key).or_insert_with(|| (action.clone(), BTreeSet::new()));
        if *action < entry.0 {
            entry.0.clone_from(action);
        }
        entry.1.extend(resources.iter().cloned());
    }
}

/// Drops resources that lie within another resource of the same action or of a wider action, as
/// `s3:GetObject` does within `s3:Get*`.
fn without_repeats(exploded: &ExplodedGrants) -> ExplodedGrants {
    let mut kept = ExplodedGrants::new();
    for (key @ (conditions, action), (spelling, resources)) in exploded {
        let is_wider = |((other, outer), _): &(&(ConditionSet, String), _)| {
            other == conditions
                && outer != action
                && is_pattern(outer)
                && action_within(action, outer)
                // Of two patterns that match the same, keeps the first in order.
                && (!action_within(outer, action) || outer < action)
        };
        let wider = exploded.iter().filter(is_wider);
        let wider: Vec<&String> = wider.flat_map(|(_, (_, resources))| resources).collect();
        let patterns: Vec<&String> = resources.iter().filter(|other| is_pattern(other)).collect();
        let is_repeat = |resource: &&String| {
            let within_other = |other: &&String| {
                *other != *resource
                    && resource_within(resource, other)
                    && (!resource_within(other, resource) || other < resource)
            };
            patterns.iter().any(within_other)
                || wider.iter().any(|other| resource_within(resource, other))
        };
        let left: BTreeSet<String> =
            resources.iter().filter(|resource| !is_repeat(resource)).cloned().collect();
        if !left.is_empty() {
            kept.insert(key.clone(), (spelling.clone(), left));
        }
    }
    kept
}

/// Whether a text has wildcards; nothing but itself lies within a text without them.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(action: &str) -> AccessKind {
        if action.contains("Put") { AccessKind::Write } else { AccessKind::Read }
    }

    fn grant(actions: &[&str], resources: &[&str]) -> Statement {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Statement::new_allow(owned(actions), owned(resources))
    }

    #[test]
    fn like_is_put_with_like_whatever_the_order() {
        let mut grants = vec![
            grant(&["s3:GetObject"], &["arn:aws:s3:::b/x"]),
            grant(&["s3:GetObject", "s3:PutObject"], &["arn:aws:s3:::b/y"]),
            grant(&["S3:GetObject"], &["arn:aws:s3:::b/y"]),
            grant(&["s3:GetObjectTagging"], &["arn:aws:s3:::b/y", "arn:aws:s3:::b/x"]),
        ];
        let small = minimise_statements(&grants, &access);
        let shown: Vec<_> = small
            .iter()
            .map(|s| {
                (
                    s.sid.clone().unwrap(),
                    s.actions.patterns().join(" "),
                    s.resources.as_ref().unwrap().patterns().len(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("Read".to_owned(), "S3:GetObject s3:GetObjectTagging".to_owned(), 2),
                ("Write".to_owned(), "s3:PutObject".to_owned(), 1),
            ]
        );
        grants.reverse();
        assert_eq!(minimise_statements(&grants, &access), small);
    }

    #[test]
    fn what_lies_within_another_is_dropped() {
        let grants = [
            grant(&["s3:Get*"], &["arn:aws:s3:::b/*"]),
            grant(&["s3:GetObject"], &["arn:aws:s3:::b/x", "arn:aws:s3:::c/x"]),
        ];
        let small = minimise_statements(&grants, &access);
        assert_eq!(small.len(), 2);
        assert_eq!(
            small[1].resources,
            Some(PatternClause::Is(vec!["arn:aws:s3:::c/x".to_owned()]))
        );
    }
}
