//! The canary: a call that is meant to be denied, made regularly, which must come back through the
//! log.
//!
//! It is recognized by its request id, which AWS creates and returns only to the caller. Anybody
//! else who makes the same call with the same credentials is reported as usual.

use aware_cases::message;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::SourceHalf;
use crate::matched_event::MatchedEvent;
use crate::port::{StepCommit, Store, StoreError};

/// The note with the calls that have not come back.
const CANARY_NOTE: &str = "canary";
/// How long to wait for them.
const CANARY_TIMEOUT: SignedDuration = SignedDuration::from_hours(6);

/// A call that has not come back yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CanaryCall {
    request: String,
    at: Timestamp,
}

impl SourceHalf {
    /// Remembers a call that was denied as intended, by the request id of its answer.
    pub async fn record_canary_call(&self, request: &str) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let mut calls = self.pending_calls(now).await.unwrap_or_default();
        calls.push(CanaryCall { request: request.to_owned(), at: now });
        let commit = StepCommit { notes: calls_note(&calls), ..StepCommit::default() };
        // If it is not remembered, it is reported as a finding, which does no harm.
        let _ = self.commit_and_publish(commit, now).await;
    }

    /// Removes canaries that came back, and publishes a sign of life for each instead of a finding.
    pub(super) async fn take_canaries<'f>(
        &self,
        found: Vec<&'f MatchedEvent>,
        commit: &mut StepCommit,
        now: Timestamp,
    ) -> Result<Vec<&'f MatchedEvent>, StoreError> {
        if found.iter().all(|found| found.canary.is_none()) {
            return Ok(found);
        }
        let mut calls = self.pending_calls(now).await?;
        let mut rest = Vec::new();
        for found in found {
            let is_call = |call: &CanaryCall| found.canary.as_ref() == Some(&call.request);
            match calls.iter().position(is_call) {
                Some(at) => commit.outbox.push(message::canary_message(calls.remove(at).at, now)),
                None => rest.push(found),
            }
        }
        if !commit.outbox.is_empty() {
            commit.notes.extend(calls_note(&calls));
        }
        Ok(rest)
    }

    async fn pending_calls(&self, now: Timestamp) -> Result<Vec<CanaryCall>, StoreError> {
        let text = self.store.read_note(CANARY_NOTE).await?;
        let mut calls: Vec<CanaryCall> =
            text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        calls.retain(|call| now.duration_since(call.at) < CANARY_TIMEOUT);
        Ok(calls)
    }
}

fn calls_note(calls: &[CanaryCall]) -> Vec<(String, String)> {
    serde_json::to_string(calls)
        .ok()
        .map(|text| (CANARY_NOTE.to_owned(), text))
        .into_iter()
        .collect()
}
