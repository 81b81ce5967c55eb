//! A statement from its JSON.

use std::collections::BTreeMap;

use super::element::{known_keys, object, scalars, text, texts};
use super::problem::{PolicyProblem, element};
use crate::policy::arn::is_resource_pattern;
use crate::policy::condition::{Condition, Operator, Test};
use crate::policy::document::Node;
use crate::policy::statement::{Clause, Effect, Principals, Statement};
use crate::policy::wording::{bucket_hint, near_or_all, short};

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

/// The parts of a statement while it is being read.
#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<Principals>,
    actions: Option<Clause>,
    resources: Option<Clause>,
    conditions: Vec<Condition>,
}

pub(super) fn statement(node: Node, place: &str) -> Result<Statement, PolicyProblem> {
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
        // Trust policies apply to their own role and name no resource.
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
            "`Allow` or `Deny`, in exactly this case",
        )),
    }
}

/// `*`, or an object of kinds, each with one name or several.
fn principals(node: Node, place: &str) -> Result<BTreeMap<String, Vec<String>>, PolicyProblem> {
    if let Node::Text(name) = &node {
        if name == "*" {
            return Ok(BTreeMap::from([("AWS".to_owned(), vec![name.clone()])]));
        }
        let hint = format!("`{{\"AWS\": \"{}\"}}`", short(name));
        return Err(element(place, format!("`{}` is not a principal", short(name)), hint));
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
            format!("`{}` is not an action", short(odd)),
            "`service:Name`, such as `s3:GetObject`",
        )),
    }
}

fn resources(node: Node, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let resources = texts(node, place)?;
    match resources.iter().find(|resource| !is_resource_pattern(resource)) {
        None => Ok(resources),
        Some(odd) => Err(element(place, format!("`{}` is not an ARN", short(odd)), arn_hint(odd))),
    }
}

fn arn_hint(odd: &str) -> String {
    if odd.starts_with("arn:") {
        return "arn:partition:service:region:account:resource; region and account may be empty"
            .to_owned();
    }
    bucket_hint(odd).unwrap_or_else(|| "an ARN such as `arn:aws:s3:::bucket/*`, or `*`".to_owned())
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
