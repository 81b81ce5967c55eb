//! The names of a source: for rules, for people, in stored findings.

use std::hash::{Hash, Hasher};

/// The names of a source. Small, since every event carries it.
#[derive(Clone, Copy, Debug)]
pub struct SourceId {
    id: &'static str,
    name: &'static str,
    icon_url: Option<&'static str>,
}

impl SourceId {
    /// The source that a rule's `logsource` calls `id` and people call `name`.
    pub const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, icon_url: None }
    }

    /// The same, with an icon for its messages.
    #[must_use]
    pub const fn with_icon(self, url: &'static str) -> Self {
        Self { icon_url: Some(url), ..self }
    }

    /// The stable name, which is the `service` of a rule's `logsource`: `cloudtrail`.
    pub const fn as_str(self) -> &'static str {
        self.id
    }

    /// What people call it: `CloudTrail`.
    pub const fn display_name(self) -> &'static str {
        self.name
    }

    /// The URL of the icon for its messages, if it has one.
    pub const fn icon_url(self) -> Option<&'static str> {
        self.icon_url
    }
}

impl PartialEq for SourceId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for SourceId {}

impl Hash for SourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
