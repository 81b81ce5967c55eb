//! The permissions that a call needed.

use serde_json::Value;

use crate::resource::Found;

/// One permission of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// The action, as AWS spells it.
    pub action: String,
    /// The part of the request that the action is about; the whole of it in most calls.
    pub request: Option<Value>,
    /// Every resource. `*` alone where the action works on none, or the request names none of its
    /// optional types.
    pub resources: Vec<Found>,
    /// A condition that binds the permission to the call: operator, key, value.
    pub condition: Option<(&'static str, &'static str, String)>,
    /// What of it is a guess, for people.
    pub guess: Option<&'static str>,
}

/// What a call needed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// The permissions, those of the call's own name first. Empty for calls that need none.
    pub permissions: Vec<Permission>,
    /// The call's name, where no action of it is known: `newservice:DoThing`.
    pub unmapped: Option<String>,
}
