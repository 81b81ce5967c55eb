//! Renders CDK in TypeScript: a list of statements to add to a role.

use serde_json::Value;

use super::json::{conditions, write};
use super::quote::{capital, quoted, surrogates};
use super::subject::Subject;
use crate::policy::Effect;
use crate::policy::statement::{Clause, Policy, Statement};

pub(super) fn render(policies: &[Policy], subject: &Subject<'_>) -> String {
    let mut out = String::from("import * as iam from \"aws-cdk-lib/aws-iam\";\n");
    let total = policies.len();
    for (index, policy) in policies.iter().enumerate() {
        let name = camel(subject, index, total);
        out.push_str(&format!("\nexport const {name}Statements = [\n"));
        for statement in &policy.statements {
            out.push_str(&self::statement(statement));
        }
        out.push_str("];\n");
    }
    out
}

fn camel(subject: &Subject<'_>, index: usize, total: usize) -> String {
    let words = subject.words();
    let rest: String = words.iter().skip(1).map(|word| capital(word)).collect();
    let number = if total > 1 { (index + 1).to_string() } else { String::new() };
    format!("{}{rest}{number}", words.first().map_or("policy", String::as_str))
}

/// The constructor does not accept principals in JSON's form, but `fromJson` does.
fn statement(statement: &Statement) -> String {
    if statement.principals.is_some() {
        let mut json = String::new();
        write(&super::json::statement(statement), 1, &mut json);
        return format!("  iam.PolicyStatement.fromJson({json}),\n");
    }
    let mut out = String::from("  new iam.PolicyStatement({\n");
    if let Some(sid) = &statement.sid {
        out.push_str(&format!("    sid: {},\n", string(sid)));
    }
    let effect = match statement.effect {
        Effect::Allow => "ALLOW",
        Effect::Deny => "DENY",
    };
    out.push_str(&format!("    effect: iam.Effect.{effect},\n"));
    out.push_str(&clause("actions", "notActions", &statement.actions));
    if let Some(resources) = &statement.resources {
        out.push_str(&clause("resources", "notResources", resources));
    }
    if !statement.conditions.is_empty() {
        let mut json = String::new();
        write(&Value::Object(conditions(statement)), 2, &mut json);
        out.push_str(&format!("    conditions: {json},\n"));
    }
    out.push_str("  }),\n");
    out
}

fn clause(is: &str, not: &str, clause: &Clause) -> String {
    let name = if matches!(clause, Clause::Not(_)) { not } else { is };
    let lines: String =
        clause.patterns().iter().map(|text| format!("      {},\n", string(text))).collect();
    format!("    {name}: [\n{lines}    ],\n")
}

fn string(text: &str) -> String {
    quoted(text, surrogates)
}
