//! Renders JSON, pretty or compact: the document from which the other formats are made.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::quote::{escape_utf16, quote_ascii};
use crate::policy::statement::{PatternClause, Policy, PrincipalClause, Statement};

/// The policy as JSON without white space, as AWS counts it; not escaped to ASCII.
pub(in crate::policy) fn compact_json(policy: &Policy) -> String {
    policy_value(policy).to_string()
}

/// One policy or a list of policies, indented by two spaces.
pub(super) fn render_json(policies: &[Policy]) -> String {
    let mut out = String::new();
    match policies {
        [one] => write_pretty(&policy_value(one), 0, &mut out),
        many => write_pretty(&Value::Array(many.iter().map(policy_value).collect()), 0, &mut out),
    }
    out.push('\n');
    out
}

/// The policy with its elements in the order of AWS's own examples.
pub(super) fn policy_value(policy: &Policy) -> Value {
    let mut map = Map::new();
    map.insert("Version".to_owned(), policy.version.as_str().into());
    if let Some(id) = &policy.id {
        map.insert("Id".to_owned(), id.as_str().into());
    }
    map.insert("Statement".to_owned(), policy.statements.iter().map(statement_value).collect());
    Value::Object(map)
}

/// One statement.
pub(super) fn statement_value(statement: &Statement) -> Value {
    let mut map = Map::new();
    if let Some(sid) = &statement.sid {
        map.insert("Sid".to_owned(), sid.as_str().into());
    }
    map.insert("Effect".to_owned(), statement.effect.as_str().into());
    if let Some(principals) = &statement.principals {
        let (key, value) = self::principals_value(principals);
        map.insert(key.to_owned(), value);
    }
    let mut clause = |name: &str, clause: &PatternClause| {
        let key = if matches!(clause, PatternClause::Not(_)) {
            format!("Not{name}")
        } else {
            name.to_owned()
        };
        map.insert(key, one_or_many(clause.patterns()));
    };
    clause("Action", &statement.actions);
    if let Some(resources) = &statement.resources {
        clause("Resource", resources);
    }
    let conditions = conditions_value(statement);
    if !conditions.is_empty() {
        map.insert("Condition".to_owned(), Value::Object(conditions));
    }
    Value::Object(map)
}

fn principals_value(principals: &PrincipalClause) -> (&'static str, Value) {
    let (key, kinds) = match principals {
        PrincipalClause::Is(kinds) => ("Principal", kinds),
        PrincipalClause::Not(kinds) => ("NotPrincipal", kinds),
    };
    let everybody = BTreeMap::from([("AWS".to_owned(), vec!["*".to_owned()])]);
    if *kinds == everybody {
        return (key, "*".into());
    }
    let map: Map<String, Value> =
        kinds.iter().map(|(kind, names)| (kind.clone(), one_or_many(names))).collect();
    (key, Value::Object(map))
}

/// Operators with their keys and values, in the order of the statement.
pub(super) fn conditions_value(statement: &Statement) -> Map<String, Value> {
    let mut map = Map::new();
    for condition in &statement.conditions {
        let keys =
            map.entry(condition.operator.to_string()).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(keys) = keys {
            keys.insert(condition.key.clone(), one_or_many(&condition.values));
        }
    }
    map
}

fn one_or_many(values: &[String]) -> Value {
    match values {
        [one] => one.as_str().into(),
        many => many.iter().map(String::as_str).collect(),
    }
}

/// Pretty JSON in ASCII.
pub(super) fn write_pretty(value: &Value, depth: usize, out: &mut String) {
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Array(list) if !list.is_empty() => {
            for (i, item) in list.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                indent(out, depth + 1);
                write_pretty(item, depth + 1, out);
            }
            indent(out, depth);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            for (i, (key, item)) in map.iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                indent(out, depth + 1);
                out.push_str(&quote_ascii(key, escape_utf16));
                out.push_str(": ");
                write_pretty(item, depth + 1, out);
            }
            indent(out, depth);
            out.push('}');
        }
        Value::String(text) => out.push_str(&quote_ascii(text, escape_utf16)),
        other => out.push_str(&other.to_string()),
    }
}
