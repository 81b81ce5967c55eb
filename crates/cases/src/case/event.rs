//! What a case keeps of one event.

use std::sync::Arc;

use aware_core::case::EventMark;
use aware_core::event::Level;
use aware_core::explanation::Explanation;
use aware_core::finding::{FindingPrincipal, RuleSummary};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event, as a case keeps it. Strings are as the log had them.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEvent {
    /// The event's id.
    pub event_id: String,
    /// When it happened.
    pub time: Timestamp,
    /// The account that was called.
    pub account: String,
    /// The region.
    pub region: String,
    /// Who acted.
    pub principal: FindingPrincipal,
    /// The call, `s3:ListBuckets`: by it a denial and a success of the same call are compared.
    pub operation: String,
    /// The action: IAM's for a denial that is explained, otherwise the operation.
    pub action: String,
    /// Whether the call only reads.
    pub is_reading: bool,
    /// The error's code, if it failed; of traffic that was refused, its kind.
    pub error_code: Option<String>,
    /// How it ended.
    pub mark: EventMark,
    /// The resource, if the record names one.
    pub resource: Option<String>,
    /// The source address, or a service's name.
    pub source: Option<String>,
    /// The network of the source.
    pub network: Option<String>,
    /// The family of the user agent.
    pub agent: Option<String>,
    /// The network endpoint of a VPC that it came through.
    pub endpoint: Option<String>,
    /// What it says of the many calls that it stands for, in a sentence.
    pub measured: Option<String>,
    /// What another service found, if it is that rather than a call.
    pub reported: Option<Box<ReportedFinding>>,
    /// Whether it is a call that IAM decides about.
    pub is_call: bool,
    /// Whether only a log of the owner's own tells of it, in which a client may choose what it says.
    pub is_of_own_log: bool,
    /// How often it happened: more than once where a log sums up what is repeated.
    pub times: u64,
    /// The stack for which CloudFormation made the call, if it was denied and its request says so.
    pub stack: Option<String>,
    /// Whether it stands for other events, as a correlation's finding does: it is no event of its own,
    /// and is not counted as one.
    pub is_summary: bool,
    /// Whether it was denied to what may be a page of the console.
    pub from_console: bool,
    /// What the record says in the fields of version 1, if it is a finding and was decoded.
    pub first_finding: Option<Box<FirstFinding>>,
    /// The rules that made findings of it.
    pub rules: Vec<Arc<RuleSummary>>,
    /// Why it was denied.
    pub denial: Option<Box<Explanation>>,
    /// What it means if it went through, where that is worth telling.
    pub notable: Option<Box<NotableFact>>,
    /// The keys of what it takes back; see [`NotableFact::undo_key`].
    pub undoes: Vec<String>,
    /// Whom its answer lets act.
    pub links: Vec<CaseLink>,
}

impl CaseEvent {
    /// Whether it was denied because AWS does not offer the call there, or the account has not
    /// opted in.
    ///
    /// Source: EC2 API reference, "Error codes": `OptInRequired`.
    pub(super) fn is_unserved(&self) -> bool {
        let code = self.error_code.as_deref().unwrap_or_default();
        ["OptInRequired", "SubscriptionRequired"].iter().any(|one| code.contains(one))
    }
}

/// What another service found, as a case keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedFinding {
    /// The service: `GuardDuty`.
    pub product: String,
    /// Stays the same when the finding is updated.
    pub finding_id: String,
    /// The service's name for its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// How severe the service calls it.
    pub level: Level,
    /// How often the service saw it.
    pub count: u64,
}

/// What a finding's record says in the nine fields of version 1 of the common message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FirstFinding {
    /// The error's message, or its code.
    pub error_message: Option<String>,
    /// `eventName`.
    pub event_name: String,
    /// `eventSource`.
    pub event_source: String,
    /// The account that was called.
    pub account: String,
    /// The caller's account.
    pub user_account: Option<String>,
    /// The caller's name.
    pub user_name: Option<String>,
    /// The caller's ARN, a session's for roles.
    pub user_arn: Option<String>,
    /// The source address.
    pub source: Option<String>,
    /// The kind of log, unless it is CloudTrail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_source: Option<String>,
    /// The request, unless it is long.
    pub request: Option<Value>,
}

/// What an event lets somebody act with: the joint between one principal and the next. What was
/// created to stay comes first in sort order, so that sessions cannot crowd it out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum CaseLink {
    /// The ARN of a user that was created, or given a password or a key.
    User(String),
    /// An access key id that the answer contains: of a session, or of a user.
    Key(String),
    /// The ARN of a session.
    Session(String),
}

impl CaseLink {
    /// The key id or the ARN.
    pub fn text(&self) -> &str {
        match self {
            Self::Key(text) | Self::Session(text) | Self::User(text) => text,
        }
    }
}

/// A link is stored as one text, so that it can be a key.
impl From<CaseLink> for String {
    fn from(link: CaseLink) -> Self {
        match link {
            CaseLink::Key(text) => format!("key {text}"),
            CaseLink::Session(text) => format!("session {text}"),
            CaseLink::User(text) => format!("user {text}"),
        }
    }
}

impl From<String> for CaseLink {
    fn from(text: String) -> Self {
        match text.split_once(' ') {
            Some(("session", arn)) => Self::Session(arn.to_owned()),
            Some(("user", arn)) => Self::User(arn.to_owned()),
            Some(("key", key)) => Self::Key(key.to_owned()),
            _ => Self::Key(text),
        }
    }
}

/// What kind of thing a notable event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotableClass {
    /// Permissions, trust, roles that are passed on.
    Privileges,
    /// Users, keys, passwords, sessions.
    Credentials,
    /// Opens something to other accounts or to everybody.
    Exposure,
    /// Switches off or narrows what records or protects.
    Defences,
    /// Reads secrets or data in bulk.
    Secrets,
    /// Runs code: commands, changed functions, user data.
    Execution,
    /// Deletes or encrypts data or backups.
    Destruction,
}

/// A success that is worth telling. Source of the classes: MITRE ATT&CK for cloud.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotableFact {
    /// What kind of thing it does.
    pub class: NotableClass,
    /// How much it speaks for an intrusion, beside refusals: 0 for what deployments do every day,
    /// up to 5.
    pub weight: u8,
    /// The call and what it did, as it continues a timeline's sign: `iam:PutUserPolicy on
    /// themselves: Allow * on *`.
    pub text: String,
    /// What the actor achieved, as it continues their name in a headline: `made themselves
    /// administrator`.
    pub achieved: String,
    /// Whether it changes what the actor itself may do.
    pub is_own_grant: bool,
    /// Identifies what was changed, so that the event that takes it back is found:
    /// `iam:111122223333|user/bob|key/akia…`; see [`crate::notable`]. `None` if nothing could take
    /// it back.
    pub undo_key: Option<String>,
    /// The command that takes it back.
    pub take_back: Option<TakeBack>,
}

impl CaseEvent {
    /// How many calls it adds to what is counted: none, if it sums up events that are counted
    /// themselves.
    pub(super) fn counted(&self) -> u64 {
        if self.is_summary { 0 } else { self.times }
    }

    /// The instance whose session made the call.
    pub(super) fn instance(&self) -> Option<&str> {
        self.principal.session.as_deref().filter(|name| is_instance(name))
    }
}

impl NotableFact {
    /// Whether it changes what its actor may do, rather than with which key.
    pub(super) fn is_own_permission(&self) -> bool {
        self.is_own_grant && self.class == NotableClass::Privileges
    }

    /// A fact in place of several like it, which says no more than its text: nothing tells whether
    /// all of them still hold.
    pub(super) fn counting(&self, text: String) -> Self {
        let (undo_key, take_back) = (None, None);
        Self { text, achieved: String::new(), undo_key, take_back, ..self.clone() }
    }
}

/// A command that takes something back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakeBack {
    /// What it does: `Remove policy helpdesk from user/alice`.
    pub title: String,
    /// The command for aws-cli.
    pub command: String,
    /// What stops working.
    pub breaks: String,
    /// The command that undoes it, if there is one.
    pub undo: Option<String>,
}

/// Whether a session's name is that of an instance: `i-` and 8 or 17 hexadecimal digits.
///
/// Source: IAM user guide, "Using instance profiles": AWS names an instance's session by its id.
pub(super) fn is_instance(name: &str) -> bool {
    let digits = name.strip_prefix("i-").unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
