//! Actions and resources against each other, by the catalogue.

use super::Severity::{Error, Warning};
use super::{Lint, Look};
use crate::catalogue::ActionEntry;
use crate::policy::{Clause, Effect, resources_meet};
use crate::unused::expand;

/// Actions in a statement beyond which resources are not compared one by one.
const MAX_EXPANDED: usize = 400;

impl Look<'_> {
    pub(super) fn resources(&self, lints: &mut Vec<Lint>) {
        let (Clause::Is(actions), Some(Clause::Is(resources))) =
            (&self.statement.actions, &self.statement.resources)
        else {
            return;
        };
        let entries: Vec<Vec<ActionEntry>> =
            actions.iter().map(|pattern| expand(self.catalogue, pattern)).collect();
        let known: usize = entries.iter().map(Vec::len).sum();
        if known == 0 || known > MAX_EXPANDED {
            return;
        }
        for (at, (pattern, found)) in actions.iter().zip(&entries).enumerate() {
            lints.extend(self.mismatch(pattern, found, resources, at));
            lints.extend(self.widened(found, resources, at));
        }
        for (at, resource) in resources.iter().enumerate() {
            if !entries.iter().flatten().any(|entry| can_match(entry, resource)) {
                let what = format!("none of the actions works on `{resource}`");
                let hint = "remove it, or look at the type in the ARN";
                lints.push(self.lint(
                    Error,
                    "useless-resource",
                    &self.at("Resource", at),
                    what,
                    hint,
                ));
            }
        }
    }

    /// An action that works on none of the resources.
    fn mismatch(
        &self,
        pattern: &str,
        found: &[ActionEntry],
        resources: &[String],
        at: usize,
    ) -> Option<Lint> {
        let fits = |entry: &ActionEntry| resources.iter().any(|r| can_match(entry, r));
        if found.is_empty() || found.iter().any(fits) {
            return None;
        }
        let used = found.iter().flat_map(|entry| &entry.resources);
        let formats =
            used.flat_map(|used| used.formats.iter().map(|f| (!used.required, f.len(), f)));
        let hint = match formats.min() {
            Some((_, _, format)) => format!("it works on `{format}`"),
            None => "it has no resource of its own; it wants `\"Resource\": \"*\"`".to_owned(),
        };
        let what = format!("`{pattern}` works on none of the resources");
        Some(self.lint(Error, "resource-mismatch", &self.at("Action", at), what, hint))
    }

    /// `*` where an action names a resource. A condition may narrow it, and is left to its author.
    fn widened(&self, found: &[ActionEntry], resources: &[String], at: usize) -> Option<Lint> {
        let statement = self.statement;
        let is_open = resources.iter().any(|resource| resource == "*");
        if !is_open || statement.effect == Effect::Deny || !statement.conditions.is_empty() {
            return None;
        }
        let entry = found.iter().find(|entry| entry.requires_resource())?;
        let required = || entry.resources.iter().filter(|used| used.required);
        let kinds: Vec<&str> = required().map(|used| used.name.as_str()).collect();
        let what = format!("`{}` is allowed on every {}", entry.full_name(), kinds.join(" and "));
        let hint = match required().find_map(|used| used.formats.first()) {
            Some(format) => format!("name it: `{format}`"),
            None => "name the resource".to_owned(),
        };
        Some(self.lint(Warning, "widened-resource", &self.at("Action", at), what, hint))
    }
}

/// Whether an action can work on what a pattern of resources matches.
fn can_match(entry: &ActionEntry, resource: &str) -> bool {
    let mut formats = entry.resources.iter().flat_map(|used| &used.formats);
    resource == "*" || formats.any(|format| resources_meet(resource, format))
}
