//! Finds the wording of a text that names no action.

use aware_core::explanation::DenialEffect;

use super::denied::Denial;
use super::worded::{LINKED_ROLE, SERVICE_WORDINGS, ServiceWording};
use crate::steps::scan;

/// EC2's error code for refusing to create a service-linked role.
const LINKED_CODE: &str = "ServiceLinkedRoleCreationNotPermitted";

/// Completes a denial that names no action.
pub(super) fn match_wording(code: &str, text: &str, denial: &mut Denial<'_>) {
    let holds =
        |worded: &&ServiceWording| worded.words.iter().all(|words| scan(text).contains(words));
    let is_linked =
        |worded: &&ServiceWording| code.ends_with(LINKED_CODE) && worded.actions == LINKED_ROLE;
    let Some(worded) =
        SERVICE_WORDINGS.iter().find(holds).or_else(|| SERVICE_WORDINGS.iter().find(is_linked))
    else {
        return;
    };
    denial.worded = Some(worded);
    denial.effect = DenialEffect::Unknown;
    denial.layer = worded.layer;
}
