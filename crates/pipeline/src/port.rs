//! Every port of the program, on one page: the boundary between the pipelines and the outside
//! world.
//!
//! Adapters are in `input/`, `topic/`, `destination/` and `store/`. They report what happened; the
//! pipelines decide when to retry, what to acknowledge and when to give up.

mod error;
mod kept;
mod stored_case;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aware_cases::group::FindingGroup;
use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

pub use error::{InputError, NotKept, StoreError, TopicError};
pub use kept::{
    BASELINE_PREFIX, CASE_PREFIX, EventKey, FailedAttempt, MemoryWindow, MessagePredicate,
    OutboxPage, SettledMessage, StepCommit,
};
pub use stored_case::{CaseFilter, CasePage, MAX_STORED_CASES, StoredCase};

/// One body from an input, acknowledged once all of it is safe.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it comes from, for people: a path, `s3://bucket/key`, a queue's message.
    pub origin: String,
    /// What the config says about its envelope.
    pub kind: EnvelopeKind,
    /// The bytes, perhaps compressed.
    pub body: Vec<u8>,
    /// What [`Input::ack_delivery`] needs to identify it.
    pub token: String,
    /// Where to continue after this body, stored in the same commit as its findings.
    pub resume: Option<String>,
}

/// How bytes arrive.
///
/// `next` is called again only after the last delivery was acknowledged or released. An input that
/// follows something (a folder, a queue) waits in `next`; dropping that future loses nothing.
#[async_trait]
pub trait Input: Send + Sync {
    /// The name in configs, logs and the store.
    fn name(&self) -> &str;

    /// Starts after the given place: the `resume` value of an earlier delivery.
    fn resume_at(&mut self, place: &str);

    /// The next body, or `None` once the input has ended.
    ///
    /// # Errors
    /// [`InputError`]; the input can be asked again afterwards.
    async fn next_delivery(&mut self) -> Result<Option<Delivery>, InputError>;

    /// Acknowledges a delivery: everything in it is safe, and it must not come again.
    ///
    /// # Errors
    /// If the acknowledgement fails; the delivery may then come again, and still counts once.
    async fn ack_delivery(&mut self, token: &str) -> Result<(), InputError>;

    /// Whether a body with rejects can still be inspected once it is settled: in its file, its
    /// bucket, or a dead-letter queue. `whole` says that none of it could be read, so that
    /// [`Input::reject_delivery`] will settle it instead of [`Input::ack_delivery`].
    ///
    /// If it cannot, the pipeline keeps a copy before it settles the delivery.
    async fn keeps_rejected(&mut self, _whole: bool) -> bool {
        false
    }

    /// Settles a delivery of which nothing could be read. A retry would not help, so it need not
    /// come again; an input that keeps such bodies elsewhere moves it there.
    ///
    /// # Errors
    /// As for [`Input::ack_delivery`].
    async fn reject_delivery(&mut self, token: &str) -> Result<(), InputError> {
        self.ack_delivery(token).await
    }

    /// Whether the place to continue at is only in the store ([`Delivery::resume`]), so that
    /// acknowledging has no effect beyond the process: after a crash, everything that is not in the
    /// store comes again.
    fn keeps_place_in_store(&self) -> bool {
        false
    }

    /// Releases a delivery that could not be processed now: it should come again.
    async fn release_delivery(&mut self, token: &str);

    /// Reads an object that a notice announced.
    ///
    /// # Errors
    /// [`InputError::Gone`] if it no longer exists, in which case no retry helps.
    async fn fetch_object(&self, object: &S3Object) -> Result<Vec<u8>, InputError>;
}

/// Remembers, beyond the end of the process, which bodies are being read, so that a body under
/// which the process dies repeatedly is noticed.
pub trait ReadProgress: Send + Sync {
    /// Notes that reading a body begins; false if the process has died under it too often.
    fn begin_body(&self, body: &str) -> bool;

    /// Notes that it has ended, successfully or not: the process is alive.
    fn end_body(&self, body: &str);
}

/// Keeps bodies that could not be read, or only in part, if their input does not keep them.
pub trait RejectedBodies: Send + Sync {
    /// Keeps a body, and returns where, for people. Older ones may be dropped to make room, which
    /// is logged.
    ///
    /// # Errors
    /// Why it cannot be kept. The delivery must then come again.
    fn keep_body(&self, origin: &str, problem: &str, body: &[u8]) -> Result<String, NotKept>;
}

/// The outcome of a delivery to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It arrived. The text, if any, is passed to the next delivery with the same fingerprint, so
    /// that it can be a reply.
    Delivered(Option<String>),
    /// It should be retried later.
    Retry {
        /// How long the other side asks for a pause, for all messages.
        after: Option<Duration>,
        /// What the other side said, without secrets.
        reason: String,
    },
    /// The destination's own API refused this message in a documented way. An answer from anything
    /// else (a proxy, a captive portal) is a `Retry`.
    Refused(String),
}

/// Where messages go.
///
/// `deliver` makes one attempt, within its own time limit. It never retries, and nothing that it
/// returns or logs contains a secret.
#[async_trait]
pub trait Destination: Send + Sync {
    /// The name in configs, routes and logs.
    fn name(&self) -> &str;

    /// The minimum time between two deliveries.
    fn min_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// Makes one attempt. `thread` is what an earlier delivery with the same fingerprint returned.
    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome;
}

/// Connects the source half to the destination half.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Whether a message that was accepted arrives even if this process ends.
    fn is_durable(&self) -> bool {
        false
    }

    /// Publishes a message; waits while the topic is full.
    ///
    /// # Errors
    /// [`TopicError`]; the message was not accepted.
    async fn publish(&self, message: Message) -> Result<(), TopicError>;

    /// Publishes messages in order; returns the result of each.
    async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<(), TopicError>> {
        let mut handed = Vec::with_capacity(messages.len());
        for message in messages {
            handed.push(self.publish(message).await);
        }
        handed
    }

    /// The next message, or `None` once all publishers are gone and everything was received.
    async fn receive(&self) -> Option<Message>;

    /// Closes the topic: nothing more will be published.
    fn close(&self);
}

/// Remembers state between steps and between runs.
///
/// Several processes may share a store. Then [`Store::commit`] never overwrites what another
/// process has changed since it was read through the same store, but fails with
/// [`StoreError::Conflict`].
///
/// Every method may fail with [`StoreError`]; the pipelines then send anyway, since a duplicate is
/// better than silence.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether other processes write to it too: then nothing may be carried from step to step
    /// without reading it again.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whether a commit is small enough to be atomic.
    fn fits_commit(&self, _commit: &StepCommit) -> bool {
        true
    }

    /// Which of these events are already committed as seen.
    async fn seen_events(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError>;

    /// The tallies of these groups, as far as they exist.
    async fn load_tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError>;

    /// Every tally with findings that were not reported.
    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError>;

    /// The tallies whose update is due ([`FindingGroup::due`]), perhaps with some that are not.
    async fn due_tallies(&self, now: Timestamp) -> Result<Vec<FindingGroup>, StoreError> {
        let mut due = self.untold_tallies().await?;
        due.retain(|tally| tally.due.is_some_and(|due| due <= now));
        Ok(due)
    }

    /// The cases with these ids, as far as they exist.
    async fn load_cases(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError>;

    /// The cases that are due, at most `most`, those that have waited longest first.
    async fn due_cases(&self, now: Timestamp, most: usize) -> Result<Vec<StoredCase>, StoreError>;

    /// A page of cases by id, which begins after the given one.
    async fn list_cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError>;

    /// Commits a step, all or nothing. Once it returns, the step survives the death of the process.
    async fn commit(&self, commit: StepCommit, now: Timestamp) -> Result<(), StoreError>;

    /// Messages that are committed and not yet settled, oldest first.
    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError>;

    /// A page of the outbox, oldest first, starting at a position: 0, or the `next` of an earlier
    /// page.
    async fn outbox_page(&self, _from: u64, _most: usize) -> Result<OutboxPage, StoreError> {
        Ok(OutboxPage { messages: self.list_outbox().await?, next: None, is_complete: true })
    }

    /// The outbox messages that wait for a destination, at most `most`: the most urgent first;
    /// within a level the senders take turns, each with their oldest; the messages of a group in
    /// order. `wanted` says whether a message goes to the destination at all.
    async fn waiting_messages(
        &self,
        destination: &str,
        wanted: MessagePredicate<'_>,
        most: usize,
    ) -> Result<OutboxPage, StoreError> {
        let mut waiting = Vec::new();
        for message in self.list_outbox().await? {
            let settled = self.settled_destinations(&message.id).await?;
            if wanted(&message) && settled.iter().all(|name| name != destination) {
                waiting.push(message);
            }
        }
        Ok(OutboxPage::of_first(crate::store::order::fair_order(waiting), most))
    }

    /// Records a failed attempt to deliver a message, for people who inspect the outbox.
    async fn record_attempt(&self, _attempt: FailedAttempt<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// The only destinations that a message put back by hand waits for. Empty for any other
    /// message, which the routes decide.
    async fn redrive_targets(&self, _message: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// The messages put back by hand since the last call.
    async fn take_redriven(&self) -> Result<Vec<Message>, StoreError> {
        Ok(Vec::new())
    }

    /// Sets aside the memory of a correlation or of triage that cannot be read.
    async fn set_aside_window(&self, _window: &MemoryWindow, _problem: &str) {}

    /// Problems in the store since the last call that no call returned as an error: rows that were
    /// set aside, refused messages that were dropped.
    fn take_problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// The destinations where a message has arrived or was refused.
    async fn settled_destinations(&self, message: &str) -> Result<Vec<String>, StoreError>;

    /// Settles a message at a destination: it arrived, or was refused there (`problem`).
    async fn settle_message(&self, settled: SettledMessage<'_>) -> Result<(), StoreError>;

    /// Removes a message from the outbox that is settled everywhere.
    async fn finish_message(&self, message: &str) -> Result<(), StoreError>;

    /// What the last delivery of this group to this destination returned.
    async fn last_thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError>;

    /// Where an input continues.
    async fn resume_place(&self, input: &str) -> Result<Option<String>, StoreError>;

    /// A note: a small value written by [`StepCommit::notes`].
    async fn read_note(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// The notes whose names start with `kind` and a slash; the names are returned without both.
    async fn list_notes(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError>;

    /// Everything that correlations and triage remember; what cases remember is read by key.
    async fn list_windows(&self) -> Result<Vec<MemoryWindow>, StoreError>;

    /// What is remembered under these keys, as far as it exists.
    async fn load_windows(&self, keys: &[String]) -> Result<Vec<MemoryWindow>, StoreError>;

    /// Forgets event ids seen and groups reported before `before`, and windows and cases that
    /// expired by then.
    async fn forget_before(&self, before: Timestamp) -> Result<(), StoreError>;
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
