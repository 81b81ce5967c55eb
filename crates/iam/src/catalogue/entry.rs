//! What the catalogue says about an action, a resource type and a condition key.

use serde::Serialize;

/// An action's access level in AWS's service authorization reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// Lists what exists.
    List,
    /// Reads contents.
    Read,
    /// Changes tags only.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Grants or revokes permissions.
    PermissionsManagement,
    /// Not stated.
    Unknown,
}

/// What an action can do to an account's security; from core's `sensitive.tsv`, which is our own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActionSensitivity {
    /// Can raise the caller's privileges.
    pub privileges: bool,
    /// Hands out credentials or secrets.
    pub credentials: bool,
    /// Can open a resource to others.
    pub exposure: bool,
    /// Weakens logging, detection or recovery.
    pub defences: bool,
    /// Ordinary workloads nevertheless do this on resources of their own, as with
    /// `secretsmanager:GetSecretValue`, so a narrow grant may be offered.
    pub everyday: bool,
}

impl ActionSensitivity {
    /// Whether the action is marked at all.
    pub fn is_marked(self) -> bool {
        self.privileges || self.credentials || self.exposure || self.defences
    }

    /// Whether a grant of it must not be offered unasked.
    pub fn is_withheld(self) -> bool {
        self.is_marked() && !self.everyday
    }

    /// What it can do, for people: `raises privileges`.
    pub fn describe_risks(self) -> Vec<&'static str> {
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
    /// What it can do to an account's security.
    pub sensitivity: ActionSensitivity,
    /// The resource types it works on. If there are none, its resource is `*`.
    pub resources: Vec<ResourceUse>,
    /// Condition keys of the action or of one of its resources, without the `aws:` keys that all
    /// actions have.
    pub condition_keys: Vec<String>,
    /// Actions that the caller needs as well, such as `iam:PassRole`.
    pub dependents: Vec<String>,
}

impl ActionEntry {
    /// The full name, `logs:CreateLogGroup`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// Whether at least one of its resource types is required.
    pub fn requires_resource(&self) -> bool {
        self.resources.iter().any(|used| used.required)
    }
}

/// A resource type that an action works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceUse {
    /// The type, `log-group`.
    pub name: String,
    /// ARN formats with variables,
    /// `arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}`; nearly always one.
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

/// A condition key and the type of its values: `String`, `ArrayOfString`, `ARN`, `Bool`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// The key, `aws:RequestTag/${TagKey}`.
    pub name: String,
    /// The type of its values, as AWS names it.
    pub kind: String,
}

/// The level and marks of an action, from the byte that [`pack_marks`] writes.
pub(super) fn unpack_marks(byte: u8) -> (AccessLevel, ActionSensitivity) {
    let level = match byte & 7 {
        0 => AccessLevel::List,
        1 => AccessLevel::Read,
        2 => AccessLevel::Tagging,
        3 => AccessLevel::Write,
        4 => AccessLevel::PermissionsManagement,
        _ => AccessLevel::Unknown,
    };
    let has = |bit: u8| byte & bit != 0;
    let sensitivity = ActionSensitivity {
        privileges: has(8),
        credentials: has(16),
        exposure: has(32),
        defences: has(64),
        everyday: has(128),
    };
    (level, sensitivity)
}

/// The byte that [`unpack_marks`] reads.
pub(super) fn pack_marks(level: AccessLevel, sensitivity: ActionSensitivity) -> u8 {
    let level = match level {
        AccessLevel::List => 0,
        AccessLevel::Read => 1,
        AccessLevel::Tagging => 2,
        AccessLevel::Write => 3,
        AccessLevel::PermissionsManagement => 4,
        AccessLevel::Unknown => 5,
    };
    let ActionSensitivity { privileges, credentials, exposure, defences, everyday } = sensitivity;
    [(privileges, 8), (credentials, 16), (exposure, 32), (defences, 64), (everyday, 128)]
        .into_iter()
        .fold(level, |byte, (set, bit)| if set { byte | bit } else { byte })
}
