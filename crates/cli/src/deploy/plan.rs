//! What a dry run shows besides the changes: permissions and costs.

use aware_core::text::terminal::terminal_safe;
use aware_deploy::{CostLine, DeployPlan, PlannedPolicy, PlannedStatement};

/// The width of the column of names.
const NAME_WIDTH: usize = 28;
/// The width of a list's line.
const LIST_WIDTH: usize = 80;

/// The lines for the terminal.
pub(super) fn plan_lines(plan: &DeployPlan) -> Vec<String> {
    let mut lines = Vec::new();
    for (title, policies) in [
        ("permissions of each role, and nothing else", &plan.roles),
        ("permissions on each resource", &plan.resources),
    ] {
        lines.extend([String::new(), title.to_owned()]);
        lines.extend(policies.iter().flat_map(policy_lines));
    }
    lines.extend([
        String::new(),
        "costs in US dollars: list prices of us-east-1, without the free tier (docs/cost.md)"
            .to_owned(),
        "  per month, independent of the volume of events".to_owned(),
    ]);
    lines.extend(plan.monthly.iter().map(cost_line));
    let cents = plan.monthly.iter().map(|cost| cost.cents).sum();
    lines.push(cost_line(&CostLine { cents, what: "together".to_owned() }));
    lines.push("  per million events".to_owned());
    lines.extend(plan.million.iter().map(cost_line));
    lines
}

fn policy_lines(policy: &PlannedPolicy) -> Vec<String> {
    let name = format!("  {}", terminal_safe(&policy.name));
    let statements = policy.statements.iter().flat_map(statement_lines);
    std::iter::once(name).chain(statements).collect()
}

fn statement_lines(statement: &PlannedStatement) -> Vec<String> {
    let verb = if statement.denies { "never " } else { "" };
    let mut parts = wrap_list(verb, &statement.actions);
    parts.extend(wrap_list("by ", &statement.principals));
    parts.extend(wrap_list("on ", &statement.resources));
    for (place, condition) in statement.conditions.iter().enumerate() {
        let before = if place == 0 { "if" } else { "and if" };
        parts.push(format!("{before} {condition}"));
    }
    let names = std::iter::once(statement.sid.as_str()).chain(std::iter::repeat(""));
    let line = |(name, part): (&str, &String)| {
        format!("    {:<NAME_WIDTH$} {}", terminal_safe(name), terminal_safe(part))
    };
    names.zip(&parts).map(line).collect()
}

/// Wraps a list onto lines; empty if the list is.
fn wrap_list(before: &str, list: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in list {
        match lines.last_mut() {
            Some(line) if line.len() + item.len() < LIST_WIDTH => {
                line.push_str(", ");
                line.push_str(item);
            }
            Some(line) => {
                line.push(',');
                lines.push(format!("  {item}"));
            }
            None => lines.push(format!("{before}{item}")),
        }
    }
    lines
}

fn cost_line(cost: &CostLine) -> String {
    format!("    {:>4}.{:02}  {}", cost.cents / 100, cost.cents % 100, terminal_safe(&cost.what))
}
