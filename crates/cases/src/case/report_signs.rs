//! What other services report, as signs of a case.

use aware_core::event::Level;
use jiff::{SignedDuration, Timestamp};

use super::CaseSign;
use super::log::ActorLog;
use super::reported::ReportSeen;

/// Denials and another service's finding within this long are one story.
const TOGETHER: SignedDuration = SignedDuration::from_hours(24);

/// Points of a finding that says how severe an attack is.
fn points_of(level: Level) -> i32 {
    match level {
        Level::Informational | Level::Low => 1,
        Level::Medium => 3,
        Level::High => 5,
        Level::Critical => 8,
    }
}

/// What other services report, as signs.
pub(super) fn report_signs(logs: &[&ActorLog]) -> Vec<CaseSign> {
    let threats = logs.iter().flat_map(|log| log.reports.threats());
    let mut signs: Vec<CaseSign> = threats
        .filter_map(|seen| {
            let (_, title, kind) = seen.latest.as_ref()?;
            let what = if title.is_empty() { kind } else { title };
            Some(CaseSign {
                points: points_of(seen.level.unwrap_or(Level::Medium)),
                text: format!("{} reports: {what}", seen.product),
                event_id: seen.ends.first().map(|(_, id)| id.clone()),
            })
        })
        .collect();
    if let Some(product) = product_beside_denials(logs) {
        let text = format!("denied within 24 h of what {product} reports");
        signs.push(CaseSign { points: 4, text, event_id: None });
    }
    signs
}

/// The service whose report of an attack is confirmed by denials within a day, if one is: then a case
/// is one level worse.
pub(super) fn product_beside_denials<'l>(logs: &[&'l ActorLog]) -> Option<&'l str> {
    let denied: Vec<Timestamp> = logs
        .iter()
        .flat_map(|log| log.denied.iter())
        .flat_map(|(_, seen)| seen.ends.iter().map(|(time, _)| *time))
        .collect();
    let is_near = |seen: &ReportSeen| {
        seen.ends.iter().any(|(reported, _)| {
            denied.iter().any(|time| time.duration_since(*reported).abs() <= TOGETHER)
        })
    };
    let mut threats = logs.iter().flat_map(|log| log.reports.threats());
    threats.find(|seen| is_near(seen)).map(|seen| seen.product.as_str())
}
