//! A tree of values in which everything knows its place, in the order of the file: what the readers
//! of YAML and of JSON make of a text.
//!
//! A map has every key that was written, repeated or not.

/// A line and a column, both counted from 1; 0 if unknown.
pub(crate) type Place = (u32, u32);

/// A value and its position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Place,
    /// Where the value is written; for an alias, at its anchor.
    pub(crate) written: Place,
    /// The spelling of a number or a boolean: `2.10`, `0x1F`, `True`.
    pub(crate) spelling: Option<Box<str>>,
}

/// A key of a map and its position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Whole(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Node {
    /// A value that is written where it stands.
    pub(crate) fn new(value: Value, place: Place) -> Self {
        Self { value, place, written: place, spelling: None }
    }

    /// The value of a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// A key and its value, if this is a map that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&(Key, Node)> {
        self.map()?.iter().find(|(name, _)| name.text == key)
    }

    /// The entries, if this is a map.
    pub(crate) fn map(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, if this is text, a number or a boolean, as spelt.
    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.spelling {
            Some(spelling) => Some(spelling.to_string()),
            None => self.value.scalar(),
        }
    }
}

impl Value {
    /// The text, if this is text, a number or a boolean, in its usual form.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Float(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Its name in messages.
    pub(crate) fn kind(&self) -> &'static str {
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
