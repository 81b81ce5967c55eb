//! What a group of denials looks like.

use serde::{Deserialize, Serialize};

use crate::open::{NamedSet, OpenEnum, named_set};

/// Which of the two readings fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LooksLike {
    /// Somebody is looking around.
    Exploring,
    /// A workload, or a person, lacks a permission.
    LacksPermission,
    /// The known facts fit both.
    #[default]
    Unclear,
}

named_set!(LooksLike {
    Exploring => "exploring",
    LacksPermission => "lacks-permission",
    Unclear => "unclear",
});

impl LooksLike {
    /// The stable name, for JSON and routes.
    pub fn as_str(self) -> &'static str {
        self.name()
    }
}

/// What sentences about what is unclear begin with; the others follow `looks like`.
const UNCLEAR: &str = "unclear: ";

/// What a denial looks like, judged by all that its principal did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which reading fits.
    pub looks_like: OpenEnum<LooksLike>,
    /// Positive for exploring, negative for a missing permission.
    pub points: i32,
    /// A sentence that continues `looks like`.
    pub sentence: String,
    /// Every reason with its points.
    pub reasons: Vec<(i32, String)>,
}

impl Reading {
    /// The sentence for a label of its own: what follows `unclear: ` or `looks like `.
    pub fn told(&self) -> &str {
        self.sentence.strip_prefix(UNCLEAR).unwrap_or(&self.sentence)
    }

    /// Whether nothing tells an intruder from a missing permission.
    pub fn is_unclear(&self) -> bool {
        self.looks_like == LooksLike::Unclear
    }
}
