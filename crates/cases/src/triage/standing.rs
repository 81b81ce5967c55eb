//! What speaks for exploring at any time: tools, what the principal gave itself, many regions and targets.

use super::counts::{listed_by_console, services};
use super::history::{Deed, History, TARGETS, action_of};
use super::reading::Reason;
use super::reasons::{none, reason};
use super::signs::{self, ToolKind};
use aware_iam::action;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::{Glob, Truth};

/// What counts besides the worst span of time.
pub(super) fn standing(history: &History) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let points = |tool: &str| match signs::tool_kind(tool) {
        ToolKind::Inventory => 5,
        ToolKind::Attack => 8,
    };
    let worst = history.tools.iter().max_by_key(|tool| (points(tool), std::cmp::Reverse(*tool)));
    if let Some(tool) = worst {
        reasons.push(reason(points(tool), format!("its user agent names {tool}")));
    }
    if history.is_disguised && !history.denied.is_empty() {
        reasons.push(reason(2, "a browser's user agent with a long-term key"));
    }
    reasons.extend([helped_itself(history), everywhere(history), many_targets(history)]);
    let pages = services(history.console.keys().map(|key| action_of(key)));
    if pages >= 15 {
        reasons.push(reason(4, format!("the console's pages of {pages} services")));
    } else if let Some(lists) = listed_by_console(history) {
        let text = format!("{lists} different lists with the console's credentials");
        reasons.push(reason(3, text));
    }
    reasons
}

/// The principal was denied something and gave itself permissions, before or after.
fn helped_itself(history: &History) -> Reason {
    if history.deeds().next().is_none() {
        return none();
    }
    if let Some(operation) = history.self_grants.first() {
        return reason(5, format!("gave itself permissions by {operation}"));
    }
    let denied = history.denied.keys().chain(history.console.keys());
    let granted = denied.map(|key| action_of(key)).find(|action| is_allowed(history, action));
    granted.map_or_else(none, |action| {
        reason(5, format!("changed a policy so that it allows {action}, which it was denied"))
    })
}

fn is_allowed(history: &History, denied: &str) -> bool {
    if history.allowed.is_empty() {
        return false;
    }
    let needed = denied.split_once(':').and_then(|(service, name)| {
        action::needed(Catalogue::builtin(), service, name).map(|needed| needed.actions)
    });
    let names = needed.unwrap_or_else(|| vec![denied.to_owned()]);
    let covers = |pattern: &String| {
        let glob = Glob::folded(pattern);
        names.iter().any(|name| glob.matches(&name.to_ascii_lowercase()) == Truth::True)
    };
    history.allowed.is_full() || history.allowed.iter().any(covers)
}

/// The same looking around in many Regions.
fn everywhere(history: &History) -> Reason {
    match history.regions.len() {
        n @ 8.. => reason(4, format!("looked around in {n} regions")),
        n @ 4.. => reason(2, format!("looked around in {n} regions")),
        _ => none(),
    }
}

/// One call that lists, reads or assumes a role, on many targets.
fn many_targets(history: &History) -> Reason {
    let tries = |deed: &&Deed| deed.is_looking || deed.is_sensitive || deed.is_opening;
    let most = history.deeds().filter(tries).map(|deed| deed.targets.len()).max();
    match most {
        Some(n @ 10..) => {
            let more = if n >= TARGETS { " or more" } else { "" };
            reason(2, format!("the same call on {n}{more} targets"))
        }
        _ => none(),
    }
}
