//! One view of a case, from which every form of it is rendered, so that they cannot differ:
//! terminal, messages, JSON and OCSF.
//!
//! Sentences are templates over the facts of a [`Case`](crate::case::Case), and each claims only
//! what its facts say. Every string in a view is one line of visible text; the medium escapes it.

mod broken_chain;
mod case_rows;
mod correlated_text;
mod cure_view;
mod facts_view;
mod headline;
mod in_force;
mod json;
mod model;
mod order;
mod refused;
mod row_texts;
mod shown_names;
mod timeline;
mod times;
mod why_text;
mod words;

pub use case_rows::{CaseRow, case_rows};
pub use correlated_text::correlation_sentence;
pub use cure_view::{CureText, PolicyText};
pub use in_force::InForce;
pub use json::case_json;
pub use model::{CaseView, CountText};
pub use order::compare_cases;
pub use timeline::{CaseTimeline, ShownLines, TimelineLine};
pub use why_text::{WhyLine, WhyText};
pub(crate) use words::count_noun;
