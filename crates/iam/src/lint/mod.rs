//! What is wrong with a policy that AWS takes all the same.

mod actions;
mod resources;
mod shape;

use std::fmt;

use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::policy::{Clause, Policy, Statement, Version};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Could be better.
    Note,
    /// Allows more than it need.
    Warning,
    /// Does not do what it says.
    Error,
}

impl Severity {
    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name: `unknown-action`.
    pub code: &'static str,
    /// Where: `Statement[2].Action[0]`.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub hint: String,
}

/// `warning: … at Statement[0].Resource[0] (hint: …)`
impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} at {} (hint: {})",
            self.severity.as_str(),
            self.what,
            self.path,
            self.hint
        )
    }
}

/// Looks a policy through. Findings stand in the order of the statements.
pub fn lint(catalogue: &Catalogue, policy: &Policy) -> Vec<Lint> {
    let mut lints = Vec::new();
    if policy.version == Version::V2008 {
        lints.push(Lint {
            severity: Severity::Note,
            code: "old-version",
            path: "Version".to_owned(),
            what: "policy is of version 2008-10-17, or of none".to_owned(),
            hint: "with `\"Version\": \"2012-10-17\"` policy variables work".to_owned(),
        });
    }
    for (index, statement) in policy.statements.iter().enumerate() {
        let look = Look { catalogue, statement, path: format!("Statement[{index}]") };
        look.shape(policy.version, &mut lints);
        look.actions(&mut lints);
        look.resources(&mut lints);
    }
    lints
}

/// One statement and its place.
struct Look<'a> {
    catalogue: &'a Catalogue,
    statement: &'a Statement,
    path: String,
}

impl Look<'_> {
    fn lint(
        &self,
        severity: Severity,
        code: &'static str,
        below: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> Lint {
        let path = format!("{}{below}", self.path);
        Lint { severity, code, path, what: what.into(), hint: hint.into() }
    }

    /// `.NotAction[2]`, `.Resource[0]`.
    fn at(&self, name: &str, index: usize) -> String {
        let clause = match name {
            "Action" => Some(&self.statement.actions),
            _ => self.statement.resources.as_ref(),
        };
        let not = if matches!(clause, Some(Clause::Not(_))) { "Not" } else { "" };
        format!(".{not}{name}[{index}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statement: &str, expected: &[&str]) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let lints = lint(Catalogue::builtin(), &Policy::parse(&text).unwrap());
        let shown: Vec<String> = lints.iter().map(Lint::to_string).collect();
        assert_eq!(shown, expected, "{statement}");
    }

    #[test]
    fn unknown_actions_get_a_near_name() {
        check(
            r#"{"Effect":"Allow","Action":["s3:GetObjet","sqss:SendMessage"],"Resource":"arn:aws:s3:::b/*"}"#,
            &[
                "error: unknown action `s3:GetObjet` at Statement[0].Action[0] (hint: did you mean `s3:GetObject`?)",
                "error: unknown action `sqss:SendMessage` at Statement[0].Action[1] (hint: did you mean `sqs:SendMessage`?)",
            ],
        );
    }

    #[test]
    fn resources_that_cannot_match() {
        check(
            r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b"}"#,
            &[
                "error: `s3:GetObject` works on none of the resources at Statement[0].Action[0] (hint: it works on `arn:${Partition}:s3:::${BucketName}/${ObjectName}`)",
            ],
        );
        check(
            r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":["arn:aws:sqs:eu-west-1::jobs","arn:aws:sqs:eu-west-1:111122223333:jobs"]}"#,
            &[
                "error: `arn:aws:sqs:eu-west-1::jobs` names no account and matches nothing at Statement[0].Resource[0] (hint: put the account's 12 digits between the fourth and the fifth colon)",
            ],
        );
    }

    #[test]
    fn what_allows_more_than_it_need() {
        check(
            r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}"#,
            &[
                "warning: `sqs:SendMessage` is allowed on every queue at Statement[0].Action[0] (hint: name it: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`)",
            ],
        );
        check(
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
            &[
                "warning: `NotAction` with `Allow` allows every other action, new ones included at Statement[0].NotAction (hint: list what is needed in `Action`)",
            ],
        );
        check(r#"{"Effect":"Allow","Action":"ec2:DescribeInstances","Resource":"*"}"#, &[]);
        check(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, &[]);
    }
}
