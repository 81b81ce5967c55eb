//! Parses a policy from JSON: strict about its contents, tolerant of the forms that AWS allows.

mod element;
mod problem;
mod statement;

use super::document::StrictJson;
use super::statement::{LanguageVersion, Policy, Statement};
use super::wording::{clip_text, json_hint};
use element::{check_keys, read_object, read_text};
use problem::element_problem;
pub use problem::{MAX_POLICIES_BYTES, MAX_POLICY_BYTES, PolicyProblem};
use statement::read_statement;

const POLICY_KEYS: [&str; 3] = ["Version", "Id", "Statement"];

impl Policy {
    /// Reads a policy.
    ///
    /// Also accepts the document inside `{"PolicyDocument": …}`, `{"Policy": …}` or
    /// `{"PolicyVersion": {"Document": …}}`, as the AWS command line prints it.
    ///
    /// ```
    /// use aware_iam::policy::Policy;
    ///
    /// let policy = Policy::parse(
    ///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    ///         "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example-bucket/*"}}"#,
    /// )?;
    /// assert_eq!(policy.statements.len(), 1);
    ///
    /// let problem = Policy::parse(r#"{"Statement": {"Efect": "Allow"}}"#).unwrap_err();
    /// assert!(problem.to_string().contains("`Effect`"), "{problem}");
    /// # Ok::<(), aware_iam::policy::PolicyProblem>(())
    /// ```
    ///
    /// # Errors
    /// [`PolicyProblem`] says what is wrong, where, and how to fix it.
    pub fn parse(text: &str) -> Result<Self, PolicyProblem> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyProblem::TooLong(text.len()));
        }
        let text = text.trim_start_matches('\u{feff}');
        let node: StrictJson =
            serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        read_policy(unwrap_document(node))
    }

    /// Reads one policy or several: a list of them, or one after another. `aware policy` writes a
    /// list if one policy would exceed the limit of a managed policy.
    ///
    /// # Errors
    /// As [`Policy::parse`]; also for a text without any policy.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, PolicyProblem> {
        if text.len() > MAX_POLICIES_BYTES {
            return Err(PolicyProblem::TooLong(text.len()));
        }
        let text = text.trim_start_matches('\u{feff}');
        let mut policies = Vec::new();
        for node in serde_json::Deserializer::from_str(text).into_iter::<StrictJson>() {
            match unwrap_document(node.map_err(|error| not_json(text, &error))?) {
                StrictJson::List(list) if !list.is_empty() => {
                    for one in list {
                        policies.push(read_policy(unwrap_document(one))?);
                    }
                }
                one => policies.push(read_policy(one)?),
            }
        }
        match policies.is_empty() {
            true => Self::parse(text).map(|one| vec![one]),
            false => Ok(policies),
        }
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> PolicyProblem {
    PolicyProblem::Json { problem: error.to_string(), hint: json_hint(text) }
}

/// The document inside whatever the AWS command line prints around it.
fn unwrap_document(node: StrictJson) -> StrictJson {
    let StrictJson::Object(mut entries) = node else { return node };
    let wrapper =
        |key: &str| matches!(key, "PolicyDocument" | "Policy" | "PolicyVersion" | "Document");
    let is_policy = entries.iter().any(|(key, _)| key == "Statement");
    let inner = entries
        .iter()
        .position(|(key, node)| wrapper(key) && matches!(node, StrictJson::Object(_)));
    match inner.filter(|_| !is_policy) {
        Some(index) => unwrap_document(entries.swap_remove(index).1),
        None => StrictJson::Object(entries),
    }
}

fn read_policy(node: StrictJson) -> Result<Policy, PolicyProblem> {
    let entries = read_object(node, "the top")?;
    check_keys(&entries, &POLICY_KEYS, "the top")?;
    let mut policy = Policy { version: LanguageVersion::V2008, id: None, statements: Vec::new() };
    let mut has_statement = false;
    for (key, node) in entries {
        match key.as_str() {
            "Version" => policy.version = read_version(node)?,
            "Id" => policy.id = Some(read_text(node, "Id")?),
            _ => {
                has_statement = true;
                policy.statements = read_statements(node)?;
            }
        }
    }
    if has_statement {
        return Ok(policy);
    }
    let hint = "a policy is an object with `Version` and `Statement`";
    Err(element_problem("the top", "no `Statement`".to_owned(), hint))
}

fn read_version(node: StrictJson) -> Result<LanguageVersion, PolicyProblem> {
    match read_text(node, "Version")?.as_str() {
        "2012-10-17" => Ok(LanguageVersion::V2012),
        "2008-10-17" => Ok(LanguageVersion::V2008),
        other => Err(element_problem(
            "Version",
            format!("unknown version `{}`", clip_text(other)),
            "one of `2012-10-17`, `2008-10-17`; it is the language's version, not the policy's",
        )),
    }
}

/// A list of statements, or a single one.
fn read_statements(node: StrictJson) -> Result<Vec<Statement>, PolicyProblem> {
    match node {
        StrictJson::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(i, node)| read_statement(node, &format!("Statement[{i}]"))).collect()
        }
        one => Ok(vec![read_statement(one, "Statement")?]),
    }
}
