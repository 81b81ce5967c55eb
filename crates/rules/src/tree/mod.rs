//! A tree of values in which everything knows its place, in the order of the file: what the readers
//! of YAML and of JSON make of a text.
//!
//! A map has every key that was written, repeated or not.

pub(crate) mod packed;

/// A line and a column, both counted from 1; 0 if unknown.
pub(crate) type PatternPlace = (u32, u32);

/// A value and its position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct YamlNode {
    pub(crate) value: YamlValue,
    pub(crate) place: PatternPlace,
    /// Where the value is written; for an alias, at its anchor.
    pub(crate) written: PatternPlace,
    /// The spelling of a number or a boolean: `2.10`, `0x1F`, `True`.
    pub(crate) spelling: Option<Box<str>>,
}

/// A key of a map and its position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct YamlKey {
    pub(crate) text: String,
    pub(crate) place: PatternPlace,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum YamlValue {
    Null,
    Bool(bool),
    Whole(i128),
    Float(f64),
    Text(String),
    List(Vec<YamlNode>),
    Map(Vec<(YamlKey, YamlNode)>),
}

impl YamlNode {
    /// A value that is written in place, not through an alias.
    pub(crate) fn new(value: YamlValue, place: PatternPlace) -> Self {
        Self { value, place, written: place, spelling: None }
    }

    /// The value of a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&YamlNode> {
        self.entry(key).map(|(_, node)| node)
    }

    /// A key and its value, if this is a map that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&(YamlKey, YamlNode)> {
        self.map_entries()?.iter().find(|(name, _)| name.text == key)
    }

    /// The entries, if this is a map.
    pub(crate) fn map_entries(&self) -> Option<&[(YamlKey, YamlNode)]> {
        match &self.value {
            YamlValue::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, if this is text, a number or a boolean, as spelt.
    pub(crate) fn scalar_text(&self) -> Option<String> {
        match &self.spelling {
            Some(spelling) => Some(spelling.to_string()),
            None => self.value.scalar_text(),
        }
    }
}

impl YamlValue {
    /// The text, if this is text, a number or a boolean, in its usual form.
    pub(crate) fn scalar_text(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Float(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Its name in messages.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Whole(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}
