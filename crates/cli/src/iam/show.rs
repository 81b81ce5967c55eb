//! `aware iam show`: what the catalogue says about an action, or the actions of a service.

use std::io::{self, Write};

use aware_core::text::terminal::safe;
use aware_iam::catalogue::{AccessLevel, ActionEntry, Catalogue, Service};

use super::catalogue;
use crate::exit::{Exit, Failure};

/// Runs the command.
pub(super) fn main(asked: &str) -> Result<Exit, Failure> {
    let catalogue = catalogue::in_use();
    let mut out = io::stdout().lock();
    match (catalogue.action(asked), catalogue.service(asked)) {
        (Some(action), _) => write(&mut out, catalogue, &action)?,
        (None, Some(service)) => list(&mut out, service)?,
        (None, None) => return Err(Failure::Usage(unknown(catalogue, asked))),
    }
    Ok(Exit::Done)
}

fn unknown(catalogue: &Catalogue, asked: &str) -> String {
    let prefix = asked.split(':').next().unwrap_or_default();
    let hint = match catalogue.service(prefix) {
        Some(service) => format!("`aware iam show {}` names its actions", service.prefix()),
        None => "write service:Action, such as logs:CreateLogGroup".to_owned(),
    };
    let source = catalogue.source();
    format!("`{asked}` is not in the catalogue, which is from {source} (hint: {hint})")
}

fn list(out: &mut dyn Write, service: Service<'_>) -> io::Result<()> {
    for action in service.actions() {
        let marks = action.sensitivity.describe().join(", ");
        let line = format!("{:<60} {:<22} {marks}", action.full_name(), level(action.level));
        writeln!(out, "{}", safe(line.trim_end()))?;
    }
    Ok(())
}

fn write(out: &mut dyn Write, catalogue: &Catalogue, action: &ActionEntry) -> io::Result<()> {
    writeln!(out, "{}", safe(&action.full_name()))?;
    let mut row = |name: &str, value: &str| {
        if value.is_empty() { Ok(()) } else { writeln!(out, "  {name:<9} {}", safe(value)) }
    };
    row("access", level(action.level))?;
    let mut marks = action.sensitivity.describe().join(", ");
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
        let kind = catalogue.condition_key(key).map(|key| key.kind).unwrap_or_default();
        row("condition", format!("{key} {kind}").trim_end())?;
    }
    row("needs", &action.dependents.join(", "))?;
    row("source", catalogue.source())
}

fn level(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "list",
        AccessLevel::Read => "read",
        AccessLevel::Tagging => "tagging",
        AccessLevel::Write => "write",
        AccessLevel::PermissionsManagement => "permissions management",
        AccessLevel::Unknown => "",
    }
}
