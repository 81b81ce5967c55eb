//! The permissions that a call needed.

use serde_json::Value;

use crate::resource::FoundResource;

/// One permission that a call needs.
#[derive(Clone, Debug, PartialEq)]
pub struct CallPermission {
    /// The action, as AWS spells it.
    pub action: String,
    /// The part of the request that the action is about; in most calls all of it.
    pub request: Option<Value>,
    /// Every resource. Only `*` if the action takes no resource, or if the request names none of
    /// its optional types.
    pub resources: Vec<FoundResource>,
    /// A condition that binds the permission to the call: operator, key, value.
    pub condition: Option<(&'static str, &'static str, String)>,
    /// What is a guess about it, for people.
    pub guess: Option<&'static str>,
}

/// What a call needed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallNeeds {
    /// The permissions, those of the call's own name first. Empty for calls that need none.
    pub permissions: Vec<CallPermission>,
    /// The call's name if its action is unknown: `newservice:DoThing`.
    pub unmapped: Option<String>,
}
