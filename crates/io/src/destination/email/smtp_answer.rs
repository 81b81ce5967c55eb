//! What a server's answers mean for a mail.
//!
//! Source: RFC 5321, sections 4.2.1 (4yz is transient, 5yz is permanent), 3.1 (a server that serves
//! nobody greets with 554) and 3.8 (421 may come at any time); RFC 4954, section 6 (535, 530, 534).

use std::fmt;
use std::time::Duration;

use aware_core::text::{clean_line, clip_text};
use aware_pipeline::port::DeliveryOutcome;
use lettre::transport::smtp::Error as SmtpError;

use crate::destination::http::DEFAULT_PAUSE;

/// The most characters repeated of what a server said.
const MAX_SAID_CHARS: usize = 300;

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SmtpStage {
    /// Connection, greeting and encryption: not about this mail.
    Connect,
    SignIn,
    Sender,
    /// `DATA`, before the mail itself.
    Data,
    /// The mail itself: once it is sent, only an answer tells whether it was accepted.
    Body,
}

impl fmt::Display for SmtpStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::SignIn => "signing in",
            Self::Sender => "the sender",
            Self::Data | Self::Body => "the mail",
        })
    }
}

/// The outcome of a conversation that ended early.
pub(super) fn outcome_of(stage: SmtpStage, error: &SmtpError) -> DeliveryOutcome {
    let Some(code) = error.status().map(u16::from) else {
        return DeliveryOutcome::Retry { after: None, reason: describe_fault(stage, error) };
    };
    // A server may repeat what it was sent, and signing in sends the password.
    let said = if stage == SmtpStage::SignIn { code.to_string() } else { describe_answer(error) };
    let reason = format!("the SMTP server answered {said} ({stage})");
    if error.is_transient() || stage == SmtpStage::Connect {
        return DeliveryOutcome::Retry { after: pause_for(code), reason };
    }
    let hint = match (stage, code) {
        (SmtpStage::SignIn, _) => " (hint: check `username` and `password`)",
        (_, 530) => " (hint: the server wants `username` and `password`)",
        (SmtpStage::Sender, _) => " (hint: may this account send as `from`?)",
        _ => "",
    };
    DeliveryOutcome::Refused(format!("{reason}{hint}"))
}

/// The outcome when the server does not answer in time.
pub(super) fn timed_out(stage: SmtpStage) -> DeliveryOutcome {
    let reason = format!("the SMTP server did not answer in time ({stage}){}", doubt(stage));
    DeliveryOutcome::Retry { after: None, reason }
}

/// The server's answer as text: its code and its words.
pub(super) fn describe_answer(error: &SmtpError) -> String {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    clip_text(clean_line(&format!("{code} {words}")).trim(), MAX_SAID_CHARS).into_owned()
}

/// A fault of the network or of the conversation, without an answer.
fn describe_fault(stage: SmtpStage, error: &SmtpError) -> String {
    let said = clean_line(&error.to_string()).into_owned();
    let said = clip_text(&said, MAX_SAID_CHARS);
    let hint = match stage {
        SmtpStage::Connect => " (hint: check `host`, `port` and `tls`)",
        SmtpStage::SignIn if error.is_client() => {
            " (hint: the server offers neither PLAIN nor LOGIN)"
        }
        _ => "",
    };
    format!("SMTP: {said} ({stage}){hint}{}", doubt(stage))
}

fn doubt(stage: SmtpStage) -> &'static str {
    if stage == SmtpStage::Body { " (it may have arrived nevertheless)" } else { "" }
}

/// SMTP has no word for how long to wait; these two ask for a pause of everything.
pub(super) fn pause_for(code: u16) -> Option<Duration> {
    matches!(code, 421 | 454).then_some(DEFAULT_PAUSE)
}
