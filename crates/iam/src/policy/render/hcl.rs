//! Renders Terraform: a policy document, a managed policy, and its attachment.
//!
//! Source: Terraform language, "Strings and Templates"; provider `aws`, data source
//! `aws_iam_policy_document`.

use super::quote::{eight_digits, quoted};
use super::subject::Subject;
use crate::policy::statement::{Clause, Policy, Principals, Statement, Version};

pub(super) fn render(policies: &[Policy], subject: &Subject<'_>) -> String {
    let total = policies.len();
    let blocks = policies.iter().enumerate().map(|(index, policy)| {
        let name = subject.snake(index, total);
        format!("{}\n{}", document(policy, &name), managed(subject, &name))
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn document(policy: &Policy, name: &str) -> String {
    let mut out = format!("data \"aws_iam_policy_document\" \"{name}\" {{\n");
    if policy.version != Version::V2012 {
        out.push_str(&format!("  version = {}\n\n", string(policy.version.as_str())));
    }
    let statements: Vec<String> = policy.statements.iter().map(statement).collect();
    out.push_str(&statements.join("\n"));
    out.push_str("}\n");
    out
}

fn managed(subject: &Subject<'_>, name: &str) -> String {
    let label = string(&name.replace('_', "-"));
    let mut out = format!(
        "resource \"aws_iam_policy\" \"{name}\" {{\n  name   = {label}\n  policy = data.aws_iam_policy_document.{name}.json\n}}\n"
    );
    if !subject.kind.is_empty() {
        let kind = subject.kind;
        let width = "policy_arn".len();
        out.push_str(&format!(
            "\nresource \"aws_iam_{kind}_policy_attachment\" \"{name}\" {{\n  {kind:width$} = {}\n  policy_arn = aws_iam_policy.{name}.arn\n}}\n",
            string(subject.name)
        ));
    }
    out
}

fn statement(statement: &Statement) -> String {
    let mut parts = Vec::new();
    let head = match &statement.sid {
        Some(sid) => {
            format!(
                "    sid    = {}\n    effect = {}\n",
                string(sid),
                string(statement.effect.as_str())
            )
        }
        None => format!("    effect = {}\n", string(statement.effect.as_str())),
    };
    parts.push(head);
    parts.push(clause("actions", &statement.actions));
    if let Some(resources) = &statement.resources {
        parts.push(clause("resources", resources));
    }
    if let Some(principals) = &statement.principals {
        parts.extend(self::principals(principals));
    }
    parts.extend(statement.conditions.iter().map(|condition| {
        format!(
            "    condition {{\n      test     = {}\n      variable = {}\n      values   = {}\n    }}\n",
            string(&condition.operator.to_string()),
            string(&condition.key),
            short_list(&condition.values)
        )
    }));
    format!("  statement {{\n{}  }}\n", parts.join("\n"))
}

fn clause(name: &str, clause: &Clause) -> String {
    let not = if matches!(clause, Clause::Not(_)) { "not_" } else { "" };
    let lines: String =
        clause.patterns().iter().map(|text| format!("      {},\n", string(text))).collect();
    format!("    {not}{name} = [\n{lines}    ]\n")
}

fn principals(principals: &Principals) -> Vec<String> {
    let (name, kinds) = match principals {
        Principals::Is(kinds) => ("principals", kinds),
        Principals::Not(kinds) => ("not_principals", kinds),
    };
    let block = |(kind, names): (&String, &Vec<String>)| {
        format!(
            "    {name} {{\n      type        = {}\n      identifiers = {}\n    }}\n",
            string(kind),
            short_list(names)
        )
    };
    kinds.iter().map(block).collect()
}

fn short_list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| string(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A string literal, with `${` and `%{` doubled because they would begin a template.
fn string(text: &str) -> String {
    quoted(text, eight_digits).replace("${", "$${").replace("%{", "%%{")
}
