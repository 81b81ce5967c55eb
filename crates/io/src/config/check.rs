//! Checks a TOML document against a JSON Schema; problems carry line, column and near names.
//!
//! Supports only the part of JSON Schema that this crate's own structures produce.

use std::fmt;
use std::ops::Range;

use aware_core::near::{did_you_mean, nearest};
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One problem in a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// What is wrong.
    pub problem: String,
    /// File, line and column.
    pub place: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.problem, self.place)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

impl ConfigProblem {
    /// A problem at a byte offset of the text; `near` is the name that was probably meant.
    pub(super) fn at_byte(
        text: &str,
        name: &str,
        byte: usize,
        problem: String,
        near: Option<&str>,
    ) -> Self {
        let hint = near.map(did_you_mean);
        Self { problem, place: position_of(text, name, byte), hint }
    }

    /// A problem that the TOML parser or a type reports.
    pub(super) fn of_toml(error: &toml::de::Error, text: &str, name: &str) -> Self {
        let byte = error.span().map_or(0, |span| span.start);
        Self {
            problem: error.message().to_owned(),
            place: position_of(text, name, byte),
            hint: None,
        }
    }
}

fn position_of(text: &str, name: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{name}:{line}:{column}")
}

/// Checks a document against a schema; an empty list means that it is valid.
///
/// ```
/// use aware_io::config::{check_document, config_schema};
///
/// let problems = check_document("input = 7", "aware.toml", config_schema().as_value());
/// assert_eq!(problems[0].place, "aware.toml:1:9");
/// ```
pub fn check_document(text: &str, name: &str, schema: &Json) -> Vec<ConfigProblem> {
    let mut checker = DocumentChecker { text, name, schema, problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => {
            let span = table.span();
            checker.check_table(table.get_ref(), &span, "the config", schema);
        }
        Err(error) => checker.problems.push(ConfigProblem::of_toml(&error, text, name)),
    }
    checker.problems
}

struct DocumentChecker<'a> {
    text: &'a str,
    name: &'a str,
    schema: &'a Json,
    problems: Vec<ConfigProblem>,
}

impl<'a> DocumentChecker<'a> {
    fn add_problem(&mut self, span: &Range<usize>, problem: String, near: Option<&str>) {
        self.problems.push(ConfigProblem::at_byte(self.text, self.name, span.start, problem, near));
    }

    fn check_value(&mut self, value: &Spanned<DeValue<'_>>, path: &str, schema: &'a Json) {
        let span = value.span();
        let options = self.alternatives_of(schema);
        let fitting: Vec<&Json> =
            options.iter().copied().filter(|option| fits_schema(value.get_ref(), option)).collect();
        match (value.get_ref(), fitting.as_slice()) {
            (found, []) => {
                let expected = describe_expected(&options);
                self.add_problem(
                    &span,
                    format!("`{path}` is {}, not {expected}", kind_name(found)),
                    None,
                );
            }
            (DeValue::Table(table), _) => self.check_table(table, &span, path, schema),
            (DeValue::Array(list), [option, ..]) => {
                let Some(items) = option.get("items") else { return };
                for item in list.iter() {
                    self.check_value(item, path, items);
                }
            }
            (DeValue::String(text), options) => self.check_choice(text, &span, path, options),
            _ => {}
        }
    }

    fn check_choice(&mut self, text: &str, span: &Range<usize>, path: &str, options: &[&Json]) {
        let names: Vec<&str> = options.iter().flat_map(|option| allowed_names(option)).collect();
        if !names.is_empty() && !names.contains(&text) {
            let hint = nearest(text, names.iter().copied());
            let problem = format!("`{path}` is `{text}`, not one of {}", names.join(", "));
            self.add_problem(span, problem, hint);
        }
    }

    fn check_table(
        &mut self,
        table: &DeTable<'_>,
        span: &Range<usize>,
        path: &str,
        schema: &'a Json,
    ) {
        let Some(shape) = self.shape_of(table, span, path, schema) else { return };
        for (key, value) in table {
            let below = if path == "the config" {
                key.get_ref().to_string()
            } else {
                format!("{path}.{}", key.get_ref())
            };
            match shape.property_schema(key.get_ref()) {
                Some(schema) => self.check_value(value, &below, schema),
                None => {
                    let hint = nearest(key.get_ref(), shape.property_names());
                    self.add_problem(&key.span(), format!("unknown key `{}`", key.get_ref()), hint);
                }
            }
        }
        for required in shape.required_names() {
            if !table.iter().any(|(key, _)| key.get_ref() == required) {
                self.add_problem(span, format!("`{required}` is missing from {path}"), None);
            }
        }
    }

    /// The object schemas that a table must fit. Of tagged alternatives, the one with the table's
    /// `type`.
    fn shape_of(
        &mut self,
        table: &DeTable<'_>,
        span: &Range<usize>,
        path: &str,
        schema: &'a Json,
    ) -> Option<TableShape<'a>> {
        let options = self.alternatives_of(schema);
        let tagged = options.iter().any(|option| type_tag(option).is_some());
        if !tagged {
            return Some(TableShape { parts: options });
        }
        let tags: Vec<&str> = options.iter().filter_map(|option| type_tag(option)).collect();
        let found = table.iter().find(|(key, _)| key.get_ref() == "type");
        let Some((_, value)) = found else {
            self.add_problem(span, format!("`type` is missing from {path}"), None);
            return None;
        };
        let text = value.get_ref().as_str().unwrap_or_default();
        let Some(option) = options.iter().copied().find(|option| type_tag(option) == Some(text))
        else {
            let hint = nearest(text, tags.iter().copied());
            let problem = format!("`{path}.type` is `{text}`, not one of {}", tags.join(", "));
            self.add_problem(&value.span(), problem, hint);
            return None;
        };
        let inner = option.get("$ref").map(|_| self.resolve_reference(option));
        Some(TableShape { parts: [Some(option), inner].into_iter().flatten().collect() })
    }

    /// The alternatives of a schema, with references resolved.
    fn alternatives_of(&self, schema: &'a Json) -> Vec<&'a Json> {
        if type_tag(schema).is_some() {
            return vec![schema];
        }
        let schema = self.resolve_reference(schema);
        let lists = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema.get(name)?.as_array());
        let options: Vec<&Json> =
            lists.flatten().flat_map(|option| self.alternatives_of(option)).collect();
        if options.is_empty() { vec![schema] } else { options }
    }

    fn resolve_reference(&self, schema: &'a Json) -> &'a Json {
        let reference = schema.get("$ref").and_then(Json::as_str);
        let target = reference.and_then(|path| self.schema.pointer(path.trim_start_matches('#')));
        target.map_or(schema, |target| self.resolve_reference(target))
    }
}

/// The schemas of one object, taken together.
struct TableShape<'a> {
    parts: Vec<&'a Json>,
}

impl<'a> TableShape<'a> {
    fn property_schema(&self, name: &str) -> Option<&'a Json> {
        let of = |part: &&'a Json| part.get("properties").and_then(|all| all.get(name));
        let open =
            |part: &&'a Json| part.get("additionalProperties").filter(|schema| schema.is_object());
        self.parts.iter().find_map(of).or_else(|| self.parts.iter().find_map(open))
    }

    fn property_names(&self) -> impl Iterator<Item = &'a str> {
        let objects = self.parts.iter().filter_map(|part| part.get("properties")?.as_object());
        objects.flat_map(|object| object.keys().map(String::as_str))
    }

    fn required_names(&self) -> impl Iterator<Item = &'a str> {
        let lists = self.parts.iter().filter_map(|part| part.get("required")?.as_array());
        lists.flatten().filter_map(Json::as_str)
    }
}

fn type_tag(schema: &Json) -> Option<&str> {
    schema.pointer("/properties/type/const")?.as_str()
}

fn allowed_names(schema: &Json) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    listed.iter().chain(schema.get("const")).filter_map(Json::as_str).collect()
}

fn kind_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn fits_schema(value: &DeValue<'_>, schema: &Json) -> bool {
    let allowed = allowed_types(schema);
    let is = match value {
        DeValue::String(_) | DeValue::Datetime(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    };
    allowed.is_empty() || allowed.contains(&is) || is == "integer" && allowed.contains(&"number")
}

fn allowed_types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one.as_str()],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        _ if type_tag(schema).is_some() => vec!["object"],
        _ if !allowed_names(schema).is_empty() => vec!["string"],
        _ => Vec::new(),
    }
}

fn describe_expected(options: &[&Json]) -> String {
    let name = |kind: &str| match kind {
        "string" => "a string".to_owned(),
        "integer" => "an integer".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a table".to_owned(),
        other => format!("a {other}"),
    };
    let kinds =
        options.iter().flat_map(|option| allowed_types(option)).filter(|kind| *kind != "null");
    let mut kinds: Vec<String> = kinds.map(name).collect();
    kinds.dedup();
    kinds.join(" or ")
}
