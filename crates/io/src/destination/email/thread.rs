//! How the mails of a case become one conversation.
//!
//! Gmail puts mails together that have the same subject, but for `Re:`, and whose `References` name
//! an earlier mail or consistently the same id. Source: Google Workspace Updates, 2019-03-29,
//! "Threading changes in Gmail conversation view",
//! <https://workspaceupdates.googleblog.com/2019/03/threading-changes-in-gmail-conversation-view.html>.
//! Outlook compares subjects too; others go by `References` alone (RFC 5322, section 3.6.4).
//!
//! So every mail of a case refers to an id that is derived from the case, and which no mail has: it
//! holds them together even if the store is lost, or if a server replaces our Message-ID, as Amazon
//! SES does. An update repeats the subject of the mail that it replies to. That subject shows a
//! level, and an old, lower level would hide that the case got worse: an update that raises the
//! level gets a new subject, so that it appears as a new conversation, below which later updates
//! gather.

use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use aware_core::text::{clean_line, clip_text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The most characters of the headline in a subject.
const HEADLINE_CHARS: usize = 120;
/// The most characters that are kept of a stored subject.
const SUBJECT_CHARS: usize = 240;

/// The mail that later mails of the case reply to. Stored as JSON with the case's other threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MailThread {
    /// Its Message-ID as the receivers see it, in angle brackets.
    id: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<String>,
}

impl MailThread {
    fn read(text: &str) -> Option<Self> {
        let thread: Self = serde_json::from_str(text).ok()?;
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
        let inner = thread.id.strip_prefix('<')?.strip_suffix('>')?;
        let is_id = inner.contains('@') && inner.chars().all(is_plain) && inner.len() <= 250;
        is_id.then_some(thread)
    }

    fn level(&self) -> Option<Level> {
        self.level.as_ref()?.parse().ok()
    }
}

/// Where a mail belongs: its id, its subject, and what it replies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailPlace {
    /// The Message-ID, the same for every attempt, so that a receiver recognizes a second delivery.
    pub(super) id: String,
    pub(super) subject: String,
    /// The id that all mails of the case refer to.
    pub(super) root: Option<String>,
    replied: Option<MailThread>,
    /// Whether it gets a subject of its own, which later mails repeat.
    opens: bool,
    level: Option<Level>,
}

impl MailPlace {
    /// `thread` is what an earlier mail of the same case gave to be kept; `domain` is the sender's.
    pub(super) fn new(
        message: &Message,
        headline: &str,
        thread: Option<&str>,
        domain: &str,
    ) -> Self {
        let is_update = message.kind == MessageKind::Update;
        let is_case = is_update || message.kind == MessageKind::Finding;
        let replied = thread.filter(|_| is_update).and_then(MailThread::read);
        let rises = |thread: &MailThread| message.severity > thread.level();
        let opens = replied.as_ref().is_none_or(rises);
        let subject = match &replied {
            Some(thread) if !opens => {
                format!("Re: {}", clip_text(&header_text(&thread.subject), SUBJECT_CHARS))
            }
            _ => new_subject(message, headline),
        };
        let root = is_case.then(|| mail_id("case", message.fingerprint.as_str(), domain));
        let id = mail_id("msg", &message.id, domain);
        Self { id, subject, root, replied, opens, level: message.severity }
    }

    /// The Message-ID of the mail that it replies to.
    pub(super) fn in_reply_to(&self) -> Option<&str> {
        self.replied.as_ref().map(|thread| thread.id.as_str())
    }

    /// What is kept for later mails; `sent` is the Message-ID that the receivers see.
    pub(super) fn thread_after(&self, sent: String) -> Option<String> {
        self.root.as_ref()?;
        let level = self.level.map(|level| level.as_str().to_owned());
        let opened = MailThread { id: sent, subject: self.subject.clone(), level };
        let thread = self.replied.as_ref().filter(|_| !self.opens).unwrap_or(&opened);
        serde_json::to_string(thread).ok()
    }
}

/// `[aware CRITICAL] m.keller made themselves administrator (case cdbd6)`.
fn new_subject(message: &Message, headline: &str) -> String {
    let is_leveled = !matches!(message.kind, MessageKind::Digest | MessageKind::Heartbeat);
    let level = message.severity.filter(|_| is_leveled);
    let level = level.map(|level| format!(" {}", level.as_str().to_uppercase()));
    let reference = match (&message.case, message.kind) {
        (Some(case), _) => format!(" (case {})", case.short_id()),
        (None, MessageKind::Finding | MessageKind::Update) => {
            format!(" (group {})", message.fingerprint.short_form())
        }
        (None, _) => String::new(),
    };
    let headline = clip_text(headline, HEADLINE_CHARS);
    let subject = format!("[aware{}] {headline}{reference}", level.unwrap_or_default());
    clip_text(&header_text(&subject), SUBJECT_CHARS).into_owned()
}

/// Text for a header: one line, and nothing that a client would decode (RFC 2047), which could hold
/// what [`clean_line`] removes.
pub(super) fn header_text(text: &str) -> String {
    clean_line(text).replace("=?", "= ?")
}

/// An id whose text is a digest: whoever chose the text cannot choose what stands in a header.
fn mail_id(kind: &str, text: &str, domain: &str) -> String {
    let hash = Sha256::digest(format!("{kind}:{text}"));
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("<{kind}.{hex}@{domain}>")
}
