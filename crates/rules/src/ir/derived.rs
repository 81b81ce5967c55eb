//! Fields that no record has by itself: what the program makes of several others.

use aware_core::event::{Outcome, Principal, classify_call, is_echo, sensitivity};
use aware_core::source::cloudtrail;
use serde_json::Value;

use super::{Field, Step};

/// A field that is made of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Derived {
    /// `aware.outcome`: `success`, `denied` or `failed`, told by `errorCode` and `errorMessage`.
    Outcome,
    /// `aware.principal`: who acted, as messages call it.
    Principal,
    /// `aware.action`: what was done, as messages call it.
    Action,
    /// `aware.service`: the action's service.
    Service,
    /// `aware.sensitivity`: what the action can do to the account's safety.
    Sensitivity,
}

impl Derived {
    /// The name of the object that derived fields seem to stand in.
    pub const OBJECT: &'static str = "aware";

    /// Every derived field, with its name and what it is.
    pub const TABLE: &'static [(&'static str, Self, &'static str)] = &[
        (
            "aware.outcome",
            Self::Outcome,
            "`success`, `denied` or `failed`, told by `errorCode` and `errorMessage`",
        ),
        (
            "aware.principal",
            Self::Principal,
            "who acted, as messages call it: `user/alice`, `role/app`, `root`; the same for all \
             sessions of a role",
        ),
        (
            "aware.action",
            Self::Action,
            "what was done, as messages call it: `lambda:CreateFunction`, without the version of \
             `CreateFunction20150331`",
        ),
        ("aware.service", Self::Service, "the service of `aware.action`: `lambda`"),
        (
            "aware.sensitivity",
            Self::Sensitivity,
            "what the action can do, a list of `privileges` (raises the caller's), `credentials` \
             (hands them out), `exposure` (opens a resource to others), `defences` (weakens \
             logging, detection or recovery); or `none`",
        ),
    ];

    /// The derived field that a path names.
    pub fn of(field: &Field) -> Option<Self> {
        let [Step::Key(object), Step::Key(name)] = field.path.as_slice() else { return None };
        let is = |(full, ..): &&(&str, Self, &str)| {
            full.strip_prefix(object.as_str()).and_then(|rest| rest.strip_prefix('.'))
                == Some(name.as_str())
        };
        Self::TABLE.iter().find(is).map(|(_, derived, _)| *derived)
    }

    /// The name of a derived field that a path asks for and that there is not, with the names that
    /// there are.
    pub fn unknown(field: &Field) -> Option<String> {
        let is_key = |step: &Step, name: &str| matches!(step, Step::Key(key) if key == name);
        let asks = field.path.first().is_some_and(|first| is_key(first, Self::OBJECT));
        (asks && Self::of(field).is_none()).then(|| field.to_string())
    }

    /// The names of all derived fields.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::TABLE.iter().map(|(name, ..)| *name)
    }

    /// The outcome, from the texts of `errorCode` and `errorMessage`, and from the request where
    /// it matters who wrote the message.
    pub fn outcome(
        code: Option<&str>,
        message: Option<&str>,
        request: impl FnOnce() -> Option<Value>,
    ) -> Outcome {
        let echoes = |text: &str| request().is_some_and(|request| is_echo(text, &request));
        classify_call(code, message, echoes)
    }

    /// The values in a record; none of the call in what is no event.
    pub fn values(self, record: &Value) -> Vec<String> {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let action = || cloudtrail::action(record);
        match self {
            Self::Outcome => {
                let request = || record.get("requestParameters").cloned();
                let outcome = Self::outcome(text("errorCode"), text("errorMessage"), request);
                vec![outcome.as_str().to_owned()]
            }
            Self::Principal => vec![Principal::read(record).name],
            Self::Action => action().map(|action| action.to_string()).into_iter().collect(),
            Self::Service => action().map(|action| action.service).into_iter().collect(),
            Self::Sensitivity => action().map_or_else(Vec::new, |action| {
                let marks = sensitivity::sensitivity(&action.service, &action.name);
                marks.iter().map(|mark| (*mark).to_owned()).collect()
            }),
        }
    }
}
