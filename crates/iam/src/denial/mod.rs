//! Reads AWS's texts about denials: who, what, on what, why, and whose policy.
//!
//! The grammar comes from AWS's user guide ("Troubleshoot access denied error messages") and from
//! what services actually write:
//!
//! ```text
//! [wrapper] User: P is not authorized to perform: A [on resource: R] [REASON]
//!     [. Encoded authorization failure message: B] [. Go to LINK … authorization id: I]
//! REASON   because no K policy allows the A action
//!        | with an explicit deny in a K policy[: ARN][ transitively through a K policy]
//! ```
//!
//! The reader looks for these markers from left to right, in linear time. In a logged error it
//! trusts only text at AWS's own position: see [`aware_core::event::denial_sentence()`]. Pasted text
//! has other words around AWS's, and [`parse_pasted`] looks for the sentence in it.

mod action;
mod decoded;
mod denied;
mod doubt;
mod extras;
mod linked;
mod pasted;
mod reader;
mod reason;
mod refusal;
mod refused;
mod subject;
mod worded;
mod wording;

use aware_core::event::{Event, is_denial_code, is_echo};
use aware_core::source::cloudtrail::fields as field;

pub use aware_core::explanation::{DenialEffect, DenialLayer};
pub use decoded::{DecodedMessage, parse_decoded};
pub use denied::Denial;
pub use extras::EncodedMessage;
pub use pasted::parse_pasted;
pub use reader::parse_denial;
pub use refusal::NonIamRefusal;
pub use worded::{LackingParty, ServiceWording};

/// Reads the error of an event. Trusts nothing that the request may have put there: see `doubt.rs`.
pub fn read_denial(event: &Event) -> Denial<'_> {
    let code = event.error_code().unwrap_or_default();
    let text = event.error_message().unwrap_or_default();
    let request = field::REQUEST.find_in(&event.record);
    // If the code is a denial's, AWS wrote it, and with it the beginning of its text.
    if !is_denial_code(code) && request.is_some_and(|request| is_echo(text, request)) {
        return Denial { is_doubtful: true, ..parse_denial(code, "") };
    }
    let mut denial = parse_denial(code, text);
    if denial.refusal.is_none() && denial.is_wordless() {
        refused::classify_by_service(event, text, &mut denial);
    }
    doubt::assess_doubt(event, text, &mut denial);
    denial
}

#[cfg(test)]
mod tests;
