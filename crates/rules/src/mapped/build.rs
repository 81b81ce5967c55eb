//! Compiles a map.

use std::collections::BTreeSet;
use std::fmt;

use aware_core::near::{did_you_mean, nearest};
use aware_core::source::SOURCES;
use aware_core::source::field::FieldEntry;
use aware_core::source::id::SourceId;
use jiff::Timestamp;

use super::decode::time_in_format;
use super::line::LineForm;
use super::map::SourceMap;
use super::place::{ValuePlaces, dotted_name};
use super::source::{CompiledMap, MappedSource};
use crate::cloudwatch::ast::{FilterPattern, LogicTree, SelectorCondition};
use crate::cloudwatch::{compile_pattern, parse_pattern};
use crate::ir::{MAX_REGEX, RuleExpr};
use crate::problem::RuleMistake;

/// The longest name of a source, in characters.
const MAX_NAME: usize = 40;
/// What other principals begin with, before a colon: ARNs, and users of Kubernetes. Nobody could tell
/// the users of a source of such a name from them.
const TAKEN: [&str; 2] = ["arn", "system"];

/// What is wrong with a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapMistake {
    /// The name of the source; `None` if it is about all of them.
    pub source: Option<String>,
    /// The key, if one is wrong.
    pub key: Option<&'static str>,
    /// A lower-case fragment that follows the key or the source.
    pub what: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl MapMistake {
    /// What is wrong and where, without the hint.
    pub fn to_problem(&self) -> String {
        let what = &self.what;
        match (&self.source, self.key) {
            (Some(source), Some(key)) => format!("`{key}` of [source.{source}] {what}"),
            (Some(source), None) => format!("[source.{source}] {what}"),
            (None, _) => what.clone(),
        }
    }
}

impl fmt::Display for MapMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_problem())?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " (hint: {hint})"))
    }
}

/// A map without mistakes, compiled.
pub(super) struct CheckedMap<'m> {
    map: &'m SourceMap,
    compiled: CompiledMap,
    /// The fields that rules may use, each with its kind.
    fields: Vec<(String, &'static str)>,
}

impl<'m> CheckedMap<'m> {
    /// Compiles a map.
    ///
    /// # Errors
    /// Every mistake in it.
    pub(super) fn new(map: &'m SourceMap) -> Result<Self, Vec<MapMistake>> {
        let mut builder = MapBuilder { map, mistakes: Vec::new(), used: BTreeSet::new() };
        builder.check_name();
        builder.check_given();
        builder.check_folder();
        builder.check_format();
        let compiled = builder.compile();
        builder.check_groups(compiled.line.as_ref());
        let fields = builder.fields(compiled.line.as_ref());
        if builder.mistakes.is_empty() {
            Ok(Self { map, compiled, fields })
        } else {
            Err(builder.mistakes)
        }
    }

    /// The source, whose names then live as long as the process: it is defined once.
    pub(super) fn into_source(self) -> MappedSource {
        let Self { map, compiled, fields } = self;
        let entry = |(name, kind): (String, &'static str)| FieldEntry {
            name: keep(&name),
            kind,
            doc: "of its map",
        };
        let fields: Vec<FieldEntry> = fields.into_iter().map(entry).collect();
        let title = map.title.as_deref().unwrap_or(&map.name);
        MappedSource {
            id: SourceId::new(keep(&map.name), keep(title)),
            time_name: keep(map.time.first().map_or("time", String::as_str)),
            fields: Box::leak(fields.into_boxed_slice()),
            map: compiled,
        }
    }
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
    fn refuse(&mut self, key: Option<&'static str>, what: impl fmt::Display, hint: Option<&str>) {
        self.mistakes.push(MapMistake {
            source: Some(self.map.name.clone()),
            key,
            what: what.to_string(),
            hint: hint.map(str::to_owned),
        });
    }

    fn compile(&mut self) -> CompiledMap {
        let map = self.map;
        CompiledMap {
            records: self.pattern("records", map.records.as_deref()),
            line: self.line(),
            folder: map.folder.clone(),
            time: self.places("time", &map.time),
            time_format: map.time_format.clone(),
            record_id: self.places("id", &map.id),
            account: self.places("account", &map.account),
            region: self.places("region", &map.region),
            action: self.places("action", &map.action),
            principal: self.places("principal", &map.principal),
            principal_arn: self.places("principal_arn", &map.principal_arn),
            address: self.places("address", &map.address),
            user_agent: self.places("user_agent", &map.user_agent),
            resources: self.places("resources", &map.resources),
            error_code: self.places("error_code", &map.error_code),
            reason: self.places("reason", &map.reason),
            denied: self.pattern("denied", map.denied.as_deref()),
            failed: self.pattern("failed", map.failed.as_deref()),
            unauthenticated: self.pattern("unauthenticated", map.unauthenticated.as_deref()),
        }
    }

    fn check_name(&mut self) {
        let name = self.map.name.as_str();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        let is_name = begins && name.chars().all(is_plain) && name.len() <= MAX_NAME;
        let what = match () {
            () if !is_name => {
                let more = MAX_NAME - 1;
                let hint = format!("a letter a-z, then up to {more} letters a-z, digits and `_`");
                return self.refuse(None, "is not a valid name", Some(&hint));
            }
            () if SOURCES.iter().any(|known| known.id().as_str() == name) => {
                "has the name of a built-in source"
            }
            () if TAKEN.contains(&name) => "has a name that principals of other logs begin with",
            () => return,
        };
        self.refuse(None, what, Some(&format!("choose another name, such as `my_{name}`")));
    }

    /// What every map must say.
    fn check_given(&mut self) {
        if self.map.records.is_none() && self.map.line.is_none() {
            let hint = "`records = '{ $.log = \"audit\" }'` for JSON, or `line = '^(?<time>…'` for lines of text";
            self.refuse(None, "does not say which records belong to it", Some(hint));
        }
        if self.map.action.is_empty() {
            self.refuse(None, "does not say what was done", Some("`action = \"$.event\"`"));
        }
    }

    fn check_folder(&mut self) {
        let is_wrong = |folder: &&String| folder.is_empty() || folder.contains('/');
        if let Some(folder) = self.map.folder.as_ref().filter(is_wrong) {
            let what = format!("is `{folder}`, which is not the name of one folder");
            self.refuse(
                Some("folder"),
                what,
                Some("the part after `AWSLogs/ACCOUNT/`, without `/`"),
            );
        }
    }

    /// A time that is written in the format must be readable in it.
    fn check_format(&mut self) {
        let Some(format) = &self.map.time_format else { return };
        let (what, hint) = match jiff::fmt::strtime::format(format, Timestamp::UNIX_EPOCH) {
            Err(error) => {
                (format!("is not a time format: {error}"), "such as `%d/%b/%Y:%H:%M:%S %z`")
            }
            Ok(text) if time_in_format(format, &text).is_none() => (
                "does not determine a time".to_owned(),
                "it needs the year, month and day, and `%z` instead of `%Z`",
            ),
            Ok(_) => return,
        };
        self.refuse(Some("time_format"), what, Some(hint));
    }

    fn places(&mut self, key: &'static str, texts: &[String]) -> ValuePlaces {
        match ValuePlaces::parse(texts, &self.map.none) {
            Ok(places) => {
                self.used.extend(places.field_names());
                places
            }
            Err(mistake) => {
                self.refuse_text(key, "cannot be read", &mistake);
                ValuePlaces::default()
            }
        }
    }

    fn pattern(&mut self, key: &'static str, text: Option<&str>) -> Option<RuleExpr> {
        let text = text?;
        match parse_pattern(key, text) {
            Ok(FilterPattern::Json(tree)) => selected(&tree, &mut self.used),
            Ok(_) => {
                let what = "is a filter pattern for text, not for fields";
                self.refuse(Some(key), what, Some("`{ $.status = 403 }`"));
                return None;
            }
            Err(mistake) => {
                self.refuse_text(key, "is not a filter pattern", &mistake);
                return None;
            }
        }
        compile_pattern(key, text).ok()
    }

    /// Refuses a pattern or a place, and says why.
    fn refuse_text(&mut self, key: &'static str, what: &str, mistake: &RuleMistake) {
        let column = Some(mistake.column).filter(|column| *column > 0);
        let column = column.map(|column| format!(" at column {column}")).unwrap_or_default();
        let what = format!("{what}: {}{column}", mistake.what);
        self.refuse(Some(key), what, mistake.hint.as_deref());
    }

    fn line(&mut self) -> Option<LineForm> {
        let text = self.map.line.as_deref()?;
        let built = regex::RegexBuilder::new(text).size_limit(MAX_REGEX).build();
        match built {
            Ok(regex) if regex.capture_names().flatten().next().is_none() => {
                let what = "has no named group, so that its lines would have no fields";
                self.refuse(Some("line"), what, Some("`(?<user>[^ ]+)` is the field `user`"));
                None
            }
            Ok(regex) => {
                let title = self.map.title.as_deref().unwrap_or(&self.map.name);
                Some(LineForm::new(regex, &self.map.name, title))
            }
            Err(error) => {
                let told = error.to_string();
                let told = told.lines().last().unwrap_or_default().trim();
                let told = told.strip_prefix("error: ").unwrap_or(told);
                self.refuse(
                    Some("line"),
                    format!("is not a usable regular expression: {told}"),
                    None,
                );
                None
            }
        }
    }

    /// Lines have the fields that their expression names, and no others.
    fn check_groups(&mut self, line: Option<&LineForm>) {
        let Some(line) = line.filter(|_| self.map.records.is_none()) else { return };
        let names: BTreeSet<String> = line.names().map(str::to_owned).collect();
        for field in self.used.difference(&names).cloned().collect::<Vec<_>>() {
            let near = nearest(&field, names.iter().map(String::as_str)).map(did_you_mean);
            self.refuse(Some("line"), format!("has no group named `{field}`"), near.as_deref());
        }
    }

    /// The fields that rules may use: those that the map names, and what it lists besides.
    fn fields(&self, line: Option<&LineForm>) -> Vec<(String, &'static str)> {
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
        let plain = names.difference(&open).map(|name| (name.clone(), "string"));
        plain.chain(open.iter().map(|name| (name.clone(), "object"))).collect()
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
