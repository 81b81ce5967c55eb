//! Renders CloudFormation and SAM as YAML. Every string is in double quotes, so that nothing in a
//! name can become YAML.

use serde_json::{Map, Value};

use super::format::RenderProblem;
use super::json::policy_value;
use super::quote::{capitalize_word, escape_utf32, quote_ascii};
use super::subject::RenderSubject;
use crate::policy::statement::{Policy, Statement};

/// `AWS::IAM::ManagedPolicy`, attached to the named role, user or group.
pub(super) fn render_cloudformation(
    policies: &[Policy],
    subject: &RenderSubject<'_>,
) -> Result<String, RenderProblem> {
    let mut resources = Map::new();
    for (index, policy) in policies.iter().enumerate() {
        check_references(policy)?;
        let mut properties = Map::new();
        properties.insert("PolicyDocument".to_owned(), policy_value(policy));
        if !subject.kind.is_empty() {
            let key = format!("{}s", capitalize_word(subject.kind));
            properties.insert(key, Value::Array(vec![subject.name.into()]));
        }
        let mut resource = Map::new();
        resource.insert("Type".to_owned(), "AWS::IAM::ManagedPolicy".into());
        resource.insert("Properties".to_owned(), Value::Object(properties));
        let name = format!("{}Policy", subject.pascal_case(index, policies.len()));
        resources.insert(name, Value::Object(resource));
    }
    let mut template = Map::new();
    template.insert("Resources".to_owned(), Value::Object(resources));
    Ok(render_lines(&Value::Object(template)))
}

/// The property `Policies` of a function.
pub(super) fn render_sam(policies: &[Policy]) -> Result<String, RenderProblem> {
    policies.iter().try_for_each(check_references)?;
    let mut properties = Map::new();
    properties.insert("Policies".to_owned(), policies.iter().map(policy_value).collect());
    Ok(render_lines(&Value::Object(properties)))
}

/// CloudFormation resolves `{{resolve:…}}` anywhere, and has no escape for it.
fn check_references(policy: &Policy) -> Result<(), RenderProblem> {
    let has_reference = |statement: &Statement| {
        super::json::statement_value(statement).to_string().contains("{{resolve:")
    };
    match policy.statements.iter().position(has_reference) {
        Some(index) => Err(RenderProblem::DynamicReference(index)),
        None => Ok(()),
    }
}

fn render_lines(value: &Value) -> String {
    let mut out = String::new();
    write_block(value, 0, &mut out);
    out
}

/// A list or an object, each entry on its own line at this indent.
fn write_block(value: &Value, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                out.push_str(&format!("{pad}{}:", self::quote_key(key)));
                after_key(item, indent, out);
            }
        }
        Value::Array(list) => {
            for item in list {
                let mut inner = String::new();
                write_block(item, indent + 2, &mut inner);
                // The dash takes the place of the first line's indent.
                out.push_str(&format!("{pad}- {}", inner.trim_start()));
            }
        }
        scalar => out.push_str(&format!("{pad}{}\n", self::render_scalar(scalar))),
    }
}

fn after_key(item: &Value, indent: usize, out: &mut String) {
    let is_empty = |n: usize| n == 0;
    match item {
        Value::Object(map) if is_empty(map.len()) => out.push_str(" {}\n"),
        Value::Array(list) if is_empty(list.len()) => out.push_str(" []\n"),
        Value::Object(_) | Value::Array(_) => {
            out.push('\n');
            write_block(item, indent + 2, out);
        }
        scalar => out.push_str(&format!(" {}\n", self::render_scalar(scalar))),
    }
}

fn quote_key(text: &str) -> String {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic());
    // `Null` is a condition operator; without quotes YAML does not read it as a string.
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if is_plain && !is_word { text.to_owned() } else { quote_ascii(text, escape_utf32) }
}

fn render_scalar(value: &Value) -> String {
    match value {
        Value::String(text)
            if text.starts_with("AWS::")
                && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b':') =>
        {
            text.clone()
        }
        Value::String(text) => quote_ascii(text, escape_utf32),
        other => other.to_string(),
    }
}
