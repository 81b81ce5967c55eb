//! The tables that a catalogue's services refer to, and each service's own, as bytes.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::event::sensitivity::SENSITIVE;
use serde_json::Value;

use super::build::{BuildProblem, CatalogueBuilder, ServiceDraft};
use super::bytes::MAX_NAME;
use super::entry::{AccessLevel, ActionSensitivity, pack_marks};
use super::values::{array_items, keys_of, text_field};
use super::write;

/// The tables that services refer to.
pub(super) struct CatalogueTables<'b> {
    keys: BTreeMap<&'b str, usize>,
    key_names: Vec<String>,
    kinds: Vec<&'b str>,
    dependents: BTreeMap<&'b str, usize>,
    needed: &'b BTreeMap<String, BTreeSet<String>>,
    sensitive: BTreeMap<String, ActionSensitivity>,
}

impl<'b> CatalogueTables<'b> {
    pub(super) fn new(builder: &'b CatalogueBuilder) -> Self {
        let keys = builder.kinds.keys().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
        let key_names = builder.kinds.values().map(|(name, _)| name.clone()).collect();
        let kinds = builder.kinds.values().map(|(_, kind)| kind.as_str()).collect();
        let all = builder.dependents.values().flatten().map(String::as_str);
        let mut sorted: Vec<&str> = all.collect();
        sorted.sort_by_key(|name| name.to_ascii_lowercase());
        sorted.dedup();
        let dependents = sorted.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
        let needed = &builder.dependents;
        Self { keys, key_names, kinds, dependents, needed, sensitive: read_sensitive_actions() }
    }

    pub(super) fn write_tables(&self, out: &mut Vec<u8>) -> Result<(), BuildProblem> {
        write::append_names(out, &self.key_names);
        let kinds: Vec<&str> =
            self.kinds.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        for kind in &self.kinds {
            let at = kinds.iter().position(|known| known == kind).unwrap_or_default();
            let at = u8::try_from(at);
            out.push(at.map_err(|_| BuildProblem::TooLarge("the list of key types".to_owned()))?);
        }
        let kinds: Vec<Vec<u8>> = kinds.iter().map(|kind| encode_text(kind)).collect();
        write::append_items(out, &kinds);
        let mut dependents: Vec<(usize, String)> =
            self.dependents.iter().map(|(name, at)| (*at, (*name).to_owned())).collect();
        dependents.sort();
        let dependents: Vec<String> = dependents.into_iter().map(|(_, name)| name).collect();
        write::append_names(out, &dependents);
        Ok(())
    }

    pub(super) fn encode_service(
        &self,
        prefix: &str,
        draft: &ServiceDraft,
    ) -> Result<Vec<u8>, BuildProblem> {
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
            .map(|action| (text_field(action, "name").to_ascii_lowercase(), action))
            .filter(|(name, _)| !name.is_empty() && name.len() <= MAX_NAME)
            .collect();
        for (lower, action) in by_name {
            let row = self.encode_attributes(&format!("{prefix}:{lower}"), action, &types);
            let at = *known.entry(row).or_insert_with_key(|row| {
                attributes.push(row.clone());
                attributes.len() - 1
            });
            let at = u16::try_from(at);
            let at = at.map_err(|_| BuildProblem::TooLarge(format!("the service `{prefix}`")))?;
            rows.extend_from_slice(&at.to_le_bytes());
            names.push(text_field(action, "name").to_owned());
        }
        let mut out = encode_text(prefix);
        write::append_names(&mut out, &names);
        out.extend_from_slice(&rows);
        write::append_items(&mut out, &attributes);
        let types: Vec<Vec<u8>> =
            draft.types.values().map(|kind| encode_resource_type(prefix, kind)).collect();
        write::append_items(&mut out, &types);
        Ok(out)
    }

    fn encode_attributes(
        &self,
        name: &str,
        action: &Value,
        types: &BTreeMap<String, usize>,
    ) -> Vec<u8> {
        let sensitivity = self.sensitive.get(name).copied().unwrap_or_default();
        let mut out =
            vec![pack_marks(read_access_level(text_field(action, "accessLevel")), sensitivity)];
        let mut used: BTreeMap<usize, bool> = BTreeMap::new();
        for kind in array_items(action.get("resourceTypes")) {
            let required = kind.get("required").and_then(Value::as_bool).unwrap_or_default();
            if let Some(at) = types.get(&text_field(kind, "name").to_ascii_lowercase()) {
                *used.entry(*at).or_default() |= required;
            }
        }
        let mut used: Vec<(usize, bool)> = used.into_iter().collect();
        used.sort_by_key(|(at, required)| (!required, *at));
        write::append_number(&mut out, used.len());
        for (at, required) in used {
            write::append_number(&mut out, at << 1 | usize::from(required));
        }
        let keys = keys_of(action).map(str::to_ascii_lowercase);
        append_indexes(&mut out, keys.filter_map(|key| self.keys.get(key.as_str()).copied()));
        let needed = self.needed.get(name).into_iter().flatten();
        append_indexes(
            &mut out,
            needed.filter_map(|name| self.dependents.get(name.as_str()).copied()),
        );
        out
    }
}

/// Appends sorted indexes, each as its distance from the previous one.
fn append_indexes(out: &mut Vec<u8>, all: impl Iterator<Item = usize>) {
    let sorted: BTreeSet<usize> = all.collect();
    write::append_number(out, sorted.len());
    let mut before = 0;
    for at in sorted {
        write::append_number(out, at - before);
        before = at;
    }
}

fn encode_text(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write::append_section(&mut out, text.as_bytes());
    out
}

/// A type's name and its ARN formats; some types have several, separated by commas.
fn encode_resource_type(prefix: &str, kind: &Value) -> Vec<u8> {
    let mut out = encode_text(text_field(kind, "key"));
    let formats: Vec<&str> = text_field(kind, "arn").split(',').map(str::trim).collect();
    write::append_number(&mut out, formats.len());
    let usual = format!("arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:");
    for format in formats {
        let (code, rest) =
            match (format.strip_prefix(&usual), format.strip_prefix("arn:${Partition}:")) {
                (Some(rest), _) => (1, rest),
                (None, Some(rest)) => (2, rest),
                (None, None) => (0, format),
            };
        out.push(code);
        write::append_section(&mut out, rest.as_bytes());
    }
    out
}

fn read_access_level(text: &str) -> AccessLevel {
    match text.split(',').next().unwrap_or_default().trim() {
        "List" => AccessLevel::List,
        "Read" => AccessLevel::Read,
        "Tagging" => AccessLevel::Tagging,
        "Write" => AccessLevel::Write,
        "Permissions management" => AccessLevel::PermissionsManagement,
        _ => AccessLevel::Unknown,
    }
}

fn read_sensitive_actions() -> BTreeMap<String, ActionSensitivity> {
    let rows = SENSITIVE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t'))
        .map(|(name, marks)| (name.to_ascii_lowercase(), read_marks(marks)))
        .collect()
}

fn read_marks(marks: &str) -> ActionSensitivity {
    let has = |mark: &str| marks.split(',').any(|found| found.trim() == mark);
    ActionSensitivity {
        privileges: has("privileges"),
        credentials: has("credentials"),
        exposure: has("exposure"),
        defences: has("defences"),
        everyday: has("everyday"),
    }
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
            assert!(read_marks(marks).is_marked(), "{row}");
        }
    }
}
