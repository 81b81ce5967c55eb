//! Some values, and whether there were more.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Values of one kind, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FactList {
    /// The values.
    pub values: Vec<String>,
    /// Whether there were more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl FactList {
    /// A list of one value, or of none if the value is empty.
    pub fn one(value: &str) -> Self {
        [value.to_owned()].into_iter().collect()
    }

    /// A text that lists values: kept whole, since a value may contain a comma.
    pub fn whole(text: String) -> Self {
        [text].into_iter().collect()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl FromIterator<String> for FactList {
    fn from_iter<I: IntoIterator<Item = String>>(values: I) -> Self {
        let values = values.into_iter().filter(|value| !value.is_empty()).collect();
        Self { values, more: false }
    }
}

/// The values, separated by commas, and `…` if there were more.
impl fmt::Display for FactList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.values.join(", "))?;
        if self.more { f.write_str(", …") } else { Ok(()) }
    }
}
