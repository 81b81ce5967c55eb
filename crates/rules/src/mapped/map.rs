//! A source, as settings describe it.

/// A source, as settings describe it. Every value is a *place*: `$.user.name` for a field, or a text
/// with fields in it, such as `db/{$.database}`. Where several are given the first counts that the
/// record has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// The name that rules use: small letters, digits and `_`.
    pub name: String,
    /// What people call it. Default: the name.
    pub title: Option<String>,
    /// The filter pattern that its records meet, if they are JSON.
    pub records: Option<String>,
    /// The regular expression that its lines match, if they are text. Its named groups are the fields.
    pub line: Option<String>,
    /// Texts that stand for no value, besides `-`: `NA`.
    pub none: Vec<String>,
    /// When it happened.
    pub time: Vec<String>,
    /// How times are written, if it is in no common form: `%d/%b/%Y:%H:%M:%S %z`.
    pub time_format: Option<String>,
    /// The record's own id.
    pub id: Vec<String>,
    /// The account (12 digits).
    pub account: Vec<String>,
    /// The region.
    pub region: Vec<String>,
    /// What was done: `orders:Cancel`; before a colon is the service.
    pub action: Vec<String>,
    /// Who did it. The ARN of a user or role is the principal that CloudTrail has.
    pub principal: Vec<String>,
    /// The address that it came from.
    pub address: Vec<String>,
    /// The program that the client says it is.
    pub user_agent: Vec<String>,
    /// What it was done to; all of them.
    pub resources: Vec<String>,
    /// The code of the error.
    pub error_code: Vec<String>,
    /// Why it ended as it did, in a sentence.
    pub reason: Vec<String>,
    /// The filter pattern of what was refused.
    pub denied: Option<String>,
    /// The filter pattern of what failed for another reason.
    pub failed: Option<String>,
    /// The filter pattern of records whose principal has not proved who they are. They are their
    /// address.
    pub unauthenticated: Option<String>,
    /// Other fields that rules may use; `details.*` is all that is below `details`.
    pub fields: Vec<String>,
}
