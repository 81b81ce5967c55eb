//! How bad a finding is.

use serde::Serialize;

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LintSeverity {
    /// Could be better.
    Note,
    /// Does more, or less, than it seems to.
    Warning,
    /// Opens more than anybody should have unasked.
    Security,
    /// AWS rejects it, or it does not do what it says.
    Error,
}

impl LintSeverity {
    /// Every severity, worst first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Security, Self::Warning, Self::Note];

    /// The name used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Security => "security",
            Self::Error => "error",
        }
    }
}
