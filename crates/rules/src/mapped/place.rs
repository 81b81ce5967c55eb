//! Where a value is in a record.

use serde_json::Value;

use crate::cloudwatch::parse_selector;
use crate::ir::PathStep;
use crate::oracle::leaves_at;
use crate::problem::RuleMistake;

/// The places of a value: the first one counts that has a value in the record.
#[derive(Clone, Debug, Default)]
pub(super) struct ValuePlaces {
    places: Vec<ValuePlace>,
    /// Texts that stand for no value.
    none: Vec<String>,
}

/// A field, or a text with fields in it.
#[derive(Clone, Debug)]
struct ValuePlace {
    /// The place as it is written.
    text: String,
    parts: Vec<PlacePart>,
}

#[derive(Clone, Debug)]
enum PlacePart {
    Text(String),
    Field(Vec<PathStep>),
}

impl ValuePlaces {
    /// Parses places: `$.user`, `db/{$.database}`.
    pub(super) fn parse(texts: &[String], none: &[String]) -> Result<Self, RuleMistake> {
        let places = texts.iter().map(|text| ValuePlace::parse(text));
        Ok(Self { places: places.collect::<Result<_, _>>()?, none: none.to_vec() })
    }

    /// The value, if the record has it.
    pub(super) fn read(&self, record: &Value) -> Option<String> {
        self.read_all(record).into_iter().next()
    }

    /// Every value of the first place that the record has.
    pub(super) fn read_all(&self, record: &Value) -> Vec<String> {
        let mut found = self.places.iter().map(|place| place.read_all(record, &self.none));
        found.find(|values| !values.is_empty()).unwrap_or_default()
    }

    /// The value, and the place that has it. It keeps its type where the place is a field alone.
    pub(super) fn find(&self, record: &Value) -> Option<(&str, Value)> {
        let of_place = |place: &ValuePlace| match place.parts.as_slice() {
            [PlacePart::Field(path)] => {
                let is_given = |value: &Value| text_of(value, &self.none).is_some();
                leaves_at(path, record).into_iter().find(is_given)
            }
            _ => place.read_all(record, &self.none).into_iter().next().map(Value::from),
        };
        self.places.iter().find_map(|place| Some((place.text.as_str(), of_place(place)?)))
    }

    /// The names of the fields, dotted, as rules name them. Members of lists have none.
    pub(super) fn field_names(&self) -> impl Iterator<Item = String> {
        let parts = self.places.iter().flat_map(|place| &place.parts);
        parts.filter_map(|part| match part {
            PlacePart::Field(path) => dotted_name(path),
            PlacePart::Text(_) => None,
        })
    }
}

/// The name of a field as rules write it, up to the first list: `user.name`.
pub(super) fn dotted_name(path: &[PathStep]) -> Option<String> {
    let names = path.iter().map_while(|step| match step {
        PathStep::Key(name) => Some(name.as_str()),
        PathStep::Index(_) | PathStep::EachItem | PathStep::EachMember => None,
    });
    Some(names.collect::<Vec<_>>().join(".")).filter(|name| !name.is_empty())
}

impl ValuePlace {
    fn parse(text: &str) -> Result<Self, RuleMistake> {
        let parts = match text.starts_with('$') {
            true => vec![PlacePart::Field(parse_selector(text)?)],
            false => Self::parse_template(text)?,
        };
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Parses a text with fields in it.
    fn parse_template(text: &str) -> Result<Vec<PlacePart>, RuleMistake> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, behind)) = rest.split_once("{$") {
            let Some((field, after)) = behind.split_once('}') else {
                let what = format!("`{{${behind}` has no closing `}}`");
                return Err(RuleMistake::new("", (0, 0), what));
            };
            parts.push(PlacePart::Text(before.to_owned()));
            parts.push(PlacePart::Field(parse_selector(&format!("${field}"))?));
            rest = after;
        }
        parts.push(PlacePart::Text(rest.to_owned()));
        Ok(parts)
    }

    /// The text with each of its fields, or nothing if the record lacks one of them. Of a field within
    /// a text, only the first value counts.
    fn read_all(&self, record: &Value, none: &[String]) -> Vec<String> {
        let text_of = |value: &Value| text_of(value, none);
        if let [PlacePart::Field(path)] = self.parts.as_slice() {
            return leaves_at(path, record).iter().filter_map(text_of).collect();
        }
        let mut whole = String::new();
        for part in &self.parts {
            match part {
                PlacePart::Text(text) => whole.push_str(text),
                PlacePart::Field(path) => {
                    let Some(text) = leaves_at(path, record).iter().find_map(text_of) else {
                        return Vec::new();
                    };
                    whole.push_str(&text);
                }
            }
        }
        vec![whole].into_iter().filter(|text| !text.is_empty()).collect()
    }
}

/// A text, a number or a boolean, as a text. `None` if it is empty or one of the texts that mean "no
/// value"; `-` always does.
fn text_of(value: &Value, none: &[String]) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_none = matches!(text.as_str(), "" | "-") || none.contains(&text);
    Some(text).filter(|_| !is_none)
}
