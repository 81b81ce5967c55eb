//! How bad a case is, and whom it is about.

use aware_core::case::{CaseKind, CaseReading};
use aware_core::event::Level;

use super::log::ActorLog;
use super::report_signs::product_beside_denials;

/// The ids of the rules that find every denied call: the reading says how bad that is.
const EVERY_DENIAL: [&str; 2] = ["aws-denied-call", "aware-cis-4-1"];

/// The level of a case of principals.
pub(super) fn level_of(reading: CaseReading, logs: &[&ActorLog]) -> Level {
    let by_reading = match reading {
        CaseReading::Intrusion => Level::Critical,
        CaseReading::Exploring | CaseReading::MisuseOfRoot | CaseReading::BrokenChain => {
            Level::High
        }
        CaseReading::Unclear => Level::Medium,
        CaseReading::ReportedThreat | CaseReading::ReportedWeakness => Level::Informational,
        CaseReading::LacksPermission => Level::Low,
        CaseReading::Change => Level::Low,
        CaseReading::NotConsistentYet
        | CaseReading::ConsolePage
        | CaseReading::NotServed
        | CaseReading::Background => Level::Informational,
    };
    let is_high = logs.iter().any(|log| log.denials.signs.iter().any(|sign| sign.is_high));
    let by_sign = if is_high { Level::High } else { Level::Informational };
    let level = by_reading.max(by_sign).max(rule_level(logs)).max(success_level(logs));
    match product_beside_denials(logs) {
        Some(_) => one_worse(level),
        None => level,
    }
}

fn one_worse(level: Level) -> Level {
    Level::ALL.into_iter().find(|other| *other > level).unwrap_or(level)
}

/// The worst of the rules that say more than that a call was denied.
fn rule_level(logs: &[&ActorLog]) -> Level {
    let rules = logs.iter().flat_map(|log| log.rules.iter());
    let told = rules.filter(|(id, _)| !EVERY_DENIAL.contains(&id.as_str()));
    told.filter_map(|(_, rule)| rule.level).max().unwrap_or(Level::Informational)
}

/// The worst of what went through, whatever was denied besides.
fn success_level(logs: &[&ActorLog]) -> Level {
    let heaviest = logs.iter().flat_map(|log| log.notables.iter()).map(|one| one.fact.weight).max();
    match heaviest {
        Some(4..) => Level::High,
        Some(3) => Level::Medium,
        _ => Level::Informational,
    }
}

/// Whom a case with this reading is about.
pub(super) fn kind_of(reading: CaseReading) -> CaseKind {
    match reading {
        CaseReading::Intrusion
        | CaseReading::Exploring
        | CaseReading::Unclear
        | CaseReading::ReportedThreat => CaseKind::Intruder,
        CaseReading::MisuseOfRoot
        | CaseReading::Change
        | CaseReading::ReportedWeakness
        | CaseReading::Background => CaseKind::Change,
        CaseReading::BrokenChain => CaseKind::Chain,
        CaseReading::LacksPermission
        | CaseReading::NotConsistentYet
        | CaseReading::ConsolePage
        | CaseReading::NotServed => CaseKind::Workload,
    }
}
