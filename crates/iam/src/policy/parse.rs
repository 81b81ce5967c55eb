//! A policy from its JSON: strict about what it says, tolerant of the shapes that AWS allows.

use std::collections::BTreeMap;

use super::arn::is_resource_pattern;
use super::condition::{Condition, Operator, Test};
use super::document::Node;
use super::wording::{json_hint, near_or_all, short};
use super::{Clause, Effect, Policy, Principals, Statement, Version};

/// The longest text read, in bytes. AWS's largest policies are 20 KB without white space.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;
/// The longest text of several policies, in bytes: a principal has at most some thirty.
pub const MAX_POLICIES_BYTES: usize = 1024 * 1024;

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// Longer than [`MAX_POLICY_BYTES`].
    #[error(
        "policy of {0} bytes is over the limit of {MAX_POLICY_BYTES} (hint: AWS takes 6144 characters, 20480 in a bucket policy)"
    )]
    TooLong(usize),
    /// Not JSON.
    #[error("policy is not JSON: {problem} (hint: {hint})")]
    Json {
        /// What the JSON reader says, with line and column.
        problem: String,
        /// How to mend it.
        hint: &'static str,
    },
    /// JSON that is no policy.
    #[error("{what} at {place} (hint: {hint})")]
    Element {
        /// What is wrong.
        what: String,
        /// Where: `Statement[2].Action`.
        place: String,
        /// How to mend it.
        hint: String,
    },
}

fn element(place: &str, what: String, hint: impl Into<String>) -> PolicyProblem {
    PolicyProblem::Element { what, place: place.to_owned(), hint: hint.into() }
}

type Object = Vec<(String, Node)>;

const POLICY_KEYS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_KEYS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
const PRINCIPAL_KEYS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

impl Policy {
    /// Reads a policy.
    ///
    /// Also taken: the document inside `{"PolicyDocument": …}`, `{"Policy": …}` or
    /// `{"PolicyVersion": {"Document": …}}`, as the AWS command line prints it.
    ///
    /// # Errors
    /// [`PolicyProblem`] says what is wrong, where, and how to mend it.
    pub fn parse(text: &str) -> Result<Self, PolicyProblem> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyProblem::TooLong(text.len()));
        }
        let text = text.trim_start_matches('\u{feff}');
        let node: Node = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        policy(unwrapped(node))
    }

    /// Reads one policy or several: a list of them, or one after the other. `aware policy` writes
    /// a list where one policy would be over the limit of a managed policy.
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

/// The document inside what the AWS command line prints around it.
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

/// A list of statements, or one alone.
fn statements(node: Node) -> Result<Vec<Statement>, PolicyProblem> {
    match node {
        Node::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(i, node)| statement(node, &format!("Statement[{i}]"))).collect()
        }
        one => Ok(vec![statement(one, "Statement")?]),
    }
}

/// The parts of a statement as they are read.
#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<Principals>,
    actions: Option<Clause>,
    resources: Option<Clause>,
    conditions: Vec<Condition>,
}

fn statement(node: Node, place: &str) -> Result<Statement, PolicyProblem> {
    let entries = object(node, place)?;
    known_keys(&entries, &STATEMENT_KEYS, place)?;
    for (one, other) in
        [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")]
    {
        let has = |name: &str| entries.iter().any(|(key, _)| key == name);
        if has(one) && has(other) {
            let what = format!("`{one}` and `{other}` in one statement");
            return Err(element(place, what, "split it into two statements"));
        }
    }
    let mut draft = Draft::default();
    for (key, node) in entries {
        draft.read(&key, node, &format!("{place}.{key}"))?;
    }
    draft.finish(place)
}

impl Draft {
    fn read(&mut self, key: &str, node: Node, place: &str) -> Result<(), PolicyProblem> {
        match key {
            "Sid" => self.sid = Some(text(node, place)?).filter(|sid| !sid.is_empty()),
            "Effect" => self.effect = Some(effect(node, place)?),
            "Principal" => self.principals = Some(Principals::Is(principals(node, place)?)),
            "NotPrincipal" => self.principals = Some(Principals::Not(principals(node, place)?)),
            "Action" => self.actions = Some(Clause::Is(actions(node, place)?)),
            "NotAction" => self.actions = Some(Clause::Not(actions(node, place)?)),
            "Resource" => self.resources = Some(Clause::Is(resources(node, place)?)),
            "NotResource" => self.resources = Some(Clause::Not(resources(node, place)?)),
            _ => self.conditions = conditions(node, place)?,
        }
        Ok(())
    }

    fn finish(self, place: &str) -> Result<Statement, PolicyProblem> {
        let missing = |name: &str, hint: &str| element(place, format!("no `{name}`"), hint);
        let effect = self.effect.ok_or_else(|| missing("Effect", "`Allow` or `Deny`"))?;
        let actions = self.actions.ok_or_else(|| missing("Action", "such as `s3:GetObject`"))?;
        // Trust policies are about the role that they belong to and name no resource.
        if self.resources.is_none() && self.principals.is_none() {
            return Err(missing("Resource", "an ARN, or `*`"));
        }
        Ok(Statement {
            sid: self.sid,
            effect,
            principals: self.principals,
            actions,
            resources: self.resources,
            conditions: self.conditions,
        })
    }
}

fn effect(node: Node, place: &str) -> Result<Effect, PolicyProblem> {
    match text(node, place)?.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(element(
            place,
            format!("unknown effect `{}`", short(other)),
            "`Allow` or `Deny`, in this case",
        )),
    }
}

/// `*`, or kinds with one name or several.
fn principals(node: Node, place: &str) -> Result<BTreeMap<String, Vec<String>>, PolicyProblem> {
    if let Node::Text(name) = &node {
        if name == "*" {
            return Ok(BTreeMap::from([("AWS".to_owned(), vec![name.clone()])]));
        }
        let hint = format!("`{{\"AWS\": \"{}\"}}`", short(name));
        return Err(element(place, format!("`{}` is no principal", short(name)), hint));
    }
    let entries = object(node, place)?;
    known_keys(&entries, &PRINCIPAL_KEYS, place)?;
    let named = entries.into_iter().map(|(kind, node)| {
        let names = texts(node, &format!("{place}.{kind}"))?;
        Ok((kind, names))
    });
    named.collect()
}

fn actions(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let actions = texts(node, place)?;
    let is_action = |action: &String| {
        let named = action.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && !name.contains([':', ' ', '/'])
        });
        action == "*" || named
    };
    match actions.iter().find(|action| !is_action(action)) {
        None => Ok(actions),
        Some(odd) => Err(element(
            place,
            format!("`{}` is no action", short(odd)),
            "`service:Name`, such as `s3:GetObject`",
        )),
    }
}

fn resources(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let resources = texts(node, place)?;
    match resources.iter().find(|resource| !is_resource_pattern(resource)) {
        None => Ok(resources),
        Some(odd) => Err(element(place, format!("`{}` is no ARN", short(odd)), arn_hint(odd))),
    }
}

fn arn_hint(odd: &str) -> String {
    if odd.starts_with("arn:") {
        return "arn:partition:service:region:account:resource; region and account may be empty"
            .to_owned();
    }
    let bucket = odd.strip_prefix("s3://").unwrap_or(odd);
    let is_bucket = !bucket.is_empty()
        && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/*".contains(&b));
    if is_bucket && !bucket.starts_with(['/', '*']) {
        format!("a bucket is `arn:aws:s3:::{}`", short(bucket))
    } else {
        "an ARN such as `arn:aws:s3:::bucket/*`, or `*`".to_owned()
    }
}

/// Operators, each with keys, each with one value or several.
fn conditions(node: Node, place: &str) -> Result<Vec<Condition>, PolicyProblem> {
    let mut conditions = Vec::new();
    for (name, keys) in object(node, place)? {
        let place = format!("{place}.{}", short(&name));
        let operator = operator(&name, &place)?;
        for (key, values) in object(keys, &place)? {
            let values = scalars(values, &format!("{place}.{}", short(&key)))?;
            conditions.push(Condition { operator: operator.clone(), key, values });
        }
    }
    Ok(conditions)
}

fn operator(name: &str, place: &str) -> Result<Operator, PolicyProblem> {
    let operator = Operator::parse(name);
    if operator.is_known() {
        return Ok(operator);
    }
    let what = format!("unknown condition operator `{}`", short(name));
    if operator.test == Test::Null {
        return Err(element(place, what, "`Null` has no `IfExists`"));
    }
    Err(element(place, what, near_or_all(operator.test.as_str(), Test::NAMES)))
}

fn object(node: Node, place: &str) -> Result<Object, PolicyProblem> {
    match node {
        Node::Object(entries) => Ok(entries),
        other => Err(element(place, format!("{} instead of an object", other.kind()), "`{…}`")),
    }
}

fn text(node: Node, place: &str) -> Result<String, PolicyProblem> {
    match node {
        Node::Text(text) => Ok(text),
        other => Err(element(place, format!("{} instead of a string", other.kind()), "`\"…\"`")),
    }
}

/// One string, or a list of them.
fn texts(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    match node {
        Node::List(list) if list.is_empty() => {
            Err(element(place, "an empty list".to_owned(), "name at least one"))
        }
        Node::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(i, node)| text(node, &format!("{place}[{i}]"))).collect()
        }
        one => Ok(vec![text(one, place)?]),
    }
}

/// Values of a condition: AWS takes booleans and numbers for strings here.
fn scalars(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let list = match node {
        Node::List(list) => list,
        one => vec![one],
    };
    let scalar = |node| match node {
        Node::Text(text) | Node::Number(text) => Ok(text),
        Node::Bool(value) => Ok(value.to_string()),
        other => Err(element(place, format!("{} instead of a string", other.kind()), "`\"…\"`")),
    };
    list.into_iter().map(scalar).collect()
}

fn known_keys(entries: &Object, known: &[&str], place: &str) -> Result<(), PolicyProblem> {
    match entries.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((odd, _)) => {
            let what = format!("unknown element `{}`", short(odd));
            Err(element(place, what, near_or_all(odd, known)))
        }
    }
}
