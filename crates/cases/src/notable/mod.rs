//! What a success means (in preparation).
use crate::case::{CaseActor, CaseLink, ContainStep, NotableFact};
use aware_core::event::Event;
/// In preparation.
pub fn find_notable(_e: &Event) -> Option<NotableFact> {
    None
}
/// In preparation.
pub fn undo_keys(_e: &Event) -> Vec<String> {
    Vec::new()
}
/// In preparation.
pub fn find_links(_e: &Event) -> Vec<CaseLink> {
    Vec::new()
}
/// In preparation.
pub fn contain_actor(_a: &CaseActor, _k: &[String], _t: jiff::Timestamp) -> Vec<ContainStep> {
    Vec::new()
}
