//! The normalised event, whatever log it came from: what all events have, and what those of one
//! class have besides.

mod account;
mod action;
mod arn;
mod class;
mod denial_sentence;
mod denied_resource;
mod level;
mod network;
mod outcome;
mod percent;
mod principal;
mod request_echo;
mod resource;
pub mod sensitivity;

use jiff::Timestamp;
use serde_json::Value;

use crate::source::id::SourceId;

pub use account::is_account_id;
pub use action::Action;
pub use arn::Arn;
pub use class::{ApiCall, EventCategory, EventClass, Flow, ForeignFinding, Request};
pub use denial_sentence::denial_sentence;
pub use denied_resource::{after_resource_intro, named_resource};
pub use level::Level;
pub use network::{CallOrigin, TlsDetails};
pub(crate) use outcome::text_makes_denial;
pub use outcome::{
    ErrorClass, Outcome, classify_call, classify_error, denial_reason, is_denial_code,
    may_be_denial, strip_encoded_blob,
};
pub use percent::percent_decoded;
pub(crate) use principal::is_iam_resource_below;
pub use principal::{Principal, PrincipalKind};
pub use request_echo::{contains_any_text, denial_marks, is_echo};
pub use resource::TargetResource;

/// One normalised event. Strings are as the log had them: display them only through
/// [`crate::text`].
#[derive(Clone, Debug)]
pub struct Event {
    /// The kind of log that it comes from.
    pub source: SourceId,
    /// What makes it this event, unique within an account: the record's own id, or a digest of the
    /// record where it has none.
    pub id: String,
    /// When it happened.
    pub time: Timestamp,
    /// The account that it happened in (12 digits), if the record says so.
    pub account: Option<String>,
    /// The region, such as `eu-west-1`.
    pub region: String,
    /// What was done.
    pub action: Action,
    /// Who did it.
    pub principal: Principal,
    /// How the call ended.
    pub outcome: Outcome,
    /// What it was done to, as far as the record or the error text says.
    pub resources: Vec<TargetResource>,
    /// Where it came from.
    pub network: CallOrigin,
    /// What events of its class alone have.
    pub class: EventClass,
    /// The whole record.
    pub record: Value,
}

impl Event {
    /// The account under which the event is grouped and shown; `unknown` when the record has none.
    pub fn account_or_unknown(&self) -> &str {
        self.account.as_deref().unwrap_or("unknown")
    }

    /// The first resource, by its display name, or `None` when nothing names one.
    pub fn first_resource(&self) -> Option<&TargetResource> {
        self.resources.first()
    }

    /// What it is as an API call, if it is one.
    pub fn api_call(&self) -> Option<&ApiCall> {
        match &self.class {
            EventClass::ApiCall(call) => Some(call),
            EventClass::Request(_) | EventClass::Flow(_) | EventClass::ForeignFinding(_) => None,
        }
    }

    /// What another service found, if it is that.
    pub fn foreign_finding(&self) -> Option<&ForeignFinding> {
        match &self.class {
            EventClass::ForeignFinding(finding) => Some(finding),
            EventClass::ApiCall(_) | EventClass::Request(_) | EventClass::Flow(_) => None,
        }
    }

    /// Whether it is a data event: a call on the data plane.
    pub fn is_data_event(&self) -> bool {
        self.api_call().is_some_and(|call| call.category == EventCategory::Data)
    }

    /// The code of its error, if it failed.
    pub fn error_code(&self) -> Option<&str> {
        match &self.class {
            EventClass::ApiCall(call) => call.error_code.as_deref(),
            EventClass::Request(request) => request.error_code.as_deref(),
            EventClass::Flow(_) | EventClass::ForeignFinding(_) => None,
        }
    }

    /// The message of its error, if it failed with one.
    pub fn error_message(&self) -> Option<&str> {
        self.api_call().and_then(|call| call.error_message.as_deref())
    }

    /// Why it ended as it did, or what it says of many calls, in a sentence.
    pub fn why(&self) -> Option<String> {
        match &self.class {
            EventClass::ApiCall(call) => {
                let said = call.error_message.as_deref().and_then(denial_reason).map(str::to_owned);
                said.or_else(|| call.measured.clone())
            }
            EventClass::Request(request) => request.why.clone(),
            EventClass::Flow(flow) => Some(flow.told.clone()),
            EventClass::ForeignFinding(finding) => Some(finding.headline()),
        }
    }

    /// What it says of the many events that it stands for, in a sentence, if it does.
    pub fn measured(&self) -> Option<&str> {
        match &self.class {
            EventClass::ApiCall(call) => call.measured.as_deref(),
            EventClass::Flow(flow) => Some(flow.told.as_str()).filter(|_| flow.is_sum),
            EventClass::Request(_) | EventClass::ForeignFinding(_) => None,
        }
    }

    /// How often what it tells of happened: more than once where its log sums up what is repeated.
    pub fn times(&self) -> u64 {
        match &self.class {
            EventClass::Flow(flow) if !flow.is_sum => flow.flows.max(1),
            EventClass::Flow(_)
            | EventClass::ApiCall(_)
            | EventClass::Request(_)
            | EventClass::ForeignFinding(_) => 1,
        }
    }

    /// The name of its kind in its log: `AwsApiCall`, `DnsQuery`.
    pub fn kind(&self) -> &str {
        match &self.class {
            EventClass::ApiCall(call) => &call.kind,
            EventClass::Request(request) => &request.kind,
            EventClass::Flow(flow) => &flow.kind,
            EventClass::ForeignFinding(finding) => &finding.kind,
        }
    }

    /// The name of its category: `Management`, `Data`, …, `Request`, `Flow` or `Finding`.
    pub fn category(&self) -> &'static str {
        match &self.class {
            EventClass::ApiCall(call) => call.category.as_str(),
            EventClass::Request(_) => "Request",
            EventClass::Flow(_) => "Flow",
            EventClass::ForeignFinding(_) => "Finding",
        }
    }

    /// The parameters that were sent with it, if there are any.
    pub fn parameters(&self) -> Option<&Value> {
        let request = self.api_call().and_then(|_| self.record.get("requestParameters"));
        request.filter(|request| !request.is_null())
    }
}
