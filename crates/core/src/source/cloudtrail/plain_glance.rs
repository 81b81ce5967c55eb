//! What a glance at a plain call tells.

use jiff::Timestamp;

use crate::event::{Action, CallOrigin, Outcome};

/// A call that was not denied, of a user, a role's session or root: everything but the request and
/// the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainGlance<'a> {
    /// When it happened.
    pub time: Timestamp,
    /// The event's id.
    pub event_id: &'a str,
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// Everything that makes the principal except for the next five: records with equal keys have
    /// principals that are equal but for these.
    pub identity_key: String,
    /// The ARN as the log has it: a session's for roles.
    pub session_arn: Option<&'a str>,
    /// The user's name as the log has it.
    pub user_name: Option<&'a str>,
    /// The role session.
    pub session: Option<&'a str>,
    /// The account of the principal.
    pub principal_account: Option<&'a str>,
    /// The access key id used.
    pub access_key: Option<&'a str>,
    /// What was done.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// The error's code, if it failed.
    pub error_code: Option<String>,
    /// Where the call came from.
    pub network: CallOrigin,
    /// The first resource.
    pub resource: Option<String>,
    /// Whether somebody signed in to the console.
    pub is_sign_in: bool,
}
