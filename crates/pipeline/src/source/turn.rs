//! What was said of a principal is taken back when it turns out to be exploring, or may be.
//!
//! Its groups are told with the reading of their moment. A later denial, or a call by which it gives
//! itself permissions, may come in another delivery; then the groups that were told as something
//! else get the new reading, and one message says so. So it is where grants are held back from it
//! until somebody has looked.

use std::collections::BTreeSet;

use aware_cases::group::{Cause, Class, Tally};
use aware_cases::triage::{self, Histories, History, LooksLike, Readings};
use aware_core::explanation::Cure;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

use super::group_message::tell;
use super::memory::ObservedPrincipal;
use aware_cases::advise::advise;
use aware_cases::message::SubjectStyle;

/// Remembers which groups were told of their principals.
pub(super) fn note<'t>(histories: &mut Histories, told: impl Iterator<Item = &'t Tally>) {
    let denied = told.filter(|tally| tally.class == Class::Finding && tally.first.is_denied());
    for tally in denied {
        histories.note_group(&tally.first.principal.key, tally.fingerprint.as_str());
    }
}

/// Whether nothing is granted on a reading.
fn is_held(reading: &triage::Reading) -> bool {
    reading.looks_like == LooksLike::Exploring || reading.withhold.is_some()
}

/// The groups that were told of principals who look like exploring now, or to whom nothing is granted
/// until somebody has looked.
pub(super) fn hostile_groups(
    readings: &mut Readings<'_>,
    observed: &BTreeSet<ObservedPrincipal<'_>>,
) -> BTreeSet<Fingerprint> {
    let histories = readings.histories();
    let hostile = observed.iter().filter(|who| {
        let reading = readings.of(who.principal, who.issuer);
        reading.is_some_and(is_held)
    });
    let known = hostile.filter_map(|who| histories.get(who.principal));
    known.flat_map(History::groups).map(|key| Fingerprint::from(key.to_owned())).collect()
}

/// Gives groups that were told as something milder the new reading; where it does not look like
/// exploring, those that had a cure. One of each principal is told again: one that had a cure, if
/// there is one.
pub(super) fn take_back(
    readings: &mut Readings<'_>,
    mut tallies: Vec<Tally>,
    now: Timestamp,
    style: SubjectStyle,
) -> Vec<(Tally, Option<Message>)> {
    let is_mild = |tally: &Tally| {
        let reading = tally.reading.as_ref();
        tally.told.messages > 0 && reading.is_none_or(|it| it.looks_like != LooksLike::Exploring)
    };
    let had_cure = |tally: &Tally| tally.cure.as_ref().is_some_and(Cure::is_offered);
    tallies.sort_by_key(|tally| (!had_cure(tally), tally.fingerprint.clone()));
    let mut told = BTreeSet::new();
    let mut taken = Vec::new();
    for mut tally in tallies {
        if !is_mild(&tally) {
            continue;
        }
        let had_cure = had_cure(&tally);
        advise(readings, &mut tally);
        if is_mild(&tally) && !had_cure {
            continue;
        }
        let is_first = told.insert(tally.first.principal.key.clone());
        let message = is_first.then(|| tell(&mut tally, &Cause::Turned, now, style));
        taken.push((tally, message));
    }
    taken
}
