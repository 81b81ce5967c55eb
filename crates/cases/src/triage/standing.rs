//! What speaks for exploring at any time: tools, what the principal gave itself, many regions and
//! targets.

use aware_iam::action;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::{Glob, Truth};

use super::counts::{count_services, listed_by_console};
use super::history::{DeniedAction, PrincipalHistory, TARGETS, action_of};
use super::reading::ReadingReason;
use super::reasons::{new_reason, no_reason};
use super::signs::{self, ToolKind};

/// What counts besides the worst span of time.
pub(super) fn standing_reasons(history: &PrincipalHistory) -> Vec<ReadingReason> {
    let mut reasons = Vec::new();
    let points = |tool: &str| match signs::tool_kind(tool) {
        ToolKind::Inventory => 5,
        ToolKind::Attack => 8,
    };
    let worst = history.tools.iter().max_by_key(|tool| (points(tool), std::cmp::Reverse(*tool)));
    if let Some(tool) = worst {
        reasons.push(new_reason(points(tool), format!("its user agent names {tool}")));
    }
    if history.is_disguised && !history.denied.is_empty() {
        reasons.push(new_reason(2, "a browser's user agent with a long-term key"));
    }
    reasons.extend([
        self_grant_reason(history),
        region_reason(history),
        many_targets_reason(history),
    ]);
    let pages = count_services(history.console.keys().map(|key| action_of(key)));
    if pages >= 15 {
        reasons.push(new_reason(4, format!("console pages of {pages} services")));
    } else if let Some(lists) = listed_by_console(history) {
        let text = format!("{lists} different lists with console credentials");
        reasons.push(new_reason(3, text));
    }
    reasons
}

/// The principal was denied something and gave itself permissions, before or after.
fn self_grant_reason(history: &PrincipalHistory) -> ReadingReason {
    if history.denied_actions().next().is_none() {
        return no_reason();
    }
    if let Some(operation) = history.self_grants.first() {
        return new_reason(5, self_grant_text(operation));
    }
    let denied = history.denied.keys().chain(history.console.keys());
    let granted = denied.map(|key| action_of(key)).find(|action| is_allowed(history, action));
    granted.map_or_else(no_reason, |action| {
        new_reason(5, format!("changed a policy to allow {action}, which it was denied"))
    })
}

/// What the principal gave itself. A key and a password are no permissions.
pub(super) fn self_grant_text(operation: &str) -> String {
    match operation {
        "iam:CreateAccessKey" => format!("created another access key of its own ({operation})"),
        "iam:CreateLoginProfile" | "iam:UpdateLoginProfile" => {
            format!("set its own console password ({operation})")
        }
        _ => format!("gave itself permissions with {operation}"),
    }
}

fn is_allowed(history: &PrincipalHistory, denied: &str) -> bool {
    if history.allowed.is_empty() {
        return false;
    }
    let needed = denied.split_once(':').and_then(|(service, name)| {
        action::required_actions(Catalogue::built_in(), service, name).map(|needed| needed.actions)
    });
    let names = needed.unwrap_or_else(|| vec![denied.to_owned()]);
    let covers = |pattern: &String| {
        let glob = Glob::new_folded(pattern);
        names.iter().any(|name| glob.matches_text(&name.to_ascii_lowercase()) == Truth::True)
    };
    history.allowed.is_full() || history.allowed.iter().any(covers)
}

/// The same looking around in many Regions.
fn region_reason(history: &PrincipalHistory) -> ReadingReason {
    match history.regions.len() {
        n @ 8.. => new_reason(4, format!("looked around in {n} regions")),
        n @ 4.. => new_reason(2, format!("looked around in {n} regions")),
        _ => no_reason(),
    }
}

/// One call that lists, reads or assumes a role, on many targets.
fn many_targets_reason(history: &PrincipalHistory) -> ReadingReason {
    let tries = |deed: &&DeniedAction| deed.is_looking || deed.is_sensitive || deed.is_opening;
    let most = history.denied_actions().filter(tries).map(|deed| deed.targets.len()).max();
    match most {
        Some(n @ 10..) => {
            let more = if n >= TARGETS { " or more" } else { "" };
            new_reason(2, format!("the same call on {n}{more} targets"))
        }
        _ => no_reason(),
    }
}
