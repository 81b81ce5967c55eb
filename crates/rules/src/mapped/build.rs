//! Compiles a map.

use std::collections::BTreeSet;
use std::fmt;

use aware_core::near::{did_you_mean, nearest};
use aware_core::source::SOURCES;
use aware_core::source::field::FieldEntry;
use aware_core::source::id::SourceId;
use jiff::Timestamp;

use super::line::LineForm;
use super::map::SourceMap;
use super::place::{ValuePlaces, dotted_name};
use super::source::MappedSource;
use crate::cloudwatch::ast::{FilterPattern, LogicTree, SelectorCondition};
use crate::cloudwatch::{compile_pattern, parse_pattern};
use crate::ir::{MAX_REGEX, RuleExpr};
use crate::problem::RuleMistake;

/// The longest name of a source, in characters.
const MAX_NAME: usize = 40;

/// What is wrong with a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapMistake {
    /// The name of the source.
    pub source: String,
    /// The key, if one is wrong.
    pub key: Option<&'static str>,
    /// A lower-case fragment, with a hint.
    pub what: String,
}

impl MapMistake {
    pub(super) fn of_map(source: &str, what: impl fmt::Display) -> Self {
        Self { source: source.to_owned(), key: None, what: what.to_string() }
    }
}

impl fmt::Display for MapMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(key) => write!(f, "`{key}` of [source.{}]: {}", self.source, self.what),
            None => write!(f, "[source.{}] {}", self.source, self.what),
        }
    }
}

/// Compiles the source that a map describes.
///
/// # Errors
/// Every mistake in it.
pub(super) fn build_source(map: &SourceMap) -> Result<MappedSource, Vec<MapMistake>> {
    let mut builder = MapBuilder { map, mistakes: Vec::new(), used: BTreeSet::new() };
    builder.check_name();
    let records = builder.pattern("records", map.records.as_deref());
    let line = builder.line();
    builder.check_given();
    builder.check_format();
    let mut source = MappedSource {
        id: SourceId::new("", ""),
        records,
        time: builder.places("time", &map.time),
        time_name: "",
        time_expected: "",
        time_format: map.time_format.clone(),
        record_id: builder.places("id", &map.id),
        account: builder.places("account", &map.account),
        region: builder.places("region", &map.region),
        action: builder.places("action", &map.action),
        principal: builder.places("principal", &map.principal),
        address: builder.places("address", &map.address),
        user_agent: builder.places("user_agent", &map.user_agent),
        resources: builder.places("resources", &map.resources),
        error_code: builder.places("error_code", &map.error_code),
        reason: builder.places("reason", &map.reason),
        denied: builder.pattern("denied", map.denied.as_deref()),
        failed: builder.pattern("failed", map.failed.as_deref()),
        unauthenticated: builder.pattern("unauthenticated", map.unauthenticated.as_deref()),
        line,
        fields: &[],
    };
    builder.check_groups(source.line.as_ref());
    if !builder.mistakes.is_empty() {
        return Err(builder.mistakes);
    }
    // Names live as long as the process: a source is defined once.
    source.id = SourceId::new(keep(&map.name), keep(map.title.as_deref().unwrap_or(&map.name)));
    source.time_name = keep(match map.time.as_slice() {
        [] => "time",
        [first, ..] => first,
    });
    let format = map.time_format.as_ref().map(|format| format!("a time like `{format}`"));
    source.time_expected = keep(format.as_deref().unwrap_or("a time"));
    source.fields = builder.fields(source.line.as_ref());
    Ok(source)
}

fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

struct MapBuilder<'m> {
    map: &'m SourceMap,
    mistakes: Vec<MapMistake>,
    /// The fields that places name.
    used: BTreeSet<String>,
}

impl MapBuilder<'_> {
    fn refuse(&mut self, key: &'static str, what: impl fmt::Display) {
        let (source, what) = (self.map.name.clone(), what.to_string());
        self.mistakes.push(MapMistake { source, key: Some(key), what });
    }

    fn check_name(&mut self) {
        let name = &self.map.name;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        let what = match () {
            () if !begins || !name.chars().all(is_plain) || name.len() > MAX_NAME => {
                format!(
                    "is named by a letter and up to {} small letters, digits and `_`",
                    MAX_NAME - 1
                )
            }
            () if SOURCES.iter().any(|known| known.id().as_str() == name) => {
                "has the name of a source that is built in".to_owned()
            }
            () => return,
        };
        self.mistakes.push(MapMistake::of_map(name, what));
    }

    /// What every map must say.
    fn check_given(&mut self) {
        let Self { map, mistakes, .. } = self;
        if map.records.is_none() && map.line.is_none() {
            let what = "says of no record that it is its own (hint: `records = '{ $.log = \"audit\" }'` for JSON, or `line = '^(?<time>…'` for text)";
            mistakes.push(MapMistake::of_map(&map.name, what));
        }
        if map.action.is_empty() {
            let what = "does not say what was done (hint: `action = \"$.event\"`)";
            mistakes.push(MapMistake::of_map(&map.name, what));
        }
    }

    fn places(&mut self, key: &'static str, texts: &[String]) -> ValuePlaces {
        match ValuePlaces::parse(texts, &self.map.none) {
            Ok(places) => {
                self.used.extend(places.field_names());
                places
            }
            Err(mistake) => {
                self.refuse(key, describe(&mistake));
                ValuePlaces::default()
            }
        }
    }

    fn pattern(&mut self, key: &'static str, text: Option<&str>) -> Option<RuleExpr> {
        let text = text?;
        match parse_pattern(key, text) {
            Ok(FilterPattern::Json(tree)) => selected(&tree, &mut self.used),
            Ok(_) => {
                self.refuse(key, "must be a pattern for JSON (hint: `{ $.status = 403 }`)");
                return None;
            }
            Err(mistake) => {
                self.refuse(key, describe(&mistake));
                return None;
            }
        }
        compile_pattern(key, text).ok()
    }

    fn line(&mut self) -> Option<LineForm> {
        let text = self.map.line.as_deref()?;
        let built = regex::RegexBuilder::new(text).size_limit(MAX_REGEX).build();
        match built {
            Ok(regex) if regex.capture_names().flatten().next().is_none() => {
                self.refuse("line", "names no field (hint: `(?<user>[^ ]+)`)");
                None
            }
            Ok(regex) => {
                let title = self.map.title.as_deref().unwrap_or(&self.map.name);
                Some(LineForm::new(regex, title))
            }
            Err(error) => {
                let told = error.to_string();
                self.refuse("line", told.lines().last().unwrap_or_default().trim());
                None
            }
        }
    }

    fn check_format(&mut self) {
        let Some(format) = &self.map.time_format else { return };
        if let Err(error) = jiff::fmt::strtime::format(format, Timestamp::UNIX_EPOCH) {
            self.refuse("time_format", error);
        }
    }

    /// Lines have the fields that their expression names, and no others.
    fn check_groups(&mut self, line: Option<&LineForm>) {
        let Some(line) = line.filter(|_| self.map.records.is_none()) else { return };
        let names: BTreeSet<String> = line.names().map(str::to_owned).collect();
        for field in self.used.difference(&names).cloned().collect::<Vec<_>>() {
            let near = nearest(&field, names.iter().map(String::as_str)).map(did_you_mean);
            let hint = near.map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
            self.refuse("line", format_args!("has no group named `{field}`{hint}"));
        }
    }

    /// The fields that rules may use: those that the map names, and what it lists besides.
    fn fields(&self, line: Option<&LineForm>) -> &'static [FieldEntry] {
        let mut names = self.used.clone();
        names.extend(line.into_iter().flat_map(LineForm::names).map(str::to_owned));
        let mut open = BTreeSet::new();
        for listed in &self.map.fields {
            let name = listed.strip_prefix("$.").unwrap_or(listed);
            match name.strip_suffix(".*") {
                Some(name) => open.insert(name.to_owned()),
                None => names.insert(name.to_owned()),
            };
        }
        let entry = |name: &String, kind| FieldEntry { name: keep(name), kind, doc: "of its map" };
        let plain = names.difference(&open).map(|name| entry(name, "string"));
        let table: Vec<FieldEntry> =
            plain.chain(open.iter().map(|name| entry(name, "object"))).collect();
        Box::leak(table.into_boxed_slice())
    }
}

/// Adds the fields that a pattern tests.
fn selected(tree: &LogicTree<SelectorCondition>, names: &mut BTreeSet<String>) {
    match tree {
        LogicTree::Leaf(condition) => names.extend(dotted_name(&condition.selector)),
        LogicTree::All(parts) | LogicTree::Any(parts) => {
            parts.iter().for_each(|part| selected(part, names));
        }
    }
}

/// A mistake of a pattern or a place, without the file that it has none of.
fn describe(mistake: &RuleMistake) -> String {
    let place = Some(mistake.column).filter(|column| *column > 0);
    let place = place.map(|column| format!(" at column {column}")).unwrap_or_default();
    let hint = mistake.hint.as_ref().map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
    format!("{}{place}{hint}", mistake.what)
}
