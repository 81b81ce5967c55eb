//! What a workload lacks, in the words of whatever refuses it.

use std::collections::BTreeSet;

use aware_core::case::EventMark;
use aware_core::source::contract::AccessDecider;

use super::shown_names::{service_titles, shown_name};
use super::words::{count_noun, with_commas};
use crate::case::{ActionLine, Case, Refuser};

/// What refuses a workload, if it is one thing that has words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SoleRefuser {
    Permission,
    Admission,
    NetworkRule,
    NetworkAcl,
    /// A system that decides by itself, such as an application.
    Others,
}

impl SoleRefuser {
    fn of_case(case: &Case) -> Self {
        let all: Vec<Refuser> = case.refused_by.iter().copied().collect();
        match all.as_slice() {
            [] if case.decided_by() == AccessDecider::Network => Self::NetworkRule,
            [Refuser::KubernetesAdmission] => Self::Admission,
            [Refuser::NetworkAcl] => Self::NetworkAcl,
            [Refuser::NetworkRule] | [Refuser::NetworkRule, Refuser::NetworkAcl] => {
                Self::NetworkRule
            }
            [Refuser::Other] if case.decided_by() == AccessDecider::Others => Self::Others,
            _ => Self::Permission,
        }
    }
}

/// What a case of a workload that is refused something looks like.
pub(super) fn refused_sentence(case: &Case, is_person: bool) -> &'static str {
    match (SoleRefuser::of_case(case), is_person) {
        (SoleRefuser::Permission, false) => "a workload that lacks permissions",
        (SoleRefuser::Permission, true) => "somebody who lacks permissions",
        (SoleRefuser::Admission, _) => {
            "a request that the cluster's admission control refuses: no role is missing"
        }
        (SoleRefuser::NetworkRule, _) => {
            "a workload that lacks a rule of a security group or a network ACL"
        }
        (SoleRefuser::NetworkAcl, _) => {
            "a network ACL that refuses the replies to what it let in: no security group lacks a rule"
        }
        (SoleRefuser::Others, _) => "a user or a workload that lacks a permission in that system",
    }
}

/// `role/deployer lacks 6 permissions; 3 of 9 now work`.
pub(super) fn refused_headline(case: &Case, who: &str) -> String {
    let what = denied_actions(case);
    let works = match case.cured {
        (cured, all) if all > 0 && cured >= all => "; it now works",
        _ => "",
    };
    match SoleRefuser::of_case(case) {
        SoleRefuser::Permission => lacks(case, who, ("permission", "permissions")),
        SoleRefuser::NetworkRule => {
            lacks(case, who, ("rule of a security group", "rules of security groups"))
        }
        SoleRefuser::Admission => {
            format!("Admission control refused {who} {what}{works}")
        }
        SoleRefuser::NetworkAcl => {
            format!("A network ACL refuses the replies of {who} from {what}{works}")
        }
        SoleRefuser::Others => format!("{who} was refused {what}{works}"),
    }
}

fn lacks(case: &Case, who: &str, (one_more, many_more): (&str, &str)) -> String {
    let lines = denied_lines(case);
    let all = case.cured.1.max(lines.len() as u64);
    match (case.cured.0, lines.as_slice()) {
        (cured, [one]) if cured >= all => {
            format!("{who} lacked {}; it now works", shown_name(&one.action))
        }
        (cured, _) if cured >= all && all > 0 => {
            format!("{who} lacked {} {many_more}; all of them now work", with_commas(all))
        }
        (_, [one]) => format!("{who} lacks {}", shown_name(&one.action)),
        (0, _) => format!("{who} lacks {}", count_noun(all, one_more, many_more)),
        (cured, _) => {
            let left = count_noun(all - cured, one_more, many_more);
            let work = if cured == 1 { "works" } else { "work" };
            format!("{who} lacks {left}; {} of {all} now {work}", with_commas(cured))
        }
    }
}

/// The lines of what was denied, each action once.
fn denied_lines(case: &Case) -> Vec<&ActionLine> {
    let mut seen = BTreeSet::new();
    let denied = case.actions.iter().filter(|line| line.mark == EventMark::Denied);
    denied.filter(|line| seen.insert(line.action.as_str())).collect()
}

/// `iam:ListUsers`, `5 actions in IAM`, `83 actions in 52 services`.
pub(super) fn denied_actions(case: &Case) -> String {
    let lines = denied_lines(case);
    let services = service_titles(lines.iter().map(|line| line.action.as_str()));
    match (lines.as_slice(), services.as_slice()) {
        ([], _) => count_noun(case.counts.denied, "call", "calls"),
        ([one], _) => shown_name(&one.action),
        (all, [service]) => format!("{} actions in {service}", all.len()),
        (all, [first, second]) => format!("{} actions in {first} and {second}", all.len()),
        (all, services) => format!("{} actions in {} services", all.len(), services.len()),
    }
}
