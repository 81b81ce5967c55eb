//! AWS's texts about denials, read: who, what, on what, why, and by whose policy.
//!
//! The grammar, from AWS's user guide ("Troubleshoot access denied error messages") and from what
//! services really write:
//!
//! ```text
//! [wrapper] User: P is not authorized to perform: A [on resource: R] [REASON]
//!     [. Encoded authorization failure message: B] [. Go to LINK … authorization id: I]
//! REASON   because no K policy allows the A action
//!        | with an explicit deny in a K policy[: ARN][ transitively through a K policy]
//! ```
//!
//! The reader looks for these markers from left to right, in linear time. Of a log's error it
//! believes what stands in AWS's place alone: see [`aware_core::event::sentence`]. What people paste
//! has words of theirs around AWS's, and [`pasted`] looks for the sentence in it.

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

pub use aware_core::explanation::{Effect, Layer};
pub use decoded::{Decoded, decoded};
pub use denied::Denial;
pub use extras::Encoded;
pub use pasted::pasted;
pub use reader::parse;
pub use refusal::Refusal;
pub use worded::{Whose, Worded};

/// Reads the error of an event. Nothing is believed that the request may have put there: see [`doubt`].
pub fn of(event: &Event) -> Denial<'_> {
    let code = event.error_code().unwrap_or_default();
    let text = event.error_message().unwrap_or_default();
    let request = field::REQUEST.get(&event.record);
    // A code that is a denial's is AWS's, and so is the beginning of its text.
    if !is_denial_code(code) && request.is_some_and(|request| is_echo(text, request)) {
        return Denial { is_doubtful: true, ..parse(code, "") };
    }
    let mut denial = parse(code, text);
    if denial.refusal.is_none() && denial.is_wordless() {
        refused::judge_service(event, text, &mut denial);
    }
    doubt::judge(event, text, &mut denial);
    denial
}

#[cfg(test)]
mod tests;
