//! `aware iam show`: what the catalogue says about an action, or the actions of a service.

use std::io::{self, Write};

use aware_core::text::terminal::terminal_safe;
use aware_iam::catalogue::{AccessLevel, ActionEntry, Catalogue, ServiceEntry};

use super::catalogue;
use crate::exit::{CommandExit, CommandFailure};

/// Runs the command.
pub(super) fn run_show(asked: &str) -> Result<CommandExit, CommandFailure> {
    let catalogue = catalogue::current_catalogue();
    let mut out = io::stdout().lock();
    match (catalogue.find_action(asked), catalogue.find_service(asked)) {
        (Some(action), _) => write_action(&mut out, catalogue, &action)?,
        (None, Some(service)) => list_actions(&mut out, service)?,
        (None, None) => return Err(CommandFailure::Usage(unknown_action(catalogue, asked))),
    }
    Ok(CommandExit::Done)
}

fn unknown_action(catalogue: &Catalogue, asked: &str) -> String {
    let prefix = asked.split(':').next().unwrap_or_default();
    let hint = match catalogue.find_service(prefix) {
        Some(service) => format!("`aware iam show {}` names its actions", service.prefix()),
        None => "write service:Action, such as logs:CreateLogGroup".to_owned(),
    };
    let source = catalogue.derived_from();
    format!("`{asked}` is not in the catalogue, which is from {source} (hint: {hint})")
}

fn list_actions(out: &mut dyn Write, service: ServiceEntry<'_>) -> io::Result<()> {
    for action in service.iter_actions() {
        let marks = action.sensitivity.describe_risks().join(", ");
        let line = format!("{:<60} {:<22} {marks}", action.full_name(), level_name(action.level));
        writeln!(out, "{}", terminal_safe(line.trim_end()))?;
    }
    Ok(())
}

fn write_action(
    out: &mut dyn Write,
    catalogue: &Catalogue,
    action: &ActionEntry,
) -> io::Result<()> {
    writeln!(out, "{}", terminal_safe(&action.full_name()))?;
    let mut row = |name: &str, value: &str| {
        if value.is_empty() {
            Ok(())
        } else {
            writeln!(out, "  {name:<9} {}", terminal_safe(value))
        }
    };
    row("access", level_name(action.level))?;
    let mut marks = action.sensitivity.describe_risks().join(", ");
    if action.sensitivity.is_marked() {
        marks += if action.sensitivity.is_withheld() {
            "; a grant of it is never offered"
        } else {
            "; a narrow grant of it may be offered"
        };
    }
    row("marked", &marks)?;
    for used in &action.resources {
        let formats = used.formats.join(", ");
        let need = if used.required { "required" } else { "optional" };
        row("resource", &format!("{} ({need}): {formats}", used.name))?;
    }
    if action.resources.is_empty() {
        row("resource", "* (it names none)")?;
    }
    for key in &action.condition_keys {
        let kind = catalogue.find_condition_key(key).map(|key| key.kind).unwrap_or_default();
        row("condition", format!("{key} {kind}").trim_end())?;
    }
    row("needs", &action.dependents.join(", "))?;
    row("source", catalogue.derived_from())
}

fn level_name(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "list",
        AccessLevel::Read => "read",
        AccessLevel::Tagging => "tagging",
        AccessLevel::Write => "write",
        AccessLevel::PermissionsManagement => "permissions management",
        AccessLevel::Unknown => "",
    }
}
