//! The values that stores accept and return.

use aware_cases::group::FindingGroup;
use aware_core::message::Message;
use jiff::Timestamp;

use super::stored_case::StoredCase;

/// An event's identity: its account and its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The account.
    pub account: String,
    /// The event id.
    pub id: String,
}

impl StepCommit {
    /// How many changes it holds.
    pub fn len(&self) -> usize {
        let Self { seen, tallies, cases, outbox, resume, notes, windows } = self;
        let lists = seen.len() + tallies.len() + cases.len() + outbox.len();
        lists + notes.len() + windows.len() + usize::from(resume.is_some())
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What one step of the source half changes, all or nothing.
#[derive(Clone, Debug, Default)]
pub struct StepCommit {
    /// Events that now count as seen.
    pub seen: Vec<EventKey>,
    /// Groups in their new state.
    pub tallies: Vec<FindingGroup>,
    /// Cases in their new state.
    pub cases: Vec<StoredCase>,
    /// Messages to be delivered.
    pub outbox: Vec<Message>,
    /// Where an input continues: its name and the place.
    pub resume: Option<(String, String)>,
    /// Notes: other small values to remember.
    pub notes: Vec<(String, String)>,
    /// What correlations remember of the events in their windows.
    pub windows: Vec<MemoryWindow>,
}

/// The prefix of the keys of what cases remember.
pub const CASE_PREFIX: &str = "case/";

/// What the key of a row of a baseline begins with: such a window is read by its key alone.
pub const BASELINE_PREFIX: &str = "base/";

/// What a correlation remembers of one group of events, or triage or cases of one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryWindow {
    /// Which correlation and group.
    pub key: String,
    /// The content, in its own format, which includes a version.
    pub bytes: Vec<u8>,
    /// When it may be forgotten.
    pub expires: Timestamp,
}

/// Whether a message goes to a destination.
pub type MessagePredicate<'a> = &'a (dyn Fn(&Message) -> bool + Send + Sync);

/// A page of the outbox.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutboxPage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Where the next page starts, if there is one.
    pub next: Option<u64>,
    /// Whether nothing else waits.
    pub is_complete: bool,
}

impl OutboxPage {
    /// The first of all waiting messages.
    pub fn of_first(mut messages: Vec<Message>, most: usize) -> Self {
        let is_complete = messages.len() <= most;
        messages.truncate(most);
        Self { messages, next: None, is_complete }
    }
}

/// A failed attempt.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// The message's id.
    pub message: &'a str,
    /// The destination.
    pub destination: &'a str,
    /// What the destination said, without secrets.
    pub problem: &'a str,
}

/// How a message was settled at one destination.
#[derive(Clone, Copy, Debug)]
pub struct SettledMessage<'a> {
    /// The message.
    pub message: &'a Message,
    /// The destination.
    pub destination: &'a str,
    /// What the destination returned, for the next message of the group.
    pub thread: Option<&'a str>,
    /// Why it was refused, if it was.
    pub problem: Option<&'a str>,
}
