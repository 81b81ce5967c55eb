//! Retracts what was said about a principal that turns out to be exploring, or may be.
//!
//! Its groups are reported with the reading of that moment. A later denial, or a call by which it
//! grants itself permissions, may arrive in another delivery; then the groups that were reported as
//! something else get the new reading, and one message says so. The same happens if grants are
//! withheld from it until somebody has looked.

use std::collections::BTreeSet;

use aware_cases::advise::judge_tally;
use aware_cases::group::{FindingGroup, GroupClass, NotifyCause};
use aware_cases::message::SubjectStyle;
use aware_cases::triage::{self, LooksLike, PrincipalHistories, PrincipalHistory, ReadingCache};
use aware_core::explanation::Cure;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

use super::group_message::build_message;
use super::memory::ObservedPrincipal;

/// Remembers which groups were reported for their principals.
pub(super) fn note_groups<'t>(
    histories: &mut PrincipalHistories,
    told: impl Iterator<Item = &'t FindingGroup>,
) {
    let denied = told.filter(|tally| tally.class == GroupClass::Finding && tally.first.is_denied());
    for tally in denied {
        histories.note_case(&tally.first.principal.key, tally.fingerprint.as_str());
    }
}

/// Whether this reading withholds grants.
fn withholds_grants(reading: &triage::TriageReading) -> bool {
    reading.looks_like == LooksLike::Exploring || reading.withhold.is_some()
}

/// The reported groups of principals who now look like exploring, or from whom grants are withheld
/// until somebody has looked.
pub(super) fn groups_to_retract(
    readings: &mut ReadingCache<'_>,
    observed: &BTreeSet<ObservedPrincipal<'_>>,
) -> BTreeSet<Fingerprint> {
    let histories = readings.histories();
    let hostile = observed.iter().filter(|who| {
        let reading = readings.reading_for(who.principal, who.issuer);
        reading.is_some_and(withholds_grants)
    });
    let known = hostile.filter_map(|who| histories.get(who.principal));
    known
        .flat_map(PrincipalHistory::told_cases)
        .map(|key| Fingerprint::from(key.to_owned()))
        .collect()
}

/// Gives the new reading to groups that were reported as something milder; if it is not exploring,
/// only to those that had a cure. Reports one group of each principal again, preferably one that
/// had a cure.
pub(super) fn retract_groups(
    readings: &mut ReadingCache<'_>,
    mut tallies: Vec<FindingGroup>,
    now: Timestamp,
    style: SubjectStyle,
) -> Vec<(FindingGroup, Option<Message>)> {
    let is_mild = |tally: &FindingGroup| {
        let reading = tally.reading.as_ref();
        tally.told.messages > 0 && reading.is_none_or(|it| it.looks_like != LooksLike::Exploring)
    };
    let had_cure = |tally: &FindingGroup| tally.cure.as_ref().is_some_and(Cure::is_offered);
    tallies.sort_by_key(|tally| (!had_cure(tally), tally.fingerprint.clone()));
    let mut told = BTreeSet::new();
    let mut taken = Vec::new();
    for mut tally in tallies {
        if !is_mild(&tally) {
            continue;
        }
        let had_cure = had_cure(&tally);
        judge_tally(readings, &mut tally);
        if is_mild(&tally) && !had_cure {
            continue;
        }
        let is_first = told.insert(tally.first.principal.key.clone());
        let message =
            is_first.then(|| build_message(&mut tally, &NotifyCause::ReadingChanged, now, style));
        taken.push((tally, message));
    }
    taken
}
