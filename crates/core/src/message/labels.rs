//! The English labels of fields, in one table: the renderer writes them, and the reader of messages
//! with only fields reads them. Nothing else knows them.

/// A fact that a field shows under its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactLabel {
    /// What is new in an update.
    News,
    /// What the events of a correlation have in common.
    Together,
    /// Who acted.
    Principal,
    /// Role sessions.
    Sessions,
    /// What was done.
    Action,
    /// What the call acted on.
    Resource,
    /// Why it was denied.
    Why,
    /// The policy that decided.
    Policy,
    /// The reading.
    LooksLike,
    /// What it reveals beyond a missing permission.
    Sign,
    /// What to know before anything is added.
    TakeCare,
    /// Why no grant is offered.
    NoGrant,
    /// Actions that are likely to be denied next.
    LikelyNext,
    /// Further notes.
    Notes,
    /// AWS's page about the denial.
    Console,
    /// The account that was called.
    Account,
    /// Regions.
    Regions,
    /// Source addresses.
    Sources,
    /// The user agent.
    UserAgent,
    /// The service that called for the principal.
    InvokedBy,
    /// How many findings.
    Count,
    /// The first time.
    FirstSeen,
    /// The latest time.
    LastSeen,
    /// Events to look up.
    EventIds,
    /// The rule's id.
    Rule,
    /// The author of the rule, if it is not one of ours.
    RuleAuthor,
    /// The licence of the rule.
    RuleLicense,
    /// Where to read more about the rule.
    RuleLink,
}

impl FactLabel {
    /// The labels of the fields before a cure's.
    pub const BEFORE_CURE: [Self; 10] = [
        Self::News,
        Self::Together,
        Self::Principal,
        Self::Sessions,
        Self::Action,
        Self::Resource,
        Self::Why,
        Self::Policy,
        Self::LooksLike,
        Self::Sign,
    ];

    /// The labels of the fields after a cure's.
    pub const AFTER_CURE: [Self; 18] = [
        Self::TakeCare,
        Self::NoGrant,
        Self::LikelyNext,
        Self::Notes,
        Self::Console,
        Self::Account,
        Self::Regions,
        Self::Sources,
        Self::UserAgent,
        Self::InvokedBy,
        Self::Count,
        Self::FirstSeen,
        Self::LastSeen,
        Self::EventIds,
        Self::Rule,
        Self::RuleAuthor,
        Self::RuleLicense,
        Self::RuleLink,
    ];

    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::News => "News",
            Self::Together => "Together",
            Self::Principal => "Principal",
            Self::Sessions => "Sessions",
            Self::Action => "Action",
            Self::Resource => "Resource",
            Self::Why => "Why",
            Self::Policy => "Policy",
            Self::LooksLike => "Looks Like",
            Self::Sign => "Sign",
            Self::TakeCare => "Take Care",
            Self::NoGrant => "No Grant",
            Self::LikelyNext => "Likely Next",
            Self::Notes => "Notes",
            Self::Console => "Console",
            Self::Account => "Account",
            Self::Regions => "Regions",
            Self::Sources => "Source IPs",
            Self::UserAgent => "User Agent",
            Self::InvokedBy => "Invoked By",
            Self::Count => "Count",
            Self::FirstSeen => "First Seen",
            Self::LastSeen => "Last Seen",
            Self::EventIds => "Event IDs",
            Self::Rule => "Rule",
            Self::RuleAuthor => "Rule Author",
            Self::RuleLicense => "Rule License",
            Self::RuleLink => "Rule Link",
        }
    }
}

/// The labels of the policy to change and of its statements; the first policy's are bare.
pub fn change_labels(index: usize) -> (String, String) {
    match index {
        0 => ("Change".to_owned(), "Cure".to_owned()),
        _ => (format!("Change {}", index + 1), format!("Cure {}", index + 1)),
    }
}

/// The first label of version 1. We put the error code under it when there is no message.
pub const ERROR_MESSAGE: &str = "Error Message";
/// `eventName`.
pub const EVENT: &str = "Event";
/// `eventSource`.
pub const SOURCE: &str = "Source";
/// The account that was called.
pub const RECIPIENT_ACCOUNT: &str = "Recipient Account ID";
/// The principal's account.
pub const USER_ACCOUNT: &str = "User Account ID";
/// `userIdentity.userName`.
pub const USERNAME: &str = "Username";
/// `userIdentity.arn`.
pub const USER_ARN: &str = "User ARN";
/// `sourceIPAddress`.
pub const SOURCE_IP: &str = "Source IP";
/// `requestParameters`, as JSON.
pub const REQUEST: &str = "Request Parameters";
/// A case: its short id and reading.
pub const CASE: &str = "Case";
/// Whether what was changed in a case still holds.
pub const IN_FORCE: &str = "In Force";
/// Who knows a case, why and until when.
pub const KNOWN: &str = "Known";
/// Where the calls of a case came from.
pub const FROM: &str = "From";
/// When a case began and ended.
pub const WHEN: &str = "When";
/// How many events of a case have each mark.
pub const COUNTS: &str = "Counts";
/// How many of the denied actions of a case work since.
pub const PROGRESS: &str = "Progress";
/// How the labels of steps that contain an intruder begin.
pub const CONTAIN: &str = "Contain";
/// The lines of a timeline that were left out.
pub const LEFT_OUT: &str = "Left Out";
/// What a message says about itself.
pub const NOTE: &str = "Note";
/// The rest of a digest's lines.
pub const ALL_OTHERS: &str = "All others";
