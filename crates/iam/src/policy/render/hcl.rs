//! Renders Terraform: a policy document, a managed policy, and its attachment.
//!
//! Source: Terraform language, "Strings and Templates"; provider `aws`, data source
//! `aws_iam_policy_document`.

use super::quote::{escape_utf32, quote_ascii};
use super::subject::RenderSubject;
use crate::policy::statement::{
    LanguageVersion, PatternClause, Policy, PrincipalClause, Statement,
};

pub(super) fn render_hcl(policies: &[Policy], subject: &RenderSubject<'_>) -> String {
    let total = policies.len();
    let blocks = policies.iter().enumerate().map(|(index, policy)| {
        let name = subject.snake_case(index, total);
        format!("{}\n{}", render_document(policy, &name), render_managed_policy(subject, &name))
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn render_document(policy: &Policy, name: &str) -> String {
    let mut out = format!("data \"aws_iam_policy_document\" \"{name}\" {{\n");
    if policy.version != LanguageVersion::V2012 {
        out.push_str(&format!("  version = {}\n\n", quote_string(policy.version.as_str())));
    }
    let statements: Vec<String> = policy.statements.iter().map(render_statement).collect();
    out.push_str(&statements.join("\n"));
    out.push_str("}\n");
    out
}

fn render_managed_policy(subject: &RenderSubject<'_>, name: &str) -> String {
    let label = quote_string(&name.replace('_', "-"));
    let mut out = format!(
        "resource \"aws_iam_policy\" \"{name}\" {{\n  name   = {label}\n  policy = data.aws_iam_policy_document.{name}.json\n}}\n"
    );
    if !subject.kind.is_empty() {
        let kind = subject.kind;
        let width = "policy_arn".len();
        out.push_str(&format!(
            "\nresource \"aws_iam_{kind}_policy_attachment\" \"{name}\" {{\n  {kind:width$} = {}\n  policy_arn = aws_iam_policy.{name}.arn\n}}\n",
            quote_string(subject.name)
        ));
    }
    out
}

fn render_statement(statement: &Statement) -> String {
    let mut parts = Vec::new();
    let head = match &statement.sid {
        Some(sid) => {
            format!(
                "    sid    = {}\n    effect = {}\n",
                quote_string(sid),
                quote_string(statement.effect.as_str())
            )
        }
        None => format!("    effect = {}\n", quote_string(statement.effect.as_str())),
    };
    parts.push(head);
    parts.push(render_clause("actions", &statement.actions));
    if let Some(resources) = &statement.resources {
        parts.push(render_clause("resources", resources));
    }
    if let Some(principals) = &statement.principals {
        parts.extend(self::render_principals(principals));
    }
    parts.extend(statement.conditions.iter().map(|condition| {
        format!(
            "    condition {{\n      test     = {}\n      variable = {}\n      values   = {}\n    }}\n",
            quote_string(&condition.operator.to_string()),
            quote_string(&condition.key),
            short_list(&condition.values)
        )
    }));
    format!("  statement {{\n{}  }}\n", parts.join("\n"))
}

fn render_clause(name: &str, clause: &PatternClause) -> String {
    let not = if matches!(clause, PatternClause::Not(_)) { "not_" } else { "" };
    let lines: String =
        clause.patterns().iter().map(|text| format!("      {},\n", quote_string(text))).collect();
    format!("    {not}{name} = [\n{lines}    ]\n")
}

fn render_principals(principals: &PrincipalClause) -> Vec<String> {
    let (name, kinds) = match principals {
        PrincipalClause::Is(kinds) => ("principals", kinds),
        PrincipalClause::Not(kinds) => ("not_principals", kinds),
    };
    let block = |(kind, names): (&String, &Vec<String>)| {
        format!(
            "    {name} {{\n      type        = {}\n      identifiers = {}\n    }}\n",
            quote_string(kind),
            short_list(names)
        )
    };
    kinds.iter().map(block).collect()
}

fn short_list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quote_string(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A string literal, with `${` and `%{` doubled because they would begin a template.
fn quote_string(text: &str) -> String {
    quote_ascii(text, escape_utf32).replace("${", "$${").replace("%{", "%%{")
}
