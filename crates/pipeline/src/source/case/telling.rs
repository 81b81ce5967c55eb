//! Tells the cases that a step touches, and keeps them in its commit.

use std::collections::{BTreeMap, BTreeSet};

use aware_cases::case::{Case, CaseAddition, CaseRows, actor_case_id, mark_known_cases};
use aware_cases::message;
use aware_cases::tell::{
    CaseFactsForTelling, CaseStatus, CaseStorm, TellCause, TellingChannel, TellingDecision,
    TellingLimits, decide_telling, important_things, news_words, shorten_id,
};
use aware_cases::triage::PrincipalHistories;
use aware_core::message::{Message, MessageKind};
use jiff::Timestamp;

use super::rows::changed_windows;
use super::storm::keep_storm;
use crate::case_record::CaseRecord;
use crate::port::{StepCommit, Store, StoreError, StoredCase};
use crate::source::SourceHalf;

/// What telling cases reads and changes.
pub(super) struct CaseDesk {
    records: BTreeMap<String, CaseRecord>,
    pub(super) storm: CaseStorm,
    pub(super) limits: TellingLimits,
    pub(super) now: Timestamp,
}

impl SourceHalf {
    /// Builds the cases that these rows touch, tells them, and adds everything to the commit.
    pub(in crate::source) async fn tell_cases(
        &self,
        rows: &mut CaseRows,
        histories: &PrincipalHistories,
        commit: &mut StepCommit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        commit.windows.extend(changed_windows(rows, now));
        rows.book.mark_followed();
        let mut cases = rows.book.build_cases(histories, now);
        cases.retain(|case| rows.added_to(case) != CaseAddition::default());
        let rules = self.current_rules().await;
        mark_known_cases(&mut cases, rules.known_actors());
        cases.iter_mut().for_each(|case| case.add_known(rules.enrichment()));
        if cases.is_empty() {
            return Ok(());
        }
        let mut desk = self.open_desk(&cases, now).await?;
        let before = desk.storm.clone();
        let mut actors = BTreeSet::new();
        for case in cases {
            let keys: Vec<String> = case.actors.iter().map(|actor| actor.key.clone()).collect();
            let added = rows.added_to(&case);
            let (id, message) = desk.tell_case(case, added);
            commit.outbox.extend(message);
            // Whoever only adds to a storm is not followed.
            if !desk.is_in_storm(&id) {
                actors.extend(keys);
            }
        }
        keep_storm(commit, &before, &desk.storm);
        commit.cases.extend(desk.stored_cases());
        self.follow_actors(rows, histories, &actors, commit, now).await
    }

    /// Reads the stored cases that these may be, or may have been parts of.
    async fn open_desk(&self, cases: &[Case], now: Timestamp) -> Result<CaseDesk, StoreError> {
        let ids: BTreeSet<String> = cases.iter().flat_map(ids_of_case).collect();
        let mut records = self.load_records(ids.into_iter().collect()).await?;
        let others = records.values().filter_map(|record| match &record.telling.status {
            CaseStatus::Merged { into } => Some(into.clone()),
            CaseStatus::Open | CaseStatus::Closed { .. } => None,
        });
        let others: BTreeSet<String> = others.filter(|id| !records.contains_key(id)).collect();
        records.extend(self.load_records(others.into_iter().collect()).await?);
        let (storm, limits) = (self.read_storm().await?, self.telling_limits().await);
        Ok(CaseDesk { records, storm, limits, now })
    }

    /// Stored cases by id. One that cannot be read starts over.
    async fn load_records(
        &self,
        ids: Vec<String>,
    ) -> Result<BTreeMap<String, CaseRecord>, StoreError> {
        let stored = self.store.load_cases(&ids).await?;
        Ok(stored.iter().filter_map(|one| Some((one.id.clone(), read_record(one)?))).collect())
    }

    /// How often cases are told.
    pub(in crate::source) async fn telling_limits(&self) -> TellingLimits {
        TellingLimits { intervals: *self.intervals.read().await, ..*self.case_limits.read().await }
    }
}

/// Reads a stored case; `None`, with a warning, if its body is not understood.
pub(super) fn read_record(stored: &StoredCase) -> Option<CaseRecord> {
    CaseRecord::from_stored(stored)
        .inspect_err(|problem| {
            tracing::warn!(case = stored.id, %problem, "stored case cannot be read; it starts over");
        })
        .ok()
}

/// The ids under which a case may be stored: its own, and those of its principals, which may have
/// been cases before something joined them.
fn ids_of_case(case: &Case) -> Vec<String> {
    let actors = case.actors.iter().map(|actor| actor_case_id(&actor.key));
    std::iter::once(case.id.clone()).chain(actors).collect()
}

impl CaseDesk {
    /// A desk for cases that are read already.
    pub(super) fn with_records(
        records: BTreeMap<String, CaseRecord>,
        storm: CaseStorm,
        limits: TellingLimits,
        now: Timestamp,
    ) -> Self {
        Self { records, storm, limits, now }
    }

    /// Decides about a case as it is now. Returns the id under which it is kept, and its message.
    fn tell_case(&mut self, case: Case, added: CaseAddition) -> (String, Option<Message>) {
        let id = self.merge_into_oldest(&case);
        let case = Case { id: id.clone(), ..case };
        let now = self.now;
        let record =
            self.records.entry(id.clone()).or_insert_with(|| CaseRecord::new(case.clone(), now));
        record.case = case;
        let message = self.tell_record(&id, added);
        (id, message)
    }

    /// Decides about a stored case whose time has come, or that has changed.
    pub(super) fn tell_record(&mut self, id: &str, added: CaseAddition) -> Option<Message> {
        let shorts: BTreeSet<String> =
            self.records.values().map(|record| record.telling.short.clone()).collect();
        let record = self.records.get_mut(id)?;
        let CaseRecord { telling, case, .. } = record;
        let important = important_things(case);
        let facts = CaseFactsForTelling::from_case(case, &important, added);
        let decision = decide_telling(telling, &facts, self.now, &self.limits);
        if opens_case(&decision)
            && !self.storm.admit_case(facts.level, self.now, &self.limits.storm)
        {
            telling.hold_in_storm(&facts, self.now);
            return None;
        }
        let newly = telling.record_decision(&decision, &facts, self.now);
        let TellingDecision::Tell(cause) = decision else { return None };
        if telling.short.is_empty() {
            telling.short = shorten_id(&case.id, |short| shorts.contains(short));
        }
        Some(message_for(case, &cause, newly, self.now))
    }

    /// The oldest of the stored cases that this one is made of; the others become part of it.
    fn merge_into_oldest(&mut self, case: &Case) -> String {
        let resolve = |id: String| match self.records.get(&id).map(|one| &one.telling.status) {
            Some(CaseStatus::Merged { into }) => into.clone(),
            Some(CaseStatus::Open | CaseStatus::Closed { .. }) | None => id,
        };
        let all: BTreeSet<String> = ids_of_case(case).into_iter().map(resolve).collect();
        let stored = all.iter().filter_map(|id| Some((self.records.get(id)?.opened, id.clone())));
        let Some((_, kept)) = stored.min() else { return case.id.clone() };
        for id in all.iter().filter(|id| **id != kept) {
            let Some(mut other) = self.records.remove(id) else { continue };
            if let Some(record) = self.records.get_mut(&kept) {
                record.telling.merge_case(&mut other.telling, &kept);
            }
            self.records.insert(id.clone(), other);
        }
        kept
    }

    fn is_in_storm(&self, id: &str) -> bool {
        self.records.get(id).is_some_and(|one| one.telling.channel == TellingChannel::Storm)
    }

    pub(super) fn record_mut(&mut self, id: &str) -> Option<&mut CaseRecord> {
        self.records.get_mut(id)
    }

    /// Everything in its new state.
    pub(super) fn stored_cases(&self) -> Vec<StoredCase> {
        let stored = self.records.values().map(|record| record.to_stored(self.now, &self.limits));
        stored.filter_map(Result::ok).collect()
    }
}

fn opens_case(decision: &TellingDecision) -> bool {
    matches!(decision, TellingDecision::Tell(TellCause::First | TellCause::Reopened { .. }))
}

/// The message that a decision comes to.
pub(super) fn message_for(case: &Case, cause: &TellCause, newly: u64, now: Timestamp) -> Message {
    let news = news_words(case, cause, newly);
    match cause {
        TellCause::Closed(_) => message::closed_case_message(case, news.as_deref(), now),
        TellCause::First => message::case_message(case, MessageKind::Finding, None, now),
        TellCause::LevelRose { .. }
        | TellCause::ReadingChanged { .. }
        | TellCause::Important(_)
        | TellCause::CountsDue
        | TellCause::Reopened { .. } => {
            message::case_message(case, MessageKind::Update, news.as_deref(), now)
        }
    }
}
