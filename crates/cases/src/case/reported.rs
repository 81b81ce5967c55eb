//! What other services report of a principal.

use aware_core::case::CaseReading;
use aware_core::event::{Event, Level};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::actions::clip;
use super::ends::EndEvents;
use super::log::ActorLog;
use super::{CaseEvent, CaseSign, ReportedLine};
use crate::triage::bounded::BoundedMap;

/// How many findings of other services are remembered of one principal.
const REPORTS: usize = 48;
/// Denials and another service's finding within this long are one story.
const TOGETHER: SignedDuration = SignedDuration::from_hours(24);

/// What another service found, as a case keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFinding {
    /// The service: `GuardDuty`.
    pub product: String,
    /// Stays the same when the finding is updated.
    pub finding_id: String,
    /// The service's name for its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// How severe the service calls it.
    pub level: Level,
    /// How often the service saw it.
    pub count: u64,
}

impl ReportedFinding {
    /// The finding of an event, if it is one.
    pub(super) fn of_event(event: &Event) -> Option<Box<Self>> {
        let found = event.foreign_finding()?;
        Some(Box::new(Self {
            product: found.product.clone(),
            finding_id: found.part_of.clone().unwrap_or_else(|| found.finding_id.clone()),
            kind: found.kind.clone(),
            title: found.title.clone(),
            level: found.level,
            count: found.count.unwrap_or(1),
        }))
    }
}

/// Findings of other services, by how mild they are and by id: the worst come first, so that the
/// others cannot crowd them out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ReportMemory(BoundedMap<String, ReportSeen, REPORTS>);

/// One finding, with all of its updates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ReportSeen {
    product: String,
    /// The latest title and kind: those of the update with the latest time, then of the last in sort
    /// order.
    latest: Option<(Timestamp, String, String)>,
    level: Option<Level>,
    is_threat: bool,
    count: u64,
    ends: EndEvents<1>,
}

impl ReportMemory {
    pub(super) fn record_event(&mut self, event: &CaseEvent) {
        let Some(found) = event.reported.as_deref() else { return };
        let mildness = u8::MAX - found.level.ocsf_id();
        let key = format!("{mildness:03} {}", clip(&found.finding_id));
        let is_threat = event
            .rules
            .iter()
            .any(|rule| rule.reading.as_ref().is_some_and(|it| *it == CaseReading::ReportedThreat));
        self.0.update_entry(key.as_str(), |seen| {
            seen.merge_with(&ReportSeen {
                product: clip(&found.product).to_owned(),
                latest: Some((
                    event.time,
                    clip(&found.title).to_owned(),
                    clip(&found.kind).to_owned(),
                )),
                level: Some(found.level),
                is_threat,
                count: found.count,
                ends: {
                    let mut ends = EndEvents::default();
                    ends.insert(event.time, &event.event_id);
                    ends
                },
            });
        });
    }

    pub(super) fn merge_with(&mut self, other: &Self) {
        for (key, seen) in other.0.iter() {
            self.0.update_entry(key.as_str(), |mine| mine.merge_with(seen));
        }
    }

    /// The ids of the findings.
    pub(super) fn finding_ids(&self) -> impl Iterator<Item = &str> {
        self.findings().map(|(id, _)| id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().next().is_none()
    }

    /// Each finding, with its id. Under a new level it is the same finding.
    fn findings(&self) -> impl Iterator<Item = (&str, &ReportSeen)> {
        let mut known = std::collections::BTreeSet::new();
        let named = self
            .0
            .iter()
            .map(|(key, seen)| (key.split_once(' ').map_or(key.as_str(), |(_, id)| id), seen));
        named.filter(move |(id, _)| known.insert(*id))
    }

    /// The lines of a case.
    pub(super) fn lines(&self, actor: usize) -> impl Iterator<Item = ReportedLine> {
        self.findings().filter_map(move |(id, seen)| {
            let (first, event_id) = seen.ends.first()?;
            let (last, _) = seen.ends.last()?;
            let (_, title, kind) = seen.latest.as_ref()?;
            Some(ReportedLine {
                first: *first,
                last: *last,
                event_id: event_id.clone(),
                finding_id: id.to_owned(),
                product: seen.product.clone(),
                kind: kind.clone(),
                title: title.clone(),
                level: seen.level.unwrap_or(Level::Medium),
                is_threat: seen.is_threat,
                count: seen.count,
                actor,
            })
        })
    }

    fn threats(&self) -> impl Iterator<Item = &ReportSeen> {
        self.findings().map(|(_, seen)| seen).filter(|seen| seen.is_threat)
    }
}

impl ReportSeen {
    fn merge_with(&mut self, other: &Self) {
        if self.product.is_empty() || !other.product.is_empty() && other.product < self.product {
            self.product.clone_from(&other.product);
        }
        if self.latest < other.latest {
            self.latest.clone_from(&other.latest);
        }
        self.level = self.level.max(other.level);
        self.is_threat |= other.is_threat;
        // The service counts itself: the latest update has the highest count.
        self.count = self.count.max(other.count);
        self.ends.merge_with(&other.ends);
    }
}

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
