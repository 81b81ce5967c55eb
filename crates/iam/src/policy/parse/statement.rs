//! A statement from its JSON.

use std::collections::BTreeMap;

use super::element::{check_keys, read_object, read_scalars, read_text, read_texts};
use super::problem::{PolicyProblem, element_problem};
use crate::policy::arn::is_resource_pattern;
use crate::policy::condition::{ConditionOperator, ConditionTest, PolicyCondition};
use crate::policy::document::StrictJson;
use crate::policy::statement::{PatternClause, PrincipalClause, Statement, StatementEffect};
use crate::policy::wording::{bucket_hint, clip_text, near_or_all};

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
struct StatementParts {
    sid: Option<String>,
    effect: Option<StatementEffect>,
    principals: Option<PrincipalClause>,
    actions: Option<PatternClause>,
    resources: Option<PatternClause>,
    conditions: Vec<PolicyCondition>,
}

pub(super) fn read_statement(node: StrictJson, place: &str) -> Result<Statement, PolicyProblem> {
    let entries = read_object(node, place)?;
    check_keys(&entries, &STATEMENT_KEYS, place)?;
    for (one, other) in
        [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")]
    {
        let has = |name: &str| entries.iter().any(|(key, _)| key == name);
        if has(one) && has(other) {
            let what = format!("`{one}` and `{other}` in one statement");
            return Err(element_problem(place, what, "split it into two statements"));
        }
    }
    let mut draft = StatementParts::default();
    for (key, node) in entries {
        draft.read_element(&key, node, &format!("{place}.{key}"))?;
    }
    draft.build_statement(place)
}

impl StatementParts {
    fn read_element(
        &mut self,
        key: &str,
        node: StrictJson,
        place: &str,
    ) -> Result<(), PolicyProblem> {
        match key {
            "Sid" => self.sid = Some(read_text(node, place)?).filter(|sid| !sid.is_empty()),
            "Effect" => self.effect = Some(read_effect(node, place)?),
            "Principal" => {
                self.principals = Some(PrincipalClause::Is(read_principals(node, place)?))
            }
            "NotPrincipal" => {
                self.principals = Some(PrincipalClause::Not(read_principals(node, place)?))
            }
            "Action" => self.actions = Some(PatternClause::Is(read_actions(node, place)?)),
            "NotAction" => self.actions = Some(PatternClause::Not(read_actions(node, place)?)),
            "Resource" => self.resources = Some(PatternClause::Is(read_resources(node, place)?)),
            "NotResource" => {
                self.resources = Some(PatternClause::Not(read_resources(node, place)?))
            }
            _ => self.conditions = read_conditions(node, place)?,
        }
        Ok(())
    }

    fn build_statement(self, place: &str) -> Result<Statement, PolicyProblem> {
        let missing = |name: &str, hint: &str| element_problem(place, format!("no `{name}`"), hint);
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

fn read_effect(node: StrictJson, place: &str) -> Result<StatementEffect, PolicyProblem> {
    match read_text(node, place)?.as_str() {
        "Allow" => Ok(StatementEffect::Allow),
        "Deny" => Ok(StatementEffect::Deny),
        other => Err(element_problem(
            place,
            format!("unknown effect `{}`", clip_text(other)),
            "`Allow` or `Deny`, in exactly this case",
        )),
    }
}

/// `*`, or an object of kinds, each with one name or several.
fn read_principals(
    node: StrictJson,
    place: &str,
) -> Result<BTreeMap<String, Vec<String>>, PolicyProblem> {
    if let StrictJson::Text(name) = &node {
        if name == "*" {
            return Ok(BTreeMap::from([("AWS".to_owned(), vec![name.clone()])]));
        }
        let hint = format!("`{{\"AWS\": \"{}\"}}`", clip_text(name));
        return Err(element_problem(
            place,
            format!("`{}` is not a principal", clip_text(name)),
            hint,
        ));
    }
    let entries = read_object(node, place)?;
    check_keys(&entries, &PRINCIPAL_KEYS, place)?;
    let named = entries.into_iter().map(|(kind, node)| {
        let names = read_texts(node, &format!("{place}.{kind}"))?;
        Ok((kind, names))
    });
    named.collect()
}

fn read_actions(node: StrictJson, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let actions = read_texts(node, place)?;
    let is_action = |action: &String| {
        let named = action.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && !name.contains([':', ' ', '/'])
        });
        action == "*" || named
    };
    match actions.iter().find(|action| !is_action(action)) {
        None => Ok(actions),
        Some(odd) => Err(element_problem(
            place,
            format!("`{}` is not an action", clip_text(odd)),
            "`service:Name`, such as `s3:GetObject`",
        )),
    }
}

fn read_resources(node: StrictJson, place: &str) -> Result<Vec<String>, PolicyProblem> {
    let resources = read_texts(node, place)?;
    match resources.iter().find(|resource| !is_resource_pattern(resource)) {
        None => Ok(resources),
        Some(odd) => Err(element_problem(
            place,
            format!("`{}` is not an ARN", clip_text(odd)),
            arn_hint(odd),
        )),
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
fn read_conditions(node: StrictJson, place: &str) -> Result<Vec<PolicyCondition>, PolicyProblem> {
    let mut conditions = Vec::new();
    for (name, keys) in read_object(node, place)? {
        let place = format!("{place}.{}", clip_text(&name));
        let operator = read_operator(&name, &place)?;
        for (key, values) in read_object(keys, &place)? {
            let values = read_scalars(values, &format!("{place}.{}", clip_text(&key)))?;
            conditions.push(PolicyCondition { operator: operator.clone(), key, values });
        }
    }
    Ok(conditions)
}

fn read_operator(name: &str, place: &str) -> Result<ConditionOperator, PolicyProblem> {
    let operator = ConditionOperator::parse(name);
    if operator.is_known() {
        return Ok(operator);
    }
    let what = format!("unknown condition operator `{}`", clip_text(name));
    if operator.test == ConditionTest::Null {
        return Err(element_problem(place, what, "`Null` has no `IfExists`"));
    }
    Err(element_problem(place, what, near_or_all(operator.test.as_str(), ConditionTest::NAMES)))
}
