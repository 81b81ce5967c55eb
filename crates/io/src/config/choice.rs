//! Values of the config that are one of a few names.

use aware_cases::message::SubjectStyle;
use aware_core::case::{CaseKind, CaseReading};
use aware_core::event::Level;
use aware_core::explanation::LooksLike;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a denial looks like.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LooksLikeName {
    /// Somebody is looking around.
    Exploring,
    /// A workload, or a person, lacks a permission.
    LacksPermission,
    /// Too little is known to tell which.
    Unclear,
}

impl From<LooksLikeName> for LooksLike {
    fn from(name: LooksLikeName) -> Self {
        match name {
            LooksLikeName::Exploring => Self::Exploring,
            LooksLikeName::LacksPermission => Self::LacksPermission,
            LooksLikeName::Unclear => Self::Unclear,
        }
    }
}

/// What a case looks like.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaseReadingName {
    /// Refused, and then something sensitive went through.
    Intrusion,
    /// Somebody is looking around.
    Exploring,
    /// The root user did what other users should do.
    MisuseOfRoot,
    /// An AWS service is refused, so that logs or data do not arrive.
    BrokenChain,
    /// A sensitive thing was done, and nothing looks hostile.
    Change,
    /// The known facts fit an intruder and a missing permission.
    Unclear,
    /// A permission is missing.
    LacksPermission,
    /// IAM was not consistent yet.
    NotConsistentYet,
    /// A page of the console asked for what its visitor may not see.
    ConsolePage,
    /// AWS does not offer the call there.
    NotServed,
    /// Another service reports an attack.
    ReportedThreat,
    /// Another service reports something that an attack could use.
    ReportedWeakness,
    /// What everybody on the internet gets.
    Background,
}

impl From<CaseReadingName> for CaseReading {
    fn from(name: CaseReadingName) -> Self {
        match name {
            CaseReadingName::Intrusion => Self::Intrusion,
            CaseReadingName::Exploring => Self::Exploring,
            CaseReadingName::MisuseOfRoot => Self::MisuseOfRoot,
            CaseReadingName::BrokenChain => Self::BrokenChain,
            CaseReadingName::Change => Self::Change,
            CaseReadingName::Unclear => Self::Unclear,
            CaseReadingName::LacksPermission => Self::LacksPermission,
            CaseReadingName::NotConsistentYet => Self::NotConsistentYet,
            CaseReadingName::ConsolePage => Self::ConsolePage,
            CaseReadingName::NotServed => Self::NotServed,
            CaseReadingName::ReportedThreat => Self::ReportedThreat,
            CaseReadingName::ReportedWeakness => Self::ReportedWeakness,
            CaseReadingName::Background => Self::Background,
        }
    }
}

/// Whom a case is about.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CaseKindName {
    /// Somebody who looks hostile, or may be.
    Intruder,
    /// A workload or a person that lacks something.
    Workload,
    /// An AWS service that cannot do its work.
    Chain,
    /// A sensitive thing was done, and nothing looks hostile.
    Change,
}

impl From<CaseKindName> for CaseKind {
    fn from(name: CaseKindName) -> Self {
        match name {
            CaseKindName::Intruder => Self::Intruder,
            CaseKindName::Workload => Self::Workload,
            CaseKindName::Chain => Self::Chain,
            CaseKindName::Change => Self::Change,
        }
    }
}

/// A level's name.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LevelName {
    /// For the record only.
    Informational,
    /// Rarely worth a look.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody up.
    Critical,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Informational => Self::Informational,
            LevelName::Low => Self::Low,
            LevelName::Medium => Self::Medium,
            LevelName::High => Self::High,
            LevelName::Critical => Self::Critical,
        }
    }
}

/// How subject and metadata of findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectStyleName {
    /// `iam:ListUsers denied to user/alice in 111122223333: exploring`.
    #[default]
    V2,
    /// The format of the product before this one: the first field in full (`Error Message: User:
    /// …`), with that product's name and icon.
    V1,
}

impl From<SubjectStyleName> for SubjectStyle {
    fn from(name: SubjectStyleName) -> Self {
        match name {
            SubjectStyleName::V2 => Self::V2,
            SubjectStyleName::V1 => Self::V1,
        }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}
