//! The normalised event: one API call (or service event, or sign-in), whatever log it came from.

mod account;
mod action;
mod arn;
mod echo;
pub mod field;
mod level;
pub(crate) mod measured;
mod named;
mod network;
mod outcome;
mod percent;
mod principal;
mod resource;
pub mod sensitivity;
mod sentence;

use jiff::Timestamp;
use serde_json::Value;

pub use account::is_account;
pub use action::Action;
pub use arn::Arn;
pub use echo::{holds_any, is_echo, marks};
pub use level::Level;
pub use named::{introduced, named_resource};
pub use network::{Network, Tls};
pub(crate) use outcome::is_told_by_text;
pub use outcome::{
    ErrorClass, Outcome, classify, classify_call, is_denial_code, may_be_denial, reason,
    without_blob,
};
pub use percent::percent_decoded;
pub use principal::{Principal, PrincipalKind};
pub use resource::Resource;
pub use sentence::sentence;

/// The categories of CloudTrail events.
///
/// Source: CloudTrail user guide, "CloudTrail record contents", `eventCategory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Control-plane calls; also every record older than eventVersion 1.07, which has no category.
    Management,
    /// Data-plane calls such as `s3:GetObject`.
    Data,
    /// CloudTrail Insights: unusual rates.
    Insight,
    /// Calls through a VPC endpoint.
    NetworkActivity,
    /// Data events of five minutes, counted.
    Aggregated,
}

impl Category {
    /// Reads `eventCategory`; unknown and absent values count as management events.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("Data") => Self::Data,
            Some("Insight") => Self::Insight,
            Some("NetworkActivity") => Self::NetworkActivity,
            Some("Aggregated") => Self::Aggregated,
            _ => Self::Management,
        }
    }

    /// AWS's name of the category.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
            Self::Insight => "Insight",
            Self::NetworkActivity => "NetworkActivity",
            Self::Aggregated => "Aggregated",
        }
    }
}

/// One normalised event. Strings are as the log had them: show them through [`crate::text`] only.
#[derive(Clone, Debug)]
pub struct Event {
    /// `eventID`, or a digest of the record where it has none; unique within an account.
    pub id: String,
    /// When the call was made.
    pub time: Timestamp,
    /// The log's format version, such as `1.08`.
    pub version: String,
    /// Management, data, insight, network activity or aggregated.
    pub category: Category,
    /// `eventType`: `AwsApiCall`, `AwsServiceEvent`, `AwsConsoleSignIn`, …
    pub kind: String,
    /// The account that the call was made in (12 digits), if the record says so.
    pub account: Option<String>,
    /// The region, such as `eu-west-1`.
    pub region: String,
    /// What was done.
    pub action: Action,
    /// Who did it.
    pub principal: Principal,
    /// How it ended.
    pub outcome: Outcome,
    /// The error code, if it failed.
    pub error_code: Option<String>,
    /// The error message, if it failed.
    pub error_message: Option<String>,
    /// What it was done to, as far as the record or the error text says.
    pub resources: Vec<Resource>,
    /// Where it came from.
    pub network: Network,
    /// `requestID`.
    pub request_id: Option<String>,
    /// The id shared by the copies of one event in several accounts.
    pub shared_id: Option<String>,
    /// The whole record; read it through [`Event::field`].
    pub record: Value,
}

impl Event {
    /// The value of a field by its name in the log, such as `userIdentity.arn`.
    ///
    /// # Errors
    /// [`field::UnknownField`] when the name is not in the table of [`field`]; the error names the
    /// nearest one. A known field that this event lacks is `Ok(None)`.
    pub fn field(&self, name: &str) -> Result<Option<&Value>, field::UnknownField> {
        field::Path::parse(name).map(|path| path.get(&self.record))
    }

    /// The account by which the event is grouped and shown; `unknown` when the record has none.
    pub fn account_or_unknown(&self) -> &str {
        self.account.as_deref().unwrap_or("unknown")
    }

    /// The first resource, as people name it, or `None` when nothing names one.
    pub fn resource(&self) -> Option<&Resource> {
        self.resources.first()
    }
}
