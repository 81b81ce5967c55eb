//! What a finding keeps of its rule.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::case::CaseReading;
use crate::event::Level;
use crate::open::OpenEnum;

/// The author of the rules that ship.
const OWN_AUTHOR: &str = "Activity Aware";

/// The parts of a rule that a finding keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSummary {
    /// Stable id, part of fingerprints.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// How severe its findings are.
    #[serde(with = "level_text")]
    pub level: Level,
    /// What it detects, in a sentence or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who wrote it. The Detection Rule License asks that messages name the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The licence under which it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Where to read more: its first reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Sigma tags: `attack.t1562.008`, `cis.3.1`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The pack that it is part of, and is switched on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// What its findings look like, if the rule says so. In CloudTrail, denials and successes decide
    /// that, and a rule can only make it worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<OpenEnum<CaseReading>>,
}

impl RuleSummary {
    /// The built-in rule: every denied call.
    pub fn denied_call() -> Arc<Self> {
        Arc::new(Self::with_defaults("aws-denied-call", "Denied call", Level::Medium))
    }

    /// The author, unless the rule ships with this program: messages name other authors only.
    pub fn foreign_author(&self) -> Option<&str> {
        self.author.as_deref().filter(|author| *author != OWN_AUTHOR)
    }

    /// A rule with only an id, a name and a level.
    pub fn with_defaults(id: &str, name: &str, level: Level) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            level,
            description: None,
            author: None,
            license: None,
            link: None,
            tags: Vec::new(),
            pack: None,
            reading: None,
        }
    }
}

mod level_text {
    //! (De)serialises levels by name.

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::event::Level;

    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(super) fn serialize<S: Serializer>(
        level: &Level,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(level.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Level, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
