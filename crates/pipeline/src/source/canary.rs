//! The canary: a call that is meant to be denied, made regularly, which must come back through the
//! log.
//!
//! It is recognized by its request id, which AWS creates and returns only to the caller. Anybody
//! else who makes the same call with the same credentials is reported as usual.

use aware_cases::message;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Source;
use crate::found::Found;
use crate::port::{Commit, Store, StoreError};

/// The note with the calls that have not come back.
const NOTE: &str = "canary";
/// How long to wait for them.
const WAIT: SignedDuration = SignedDuration::from_hours(6);

/// A call that has not come back yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    request: String,
    at: Timestamp,
}

impl Source {
    /// Remembers a call that was denied as intended, by the request id of its answer.
    pub async fn canary_called(&self, request: &str) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let mut calls = self.calls(now).await.unwrap_or_default();
        calls.push(Call { request: request.to_owned(), at: now });
        let commit = Commit { notes: note(&calls), ..Commit::default() };
        // If it is not remembered, it is reported as a finding, which does no harm.
        let _ = self.keep(commit, now).await;
    }

    /// Removes canaries that came back, and publishes a sign of life for each instead of a finding.
    pub(super) async fn without_canaries<'f>(
        &self,
        found: Vec<&'f Found>,
        commit: &mut Commit,
        now: Timestamp,
    ) -> Result<Vec<&'f Found>, StoreError> {
        if found.iter().all(|found| found.canary.is_none()) {
            return Ok(found);
        }
        let mut calls = self.calls(now).await?;
        let mut rest = Vec::new();
        for found in found {
            let is_call = |call: &Call| found.canary.as_ref() == Some(&call.request);
            match calls.iter().position(is_call) {
                Some(at) => commit.outbox.push(message::canary(calls.remove(at).at, now)),
                None => rest.push(found),
            }
        }
        if !commit.outbox.is_empty() {
            commit.notes.extend(note(&calls));
        }
        Ok(rest)
    }

    async fn calls(&self, now: Timestamp) -> Result<Vec<Call>, StoreError> {
        let text = self.store.note(NOTE).await?;
        let mut calls: Vec<Call> =
            text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        calls.retain(|call| now.duration_since(call.at) < WAIT);
        Ok(calls)
    }
}

fn note(calls: &[Call]) -> Vec<(String, String)> {
    serde_json::to_string(calls).ok().map(|text| (NOTE.to_owned(), text)).into_iter().collect()
}
