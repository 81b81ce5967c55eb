//! Every port of the program, on one page: what stands between the pipelines and the world.
//!
//! Adapters live in `input/`, `topic/`, `destination/` and `store/`. They say what happened; when
//! to try again, what to acknowledge and when to give up is the pipelines' business.

mod error;
mod kept;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aware_cases::group::Tally;
use aware_core::envelope::{Kind, S3Object};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use jiff::Timestamp;

pub use error::{InputError, NotKept, StoreError, TopicError};
pub use kept::{Attempt, Commit, EventKey, Page, Settled, Wanted, Window};

/// One body from an input, to be acknowledged when all of it is safe.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it came from, for people: a path, `s3://bucket/key`, a queue's message.
    pub origin: String,
    /// What the config promises of its envelope.
    pub kind: Kind,
    /// The bytes, perhaps compressed.
    pub body: Vec<u8>,
    /// What [`Input::ack`] needs to know it again.
    pub token: String,
    /// Where to go on after this body, kept in the store in the same commit as its findings.
    pub resume: Option<String>,
}

/// How bytes arrive.
///
/// `next` is called again only after the last delivery was acknowledged or released. An input
/// that follows something (a folder, a queue) waits in `next`; dropping that future loses nothing.
#[async_trait]
pub trait Input: Send + Sync {
    /// The name in configs, logs and the store.
    fn name(&self) -> &str;

    /// Starts after the given place: a value that an earlier delivery had as `resume`.
    fn resume(&mut self, place: &str);

    /// The next body, or `None` when the input has ended.
    ///
    /// # Errors
    /// [`InputError`]; after one the input can be asked again.
    async fn next(&mut self) -> Result<Option<Delivery>, InputError>;

    /// Everything of the delivery is safe: it must not come again.
    ///
    /// # Errors
    /// When this cannot be told; the delivery may then come again, and counts once all the same.
    async fn ack(&mut self, token: &str) -> Result<(), InputError>;

    /// Whether a body with rejects can still be looked at once it is settled: in its file, its
    /// bucket, or a dead-letter queue. `whole` says that nothing of it could be read, so that
    /// [`Input::reject`] will settle it, not [`Input::ack`].
    ///
    /// Where it cannot, the pipeline keeps a copy before it settles the delivery.
    async fn keeps_rejected(&mut self, _whole: bool) -> bool {
        false
    }

    /// Nothing of the delivery could be read. It will not read better, so it need not come again;
    /// an input that keeps such bodies elsewhere hands it there.
    ///
    /// # Errors
    /// As for [`Input::ack`].
    async fn reject(&mut self, token: &str) -> Result<(), InputError> {
        self.ack(token).await
    }

    /// Whether where to go on is in the store alone ([`Delivery::resume`]), so that acknowledging
    /// does nothing that outlives the process: after a crash all that the store does not have comes
    /// again.
    fn keeps_place_in_store(&self) -> bool {
        false
    }

    /// The delivery could not be processed now: it should come again.
    async fn release(&mut self, token: &str);

    /// Reads an object that a notice spoke of.
    ///
    /// # Errors
    /// [`InputError::Gone`] when it does not exist any more, which no retry mends.
    async fn fetch(&self, object: &S3Object) -> Result<Vec<u8>, InputError>;
}

/// Remembers beyond the end of the process which bodies are being looked at, so that one under which
/// the process dies again and again is known.
pub trait Progress: Send + Sync {
    /// A look at a body begins; false when the process has died under it too often.
    fn begin(&self, body: &str) -> bool;

    /// It has ended, well or not: the process lives.
    fn end(&self, body: &str);
}

/// Where bodies are kept that could not be read, or not whole, when their input does not keep them.
pub trait RejectedBodies: Send + Sync {
    /// Keeps a body, and says where, for people. Older ones may be dropped for it, which is logged.
    ///
    /// # Errors
    /// Why it cannot be kept. The delivery must then come again.
    fn keep(&self, origin: &str, problem: &str, body: &[u8]) -> Result<String, NotKept>;
}

/// How a delivery to people ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there. The text, where there is one, is handed to the next delivery of the same
    /// fingerprint, so that it can be a reply.
    Delivered(Option<String>),
    /// Not now.
    Retry {
        /// How long the other side asked to be left alone, with all messages.
        after: Option<Duration>,
        /// What it said, without secrets.
        reason: String,
    },
    /// The destination's own API said, in a way that it documents, that it does not take this
    /// message. Whatever else answers (a proxy, a captive portal) is a `Retry`.
    Refused(String),
}

/// Where messages go.
///
/// `deliver` makes one attempt, within its own time limit. It never retries, and nothing that it
/// returns or logs holds a secret.
#[async_trait]
pub trait Destination: Send + Sync {
    /// The name in configs, routes and logs.
    fn name(&self) -> &str;

    /// The least time between two deliveries.
    fn pace(&self) -> Duration {
        Duration::ZERO
    }

    /// One attempt. `thread` is what an earlier delivery of the same fingerprint returned.
    async fn deliver(&self, message: &Message, thread: Option<&str>) -> Outcome;
}

/// What stands between the source half and the destination half.
#[async_trait]
pub trait Topic: Send + Sync {
    /// Whether a message that was taken arrives, though this process ends.
    fn is_durable(&self) -> bool {
        false
    }

    /// Hands a message over; waits when the topic is full.
    ///
    /// # Errors
    /// [`TopicError`]; the message was not taken.
    async fn publish(&self, message: Message) -> Result<(), TopicError>;

    /// Hands messages over, in order: what became of each.
    async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<(), TopicError>> {
        let mut handed = Vec::with_capacity(messages.len());
        for message in messages {
            handed.push(self.publish(message).await);
        }
        handed
    }

    /// The next message, or `None` when all publishers are gone and everything was received.
    async fn receive(&self) -> Option<Message>;

    /// No more will be published.
    fn close(&self);
}

/// What is remembered between steps, and between runs.
///
/// A store may be shared by several processes. Then [`Store::commit`] writes over nothing that
/// somebody else changed since it was read through the same store, and fails with
/// [`StoreError::Conflict`] instead.
///
/// Every method may fail with [`StoreError`]; the pipelines then send anyway, for a duplicate is
/// better than silence.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether other processes write to it too: nothing may be remembered from step to step that is
    /// not read again.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whether a commit is small enough to be all or nothing.
    fn fits(&self, _commit: &Commit) -> bool {
        true
    }

    /// Which of these events were committed as seen before.
    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError>;

    /// The tallies of these groups, as far as there are any.
    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError>;

    /// Every tally with findings that were not told.
    async fn untold(&self) -> Result<Vec<Tally>, StoreError>;

    /// Takes a step, all or nothing. When it returns, the step survives the death of the process.
    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError>;

    /// Messages committed and not yet settled, oldest first.
    async fn outbox(&self) -> Result<Vec<Message>, StoreError>;

    /// A part of the outbox, oldest first, from a place on: 0, or what an earlier page had as
    /// `next`.
    async fn outbox_page(&self, _from: u64, _most: usize) -> Result<Page, StoreError> {
        Ok(Page { messages: self.outbox().await?, next: None, is_complete: true })
    }

    /// What of the outbox waits for a destination, at most so many: the most urgent first, within a
    /// level each sender in turn, of each the oldest; the messages of a group in order. `wanted`
    /// says whether a message goes to the destination at all.
    async fn waiting(
        &self,
        destination: &str,
        wanted: Wanted<'_>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let mut waiting = Vec::new();
        for message in self.outbox().await? {
            let settled = self.settled(&message.id).await?;
            if wanted(&message) && settled.iter().all(|name| name != destination) {
                waiting.push(message);
            }
        }
        Ok(Page::of_first(crate::store::order::fair(waiting), most))
    }

    /// An attempt to deliver a message failed. Kept for people who look.
    async fn attempted(&self, _attempt: Attempt<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// For which destinations alone a message waits that was put back by hand; of any other message
    /// none, and the routes say.
    async fn addressees(&self, _message: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// What was put back by hand since this was last asked.
    async fn redriven(&self) -> Result<Vec<Message>, StoreError> {
        Ok(Vec::new())
    }

    /// Sets aside what a correlation or triage remembered and cannot read.
    async fn set_aside_window(&self, _window: &Window, _problem: &str) {}

    /// What went wrong in the store since this was last asked, and was not an answer's error: rows
    /// that were set aside, refused messages that were dropped.
    fn take_problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// The destinations where a message has arrived, or was refused.
    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError>;

    /// A message has arrived at a destination (or was refused there: `problem`).
    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError>;

    /// A message has been settled everywhere and leaves the outbox.
    async fn finish(&self, message: &str) -> Result<(), StoreError>;

    /// What the last delivery of this group to this destination returned.
    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError>;

    /// Where an input goes on.
    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError>;

    /// A small value remembered by [`Commit::notes`].
    async fn note(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// The small values whose names begin with `kind` and a slash, without these.
    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError>;

    /// Everything that correlations and triage remember.
    async fn windows(&self) -> Result<Vec<Window>, StoreError>;

    /// What is remembered under these keys, as far as there is anything.
    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError>;

    /// Forgets event ids seen and groups told before `before`, and windows that expired then.
    async fn forget(&self, before: Timestamp) -> Result<(), StoreError>;
}

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
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
