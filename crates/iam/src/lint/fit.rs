//! Checks actions and resources against each other, by the catalogue.

use super::arns::is_owned_by_aws;
use super::checks::arns as check;
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::roles::ReportedPatterns;
use super::view::PlacedText;
use crate::catalogue::{AccessLevel, ActionEntry, ResourceUse};
use crate::policy::{clip_text, resource_within, resources_meet};

/// The most actions in a statement whose resources are compared one by one.
const MAX_EXPANDED: usize = 400;

impl StatementChecker<'_, '_> {
    pub(super) fn check_fit(&mut self, told: &ReportedPatterns) {
        let (actions, resources) = (self.actions_named().to_vec(), self.resources_named().to_vec());
        let known: usize = self.expanded.iter().map(|found| found.entries.len()).sum();
        // Another check has already reported what is not an ARN; it is not compared.
        let are_arns =
            resources.iter().all(|leaf| leaf.text == "*" || leaf.text.starts_with("arn:"));
        if known == 0 || known > MAX_EXPANDED || resources.is_empty() || !are_arns {
            return;
        }
        if !self.budget.take_pairs(known.saturating_mul(resources.len())) {
            return;
        }
        for (at, leaf) in actions.iter().enumerate() {
            let found = self.expanded.get(at).cloned().unwrap_or_default().entries;
            self.check_mismatch(leaf, &found, &resources);
            if !told.patterns.contains(&leaf.text) {
                self.check_widened(leaf, &found, &resources);
            }
        }
        self.check_useless_resources(&resources);
    }

    /// Reports a resource that none of the actions works on.
    fn check_useless_resources(&mut self, resources: &[PlacedText]) {
        // If no action fits any resource, the check of each action has already said so.
        let fits = |leaf: &&PlacedText| {
            let mut all = self.expanded.iter().flat_map(|found| &found.entries);
            all.any(|entry| can_match(entry, &leaf.text))
        };
        let (some, none): (Vec<&PlacedText>, Vec<&PlacedText>) = resources.iter().partition(fits);
        if some.is_empty() {
            return;
        }
        let none: Vec<PlacedText> = none.into_iter().cloned().collect();
        for leaf in &none {
            let what = format!("none of the actions works on `{}`", clip_text(&leaf.text));
            self.findings.report_at(&check::USELESS_RESOURCE, leaf, what);
        }
    }

    /// Reports an action that works on none of the resources.
    fn check_mismatch(
        &mut self,
        leaf: &PlacedText,
        found: &[ActionEntry],
        resources: &[PlacedText],
    ) {
        let fits = |entry: &ActionEntry| resources.iter().any(|r| can_match(entry, &r.text));
        if found.is_empty() || found.iter().any(fits) || self.have_own_errors(resources) {
            return;
        }
        let used = found.iter().flat_map(|entry| &entry.resources);
        let formats =
            used.flat_map(|used| used.formats.iter().map(|f| (!used.required, f.len(), f)));
        let hint = match formats.min() {
            Some((_, _, format)) => format!("it works on `{format}`"),
            None => "it has no resource of its own; it needs `\"Resource\": \"*\"`".to_owned(),
        };
        let what = format!("`{}` works on none of the resources", leaf.text);
        self.findings.report_with_hint(&check::RESOURCE_MISMATCH, leaf, what, hint);
    }

    /// Whether errors about the resources themselves have already been reported.
    fn have_own_errors(&self, resources: &[PlacedText]) -> bool {
        let errors = |leaf: &PlacedText| {
            self.findings
                .lints
                .iter()
                .any(|lint| lint.path == leaf.path && lint.severity == super::LintSeverity::Error)
        };
        resources.iter().all(errors)
    }

    /// Reports `*` for an action that names a resource, or can. A condition may narrow it, which is
    /// left to the author.
    fn check_widened(
        &mut self,
        leaf: &PlacedText,
        found: &[ActionEntry],
        resources: &[PlacedText],
    ) {
        let statement = self.statement;
        let is_open = self.is_allow() && statement.conditions.is_empty();
        if !is_open || !self.is_type(PolicyType::Identity) || leaf.text.ends_with(":*") {
            return;
        }
        let wide = found.iter().find_map(|entry| Some((entry, widest_use(entry, resources)?)));
        let Some((entry, used)) = wide else { return };
        let kinds: Vec<&str> = match entry.requires_resource() {
            true => {
                entry.resources.iter().filter(|r| r.required).map(|r| r.name.as_str()).collect()
            }
            false => vec![used.name.as_str()],
        };
        let what = format!("`{}` is allowed on every {}", entry.full_name(), kinds.join(" and "));
        let hint = match used.formats.first() {
            Some(format) => format!("name it: `{format}`"),
            None => "name the resource".to_owned(),
        };
        self.findings.report_with_hint(&check::WIDENED_RESOURCE, leaf, what, hint);
    }
}

/// The resource type of an action that the resources leave completely open. Skips actions that only
/// list and for which naming a resource is optional.
fn widest_use<'e>(entry: &'e ActionEntry, resources: &[PlacedText]) -> Option<&'e ResourceUse> {
    let is_required = entry.requires_resource();
    if !is_required && entry.level == AccessLevel::List {
        return None;
    }
    let of_all = |used: &&ResourceUse| {
        let mut formats = used.formats.iter();
        formats.any(|format| resources.iter().any(|leaf| is_every(&leaf.text, format)))
    };
    let used = entry.resources.iter().filter(|used| used.required || !is_required);
    // The plainest type is the usual one: an object rather than an object behind an access point.
    used.filter(of_all).min_by_key(|used| used.formats.first().map_or(0, String::len))
}

/// Whether a pattern includes every resource of a format, in some Region and account.
fn is_every(pattern: &str, format: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let last = |text: &str| text.splitn(6, ':').nth(5).unwrap_or_default().to_owned();
    let service = |text: &str| text.split(':').nth(2).unwrap_or_default().to_owned();
    let anything = format!("arn:aws:x:::{}", star_variables(&last(format)));
    service(pattern) == service(format)
        && !last(pattern).contains("${")
        && resource_within(&anything, &format!("arn:aws:x:::{}", last(pattern)))
}

/// A format with `*` in place of every variable.
fn star_variables(format: &str) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// Whether a format is a bucket's, whose name has no slash.
fn is_bucket(format: &str) -> bool {
    format.ends_with(":s3:::${BucketName}")
}

/// Whether an S3 pattern names objects in a bucket.
fn has_object(resource: &str) -> bool {
    resource.splitn(6, ':').nth(5).is_some_and(|last| last.contains('/') && !last.starts_with("${"))
}

/// Whether an action can work on what a resource pattern matches. The table of formats lacks what
/// AWS itself owns (the account `aws`: transforms, managed policies, shared components).
fn can_match(entry: &ActionEntry, resource: &str) -> bool {
    let is_of_aws = resource.split(':').nth(4).is_some_and(|account| account == "aws")
        || is_owned_by_aws(resource);
    let mut formats = entry.resources.iter().flat_map(|used| &used.formats);
    let service = |text: &'_ str| text.split(':').nth(2).unwrap_or_default().to_owned();
    // Most formats belong to another service, which is quick to see.
    let own = service(resource);
    let is_open = own.is_empty() || own.contains(['*', '?', '$']);
    let meets = |format: &String| {
        let other = service(format);
        (is_open || own == other || other.contains('$'))
            && !(is_bucket(format) && has_object(resource))
            && resources_meet(resource, format)
    };
    resource == "*"
        || formats.any(meets)
        || is_of_aws && resource.split(':').nth(2) == Some(entry.service.as_str())
}
