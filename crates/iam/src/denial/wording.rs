//! Finds the wording of a text that names no action.

use super::denied::Denial;
use super::worded::{LINKED_ROLE, TABLE, Worded};
use aware_core::explanation::Effect;

/// EC2's error code for refusing to create a service-linked role.
const LINKED_CODE: &str = "ServiceLinkedRoleCreationNotPermitted";

/// Completes a denial that names no action.
pub(super) fn read(code: &str, text: &str, denial: &mut Denial<'_>) {
    let holds = |worded: &&Worded| worded.words.iter().all(|words| text.contains(words));
    let is_linked = |worded: &&Worded| code.ends_with(LINKED_CODE) && worded.actions == LINKED_ROLE;
    let Some(worded) = TABLE.iter().find(holds).or_else(|| TABLE.iter().find(is_linked)) else {
        return;
    };
    denial.worded = Some(worded);
    denial.effect = Effect::Unknown;
    denial.layer = worded.layer;
}
