//! Whether a policy is the one of its call.

use std::collections::{BTreeMap, BTreeSet};

use aware_cases::generate::{ActivityCollector, GeneratedPolicy, PolicyBasis, PolicyWish};
use aware_iam::action;
use aware_iam::catalogue::{ActionEntry, Catalogue, ResourceUse};
use aware_iam::policy::{self, NamedPolicy, Policy, PolicyRequest, RequestPolicies};

use crate::calls::{self, Call, PatternMember, plain};
use crate::table::Operation;

pub(crate) enum Verdict {
    /// The policy is the one of the call.
    Right,
    /// The actions work on no named resource: `*`.
    WithoutTypes,
    /// No action is known, and the operation is named.
    Named,
    Wrong(Vec<String>),
}

impl Verdict {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::WithoutTypes => "right, on no named resource",
            Self::Named => "no action known, and named",
            Self::Wrong(_) => "exceptions",
        }
    }
}

pub(crate) fn of(catalogue: &Catalogue, operation: &Operation) -> Verdict {
    let needed = action::required_actions(catalogue, &operation.source, &operation.name);
    let names = needed.map(|needed| needed.actions).unwrap_or_default();
    let entries: Vec<ActionEntry> =
        names.iter().filter_map(|name| catalogue.find_action(name)).collect();
    let mut problems = BTreeSet::new();
    let mut is_named = false;
    for only_required in [true, false] {
        let call = calls::make(operation, &entries, only_required);
        let made = generate(catalogue, &call);
        if std::env::var("AWARE_SHOW_OPERATIONS").is_ok() {
            show(operation, &call, &made);
        }
        is_named |= !made.unmapped.is_empty();
        let is_told = !made.unmapped.is_empty() || !made.notes.is_empty();
        if made.policy.statements.is_empty() && !is_told && !is_free(&names) {
            problems.insert("gives nothing, and is not named".to_owned());
        }
        if made.unmapped.is_empty() {
            entries.iter().for_each(|entry| {
                Judge { entry, entries: &entries, call: &call, made: &made, operation }
                    .judge(&mut problems)
            });
        }
    }
    if !problems.is_empty() {
        return Verdict::Wrong(problems.into_iter().collect());
    }
    match entries.iter().all(|entry| entry.resources.is_empty()) {
        _ if is_named => Verdict::Named,
        true => Verdict::WithoutTypes,
        false => Verdict::Right,
    }
}

fn show(operation: &Operation, call: &Call, made: &GeneratedPolicy) {
    let request = call.event.record.get("requestParameters");
    println!("{} {}", operation.id(), request.map(ToString::to_string).unwrap_or_default());
    for statement in &made.policy.statements {
        println!(
            "  {:?} on {:?}",
            statement.actions.patterns(),
            statement.resources.as_ref().map(|all| all.patterns())
        );
    }
}

/// Calls that need no permission.
fn is_free(actions: &[String]) -> bool {
    actions
        .iter()
        .all(|action| matches!(action.as_str(), "sts:GetCallerIdentity" | "sts:GetSessionToken"))
}

fn generate(catalogue: &Catalogue, call: &Call) -> GeneratedPolicy {
    let mut collector =
        ActivityCollector::new(catalogue, PolicyWish { basis: PolicyBasis::Activity, force: true });
    collector.add_event(&call.event);
    collector.finish_policy(&[])
}

struct Judge<'a> {
    entry: &'a ActionEntry,
    entries: &'a [ActionEntry],
    call: &'a Call,
    made: &'a GeneratedPolicy,
    operation: &'a Operation,
}

impl Judge<'_> {
    fn judge(&self, problems: &mut BTreeSet<String>) {
        let action = self.entry.full_name();
        let granted = self.granted();
        // The types of API Gateway's actions are those of all its paths; tests of their own judge
        // it.
        if self.entry.resources.is_empty() || self.entry.service == "apigateway" {
            return;
        }
        if self.entry.requires_resource() && granted.iter().any(|resource| resource == "*") {
            problems.insert(format!("{action} on *"));
        }
        for used in &self.entry.resources {
            for format in &used.formats {
                for resource in granted.iter().filter(|resource| *resource != "*") {
                    self.fits(used, format, resource, problems);
                }
            }
        }
        self.allows(problems);
        if granted.is_empty() && self.entries.len() == 1 && self.made.notes.is_empty() {
            problems.insert(format!("{action} is not in the policy"));
        }
    }

    /// The resources that the policy grants the action on.
    fn granted(&self) -> Vec<String> {
        let action = self.entry.full_name();
        let statements = self.made.policy.statements.iter();
        let about = statements.filter(|statement| statement.actions.patterns().contains(&action));
        about
            .filter_map(|statement| statement.resources.as_ref())
            .flat_map(|clause| clause.patterns().to_vec())
            .map(bare)
            .collect()
    }

    /// Judges the variables of a granted resource, where it has the format.
    fn fits(
        &self,
        used: &ResourceUse,
        format: &str,
        resource: &str,
        problems: &mut BTreeSet<String>,
    ) {
        let Some(values) = values(format, resource) else { return };
        // The same shape may be another type's, which is a closer one.
        let fits = |format: &String| self::values(format, resource).is_some();
        let is_closer = |other: &ResourceUse| {
            other.name != used.name
                && other.formats.iter().any(|f| f.len() > format.len() && fits(f))
        };
        if self.entry.resources.iter().any(is_closer) {
            return;
        }
        let last = values.len().saturating_sub(1);
        let mut seen = BTreeSet::new();
        for (at, (variable, value)) in values.iter().enumerate() {
            let text = |what: &str| format!("{}: ${{{variable}}} {what}", used.name);
            let is_used = |member: &&PatternMember| {
                let own = |text: &String| {
                    self.call.members.get(text).is_some_and(|one| one.name == member.name)
                };
                values.iter().any(|(_, other)| own(other))
            };
            if value.contains('*') {
                if let Some(member) =
                    self.namer(used, variable, at == last).filter(|member| !is_used(member))
                {
                    problems.insert(text(&format!("is {value} though `{}` names it", member.name)));
                }
                continue;
            }
            if !seen.insert(value) {
                problems.insert(text("repeats a value"));
            }
            if let Some(member) = self.call.members.get(value.as_str())
                && is_foreign(variable, &used.name, &member.name)
                // A secret's id is its name and six letters.
                && variable != "SecretId"
                && !is_called_by_name(resource)
            {
                problems.insert(text(&format!("has the value of `{}`", member.name)));
            }
        }
    }

    /// A member that surely names a variable of a type.
    fn namer(&self, used: &ResourceUse, variable: &str, is_own: bool) -> Option<&PatternMember> {
        self.call.members.values().find(|member| {
            member.arn_kind.is_none()
                && member.depth == 1
                && names(variable, used, member, is_own, &self.operation.name)
        })
    }

    /// Every resource that the members name is allowed, and another is not. Where a member may name
    /// several types, one of them is enough.
    fn allows(&self, problems: &mut BTreeSet<String>) {
        let mut by_member: BTreeMap<String, Vec<(&ResourceUse, String, String)>> = BTreeMap::new();
        for used in &self.entry.resources {
            for (value, member) in &self.call.members {
                if member.arn_kind.as_deref() == Some(&used.name) {
                    let asked = (used, value.clone(), format!("{value}x"));
                    by_member.entry(value.clone()).or_default().push(asked);
                }
            }
            for format in &used.formats {
                if let Some((resource, other, member)) = self.expected(used, format) {
                    by_member.entry(member).or_default().push((used, resource, other));
                }
            }
        }
        for (member, asked) in by_member {
            let named =
                self.call.members.get(&member).map_or(member.clone(), |member| member.name.clone());
            self.allows_exactly(&named, &asked, problems);
        }
    }

    fn allows_exactly(
        &self,
        member: &str,
        asked: &[(&ResourceUse, String, String)],
        problems: &mut BTreeSet<String>,
    ) {
        let action = self.entry.full_name();
        let allows = |resource: &str| {
            let ending = if resource.contains(":secret:") { "-Ab12Cd" } else { "" };
            allowed(&self.made.policy, &action, &format!("{resource}{ending}"))
        };
        let kind = asked.first().map_or("", |(used, ..)| used.name.as_str());
        if !asked.iter().any(|(_, resource, _)| allows(resource)) {
            problems.insert(format!("{kind}: what `{member}` names is not allowed"));
        }
        if asked.iter().any(|(.., other)| allows(other)) {
            problems.insert(format!("{kind}: more than what `{member}` names is allowed"));
        }
    }

    /// The resource of a format whose every variable one member at the top surely names, a
    /// resource of another name, and the member.
    fn expected(&self, used: &ResourceUse, format: &str) -> Option<(String, String, String)> {
        let names_of = variables(format);
        let last = names_of.len().checked_sub(1)?;
        let mut resource = calls::place(format);
        let mut other = resource.clone();
        let mut own = String::new();
        for (at, variable) in names_of.iter().enumerate() {
            let is_first = |member: &PatternMember| member.place.iter().all(|index| *index == 0);
            let mut all = self.call.members.iter().filter(|(_, member)| {
                member.depth == 1
                    && member.arn_kind.is_none()
                    && is_first(member)
                    && names(variable, used, member, at == last, &self.operation.name)
            });
            let (value, member) = all.next()?;
            if all.next().is_some() || value.contains("://") || value.starts_with("arn:") {
                return None;
            }
            resource = resource.replacen(&format!("${{{variable}}}"), value, 1);
            let changed = if at == last { format!("{value}x") } else { value.clone() };
            other = other.replacen(&format!("${{{variable}}}"), &changed, 1);
            own.clone_from(&member.name);
        }
        Some((resource, other, own))
    }
}

/// A log group without the ending that means its streams, and a secret without that of its version.
fn bare(resource: String) -> String {
    let ending = [(":log-group:", ":*"), (":secret:", "-??????")];
    let found = ending.iter().find(|(part, _)| resource.contains(part));
    let bare = found.and_then(|(_, end)| resource.strip_suffix(end)).map(str::to_owned);
    bare.unwrap_or(resource)
}

fn allowed(policy: &Policy, action: &str, resource: &str) -> bool {
    let named = NamedPolicy { name: "made".to_owned(), policy: policy.clone() };
    let layers = RequestPolicies { identity: vec![named], ..RequestPolicies::default() };
    // Conditions are met by the call: what they name is unknown here.
    let verdict = policy::evaluate_request(&layers, &PolicyRequest::new(action, resource)).verdict;
    matches!(verdict, policy::RequestVerdict::Allowed | policy::RequestVerdict::Unknown)
}

/// Whether a member surely names a variable: by its own name, or by the type's.
fn names(
    variable: &str,
    used: &ResourceUse,
    member: &PatternMember,
    is_own: bool,
    operation: &str,
) -> bool {
    let variable = plain(variable.strip_suffix("WithPath").unwrap_or(variable));
    let noun = plain(used.name.split('/').next().unwrap_or(&used.name));
    if is_foreign(&variable, &used.name, &member.name) {
        return false;
    }
    let (base, of) = (stem(&member.name), stem(&variable));
    let is_own = is_own && !is_lesser(&variable);
    let is_bare = matches!(base, "") && member.depth == 1 && is_own && ends_with(operation, &noun);
    member.name == variable
        || !base.is_empty() && (base == of || is_own && base == noun)
        || is_bare && is_kind(&member.name)
}

/// Services that call ids what are names.
fn is_called_by_name(resource: &str) -> bool {
    let service = resource.split(':').nth(2).unwrap_or_default();
    ["databrew", "quicksight", "mediatailor", "route53-recovery-readiness"].contains(&service)
}

/// Whether a variable says which version or sort of a thing is meant.
fn is_lesser(variable: &str) -> bool {
    ["version", "number", "creationtime", "templatetype"].iter().any(|end| variable.ends_with(end))
}

fn is_kind(name: &str) -> bool {
    matches!(name, "name" | "id" | "identifier")
}

/// Whether an operation is about a type: `CreateCluster` about clusters.
fn ends_with(operation: &str, noun: &str) -> bool {
    let verbs = ["Get", "Describe", "Update", "Delete", "Create", "Put", "Start", "Stop"];
    verbs.iter().any(|verb| operation.strip_prefix(verb).is_some_and(|rest| plain(rest) == noun))
}

fn stem(name: &str) -> &str {
    ["identifier", "name", "arn", "id"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name)
}

/// Whether a member is of another sort than a variable: a name for an id.
fn is_foreign(variable: &str, _kind: &str, member: &str) -> bool {
    plain(variable).ends_with("id") && member.ends_with("name")
}

fn variables(format: &str) -> Vec<String> {
    let format = calls::place(format);
    let parts = format.split("${").skip(1).filter_map(|part| part.split_once('}'));
    parts.map(|(name, _)| name.to_owned()).collect()
}

/// The values that a resource has in place of a format's variables, where it has the format.
fn values(format: &str, resource: &str) -> Option<Vec<(String, String)>> {
    let format = calls::place(format);
    let mut rest = resource;
    let mut pieces = format.split("${");
    rest = rest.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    for piece in pieces {
        let (name, text) = piece.split_once('}')?;
        let at = if text.is_empty() { rest.len() } else { rest.find(text)? };
        let value = &rest[..at];
        if value.is_empty() {
            return None;
        }
        found.push((name.to_owned(), value.to_owned()));
        rest = &rest[at + text.len()..];
    }
    rest.is_empty().then_some(found)
}
