//! Fields that no record has by itself: what the program makes of several others.

use aware_core::event::{Outcome, classify_call, is_echo};
use serde_json::Value;

use super::{Field, Step};

/// A field that is made of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Derived {
    /// `aware.outcome`: `success`, `denied` or `failed`, told by `errorCode` and `errorMessage`.
    Outcome,
}

impl Derived {
    /// The name of the object that derived fields seem to stand in.
    pub const OBJECT: &'static str = "aware";

    /// Every derived field, with its name and what it is.
    pub const TABLE: &'static [(&'static str, Self, &'static str)] = &[(
        "aware.outcome",
        Self::Outcome,
        "`success`, `denied` or `failed`, told by `errorCode` and `errorMessage`",
    )];

    /// The derived field that a path names.
    pub fn of(field: &Field) -> Option<Self> {
        let [Step::Key(object), Step::Key(name)] = field.path.as_slice() else { return None };
        let is = |(full, ..): &&(&str, Self, &str)| {
            full.strip_prefix(object.as_str()).and_then(|rest| rest.strip_prefix('.'))
                == Some(name.as_str())
        };
        Self::TABLE.iter().find(is).map(|(_, derived, _)| *derived)
    }

    /// The value, from the texts of `errorCode` and `errorMessage`, and from the request where it
    /// matters who wrote the message.
    pub fn value(
        self,
        code: Option<&str>,
        message: Option<&str>,
        request: impl FnOnce() -> Option<Value>,
    ) -> Outcome {
        let echoes = |text: &str| request().is_some_and(|request| is_echo(text, &request));
        match self {
            Self::Outcome => classify_call(code, message, echoes),
        }
    }
}
