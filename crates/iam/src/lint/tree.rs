//! JSON with the place of every value, so that a faulty policy can be read as far as possible.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest nesting of values; a policy has seven levels, its wrappers two more.
const MAX_DEPTH: usize = 16;

/// A value and where it begins, in bytes from the start of the text.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) offset: usize,
    pub(super) value: Json,
}

/// A JSON value.
#[derive(Clone, Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// Every entry, including duplicate keys, each with the place of its key.
    Object(Vec<(Key, Node)>),
}

/// A key and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) offset: usize,
    pub(super) text: String,
}

impl Json {
    /// Its type, for a sentence.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Why and where a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) what: String,
}

/// Reads the values of a text, one after another.
pub(super) fn read(text: &str) -> Result<Vec<Node>, Fault> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.map(|raw| node(text, raw.map_err(|error| fault(&error))?, 0)).collect()
}

fn fault(error: &serde_json::Error) -> Fault {
    let whole = error.to_string();
    let what = whole.split(" at line ").next().unwrap_or_default().to_owned();
    Fault { line: error.line().max(1), column: error.column().max(1), what }
}

/// Where a part of the text begins in the whole text.
fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

fn node(whole: &str, raw: &RawValue, depth: usize) -> Result<Node, Fault> {
    let text = raw.get();
    let offset = offset_in(whole, text);
    // A raw value has been parsed once; what fails here is a text with half of a surrogate pair.
    let here = |what: String| {
        let (line, column) = Lines::new(whole).place(offset);
        Fault { line, column, what }
    };
    if depth > MAX_DEPTH {
        return Err(here(format!("nested more than {MAX_DEPTH} deep")));
    }
    let value = match text.as_bytes().first() {
        Some(b'{') => {
            let Entries(entries) = serde_json::from_str(text).map_err(|e| here(e.to_string()))?;
            let entry = |(key, value): (&RawValue, &RawValue)| {
                let name = serde_json::from_str(key.get()).map_err(|e| here(e.to_string()))?;
                let key = Key { offset: offset_in(whole, key.get()), text: name };
                Ok((key, node(whole, value, depth + 1)?))
            };
            Json::Object(entries.into_iter().map(entry).collect::<Result<_, Fault>>()?)
        }
        Some(b'[') => {
            let list: Vec<&RawValue> =
                serde_json::from_str(text).map_err(|e| here(e.to_string()))?;
            let items = list.into_iter().map(|item| node(whole, item, depth + 1));
            Json::List(items.collect::<Result<_, Fault>>()?)
        }
        Some(b'"') => Json::Text(serde_json::from_str(text).map_err(|e| here(e.to_string()))?),
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.to_owned()),
    };
    Ok(Node { offset, value })
}

/// The entries of an object in order, including duplicate keys.
struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of an offset, both counted from 1; columns are characters.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        (line.max(1), before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place() {
        let text = "{\n \"a\": [1, \"é\", {\"a\": null, \"a\": true}]}\n{}";
        let nodes = read(text).unwrap();
        let Json::Object(entries) = &nodes[0].value else { panic!() };
        let Json::List(items) = &entries[0].1.value else { panic!() };
        let Json::Object(inner) = &items[2].value else { panic!() };
        assert_eq!(inner.len(), 2, "equal keys are both kept");
        let lines = Lines::new(text);
        let places = [entries[0].0.offset, items[2].offset, inner[1].0.offset, nodes[1].offset];
        assert_eq!(places.map(|at| lines.place(at)), [(2, 2), (2, 16), (2, 28), (3, 1)]);
    }

    #[test]
    fn what_cannot_be_read_has_its_place_too() {
        let at = |text: &str| read(text).map(|_| ()).map_err(|fault| (fault.line, fault.column));
        assert_eq!(at("{\n\"a\" 1}"), Err((2, 5)));
        assert_eq!(at("[\"\\ud800\"]"), Err((1, 2)));
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(at(&deep(10)), Ok(()));
        assert_eq!(at(&deep(100_000)).unwrap_err().0, 1);
    }
}
