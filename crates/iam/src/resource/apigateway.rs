//! API Gateway's resources are the paths of its own API: `CreateStage` posts to
//! `/restapis/ID/stages`, `UpdateStage` patches `/restapis/ID/stages/NAME`.
//!
//! Source: API Gateway developer guide, "Control access to a REST API with IAM permissions".

use super::evidence::ResourceEvidence;
use super::fill::FormatSlots;
use super::found::{FoundResource, ResourceOrigin};
use super::leaves::plain_letters;
use super::request::RequestValues;
use crate::catalogue::{ActionEntry, Catalogue, ResourceType};

const VERBS: [&str; 14] = [
    "Get",
    "Create",
    "Update",
    "Delete",
    "Put",
    "Import",
    "Reimport",
    "Flush",
    "TestInvoke",
    "Export",
    "Generate",
    "Reset",
    "Tag",
    "Untag",
];

/// The path of a call.
pub(super) fn find_by_path(
    action: &ActionEntry,
    request: &RequestValues<'_>,
    evidence: &ResourceEvidence<'_>,
) -> Vec<FoundResource> {
    let verb = VERBS
        .iter()
        .find(|verb| evidence.operation.starts_with(**verb))
        .copied()
        .unwrap_or_default();
    let noun = evidence.operation.strip_prefix(verb).unwrap_or_default();
    let noun = plain_letters(noun);
    let is_created = matches!(verb, "Create" | "Import");
    let is_tag = matches!(verb, "Tag" | "Untag") || noun == "tags";
    let types = Catalogue::built_in().find_service(&action.service);
    let types: Vec<ResourceType> = types.into_iter().flat_map(|all| all.resource_types()).collect();
    let named =
        |wanted: &str| types.iter().filter(|kind| plain_letters(&kind.name) == wanted).collect();
    let mut meant: Vec<&ResourceType> = named(if is_tag { "tags" } else { &noun });
    if meant.is_empty() {
        meant = named("restapi");
        meant.extend(named("api"));
    }
    let formats =
        meant.iter().flat_map(|kind| kind.formats.iter().map(|format| (&kind.name, format)));
    // A create call goes to the path above the new resource.
    let all =
        formats.map(|(kind, format)| (kind, if is_created { parent_path(format) } else { format }));
    let filled = all.map(|(kind, format)| {
        let slots = FormatSlots::new(format, kind, request, evidence.operation, true);
        let filled = slots.best_filled(&action.service, request, evidence);
        ((filled.whole, filled.known, slots.total_fitness()), filled)
    });
    let best = filled.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.into_iter()
        .map(|(_, filled)| {
            let origin =
                if filled.whole { ResourceOrigin::Request } else { ResourceOrigin::Pattern };
            FoundResource { origin, ..filled.into_resource() }
        })
        .collect()
}

/// `/restapis/${RestApiId}/stages` for `/restapis/${RestApiId}/stages/${StageName}`.
fn parent_path(format: &str) -> &str {
    match format.rsplit_once("/${") {
        Some((above, last)) if last.ends_with('}') => above,
        _ => format,
    }
}
