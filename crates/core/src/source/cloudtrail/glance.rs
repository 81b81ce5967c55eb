//! A glance at a record: the few fields that show how it ended and which group it belongs to, at a
//! fraction of the cost of decoding it.
//!
//! A glance only ever errs on the side of saying less: for anything odd (an escape in a name, a
//! field of another type) there is no glance, and decoding decides. Values that it does not need
//! are skipped, not checked: a record that decoding would refuse because of them may pass.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub use super::plain_glance::PlainGlance;
use crate::event::{
    Action, CallOrigin, ErrorClass, Outcome, TargetResource, classify_error, text_makes_denial,
};
use crate::source::contract::MAX_RECORD_BYTES;

/// The fields that a glance reads. Borrowed strings never contain an escape.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordGlance<'a> {
    #[serde(borrow)]
    event_time: &'a str,
    #[serde(borrow)]
    event_source: &'a str,
    #[serde(borrow)]
    event_name: &'a str,
    #[serde(borrow, default)]
    aws_region: Option<&'a str>,
    #[serde(borrow, default, rename = "sourceIPAddress")]
    source_ip_address: Option<&'a str>,
    #[serde(borrow, default)]
    user_agent: Option<&'a str>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(borrow, default, rename = "eventID")]
    event_id: Option<&'a str>,
    #[serde(borrow, default)]
    recipient_account_id: Option<&'a str>,
    #[serde(borrow, default)]
    user_identity: Option<GlanceIdentity<'a>>,
    #[serde(borrow, default)]
    resources: Option<&'a RawValue>,
    #[serde(borrow, default)]
    request_parameters: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "sessionCredentialFromConsole")]
    from_console: Option<&'a RawValue>,
    #[serde(borrow, default)]
    read_only: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event_type: Option<&'a str>,
    #[serde(borrow, default)]
    event_category: Option<&'a str>,
    #[serde(borrow, default)]
    vpc_endpoint_id: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GlanceIdentity<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a str>,
    #[serde(borrow, default)]
    arn: Option<&'a str>,
    #[serde(borrow, default)]
    invoked_by: Option<&'a str>,
    #[serde(borrow, default)]
    user_name: Option<&'a str>,
    #[serde(borrow, default)]
    account_id: Option<&'a str>,
    #[serde(borrow, default)]
    access_key_id: Option<&'a str>,
    #[serde(borrow, default)]
    session_context: Option<SessionContext<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext<'a> {
    #[serde(borrow, default)]
    session_issuer: Option<SessionIssuer<'a>>,
}

#[derive(Debug, Deserialize)]
struct SessionIssuer<'a> {
    #[serde(borrow, default)]
    arn: Option<&'a str>,
}

impl GlanceIdentity<'_> {
    /// See [`PlainGlance::identity_key`]. `None` for identities that take more than this.
    fn plain_key(&self) -> Option<String> {
        let (kind, arn) = (self.kind?, self.arn.filter(|arn| !arn.is_empty())?);
        let is_session = arn.contains(":assumed-role/");
        let issuer =
            self.session_context.as_ref().and_then(|context| context.session_issuer.as_ref());
        let issuer = issuer.and_then(|issuer| issuer.arn).filter(|arn| !arn.is_empty());
        let whose = match (kind, is_session, issuer) {
            ("IAMUser" | "Root", false, _) => arn,
            // A session may name a person, who is then part of the key.
            ("AssumedRole", true, Some(role))
                if !role.contains("AWSReservedSSO_") && !arn.contains('@') =>
            {
                role
            }
            ("AssumedRole", true, _) => arn,
            _ => return None,
        };
        // Root is named by its account. What is missing differs from what is empty.
        let part = |value: Option<&str>| value.map_or("-".to_owned(), |value| format!("={value}"));
        let account = part(self.account_id.filter(|_| kind == "Root"));
        let parts = [kind, whose, &account, &part(issuer), &part(self.invoked_by)];
        Some(parts.join("\n"))
    }
}

/// A record that may repeat an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatGlance {
    /// When it happened.
    pub time: Timestamp,
    /// The event's id.
    pub event_id: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Where the call came from.
    pub network: CallOrigin,
    /// The resource, if the denial names one.
    pub resource: Option<String>,
    /// The role session, if there is one.
    pub session: Option<String>,
    /// The ARN as the log has it: a session's for roles.
    pub session_arn: Option<String>,
    /// The user's name as the log has it.
    pub user_name: Option<String>,
    /// The account of the principal.
    pub principal_account: Option<String>,
    /// The access key id used.
    pub access_key: Option<String>,
    /// The error's code, if it failed.
    pub error_code: Option<String>,
    /// What the record says of whether the call only reads.
    pub read_only: Option<bool>,
}

impl<'a> RecordGlance<'a> {
    /// Glances at a record; `None` when only decoding can judge it.
    pub fn read_record(record: &'a [u8]) -> Option<Self> {
        if record.len() > MAX_RECORD_BYTES {
            return None;
        }
        let text = std::str::from_utf8(record).ok()?;
        let glance: Self = serde_json::from_str(text).ok()?;
        // Whether the request contains an error's words as well requires decoding.
        let (code, message) = (glance.error_code.as_deref(), glance.error_message.as_deref());
        (!text_makes_denial(code, message)).then_some(glance)
    }

    /// How the call ended, and its error class.
    pub fn outcome_class(&self) -> (Outcome, ErrorClass) {
        let outcome = classify_error(self.error_code.as_deref(), self.error_message.as_deref());
        (outcome, ErrorClass::from_outcome(outcome, self.error_code.as_deref()))
    }

    /// How the call ended, and when.
    pub fn outcome_and_time(&self) -> Option<(Outcome, Timestamp)> {
        Some((self.outcome_class().0, self.event_time.parse().ok()?))
    }

    /// Everything that decides which group of a rule a record belongs to, as the log has it:
    /// records with equal keys have equal fingerprints. `None` for identities that take more than
    /// this.
    pub fn grouping_key(&self) -> Option<String> {
        let identity = self.user_identity.as_ref()?;
        let by = identity.invoked_by.unwrap_or_default();
        let arn = match identity.kind? {
            "AWSService" if identity.arn.is_none() => Some(by),
            _ => identity.arn,
        };
        let arn = arn.filter(|arn| !arn.is_empty())?;
        let issuer =
            identity.session_context.as_ref().and_then(|context| context.session_issuer.as_ref());
        let principal = match (identity.kind?, issuer.and_then(|issuer| issuer.arn)) {
            ("IAMUser" | "AWSService", _) => arn,
            // A session may name a person, who is then part of the key.
            ("AssumedRole", Some(role))
                if role.contains("AWSReservedSSO_") || arn.contains('@') =>
            {
                arn
            }
            ("AssumedRole", Some(role)) if !role.is_empty() => role,
            _ => return None,
        };
        let account = self.recipient_account_id?;
        let class = self.outcome_class().1.as_str();
        let kind = identity.kind?;
        let parts = [account, kind, principal, by, self.event_source, self.event_name, class];
        Some(parts.join("\n"))
    }

    /// The account and the event's id, if the record has both.
    pub fn event_key(&self) -> Option<(&'a str, &'a str)> {
        self.recipient_account_id.zip(self.event_id)
    }

    /// The whole call, if it is a plain one; otherwise decoding decides.
    pub fn plain_event(&self) -> Option<PlainGlance<'a>> {
        let outcome = self.outcome_class().0;
        let is_plain = matches!(self.event_category, None | Some("Management" | "Data"));
        if outcome == Outcome::Denied || !is_plain {
            return None;
        }
        let resource = match self.resources {
            Some(list) => {
                let list: Value = serde_json::from_str(list.get()).ok()?;
                TargetResource::read_list(Some(&list)).into_iter().next()
            }
            None => None,
        };
        let identity = self.user_identity.as_ref()?;
        let session = identity.arn.filter(|arn| arn.contains(":assumed-role/"));
        let session = session.and_then(|arn| arn.rsplit_once('/').map(|(_, name)| name));
        Some(PlainGlance {
            session_arn: identity.arn,
            user_name: identity.user_name,
            session: session.filter(|name| !name.is_empty()),
            principal_account: identity.account_id,
            access_key: identity.access_key_id,
            time: self.event_time.parse().ok()?,
            event_id: self.event_id?,
            account: self.recipient_account_id?,
            region: self.aws_region.unwrap_or_default(),
            identity_key: identity.plain_key()?,
            action: Action::from_event_names(
                self.event_source,
                self.event_name,
                self.read_only_flag(),
            ),
            outcome,
            error_code: self.error_code.clone().filter(|code| !code.is_empty()),
            network: self.origin(),
            resource: resource.map(|resource| resource.name),
            is_sign_in: self.event_type == Some("AwsConsoleSignIn"),
        })
    }

    fn origin(&self) -> CallOrigin {
        let text = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
        CallOrigin {
            source: text(self.source_ip_address),
            user_agent: text(self.user_agent),
            vpc_endpoint: self.vpc_endpoint_id.map(str::to_owned),
            tls: None,
        }
    }

    /// The error's text.
    pub fn error_message(&self) -> &str {
        self.error_message.as_deref().unwrap_or_default()
    }

    /// The request, if it is an object.
    pub fn request_json(&self) -> Option<&'a str> {
        self.request_parameters.map(RawValue::get).filter(|request| request.starts_with('{'))
    }

    /// What a group keeps of a repeat. `None` when that requires decoding.
    pub fn repeated_event(&self) -> Option<RepeatGlance> {
        let refusal =
            self.error_message.as_deref().filter(|_| self.outcome_class().0 == Outcome::Denied);
        let named = refusal.and_then(TargetResource::from_denial);
        let is_of_console =
            self.from_console.is_some() || self.event_type == Some("AwsConsoleSignIn");
        if named.is_none() && self.resources.is_some() || is_of_console {
            return None;
        }
        let text = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
        let identity = self.user_identity.as_ref()?;
        let session = identity.arn.filter(|arn| arn.contains(":assumed-role/"));
        if session.is_none() && identity.kind == Some("AssumedRole") {
            return None;
        }
        let owned = |value: Option<&str>| value.map(str::to_owned);
        Some(RepeatGlance {
            time: self.event_time.parse().ok()?,
            event_id: self.event_id?.to_owned(),
            account: self.recipient_account_id?.to_owned(),
            region: self.aws_region.unwrap_or_default().to_owned(),
            network: self.origin(),
            resource: named.map(|resource| resource.name),
            session: session.and_then(|arn| text(arn.rsplit_once('/').map(|(_, name)| name))),
            session_arn: owned(identity.arn),
            user_name: owned(identity.user_name),
            principal_account: owned(identity.account_id),
            access_key: owned(identity.access_key_id),
            error_code: text(self.error_code.as_deref()),
            read_only: self.read_only_flag(),
        })
    }

    /// Whether the call only reads, as decoding reads it.
    fn read_only_flag(&self) -> Option<bool> {
        self.read_only?.get().trim_matches('"').parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::cloudtrail::decode_record;

    #[test]
    fn a_glance_tells_what_decoding_tells() {
        for error in
            ["", r#","errorCode":"AccessDenied""#, r#","errorCode":null,"errorMessage":"x""#]
        {
            let record = format!(
                r#"{{"eventTime":"2026-11-24T03:54:00Z","eventSource":"a","eventName":"b","userIdentity":{{"errorCode":1}}{error}}}"#
            );
            let event = decode_record(record.as_bytes()).unwrap();
            let glance = RecordGlance::read_record(record.as_bytes()).unwrap();
            assert_eq!(glance.outcome_and_time(), Some((event.outcome, event.time)));
        }
        for odd in [
            "{}",
            "[]",
            r#"{"eventTime":1,"eventSource":"a","eventName":"b"}"#,
            r#"{"eventTime":"x","eventSource":"\u0061","eventName":"b"}"#,
            r#"{"eventTime":"x","eventSource":"a","eventName":"b","errorCode":"X","errorMessage":"User: a is not authorized to perform: b:C"}"#,
        ] {
            assert!(RecordGlance::read_record(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
