//! Every IAM action, resource type, ARN format and condition key, compiled in as one table.
//!
//! The table is derived data (`data/NOTICE` names the sources and their licences) and changes by
//! some two thousand actions a year. An action that is missing from it is therefore *unknown*,
//! never wrong. [`CatalogueBuilder`] makes a newer table and [`Catalogue::from_bytes`] reads it.

mod assemble;
mod build;
mod bytes;
mod entry;
mod package;
mod service;
mod tables;
mod values;
mod write;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

pub use build::{BuildProblem, CatalogueBuilder};
use bytes::{ByteCursor, ItemTable, NameTable};
pub use entry::{
    AccessLevel, ActionEntry, ActionSensitivity, ConditionKey, ResourceType, ResourceUse,
};
pub use service::ServiceEntry;

/// The first bytes of every catalogue: a name and the layout's version.
const MAGIC: &[u8] = b"awarecat\x01";
/// The largest catalogue that is accepted, in bytes.
pub const MAX_CATALOGUE_BYTES: usize = 8 << 20;

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
    bytes: Cow::Borrowed(include_bytes!("../../data/catalogue.bin")),
});

/// Why bytes are not a usable catalogue.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CatalogueProblem {
    /// The bytes do not begin with this version's magic.
    #[error("not a catalogue of this version (hint: make it again with `aware iam refresh`)")]
    Foreign,
    /// Longer than [`MAX_CATALOGUE_BYTES`].
    #[error("catalogue of {0} bytes is over the limit of {MAX_CATALOGUE_BYTES}")]
    TooLong(usize),
    /// A part cannot be read.
    #[error("catalogue is damaged at {0} (hint: make it again with `aware iam refresh`)")]
    Damaged(String),
}

/// The table. A lookup takes well under a microsecond; nothing is unpacked beforehand.
#[derive(Clone, Debug)]
pub struct Catalogue {
    bytes: Cow<'static, [u8]>,
}

/// The parts that every service refers to.
#[derive(Clone, Copy, Debug)]
struct CatalogueParts<'c> {
    source: &'c str,
    keys: NameTable<'c>,
    kinds: &'c [u8],
    kind_names: ItemTable<'c>,
    dependents: NameTable<'c>,
    services: ItemTable<'c>,
}

impl Catalogue {
    /// The table that is compiled in.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a newer table and checks every part of it.
    ///
    /// # Errors
    /// [`CatalogueProblem`] if the bytes are not a catalogue, or a damaged one.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CatalogueProblem> {
        if bytes.len() > MAX_CATALOGUE_BYTES {
            return Err(CatalogueProblem::TooLong(bytes.len()));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(CatalogueProblem::Foreign);
        }
        let catalogue = Self { bytes: Cow::Owned(bytes) };
        catalogue.verify_tables()?;
        Ok(catalogue)
    }

    fn verify_tables(&self) -> Result<(), CatalogueProblem> {
        let damaged = |what: &str| CatalogueProblem::Damaged(what.to_owned());
        let parts = self.read_parts().ok_or_else(|| damaged("its head"))?;
        let mut before: Option<String> = None;
        for index in 0..parts.services.len() {
            let service = parts.read_service(index).ok_or_else(|| damaged("its services"))?;
            let prefix = service.prefix();
            if before.as_deref().is_some_and(|before| before >= prefix) {
                return Err(damaged("the order of its services"));
            }
            let all_types =
                (0..service.types.len()).all(|at| service.resource_type_at(at).is_some());
            if !all_types || service.iter_actions().count() != service.actions.len() {
                return Err(damaged(&format!("the service `{prefix}`")));
            }
            before = Some(prefix.to_owned());
        }
        let keys = parts.keys.iter().count() == parts.keys.len();
        if keys { Ok(()) } else { Err(damaged("its condition keys")) }
    }

    fn read_parts(&self) -> Option<CatalogueParts<'_>> {
        let mut cursor = ByteCursor::at_offset(&self.bytes, MAGIC.len())?;
        let source = cursor.read_text()?;
        let keys = NameTable::read_table(&mut cursor)?;
        let kinds = cursor.read_bytes(keys.len())?;
        let kind_names = ItemTable::read_table(&mut cursor)?;
        let dependents = NameTable::read_table(&mut cursor)?;
        let services = ItemTable::read_table(&mut cursor)?;
        Some(CatalogueParts { source, keys, kinds, kind_names, dependents, services })
    }

    /// What the table was derived from, with versions.
    pub fn derived_from(&self) -> &str {
        self.read_parts().map(|parts| parts.source).unwrap_or_default()
    }

    /// The bytes, to store in a file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Every service, by prefix.
    pub fn iter_services(&self) -> impl Iterator<Item = ServiceEntry<'_>> {
        let parts = self.read_parts();
        let count = parts.map_or(0, |parts| parts.services.len());
        (0..count).filter_map(move |index| parts?.read_service(index))
    }

    /// A service by its prefix, ignoring case.
    pub fn find_service(&self, prefix: &str) -> Option<ServiceEntry<'_>> {
        let parts = self.read_parts()?;
        let (mut low, mut high) = (0, parts.services.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let found = parts.services.get(middle)?.read_section()?;
            match bytes::compare_names(found, prefix.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return parts.read_service(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// An action by its full name, `logs:createloggroup`, ignoring case.
    ///
    /// ```
    /// use aware_iam::catalogue::{AccessLevel, Catalogue};
    ///
    /// let action = Catalogue::built_in().find_action("LOGS:createloggroup").unwrap();
    /// assert_eq!(action.full_name(), "logs:CreateLogGroup");
    /// assert_eq!(action.level, AccessLevel::Write);
    /// assert_eq!(action.resources[0].name, "log-group");
    /// ```
    pub fn find_action(&self, full_name: &str) -> Option<ActionEntry> {
        let (prefix, name) = full_name.split_once(':')?;
        self.find_service(prefix)?.find_action(name)
    }

    /// The same without the condition keys, which take longer to look up than everything else.
    pub fn find_action_briefly(&self, full_name: &str) -> Option<ActionEntry> {
        let (prefix, name) = full_name.split_once(':')?;
        let service = self.find_service(prefix)?;
        let (index, name) = service.actions.find_name(name)?;
        service.read_entry(index, name, false)
    }

    /// The full name as AWS spells it, or `None` for an unknown action.
    pub fn find_spelling(&self, full_name: &str) -> Option<String> {
        let (prefix, name) = full_name.split_once(':')?;
        let service = self.find_service(prefix)?;
        let name = service.find_spelling(name)?;
        Some(format!("{}:{name}", service.prefix))
    }

    /// The name of every condition key; one with a variable part looks like
    /// `aws:RequestTag/${TagKey}`.
    pub fn condition_keys(&self) -> impl Iterator<Item = String> {
        self.read_parts().into_iter().flat_map(|parts| parts.keys.iter())
    }

    /// A condition key, ignoring case. A key with a variable part, such as `aws:RequestTag/team`,
    /// is found by its pattern `aws:RequestTag/${TagKey}`.
    pub fn find_condition_key(&self, name: &str) -> Option<ConditionKey> {
        let parts = self.read_parts()?;
        if let Some((index, name)) = parts.keys.find_name(name) {
            return Some(ConditionKey { name, kind: parts.read_kind(index)? });
        }
        let stem = name.get(..=name.find('/')?)?.to_ascii_lowercase();
        let is_pattern = |key: &String| {
            let lower = key.to_ascii_lowercase();
            lower.strip_prefix(&stem).is_some_and(|rest| rest.starts_with(['$', '<']))
        };
        let (index, name) = parts.keys.iter().enumerate().find(|(_, key)| is_pattern(key))?;
        Some(ConditionKey { name, kind: parts.read_kind(index)? })
    }
}

impl<'c> CatalogueParts<'c> {
    fn read_service(&self, index: usize) -> Option<ServiceEntry<'c>> {
        let mut cursor = self.services.get(index)?;
        let prefix = cursor.read_text()?;
        let actions = NameTable::read_table(&mut cursor)?;
        let rows = cursor.read_bytes(actions.len().checked_mul(2)?)?;
        let attributes = ItemTable::read_table(&mut cursor)?;
        let types = ItemTable::read_table(&mut cursor)?;
        let (keys, dependents) = (self.keys, self.dependents);
        Some(ServiceEntry { prefix, actions, rows, attributes, types, keys, dependents })
    }

    fn read_kind(&self, key: usize) -> Option<String> {
        let kind = usize::from(*self.kinds.get(key)?);
        self.kind_names.get(kind)?.read_text().map(str::to_owned)
    }
}
