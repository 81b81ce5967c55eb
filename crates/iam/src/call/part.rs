//! An action and the part of a request that it is about.

use aware_core::event::TargetResource;
use serde_json::Value;

/// An action and the part of the request that it is about.
#[derive(Clone, Debug)]
pub(super) struct RequestPart {
    pub(super) action: String,
    /// The part; unused if the part is the whole request.
    pub(super) request: Option<Value>,
    pub(super) is_whole: bool,
    pub(super) resources: ResourcePick,
    /// The operation whose name tells the resource type, if it is not the call's own.
    pub(super) operation: Option<&'static str>,
}

/// Which of the record's resources belong to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourcePick {
    All,
    None,
    First,
    Last,
}

impl ResourcePick {
    pub(super) fn pick_from(self, all: &[TargetResource]) -> &[TargetResource] {
        match self {
            Self::All => all,
            Self::None => &[],
            Self::First => all.get(..1).unwrap_or_default(),
            Self::Last => all.len().checked_sub(1).and_then(|at| all.get(at..)).unwrap_or_default(),
        }
    }
}

impl RequestPart {
    pub(super) fn whole_request(action: String) -> Self {
        Self {
            action,
            request: None,
            is_whole: true,
            resources: ResourcePick::All,
            operation: None,
        }
    }

    pub(super) fn with_request(action: impl Into<String>, request: Value) -> Self {
        let (action, request) = (action.into(), Some(request));
        Self { action, request, is_whole: false, resources: ResourcePick::None, operation: None }
    }
}

/// Whether no action has a part of its own.
pub(super) fn are_whole(parts: &[RequestPart]) -> bool {
    parts.iter().all(|part| part.is_whole)
}
