//! Renders CDK in TypeScript: a list of statements to add to a role.

use serde_json::Value;

use super::json::{conditions_value, write_pretty};
use super::quote::{capitalize_word, escape_utf16, quote_ascii};
use super::subject::RenderSubject;
use crate::policy::StatementEffect;
use crate::policy::statement::{PatternClause, Policy, Statement};

pub(super) fn render_cdk(policies: &[Policy], subject: &RenderSubject<'_>) -> String {
    let mut out = String::from("import * as iam from \"aws-cdk-lib/aws-iam\";\n");
    let total = policies.len();
    for (index, policy) in policies.iter().enumerate() {
        let name = camel_case(subject, index, total);
        out.push_str(&format!("\nexport const {name}Statements = [\n"));
        for statement in &policy.statements {
            out.push_str(&self::render_statement(statement));
        }
        out.push_str("];\n");
    }
    out
}

fn camel_case(subject: &RenderSubject<'_>, index: usize, total: usize) -> String {
    let words = subject.name_words();
    let rest: String = words.iter().skip(1).map(|word| capitalize_word(word)).collect();
    let number = if total > 1 { (index + 1).to_string() } else { String::new() };
    format!("{}{rest}{number}", words.first().map_or("policy", String::as_str))
}

/// The constructor does not accept principals in JSON's form, but `fromJson` does.
fn render_statement(statement: &Statement) -> String {
    if statement.principals.is_some() {
        let mut json = String::new();
        write_pretty(&super::json::statement_value(statement), 1, &mut json);
        return format!("  iam.PolicyStatement.fromJson({json}),\n");
    }
    let mut out = String::from("  new iam.PolicyStatement({\n");
    if let Some(sid) = &statement.sid {
        out.push_str(&format!("    sid: {},\n", quote_string(sid)));
    }
    let effect = match statement.effect {
        StatementEffect::Allow => "ALLOW",
        StatementEffect::Deny => "DENY",
    };
    out.push_str(&format!("    effect: iam.Effect.{effect},\n"));
    out.push_str(&render_clause("actions", "notActions", &statement.actions));
    if let Some(resources) = &statement.resources {
        out.push_str(&render_clause("resources", "notResources", resources));
    }
    if !statement.conditions.is_empty() {
        let mut json = String::new();
        write_pretty(&Value::Object(conditions_value(statement)), 2, &mut json);
        out.push_str(&format!("    conditions: {json},\n"));
    }
    out.push_str("  }),\n");
    out
}

fn render_clause(is: &str, not: &str, clause: &PatternClause) -> String {
    let name = if matches!(clause, PatternClause::Not(_)) { not } else { is };
    let lines: String =
        clause.patterns().iter().map(|text| format!("      {},\n", quote_string(text))).collect();
    format!("    {name}: [\n{lines}    ],\n")
}

fn quote_string(text: &str) -> String {
    quote_ascii(text, escape_utf16)
}
