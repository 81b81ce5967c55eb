//! An action and the part of a request that it is about.

use aware_core::event::Resource;
use serde_json::Value;

/// An action and the part of the request that it is about.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) action: String,
    /// The part; unused if the part is the whole request.
    pub(super) request: Option<Value>,
    pub(super) is_whole: bool,
    pub(super) resources: Pick,
    /// The operation whose name tells the resource type, if it is not the call's own.
    pub(super) operation: Option<&'static str>,
}

/// Which of the record's resources belong to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    All,
    None,
    First,
    Last,
}

impl Pick {
    pub(super) fn pick(self, all: &[Resource]) -> &[Resource] {
        match self {
            Self::All => all,
            Self::None => &[],
            Self::First => all.get(..1).unwrap_or_default(),
            Self::Last => all.len().checked_sub(1).and_then(|at| all.get(at..)).unwrap_or_default(),
        }
    }
}

impl Part {
    pub(super) fn whole(action: String) -> Self {
        Self { action, request: None, is_whole: true, resources: Pick::All, operation: None }
    }

    pub(super) fn of(action: impl Into<String>, request: Value) -> Self {
        let (action, request) = (action.into(), Some(request));
        Self { action, request, is_whole: false, resources: Pick::None, operation: None }
    }
}

/// Whether no action has a part of its own.
pub(super) fn are_whole(parts: &[Part]) -> bool {
    parts.iter().all(|part| part.is_whole)
}
