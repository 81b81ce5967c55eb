//! Who called, by every name that a place of their own may carry.

use aware_core::event::{Event, PrincipalKind, is_account_id};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

/// The most principal tags to read.
const MAX_TAGS: usize = 50;

/// A caller's names, each as the log has it; `None` if unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerNames<'e> {
    /// The value of `${aws:userid}`: `AROA…:i-0abc` for a session, `AIDA…` for a user.
    pub user_id: Option<&'e str>,
    /// The role session's name.
    pub session: Option<&'e str>,
    /// The value of `${aws:username}`; only IAM users have it.
    pub user_name: Option<&'e str>,
    /// The value of `${aws:SourceIdentity}`: who is behind a role session.
    pub source_identity: Option<&'e str>,
    /// The value of `${aws:PrincipalAccount}`.
    pub account: Option<&'e str>,
    /// Keys and values of `${aws:PrincipalTag/…}`, as far as the log shows them.
    pub tags: Vec<(&'e str, &'e str)>,
}

impl<'e> CallerNames<'e> {
    /// Reads an event's caller.
    pub fn from_event(event: &'e Event) -> Self {
        let record = &event.record;
        let is_user = event.principal.kind == PrincipalKind::IamUser;
        let id = field::PRINCIPAL_ID.text_in(record).filter(|id| is_unique_id(id));
        Self {
            user_id: id.filter(|_| event.principal.kind != PrincipalKind::Root),
            session: event.principal.session.as_deref().filter(|session| !session.is_empty()),
            user_name: field::USER_NAME.text_in(record).filter(|_| is_user),
            source_identity: field::SOURCE_IDENTITY.text_in(record).filter(|name| !name.is_empty()),
            account: event.principal.account.as_deref().filter(|id| is_account_id(id)),
            tags: principal_tags(record),
        }
    }

    /// Reads the caller's name from a text: an ARN of a session or of a user.
    pub fn from_arn(arn: &'e str) -> Self {
        let mut parts = arn.splitn(6, ':').skip(4);
        let account = parts.next().filter(|id| is_account_id(id));
        let resource = parts.next().unwrap_or_default();
        let last = resource.rsplit('/').next().filter(|name| !name.is_empty());
        Self {
            session: last.filter(|_| resource.starts_with("assumed-role/")),
            user_name: last.filter(|_| resource.starts_with("user/")),
            account,
            ..Self::default()
        }
    }

    /// The role's or user's own unique id, without the session.
    pub(super) fn unique_id(&self) -> Option<&'e str> {
        self.user_id.and_then(|id| id.split(':').next())
    }
}

/// Whether a text is an id that IAM assigns to a role or user: `AROA…`, with or without a session
/// after a colon.
///
/// Source: IAM user guide, "Unique identifiers".
pub(super) fn is_unique_id(text: &str) -> bool {
    let id = text.split(':').next().unwrap_or_default();
    ["AROA", "AIDA"].iter().any(|start| id.starts_with(start))
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Source: CloudTrail user guide, "eventContext": `tagContext.principalTags`, and condition keys of
/// the request.
fn principal_tags(record: &Value) -> Vec<(&str, &str)> {
    let Some(context) = field::EVENT_CONTEXT.find_in(record) else { return Vec::new() };
    let by_tags = context.get("tagContext").and_then(|tags| tags.get("principalTags"));
    let by_keys = key_value_pairs(context.get("requestContext"))
        .into_iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("aws:PrincipalTag/")?, value)));
    key_value_pairs(by_tags).into_iter().chain(by_keys).take(MAX_TAGS).collect()
}

fn key_value_pairs(value: Option<&Value>) -> Vec<(&str, &str)> {
    match value {
        Some(Value::Object(map)) => {
            map.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect()
        }
        Some(Value::Array(list)) => {
            list.iter().filter_map(|one| one.as_str()?.split_once(':')).collect()
        }
        _ => Vec::new(),
    }
}
