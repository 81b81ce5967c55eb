//! The canary: a call that is to be denied, made now and then, which must come back by the log.
//!
//! What comes back is known by its request id, which the service made and told only the caller.
//! Whoever calls the same thing with the same credentials is told about as anybody else.

use aware_cases::message;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Source;
use crate::found::Found;
use crate::port::{Commit, Store, StoreError};

/// The note that holds which calls have not come back.
const NOTE: &str = "canary";
/// For how long they are waited for.
const WAIT: SignedDuration = SignedDuration::from_hours(6);

/// A call that has not come back.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Call {
    request: String,
    at: Timestamp,
}

impl Source {
    /// Remembers a call that was denied as it should, by the request id that it was answered with.
    pub async fn canary_called(&self, request: &str) {
        let _held = self.grouping.lock().await;
        let now = self.clock.now();
        let mut calls = self.calls(now).await.unwrap_or_default();
        calls.push(Call { request: request.to_owned(), at: now });
        let commit = Commit { notes: note(&calls), ..Commit::default() };
        // One that is not remembered is told as a finding, which is no loss.
        let _ = self.keep(commit, now).await;
    }

    /// Takes out what is a canary that came back: a sign of life in place of a finding.
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
