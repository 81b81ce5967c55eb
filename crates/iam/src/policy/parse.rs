//! Parses a policy from JSON: strict about its contents, tolerant of the forms that AWS allows.

mod element;
mod problem;
mod statement;

use super::document::Node;
use super::statement::{Policy, Statement, Version};
use super::wording::{json_hint, short};
use element::{known_keys, object, text};
use problem::element;
pub use problem::{MAX_POLICIES_BYTES, MAX_POLICY_BYTES, PolicyProblem};
use statement::statement;

const POLICY_KEYS: [&str; 3] = ["Version", "Id", "Statement"];

impl Policy {
    /// Reads a policy.
    ///
    /// Also accepts the document inside `{"PolicyDocument": …}`, `{"Policy": …}` or
    /// `{"PolicyVersion": {"Document": …}}`, as the AWS command line prints it.
    ///
    /// # Errors
    /// [`PolicyProblem`] says what is wrong, where, and how to fix it.
    pub fn parse(text: &str) -> Result<Self, PolicyProblem> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyProblem::TooLong(text.len()));
        }
        let text = text.trim_start_matches('\u{feff}');
        let node: Node = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        policy(unwrapped(node))
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
        for node in serde_json::Deserializer::from_str(text).into_iter::<Node>() {
            match unwrapped(node.map_err(|error| not_json(text, &error))?) {
                Node::List(list) if !list.is_empty() => {
                    for one in list {
                        policies.push(policy(unwrapped(one))?);
                    }
                }
                one => policies.push(policy(one)?),
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
fn unwrapped(node: Node) -> Node {
    let Node::Object(mut entries) = node else { return node };
    let wrapper =
        |key: &str| matches!(key, "PolicyDocument" | "Policy" | "PolicyVersion" | "Document");
    let is_policy = entries.iter().any(|(key, _)| key == "Statement");
    let inner =
        entries.iter().position(|(key, node)| wrapper(key) && matches!(node, Node::Object(_)));
    match inner.filter(|_| !is_policy) {
        Some(index) => unwrapped(entries.swap_remove(index).1),
        None => Node::Object(entries),
    }
}

fn policy(node: Node) -> Result<Policy, PolicyProblem> {
    let entries = object(node, "the top")?;
    known_keys(&entries, &POLICY_KEYS, "the top")?;
    let mut policy = Policy { version: Version::V2008, id: None, statements: Vec::new() };
    let mut has_statement = false;
    for (key, node) in entries {
        match key.as_str() {
            "Version" => policy.version = version(node)?,
            "Id" => policy.id = Some(text(node, "Id")?),
            _ => {
                has_statement = true;
                policy.statements = statements(node)?;
            }
        }
    }
    if has_statement {
        return Ok(policy);
    }
    let hint = "a policy is an object with `Version` and `Statement`";
    Err(element("the top", "no `Statement`".to_owned(), hint))
}

fn version(node: Node) -> Result<Version, PolicyProblem> {
    match text(node, "Version")?.as_str() {
        "2012-10-17" => Ok(Version::V2012),
        "2008-10-17" => Ok(Version::V2008),
        other => Err(element(
            "Version",
            format!("unknown version `{}`", short(other)),
            "one of `2012-10-17`, `2008-10-17`; it is the language's version, not the policy's",
        )),
    }
}

/// A list of statements, or a single one.
fn statements(node: Node) -> Result<Vec<Statement>, PolicyProblem> {
    match node {
        Node::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(i, node)| statement(node, &format!("Statement[{i}]"))).collect()
        }
        one => Ok(vec![statement(one, "Statement")?]),
    }
}
