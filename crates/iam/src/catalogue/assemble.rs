//! Writes a catalogue from what was collected.

use std::collections::BTreeSet;

use super::build::{BuildProblem, CatalogueBuilder};
use super::bytes::MAX_NAME;
use super::tables::CatalogueTables;
use super::values::keys_of;
use super::{MAGIC, write};

impl CatalogueBuilder {
    /// Writes the catalogue's bytes. Equal files give equal bytes.
    ///
    /// # Errors
    /// [`BuildProblem`] if too little was added, or more than the layout can hold.
    pub fn build(mut self) -> Result<Vec<u8>, BuildProblem> {
        self.services.retain(|prefix, draft| prefix.len() <= MAX_NAME && !draft.actions.is_empty());
        if self.services.len() < 50 {
            return Err(BuildProblem::Incomplete(self.services.len()));
        }
        self.learn_keys();
        let tables = CatalogueTables::new(&self);
        let mut out = MAGIC.to_vec();
        let versions: Vec<String> = self.versions.iter().cloned().collect();
        write::append_section(&mut out, versions.join(", ").as_bytes());
        tables.write_tables(&mut out)?;
        let mut services = Vec::new();
        for (prefix, draft) in &self.services {
            services.push(tables.encode_service(prefix, draft)?);
        }
        write::append_items(&mut out, &services);
        Ok(out)
    }

    /// Adds the keys that only actions name.
    fn learn_keys(&mut self) {
        let mut named = BTreeSet::new();
        for action in self.services.values().flat_map(|draft| draft.actions.values()) {
            named.extend(keys_of(action).map(str::to_owned));
        }
        named.iter().for_each(|name| self.add_key(name, "String"));
    }
}
