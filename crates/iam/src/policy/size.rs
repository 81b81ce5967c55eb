//! AWS's limits on the size of policies, and what to do with a policy that exceeds one.
//!
//! Source: IAM user guide, "IAM and AWS STS quotas": characters, without white space.

use super::render::compact_json;
use super::statement::{PatternClause, Policy, Statement};

/// How many managed policies a role may have, unless its quota was raised (to at most 20).
pub const MAX_POLICIES_PER_ROLE: usize = 10;

/// Where a policy will be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeLimit {
    /// A managed policy: 6,144 characters each.
    Managed,
    /// Inline in a role: 10,240 for all of them together.
    RoleInline,
    /// Inline in a group: 5,120 for all of them together.
    GroupInline,
    /// Inline in a user: 2,048 for all of them together.
    UserInline,
}

impl SizeLimit {
    /// The limit in characters.
    pub fn max_chars(self) -> usize {
        match self {
            Self::Managed => 6_144,
            Self::RoleInline => 10_240,
            Self::GroupInline => 5_120,
            Self::UserInline => 2_048,
        }
    }
}

/// A policy that splitting cannot make small enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy of {size} characters is over the limit of {limit} (hint: {hint})")]
pub struct TooLarge {
    /// Size in characters without white space and without Sids.
    pub size: usize,
    /// The limit.
    pub limit: usize,
    /// What else can be done.
    pub hint: &'static str,
}

/// A policy's size in characters, as AWS counts it.
///
/// ```
/// use aware_iam::policy::{Policy, policy_size};
///
/// let policy = Policy::parse(
///     r#"{ "Version": "2012-10-17", "Statement": [
///          { "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*" } ] }"#,
/// )?;
/// // Without white space.
/// assert_eq!(policy_size(&policy), 105);
/// # Ok::<(), aware_iam::policy::PolicyProblem>(())
/// ```
pub fn policy_size(policy: &Policy) -> usize {
    compact_json(policy).chars().count()
}

/// Makes a policy fit: as it is, without Sids, or (managed policies) split into several. Together
/// the parts allow what the whole allows; the caller must compare their number with
/// [`MAX_POLICIES_PER_ROLE`].
///
/// # Errors
/// [`TooLarge`] if inline policies exceed their common limit, or if one statement about one action
/// and one resource is too large.
pub fn fit_policies(policy: &Policy, limit: SizeLimit) -> Result<Vec<Policy>, TooLarge> {
    if policy_size(policy) <= limit.max_chars() {
        return Ok(vec![policy.clone()]);
    }
    let bare = Policy {
        statements: policy
            .statements
            .iter()
            .map(|s| Statement { sid: None, ..s.clone() })
            .collect(),
        ..policy.clone()
    };
    if policy_size(&bare) <= limit.max_chars() {
        return Ok(vec![bare]);
    }
    if limit != SizeLimit::Managed {
        let hint =
            "use managed policies: each may have 6144 characters, and a role may have 10 of them";
        return Err(TooLarge { size: policy_size(&bare), limit: limit.max_chars(), hint });
    }
    split_policy(&bare, limit.max_chars())
}

/// Fills one policy after another, in the order of the statements.
fn split_policy(policy: &Policy, limit: usize) -> Result<Vec<Policy>, TooLarge> {
    let with = |statements: Vec<Statement>| Policy { statements, ..policy.clone() };
    let frame = policy_size(&with(Vec::new()));
    let mut parts: Vec<(usize, Vec<Statement>)> = Vec::new();
    for statement in split_statements(&policy.statements, frame, limit)? {
        // A statement in a list costs its text and a comma.
        let cost = policy_size(&with(vec![statement.clone()])) - frame + 1;
        match parts.last_mut() {
            Some((used, list)) if *used + cost <= limit => {
                *used += cost;
                list.push(statement);
            }
            _ => parts.push((frame + cost - 1, vec![statement])),
        }
    }
    Ok(parts.into_iter().map(|(_, statements)| with(statements)).collect())
}

/// The statements, with those that are too large by themselves halved until none is.
fn split_statements(
    statements: &[Statement],
    frame: usize,
    limit: usize,
) -> Result<Vec<Statement>, TooLarge> {
    let mut done = Vec::new();
    let mut todo: Vec<Statement> = statements.iter().rev().cloned().collect();
    while let Some(statement) = todo.pop() {
        let size = policy_size(&Policy::new(vec![statement.clone()])).max(frame);
        if size <= limit {
            done.push(statement);
            continue;
        }
        let Some((first, second)) = halve_statement(&statement) else {
            let hint = "shorten the resource or the condition by hand";
            return Err(TooLarge { size, limit, hint });
        };
        todo.push(second);
        todo.push(first);
    }
    Ok(done)
}

/// Two statements that together say the same: each with half of the resources, or of the actions.
fn halve_statement(statement: &Statement) -> Option<(Statement, Statement)> {
    let cut = |list: &[String]| {
        let (first, second) = list.split_at_checked(list.len() / 2)?;
        (!first.is_empty()).then(|| (first.to_vec(), second.to_vec()))
    };
    let with_resources =
        |list| Statement { resources: Some(PatternClause::Is(list)), ..statement.clone() };
    let with_actions = |list| Statement { actions: PatternClause::Is(list), ..statement.clone() };
    let by_resource = match &statement.resources {
        Some(PatternClause::Is(list)) => {
            cut(list).map(|(a, b)| (with_resources(a), with_resources(b)))
        }
        _ => None,
    };
    by_resource.or_else(|| match &statement.actions {
        PatternClause::Is(list) => cut(list).map(|(a, b)| (with_actions(a), with_actions(b))),
        PatternClause::Not(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(resources: usize) -> Policy {
        let list = (0..resources).map(|n| format!("arn:aws:s3:::bucket-{n:04}/*")).collect();
        let allow = Statement::new_allow(vec!["s3:GetObject".to_owned()], list);
        Policy::new(vec![Statement { sid: Some("Read".to_owned()), ..allow }])
    }

    #[test]
    fn white_space_is_not_counted() {
        let policy = Policy::parse(
            r#" { "Version" : "2012-10-17", "Statement": [ {"Effect":"Allow", "Action":"s3:GetObject","Resource":"*"} ] } "#,
        )
        .unwrap();
        let compact = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
        assert_eq!(policy_size(&policy), compact.len());
    }

    #[test]
    fn what_is_too_large_is_split_and_nothing_is_lost() {
        let policy = wide(700);
        let parts = fit_policies(&policy, SizeLimit::Managed).unwrap();
        assert!(parts.len() > 2 && parts.iter().all(|part| policy_size(part) <= 6_144));
        let resources: Vec<String> = parts
            .iter()
            .flat_map(|part| &part.statements)
            .flat_map(|s| s.resources.as_ref().unwrap().patterns().to_vec())
            .collect();
        assert_eq!(Some(PatternClause::Is(resources)), policy.statements[0].resources);
        assert!(fit_policies(&policy, SizeLimit::UserInline).is_err());
        assert_eq!(fit_policies(&wide(3), SizeLimit::Managed).unwrap(), [wide(3)]);
    }

    #[test]
    fn one_resource_that_is_too_long() {
        let long = format!("arn:aws:s3:::b/{}", "x".repeat(7_000));
        let policy =
            Policy::new(vec![Statement::new_allow(vec!["s3:GetObject".to_owned()], vec![long])]);
        let error = fit_policies(&policy, SizeLimit::Managed).unwrap_err().to_string();
        assert!(
            error.starts_with("policy of 7110 characters is over the limit of 6144"),
            "{error}"
        );
    }
}
