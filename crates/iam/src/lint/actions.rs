//! Actions: unknown ones, and those that allow much.

use super::Severity::{Error, Note, Warning};
use super::{Lint, Look};
use crate::catalogue::{ActionEntry, Catalogue};
use crate::policy::{Clause, Effect};
use crate::unused::expand;

impl Look<'_> {
    pub(super) fn actions(&self, lints: &mut Vec<Lint>) {
        for (at, pattern) in self.statement.actions.patterns().iter().enumerate() {
            let below = self.at("Action", at);
            let found = expand(self.catalogue, pattern);
            if found.is_empty() {
                lints.push(self.unknown(pattern, &below));
            }
            lints.extend(self.wide(pattern, &found, &below));
        }
    }

    fn unknown(&self, pattern: &str, below: &str) -> Lint {
        let hint = match nearest(self.catalogue, pattern) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the catalogue may be older; `aware iam refresh` reads a newer one".to_owned(),
        };
        let what = if pattern.contains(['*', '?']) {
            format!("`{pattern}` matches no known action")
        } else {
            format!("unknown action `{pattern}`")
        };
        self.lint(Error, "unknown-action", below, what, hint)
    }

    /// All of a service, or an action that nobody should have unasked.
    fn wide(&self, pattern: &str, found: &[ActionEntry], below: &str) -> Option<Lint> {
        let statement = self.statement;
        if statement.effect == Effect::Deny || matches!(statement.actions, Clause::Not(_)) {
            return None;
        }
        if pattern.trim_matches('*').is_empty() || pattern.ends_with(":*") {
            let what = format!("`{pattern}` allows {} actions", found.len());
            let hint = "list what is needed; `aware policy` does, from activity";
            return Some(self.lint(Warning, "all-actions", below, what, hint));
        }
        let entry = found.iter().find(|entry| entry.sensitivity.is_withheld())?;
        let can = entry.sensitivity.describe().join(", ");
        let what = format!("`{}` {can}", entry.full_name());
        let hint = "keep it for those who administer, and on named resources";
        Some(self.lint(Note, "sensitive-action", below, what, hint))
    }
}

/// The known action whose name is nearest, in the same service or under a near prefix.
fn nearest(catalogue: &Catalogue, action: &str) -> Option<String> {
    let (prefix, name) = action.split_once(':')?;
    let name = aware_core::text::clip_bytes(name, 80).0.to_lowercase();
    let service = catalogue.service(prefix).or_else(|| {
        let prefix = aware_core::text::clip_bytes(prefix, 40).0.to_lowercase();
        let distance = |near: &str| strsim::damerau_levenshtein(&prefix, near);
        let services = catalogue.services().map(|service| (distance(service.prefix()), service));
        let nearest = services.filter(|(distance, _)| *distance <= 2).min_by_key(|(d, _)| *d);
        nearest.map(|(_, service)| service)
    })?;
    let distance = |known: &str| strsim::damerau_levenshtein(&name, &known.to_lowercase());
    let names = service.action_names().map(|known| (distance(&known), known));
    let (_, known) = names.filter(|(distance, known)| *distance <= 2 + known.len() / 8).min()?;
    Some(format!("{}:{known}", service.prefix()))
}
