//! Commits steps to the store, and hands their messages to the topic.

use std::sync::atomic::Ordering;

use aware_cases::message::{SubjectStyle, rewrite_case_as_version_1};
use aware_core::message::{Message, MessageField, labels};
use jiff::Timestamp;

use super::case::CASE_PREFIX;
use super::{DeliverySafety, SourceHalf};
use crate::port::{MemoryWindow, StepCommit, Store, StoreError};

impl SourceHalf {
    /// Commits a step and publishes its messages.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another process was faster; nothing was done then.
    pub(super) async fn commit_and_publish(
        &self,
        mut commit: StepCommit,
        now: Timestamp,
    ) -> Result<DeliverySafety, StoreError> {
        let intervals = *self.intervals.read().await;
        for tally in &mut commit.tallies {
            tally.due = tally.next_update_at(&intervals);
        }
        if self.subject_style().await == SubjectStyle::V1 {
            let of_cases = commit.outbox.iter_mut().filter(|message| message.case.is_some());
            of_cases.for_each(rewrite_case_as_version_1);
        }
        let mut messages = commit.outbox.clone();
        let windows: Vec<MemoryWindow> =
            commit.windows.iter().filter(|one| one.key.starts_with(CASE_PREFIX)).cloned().collect();
        match self.store.commit(commit, now).await {
            Err(StoreError::Conflict) => return Err(StoreError::Conflict),
            Err(error) => {
                tracing::error!(problem = %error, "commit failed; its messages go out all the same")
            }
            Ok(()) => self.note_followed(&windows).await,
        }
        let safe =
            if self.store.is_down() { DeliverySafety::InMemory } else { DeliverySafety::Yes };
        if safe == DeliverySafety::InMemory {
            messages.iter_mut().for_each(add_store_note);
        }
        self.hand_over(messages).await;
        Ok(safe)
    }

    /// Hands messages to the topic. Those that a durable topic takes leave the outbox; those that
    /// it does not take wait there, and make this false.
    pub(super) async fn hand_over(&self, messages: Vec<Message>) -> bool {
        let mut all = true;
        let ids: Vec<String> = messages.iter().map(|message| message.id.clone()).collect();
        let handed = self.topic.publish_all(messages).await;
        for (id, handed) in ids.iter().zip(handed) {
            match handed {
                Ok(()) => {
                    self.counts.published.fetch_add(1, Ordering::Relaxed);
                    if self.topic.is_durable()
                        && let Err(error) = self.store.finish_message(id).await
                    {
                        tracing::warn!(
                            message_id = id,
                            problem = %error,
                            "published message not removed from the outbox; it may be sent again"
                        );
                    }
                }
                Err(error) => {
                    all = false;
                    tracing::warn!(
                        message_id = id,
                        problem = %error,
                        "message not published; it waits in the outbox"
                    );
                }
            }
        }
        all
    }
}

/// Adds a note that the message could not be stored.
fn add_store_note(message: &mut Message) {
    message.fields.push(MessageField {
        key: labels::NOTE.to_owned(),
        value:
            "The store does not answer: counts may be too low, and this message may be repeated."
                .into(),
    });
}
