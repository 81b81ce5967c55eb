//! What other services report of a principal.

use aware_core::case::CaseReading;
use aware_core::event::Level;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::actions::clip;
use super::ends::EndEvents;
use super::{CaseEvent, ReportedLine};
use crate::triage::bounded::BoundedMap;

/// How many findings of other services are remembered of one principal.
const REPORTS: usize = 48;

/// Findings of other services, by how mild they are and by id: the worst come first, so that the
/// others cannot crowd them out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ReportMemory(BoundedMap<String, ReportSeen, REPORTS>);

/// One finding, with all of its updates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ReportSeen {
    pub(super) product: String,
    /// The latest title and kind: those of the update with the latest time, then of the last in sort
    /// order.
    pub(super) latest: Option<(Timestamp, String, String)>,
    pub(super) level: Option<Level>,
    is_threat: bool,
    count: u64,
    pub(super) ends: EndEvents<1>,
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

    pub(super) fn threats(&self) -> impl Iterator<Item = &ReportSeen> {
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
