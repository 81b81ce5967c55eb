//! JSON with the place of every value, so that a faulty policy can be read as far as possible.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The deepest nesting of values; a policy has seven levels, its wrappers two more.
const MAX_DEPTH: usize = 16;

/// A value and where it begins, in bytes from the start of the text.
#[derive(Clone, Debug)]
pub(super) struct JsonNode {
    pub(super) offset: usize,
    pub(super) value: JsonValue,
}

/// A JSON value.
#[derive(Clone, Debug)]
pub(super) enum JsonValue {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<JsonNode>),
    /// Every entry, including duplicate keys, each with the place of its key.
    Object(Vec<(JsonKey, JsonNode)>),
}

/// A key and where it begins.
#[derive(Clone, Debug)]
pub(super) struct JsonKey {
    pub(super) offset: usize,
    pub(super) text: String,
}

impl JsonValue {
    /// Its type, for a sentence.
    pub(super) fn type_name(&self) -> &'static str {
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
pub(super) struct JsonFault {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) what: String,
}

/// Reads the values of a text, one after another.
pub(super) fn read_nodes(text: &str) -> Result<Vec<JsonNode>, JsonFault> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.map(|raw| read_node(text, raw.map_err(|error| to_fault(&error))?, 0)).collect()
}

fn to_fault(error: &serde_json::Error) -> JsonFault {
    let whole = error.to_string();
    let what = whole.split(" at line ").next().unwrap_or_default().to_owned();
    JsonFault { line: error.line().max(1), column: error.column().max(1), what }
}

/// Where a part of the text begins in the whole text.
fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

fn read_node(whole: &str, raw: &RawValue, depth: usize) -> Result<JsonNode, JsonFault> {
    let text = raw.get();
    let offset = offset_in(whole, text);
    // A raw value has been parsed once; what fails here is a text with half of a surrogate pair.
    let here = |what: String| {
        let (line, column) = LineIndex::new(whole).line_and_column(offset);
        JsonFault { line, column, what }
    };
    if depth > MAX_DEPTH {
        return Err(here(format!("nested more than {MAX_DEPTH} deep")));
    }
    let value = match text.as_bytes().first() {
        Some(b'{') => {
            let RawEntries(entries) =
                serde_json::from_str(text).map_err(|e| here(e.to_string()))?;
            let entry = |(key, value): (&RawValue, &RawValue)| {
                let name = serde_json::from_str(key.get()).map_err(|e| here(e.to_string()))?;
                let key = JsonKey { offset: offset_in(whole, key.get()), text: name };
                Ok((key, read_node(whole, value, depth + 1)?))
            };
            JsonValue::Object(entries.into_iter().map(entry).collect::<Result<_, JsonFault>>()?)
        }
        Some(b'[') => {
            let list: Vec<&RawValue> =
                serde_json::from_str(text).map_err(|e| here(e.to_string()))?;
            let items = list.into_iter().map(|item| read_node(whole, item, depth + 1));
            JsonValue::List(items.collect::<Result<_, JsonFault>>()?)
        }
        Some(b'"') => JsonValue::Text(serde_json::from_str(text).map_err(|e| here(e.to_string()))?),
        Some(b't') => JsonValue::Bool(true),
        Some(b'f') => JsonValue::Bool(false),
        Some(b'n') => JsonValue::Null,
        _ => JsonValue::Number(text.to_owned()),
    };
    Ok(JsonNode { offset, value })
}

/// The entries of an object in order, including duplicate keys.
struct RawEntries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for RawEntries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = RawEntries<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawEntries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawEntries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(super) struct LineIndex<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of an offset, both counted from 1; columns are characters.
    pub(super) fn line_and_column(&self, offset: usize) -> (usize, usize) {
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
        let nodes = read_nodes(text).unwrap();
        let JsonValue::Object(entries) = &nodes[0].value else { panic!() };
        let JsonValue::List(items) = &entries[0].1.value else { panic!() };
        let JsonValue::Object(inner) = &items[2].value else { panic!() };
        assert_eq!(inner.len(), 2, "equal keys are both kept");
        let lines = LineIndex::new(text);
        let places = [entries[0].0.offset, items[2].offset, inner[1].0.offset, nodes[1].offset];
        assert_eq!(places.map(|at| lines.line_and_column(at)), [(2, 2), (2, 16), (2, 28), (3, 1)]);
    }

    #[test]
    fn what_cannot_be_read_has_its_place_too() {
        let at =
            |text: &str| read_nodes(text).map(|_| ()).map_err(|fault| (fault.line, fault.column));
        assert_eq!(at("{\n\"a\" 1}"), Err((2, 5)));
        assert_eq!(at("[\"\\ud800\"]"), Err((1, 2)));
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(at(&deep(10)), Ok(()));
        assert_eq!(at(&deep(100_000)).unwrap_err().0, 1);
    }
}
