//! A source, as settings describe it.

/// A source, as settings describe it. Most values are *places*: `$.user.name` for a field, or a text
/// with fields in it, such as `db/{$.database}`. Of several places, the first one counts that has a
/// value in the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// The name that rules use: letters `a`-`z`, digits and `_`.
    pub name: String,
    /// What people call it. Default: the name.
    pub title: Option<String>,
    /// If its records are JSON: the filter pattern that selects them.
    pub records: Option<String>,
    /// If its records are lines of text: the regular expression that they match. The named groups are
    /// the fields.
    pub line: Option<String>,
    /// The folder below `AWSLogs/ACCOUNT/` that holds its objects.
    pub folder: Option<String>,
    /// Texts that mean "no value", besides `-`: `NA`.
    pub none: Vec<String>,
    /// When it happened.
    pub time: Vec<String>,
    /// The format of times, if they are in none of the common ones: `%d/%b/%Y:%H:%M:%S %z`.
    pub time_format: Option<String>,
    /// The record's own id.
    pub id: Vec<String>,
    /// The account (12 digits).
    pub account: Vec<String>,
    /// The region.
    pub region: Vec<String>,
    /// What was done: `orders:Cancel`. The part before the colon is the service.
    pub action: Vec<String>,
    /// Who did it: a user of the application, whatever the text looks like.
    pub principal: Vec<String>,
    /// Who did it, as the ARN of an IAM user or role that AWS itself gave to the application.
    pub principal_arn: Vec<String>,
    /// The IP address that it came from.
    pub address: Vec<String>,
    /// The program that the client claims to be.
    pub user_agent: Vec<String>,
    /// What it was done to: every value.
    pub resources: Vec<String>,
    /// The error code.
    pub error_code: Vec<String>,
    /// Why it ended as it did, in a sentence.
    pub reason: Vec<String>,
    /// The filter pattern of records that were refused.
    pub denied: Option<String>,
    /// The filter pattern of records that failed for another reason.
    pub failed: Option<String>,
    /// The filter pattern of records whose principal has not proved who they are. Their principal is
    /// the address.
    pub unauthenticated: Option<String>,
    /// Other fields that rules may use; `details.*` allows everything below `details`.
    pub fields: Vec<String>,
}
