//! Which accounts and regions send logs, and which have fallen silent.
//!
//! The first record of a body speaks for all of it: whatever AWS delivers (an object, a stream of a
//! log group, an event on a bus) comes from one account and one region.

use aware_core::event::Level;
use aware_core::silence::{AccountRegion, ActivityHours, ObservedSilence};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::SourceHalf;
use crate::port::{StepCommit, Store};

/// The kind of the notes with the time when a place was last heard from:
/// `heard/<account>/<region>`.
const HEARD_KIND: &str = "heard";
/// The note with the time since when we have been listening.
const LISTENING_NOTE: &str = "listening";
/// Interval between silence checks.
const CHECK_INTERVAL: SignedDuration = SignedDuration::from_mins(15);
/// After a gap this long, nobody was listening.
const LISTENING_GAP: SignedDuration = SignedDuration::from_hours(1);
/// The most places in one message.
const MAX_LISTED: usize = 20;
/// Since when we have been listening without a gap.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct ListeningSpan {
    since: Timestamp,
    last: Timestamp,
}

fn heard_note(place: &AccountRegion) -> String {
    format!("{HEARD_KIND}/{}/{}", place.account, place.region)
}

impl SourceHalf {
    /// Records that a place was heard from. If writing fails, the next body repeats it.
    pub(super) async fn record_heard(&self, place: &AccountRegion, time: Timestamp) {
        if time > self.clock.now() + CHECK_INTERVAL || !self.recent_places.record_place(place, time)
        {
            return;
        }
        let _held = self.grouping.lock().await;
        let name = heard_note(place);
        let known = self.store.read_note(&name).await.ok().flatten();
        let known = known.and_then(|text| serde_json::from_str::<ActivityHours>(&text).ok());
        let is_new = known.is_none();
        let mut heard = known.unwrap_or_else(|| ActivityHours::first_heard_at(time));
        let is_silent = heard.told && self.clock.now().duration_since(time) < LISTENING_GAP;
        if !heard.record_activity(time) && !is_new && !is_silent {
            return;
        }
        let mut commit = StepCommit::default();
        if is_silent {
            heard.told = false;
            let details = [("Account", place.account.as_str()), ("Region", &place.region)];
            let now = self.clock.now();
            let subject = "An account that was silent logs again";
            let level = Level::Informational;
            commit.outbox.push(aware_cases::message::system_message(subject, &details, level, now));
        }
        commit.notes.extend(serde_json::to_string(&heard).ok().map(|text| (name, text)));
        if self.commit_and_publish(commit, self.clock.now()).await.is_err() {
            self.recent_places.forget_place(place, time);
        }
    }

    /// Reports places that have stopped logging.
    pub(super) async fn report_silences(&self) {
        let now = self.clock.now();
        let Some(watch) = self.update_listening(now).await else { return };
        let Ok(notes) = self.store.list_notes(HEARD_KIND).await else { return };
        let mut silent = Vec::new();
        for (name, text) in notes {
            let Some((account, region)) = name.split_once('/') else { continue };
            let Ok(heard) = serde_json::from_str::<ActivityHours>(&text) else { continue };
            let place = AccountRegion { account: account.to_owned(), region: region.to_owned() };
            match heard.reportable_silence(watch.since, now) {
                Some(silence) if !heard.told => silent.push((place, heard, silence)),
                _ => {}
            }
        }
        if !silent.is_empty() {
            self.publish_silent(silent, now).await;
        }
    }

    /// Since when we have been listening; `None` if the last check was only just now.
    async fn update_listening(&self, now: Timestamp) -> Option<ListeningSpan> {
        let known = self.store.read_note(LISTENING_NOTE).await.ok()?;
        let known = known.and_then(|text| serde_json::from_str::<ListeningSpan>(&text).ok());
        let watch = match known {
            Some(watch) if now.duration_since(watch.last) < CHECK_INTERVAL => return None,
            Some(watch) if now.duration_since(watch.last) < LISTENING_GAP => {
                ListeningSpan { last: now, ..watch }
            }
            _ => ListeningSpan { since: now, last: now },
        };
        let text = serde_json::to_string(&watch).ok()?;
        self.set_note(LISTENING_NOTE, text).await.then_some(watch)
    }

    async fn publish_silent(
        &self,
        mut silent: Vec<(AccountRegion, ActivityHours, ObservedSilence)>,
        now: Timestamp,
    ) {
        silent.sort_by(|a, b| a.0.cmp(&b.0));
        // A commit of a shared store is small; whatever is left out is reported next time.
        silent.truncate(MAX_LISTED);
        let _held = self.grouping.lock().await;
        let mut commit = StepCommit::default();
        let mut lines = Vec::new();
        for (place, mut heard, silence) in silent {
            let name = heard_note(&place);
            // Read again: a place heard from meanwhile is not silent.
            match self.store.read_note(&name).await {
                Ok(Some(text))
                    if serde_json::from_str(&text).is_ok_and(|now: ActivityHours| now == heard) => {
                }
                _ => continue,
            }
            heard.told = true;
            commit.notes.extend(serde_json::to_string(&heard).ok().map(|text| (name, text)));
            lines.push((format!("{} {}", place.account, place.region), silence_line(silence)));
        }
        let subject = match lines.as_slice() {
            [] => return,
            [(place, _)] => format!("Silent: {place} has stopped logging"),
            many => format!("Silent: {} accounts and regions have stopped logging", many.len()),
        };
        let lines: Vec<(&str, &str)> =
            lines.iter().map(|(place, line)| (place.as_str(), line.as_str())).collect();
        let level = Level::High;
        commit.outbox.push(aware_cases::message::system_message(&subject, &lines, level, now));
        if self.commit_and_publish(commit, now).await.is_err() {
            tracing::info!(
                "silence check skipped: another process committed first; the next check repeats it"
            );
        }
    }
}

fn silence_line(silence: ObservedSilence) -> String {
    match silence.longest {
        0 => format!("nothing since {}; before that, it logged in every hour", silence.since),
        longest => format!(
            "nothing since {}; its longest silence in a week was {longest} h",
            silence.since
        ),
    }
}
