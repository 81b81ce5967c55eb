//! Every IAM action, resource type, ARN format and condition key, in one table compiled in.
//!
//! The table is derived data (`data/NOTICE` says from what, and under which licences) and moves
//! by some two thousand actions a year, so that an action that is not in it is *unknown*, never
//! wrong. A newer one is made by [`Builder`] and read by [`Catalogue::from_bytes`].

mod build;
mod bytes;
mod package;
mod write;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::LazyLock;

use serde::Serialize;

pub use build::{BuildProblem, Builder};
use bytes::{Cursor, Items, Names, half};

/// The first bytes of every catalogue: a name and the version of the layout.
const MAGIC: &[u8] = b"awarecat\x01";
/// The largest catalogue that is read, in bytes.
pub const MAX_CATALOGUE_BYTES: usize = 8 << 20;

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
    bytes: Cow::Borrowed(include_bytes!("../../data/catalogue.bin")),
});

/// What AWS's service authorization reference says of access: the level of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// Names what there is.
    List,
    /// Reads contents.
    Read,
    /// Changes tags only.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Grants or takes permissions.
    PermissionsManagement,
    /// Not said.
    Unknown,
}

/// What an action can do to an account's safety; from `data/sensitive.tsv`, which is our own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sensitivity {
    /// Can raise the caller's privileges.
    pub privileges: bool,
    /// Hands out credentials or secrets.
    pub credentials: bool,
    /// Can open a resource to others.
    pub exposure: bool,
    /// Weakens logging, detection or recovery.
    pub defences: bool,
    /// Is nevertheless what ordinary workloads do on resources of their own, such as
    /// `secretsmanager:GetSecretValue`: a narrow grant of it may be offered.
    pub everyday: bool,
}

impl Sensitivity {
    /// Whether the action is marked at all.
    pub fn is_marked(self) -> bool {
        self.privileges || self.credentials || self.exposure || self.defences
    }

    /// Whether nobody should be offered a grant of it unasked.
    pub fn is_withheld(self) -> bool {
        self.is_marked() && !self.everyday
    }

    /// What it can do, for people: `raises privileges`.
    pub fn describe(self) -> Vec<&'static str> {
        [
            (self.privileges, "raises privileges"),
            (self.credentials, "exposes credentials"),
            (self.exposure, "can open resources to others"),
            (self.defences, "impairs defences"),
        ]
        .into_iter()
        .filter_map(|(is, text)| is.then_some(text))
        .collect()
    }
}

/// One IAM action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionEntry {
    /// The service prefix, `logs`.
    pub service: String,
    /// The name as AWS spells it, `CreateLogGroup`.
    pub name: String,
    /// Its access level.
    pub level: AccessLevel,
    /// What it can do to an account's safety.
    pub sensitivity: Sensitivity,
    /// The resource types it works on. Without any, its resource is `*`.
    pub resources: Vec<ResourceUse>,
    /// Condition keys that it, or one of its resources, has; `aws:` keys that all have are left.
    pub condition_keys: Vec<String>,
    /// Actions that the caller needs as well, such as `iam:PassRole`.
    pub dependents: Vec<String>,
}

impl ActionEntry {
    /// The whole name, `logs:CreateLogGroup`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// Whether one of its resource types is required.
    pub fn requires_resource(&self) -> bool {
        self.resources.iter().any(|used| used.required)
    }
}

/// A resource type that an action works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceUse {
    /// The type, `log-group`.
    pub name: String,
    /// ARN formats with variables, `arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}`;
    /// nearly always one.
    pub formats: Vec<String>,
    /// Whether a policy must name such a resource.
    pub required: bool,
}

/// A resource type of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// The type, `log-group`.
    pub name: String,
    /// ARN formats with variables; nearly always one.
    pub formats: Vec<String>,
}

/// A condition key and what its values are: `String`, `ArrayOfString`, `ARN`, `Bool`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// The key, `aws:RequestTag/${TagKey}`.
    pub name: String,
    /// The type of its values, as AWS names it.
    pub kind: String,
}

/// Bytes that are no catalogue.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CatalogueProblem {
    /// The beginning is another.
    #[error("not a catalogue of this version (hint: make it again with `aware iam refresh`)")]
    Foreign,
    /// Over [`MAX_CATALOGUE_BYTES`].
    #[error("catalogue of {0} bytes is over the limit of {MAX_CATALOGUE_BYTES}")]
    TooLong(usize),
    /// Some part cannot be read.
    #[error("catalogue is damaged at {0} (hint: make it again with `aware iam refresh`)")]
    Damaged(String),
}

/// The table. Lookups take well under a microsecond and nothing is unpacked beforehand.
#[derive(Clone, Debug)]
pub struct Catalogue {
    bytes: Cow<'static, [u8]>,
}

/// One service's part of the table.
#[derive(Clone, Copy, Debug)]
pub struct Service<'c> {
    prefix: &'c str,
    actions: Names<'c>,
    rows: &'c [u8],
    attributes: Items<'c>,
    types: Items<'c>,
    keys: Names<'c>,
    dependents: Names<'c>,
}

/// The parts that every service refers to.
#[derive(Clone, Copy, Debug)]
struct Parts<'c> {
    source: &'c str,
    keys: Names<'c>,
    kinds: &'c [u8],
    kind_names: Items<'c>,
    dependents: Names<'c>,
    services: Items<'c>,
}

impl Catalogue {
    /// The table that is compiled in.
    pub fn builtin() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a newer table and looks at every part of it.
    ///
    /// # Errors
    /// [`CatalogueProblem`] when the bytes are no catalogue, or a damaged one.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CatalogueProblem> {
        if bytes.len() > MAX_CATALOGUE_BYTES {
            return Err(CatalogueProblem::TooLong(bytes.len()));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(CatalogueProblem::Foreign);
        }
        let catalogue = Self { bytes: Cow::Owned(bytes) };
        catalogue.verify()?;
        Ok(catalogue)
    }

    fn verify(&self) -> Result<(), CatalogueProblem> {
        let damaged = |what: &str| CatalogueProblem::Damaged(what.to_owned());
        let parts = self.parts().ok_or_else(|| damaged("its head"))?;
        let mut before: Option<String> = None;
        for index in 0..parts.services.len() {
            let service = parts.service(index).ok_or_else(|| damaged("its services"))?;
            let prefix = service.prefix();
            if before.as_deref().is_some_and(|before| before >= prefix) {
                return Err(damaged("the order of its services"));
            }
            let all_types =
                (0..service.types.len()).all(|at| service.resource_type_at(at).is_some());
            if !all_types || service.actions().count() != service.actions.len() {
                return Err(damaged(&format!("the service `{prefix}`")));
            }
            before = Some(prefix.to_owned());
        }
        let keys = parts.keys.iter().count() == parts.keys.len();
        if keys { Ok(()) } else { Err(damaged("its condition keys")) }
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let mut cursor = Cursor::at(&self.bytes, MAGIC.len())?;
        let source = cursor.text()?;
        let keys = Names::read(&mut cursor)?;
        let kinds = cursor.take(keys.len())?;
        let kind_names = Items::read(&mut cursor)?;
        let dependents = Names::read(&mut cursor)?;
        let services = Items::read(&mut cursor)?;
        Some(Parts { source, keys, kinds, kind_names, dependents, services })
    }

    /// What it was derived from, with versions.
    pub fn source(&self) -> &str {
        self.parts().map(|parts| parts.source).unwrap_or_default()
    }

    /// The bytes, to be kept in a file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Every service, by prefix.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        let parts = self.parts();
        let count = parts.map_or(0, |parts| parts.services.len());
        (0..count).filter_map(move |index| parts?.service(index))
    }

    /// A service by its prefix, whatever its case.
    pub fn service(&self, prefix: &str) -> Option<Service<'_>> {
        let parts = self.parts()?;
        let (mut low, mut high) = (0, parts.services.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let found = parts.services.get(middle)?.section()?;
            match bytes::compare(found, prefix.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return parts.service(middle),
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// An action by its whole name, `logs:createloggroup`, whatever its case.
    pub fn action(&self, full_name: &str) -> Option<ActionEntry> {
        let (prefix, name) = full_name.split_once(':')?;
        self.service(prefix)?.action(name)
    }

    /// The same without the condition keys, which take longer to look up than all the rest.
    pub fn action_in_brief(&self, full_name: &str) -> Option<ActionEntry> {
        let (prefix, name) = full_name.split_once(':')?;
        let service = self.service(prefix)?;
        let (index, name) = service.actions.find(name)?;
        service.entry(index, name, false)
    }

    /// The whole name as AWS spells it, or `None` for an unknown action.
    pub fn spelling(&self, full_name: &str) -> Option<String> {
        let (prefix, name) = full_name.split_once(':')?;
        let service = self.service(prefix)?;
        let name = service.spelling(name)?;
        Some(format!("{}:{name}", service.prefix))
    }

    /// A condition key, whatever its case. A key with a variable part, such as
    /// `aws:RequestTag/team`, is found by its pattern `aws:RequestTag/${TagKey}`.
    pub fn condition_key(&self, name: &str) -> Option<ConditionKey> {
        let parts = self.parts()?;
        if let Some((index, name)) = parts.keys.find(name) {
            return Some(ConditionKey { name, kind: parts.kind(index)? });
        }
        let stem = name.get(..=name.find('/')?)?.to_ascii_lowercase();
        let is_pattern = |key: &String| {
            let lower = key.to_ascii_lowercase();
            lower.strip_prefix(&stem).is_some_and(|rest| rest.starts_with(['$', '<']))
        };
        let (index, name) = parts.keys.iter().enumerate().find(|(_, key)| is_pattern(key))?;
        Some(ConditionKey { name, kind: parts.kind(index)? })
    }
}

impl<'c> Parts<'c> {
    fn service(&self, index: usize) -> Option<Service<'c>> {
        let mut cursor = self.services.get(index)?;
        let prefix = cursor.text()?;
        let actions = Names::read(&mut cursor)?;
        let rows = cursor.take(actions.len().checked_mul(2)?)?;
        let attributes = Items::read(&mut cursor)?;
        let types = Items::read(&mut cursor)?;
        let (keys, dependents) = (self.keys, self.dependents);
        Some(Service { prefix, actions, rows, attributes, types, keys, dependents })
    }

    fn kind(&self, key: usize) -> Option<String> {
        let kind = usize::from(*self.kinds.get(key)?);
        self.kind_names.get(kind)?.text().map(str::to_owned)
    }
}

impl<'c> Service<'c> {
    /// The prefix, `logs`.
    pub fn prefix(&self) -> &'c str {
        self.prefix
    }

    /// An action by its name, whatever its case.
    pub fn action(&self, name: &str) -> Option<ActionEntry> {
        let (index, name) = self.actions.find(name)?;
        self.entry(index, name, true)
    }

    /// A name as AWS spells it.
    pub fn spelling(&self, name: &str) -> Option<String> {
        self.actions.find(name).map(|(_, name)| name)
    }

    /// Every action's name, in order.
    pub fn action_names(&self) -> impl Iterator<Item = String> + use<'c> {
        self.actions.iter()
    }

    /// Every action, in order.
    pub fn actions(&self) -> impl Iterator<Item = ActionEntry> + use<'c> {
        let service = *self;
        self.actions
            .iter()
            .enumerate()
            .filter_map(move |(index, name)| service.entry(index, name, true))
    }

    /// Every resource type.
    pub fn resource_types(&self) -> impl Iterator<Item = ResourceType> + use<'c> {
        let service = *self;
        (0..self.types.len()).filter_map(move |index| service.resource_type_at(index))
    }

    fn entry(&self, index: usize, name: String, with_keys: bool) -> Option<ActionEntry> {
        let mut cursor = self.attributes.get(half(self.rows, index)?)?;
        let (level, sensitivity) = unpack(cursor.byte()?);
        let mut resources = Vec::new();
        for _ in 0..cursor.number()? {
            let packed = cursor.number()?;
            let kind = self.resource_type_at(packed >> 1)?;
            let (name, formats) = (kind.name, kind.formats);
            resources.push(ResourceUse { name, formats, required: packed & 1 == 1 });
        }
        let condition_keys = self.listed(&mut cursor, self.keys, with_keys)?;
        let dependents = self.listed(&mut cursor, self.dependents, true)?;
        let service = self.prefix.to_owned();
        Some(ActionEntry {
            service,
            name,
            level,
            sensitivity,
            resources,
            condition_keys,
            dependents,
        })
    }

    /// Names of a table, by their indexes, each written as its distance from the one before.
    fn listed(
        &self,
        cursor: &mut Cursor<'c>,
        table: Names<'c>,
        wanted: bool,
    ) -> Option<Vec<String>> {
        let mut index = 0_usize;
        let mut names = Vec::new();
        for _ in 0..cursor.number()? {
            index = index.checked_add(cursor.number()?)?;
            if wanted {
                names.push(table.get(index)?);
            }
        }
        Some(names)
    }

    fn resource_type_at(&self, index: usize) -> Option<ResourceType> {
        let mut cursor = self.types.get(index)?;
        let name = cursor.text()?.to_owned();
        let mut formats = Vec::new();
        for _ in 0..cursor.number()? {
            let start = match cursor.byte()? {
                1 => format!("arn:${{Partition}}:{}:${{Region}}:${{Account}}:", self.prefix),
                2 => "arn:${Partition}:".to_owned(),
                _ => String::new(),
            };
            formats.push(start + cursor.text()?);
        }
        Some(ResourceType { name, formats })
    }
}

fn unpack(byte: u8) -> (AccessLevel, Sensitivity) {
    let level = match byte & 7 {
        0 => AccessLevel::List,
        1 => AccessLevel::Read,
        2 => AccessLevel::Tagging,
        3 => AccessLevel::Write,
        4 => AccessLevel::PermissionsManagement,
        _ => AccessLevel::Unknown,
    };
    let has = |bit: u8| byte & bit != 0;
    let sensitivity = Sensitivity {
        privileges: has(8),
        credentials: has(16),
        exposure: has(32),
        defences: has(64),
        everyday: has(128),
    };
    (level, sensitivity)
}

/// The byte that [`unpack`] reads.
fn pack(level: AccessLevel, sensitivity: Sensitivity) -> u8 {
    let level = match level {
        AccessLevel::List => 0,
        AccessLevel::Read => 1,
        AccessLevel::Tagging => 2,
        AccessLevel::Write => 3,
        AccessLevel::PermissionsManagement => 4,
        AccessLevel::Unknown => 5,
    };
    let Sensitivity { privileges, credentials, exposure, defences, everyday } = sensitivity;
    [(privileges, 8), (credentials, 16), (exposure, 32), (defences, 64), (everyday, 128)]
        .into_iter()
        .fold(level, |byte, (set, bit)| if set { byte | bit } else { byte })
}
