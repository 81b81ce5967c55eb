//! How a call ended: success, denied, failed. A denial is recognised by its code and by its text.

use super::denial_sentence::denial_sentence;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The call went through.
    Success,
    /// The call was refused for lack of permission.
    Denied,
    /// The call failed for another reason: a bad parameter, a missing object, a wrong password.
    Failed,
}

impl Outcome {
    /// The name used in messages and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// Error codes that mean one thing to a reader; part of a group's fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// No error.
    Ok,
    /// Any denial.
    Denied,
    /// Rate limits.
    Throttled,
    /// Every other error.
    Error,
}

impl ErrorClass {
    /// The class of an outcome and its code.
    pub fn from_outcome(outcome: Outcome, code: Option<&str>) -> Self {
        match outcome {
            Outcome::Success => Self::Ok,
            Outcome::Denied => Self::Denied,
            Outcome::Failed if code.is_some_and(is_throttling_code) => Self::Throttled,
            Outcome::Failed => Self::Error,
        }
    }

    /// The stable name that goes into fingerprints.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Error => "error",
        }
    }
}

fn is_throttling_code(code: &str) -> bool {
    code.contains("Throttl") || code.contains("TooManyRequests") || code.contains("RequestLimit")
}

/// Classifies how a call ended by `errorCode` and `errorMessage` alone; see [`classify_call`].
///
/// ```
/// use aware_core::event::{Outcome, classify_error};
///
/// assert_eq!(classify_error(None, None), Outcome::Success);
/// assert_eq!(classify_error(Some("Client.UnauthorizedOperation"), None), Outcome::Denied);
/// assert_eq!(classify_error(Some("DryRunOperation"), None), Outcome::Failed);
/// // Here only the text tells.
/// let text = "User: alice is not authorized to perform: dynamodb:GetItem";
/// assert_eq!(classify_error(Some("ValidationException"), Some(text)), Outcome::Denied);
/// ```
pub fn classify_error(code: Option<&str>, message: Option<&str>) -> Outcome {
    classify_call(code, message, |_| false)
}

/// Classifies how a call ended by `errorCode` and `errorMessage`, and by whether the request
/// contains the message's words, which is checked only where the words decide.
///
/// The code decides first; where it is a wrapper (`ValidationException`, `ClientException`) the
/// text does, as far as it is AWS's own. What only looks like a denial is a failure: wrong
/// credentials are authentication, `DryRunOperation` proves that the permission exists, and a text
/// that quotes a caller proves nothing.
/// Sources: IAM user guide, "Troubleshoot access denied error messages"; EC2 API reference, "Error
/// codes".
pub fn classify_call(
    code: Option<&str>,
    message: Option<&str>,
    is_echo: impl FnOnce(&str) -> bool,
) -> Outcome {
    let code = code.unwrap_or_default();
    let message = message.unwrap_or_default();
    if code.is_empty() && message.is_empty() {
        return Outcome::Success;
    }
    let denied = match classify_code(code) {
        CodeVerdict::Denied => true,
        CodeVerdict::Authentication => false,
        CodeVerdict::AskTheText => is_denial_text(message) && !is_echo(message),
    };
    if denied { Outcome::Denied } else { Outcome::Failed }
}

/// Whether an error code alone is a denial.
pub fn is_denial_code(code: &str) -> bool {
    matches!(classify_code(code), CodeVerdict::Denied)
}

/// Whether it is the text that makes an error a denial.
pub(crate) fn text_makes_denial(code: Option<&str>, message: Option<&str>) -> bool {
    let is_open = matches!(classify_code(code.unwrap_or_default()), CodeVerdict::AskTheText);
    is_open && message.is_some_and(is_denial_text)
}

enum CodeVerdict {
    Denied,
    Authentication,
    AskTheText,
}

fn classify_code(code: &str) -> CodeVerdict {
    let code =
        code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code);
    let starts = |stems: &[&str]| stems.iter().any(|stem| code.starts_with(stem));
    if code.ends_with(LINKED_ROLE) {
        CodeVerdict::Denied
    } else if starts(&AUTHENTICATION) {
        CodeVerdict::Authentication
    } else if starts(&DENIED) || DENIED_ANYWHERE.iter().any(|stem| code.contains(stem)) {
        CodeVerdict::Denied
    } else {
        CodeVerdict::AskTheText
    }
}

/// `AuthFailure.ServiceLinkedRoleCreationNotPermitted`: the caller may not create the role.
const LINKED_ROLE: &str = "ServiceLinkedRoleCreationNotPermitted";

/// Codes with these prefixes are denials.
const DENIED: [&str; 6] = [
    "Unauthorized",
    "Forbidden",
    "AuthorizationError",
    "InsufficientPrivileges",
    "OptInRequired",
    "NotAuthorizedForSourceException",
];

/// Codes that contain one of these are denials: `KMSAccessDeniedException`, `VpceAccessDenied`, ….
const DENIED_ANYWHERE: [&str; 3] = ["AccessDenied", "accessDenied", "UnauthorizedOperation"];

/// Codes about who the caller is, not about what they may do.
const AUTHENTICATION: [&str; 11] = [
    "RequestTimeTooSkewed",
    "UnauthorizedSSOToken",
    "UnauthorizedClient",
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AuthFailure",
    "RequestExpired",
    "InvalidSignature",
];

/// Whether `"errorCode"` or `"errorMessage"` in a record's text can make it a denial, judged by
/// what follows `"error`. It only errs on the side of true; `\u` escapes are left to the caller.
pub fn may_be_denial(after: &[u8]) -> bool {
    if let Some(value) = after.strip_prefix(b"Code\"") {
        return raw_json_text(value)
            .is_none_or(|code| matches!(classify_code(code), CodeVerdict::Denied));
    }
    let message = after.strip_prefix(b"Message\"");
    let words = |text: &str| DENIAL_WORDS.iter().any(|word| text.contains(word));
    message.is_some_and(|value| raw_json_text(value).is_none_or(words))
}

/// The text between quotes after a colon, as written; `None` for anything else.
fn raw_json_text(value: &[u8]) -> Option<&str> {
    let text = value.strip_prefix(b":\"")?;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = memchr::memchr2(b'"', b'\\', rest)?;
        if rest.get(at) == Some(&b'"') {
            return std::str::from_utf8(text.get(..from + at)?).ok();
        }
        from += at + 2;
    }
}

/// Words of which every text that [`is_denial_text`] accepts contains at least one.
const DENIAL_WORDS: [&str; 5] =
    ["authorized to ", "AccessDenied", "permission to ", "permissions to ", "missing permissions "];

/// AWS's own wording of a denial, in AWS's place, whatever its code.
fn is_denial_text(message: &str) -> bool {
    denial_sentence(message).is_some() || message.ends_with(')') && is_sdk_error(message)
}

/// What AWS's Java SDK appends to a service's error: `(Service: Amazon S3; Status Code: 403; Error
/// Code: AccessDenied; Request ID: …)`.
fn is_sdk_error(message: &str) -> bool {
    let inner = message.rsplit_once("(Service: ").map(|(_, inner)| inner);
    inner.is_some_and(|inner| inner.contains("AccessDenied") && !inner.contains(['"', '\'', '`']))
}

/// Why a call was denied, in AWS's words, without the parts that the event already has: `no
/// identity-based policy allows the iam:ListUsers action`.
///
/// ```
/// use aware_core::event::denial_reason;
///
/// let text = "User: alice is not authorized to perform: iam:ListUsers \
///             because no identity-based policy allows the iam:ListUsers action";
/// assert_eq!(
///     denial_reason(text),
///     Some("no identity-based policy allows the iam:ListUsers action")
/// );
/// ```
pub fn denial_reason(message: &str) -> Option<&str> {
    // The last one is AWS's: what a caller named comes before it.
    let because = message.rfind(" because ").map(|at| at + " because ".len());
    let denies = message.rfind("with an explicit deny").map(|at| at + "with ".len());
    let start = because.max(denies)?;
    let rest = message.get(start..)?;
    let end = [". Encoded", " (Service:"].iter().filter_map(|marker| rest.find(marker)).min();
    let reason = rest.get(..end.unwrap_or(rest.len()))?.trim().trim_end_matches('.');
    (!reason.is_empty()).then_some(reason)
}

/// An error message without the encoded blob that EC2 appends, which nobody can read.
pub fn strip_encoded_blob(message: &str) -> &str {
    let end = message.find("Encoded authorization failure message").unwrap_or(message.len());
    message.get(..end).unwrap_or(message).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_denial_is_overlooked_in_the_bytes() {
        let long = format!("AccessDenied. {}", "\"\n\\".repeat(50));
        let codes = [None, Some("AccessDenied"), Some("Client.UnauthorizedOperation"), Some("X")];
        let said = "User: a is not authorized to perform: a:B";
        let messages = [None, Some(said), Some("X"), Some(&*long)];
        for (code, message) in codes.into_iter().flat_map(|c| messages.map(|m| (c, m))) {
            let json = serde_json::json!({ "errorCode": code, "errorMessage": message });
            let json = json.to_string();
            let parts: Vec<&str> = json.split("\"error").skip(1).collect();
            let shows = parts.iter().any(|after| may_be_denial(after.as_bytes()));
            let null = code.is_none() || message.is_none();
            assert!(shows || classify_error(code, message) != Outcome::Denied, "{json}");
            assert!(shows || !null, "{json}");
        }
        assert!(!may_be_denial(b"s\":1"));
        assert!(may_be_denial(b"Code\" : \"X\""));
    }

    #[test]
    fn denials_and_their_look_alikes() {
        use Outcome::{Denied, Failed, Success};
        let text = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: ssm:GetParameters";
        let cases = [
            (None, None, Success),
            (Some("AccessDenied"), None, Denied),
            (Some("Client.UnauthorizedOperation"), Some("You are not authorized"), Denied),
            (Some("KMSAccessDeniedException"), None, Denied),
            (Some("VpceAccessDenied"), None, Denied),
            (Some("AuthorizationError"), None, Denied),
            (Some("OptInRequired"), None, Denied),
            (Some("ValidationException"), Some(text), Denied),
            (
                Some("ValidationError"),
                Some("AccessDenied. User doesn't have permission to call ssm:GetParameters"),
                Denied,
            ),
            (None, Some(text), Denied),
            (
                Some("ValidationException"),
                Some("You don't have the IAM role and permissions"),
                Failed,
            ),
            (
                Some("InvalidCloudWatchLogsRoleArnException"),
                Some("Access denied. Check the trust"),
                Failed,
            ),
            (Some("ExpiredToken"), Some(text), Failed),
            (Some("Client.AuthFailure.ServiceLinkedRoleCreationNotPermitted"), None, Denied),
            (
                Some("InvalidRequestException"),
                Some(
                    "Failed to create service linked role: AWSServiceRoleForX due to missing permissions for 'iam:CreateServiceLinkedRole'",
                ),
                Denied,
            ),
            (
                Some("InvalidStructureException"),
                Some(
                    "arn:aws:iam::111122223333:role/line is not authorized to perform AssumeRole on role arn:aws:iam::111122223333:role/act",
                ),
                Denied,
            ),
            (
                Some("ValidationException"),
                Some(
                    "1 validation error detected: Value 'User: a is not authorized to perform: s3:PutObject' at 'tableName' failed to satisfy constraint",
                ),
                Failed,
            ),
            (
                Some("InvalidParameterException"),
                Some(
                    "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: A; Proxy: null)",
                ),
                Denied,
            ),
            (
                Some("Client.DryRunOperation"),
                Some("Request would have succeeded, but DryRun flag is set."),
                Failed,
            ),
            (Some("NotAuthorizedException"), Some("Incorrect username or password."), Failed),
            (None, Some("Failed authentication"), Failed),
        ];
        for (code, message, expected) in cases {
            assert_eq!(classify_error(code, message), expected, "{code:?} {message:?}");
        }
    }

    #[test]
    fn words_that_the_request_holds_deny_nothing() {
        let text = Some("User: a is not authorized to perform: s3:PutObject");
        let ended = |code| classify_call(Some(code), text, |_| true);
        assert_eq!(ended("ValidationException"), Outcome::Failed);
        assert_eq!(ended("AccessDenied"), Outcome::Denied);
        assert!(text_makes_denial(Some("ValidationException"), text));
        assert!(!text_makes_denial(Some("AccessDenied"), text));
    }

    #[test]
    fn reasons() {
        let cases = [
            (
                "… on resource: r because no identity-based policy allows the s3:X action",
                Some("no identity-based policy allows the s3:X action"),
            ),
            (
                "… with an explicit deny in a service control policy: arn:aws:organizations::1:policy/p. Encoded authorization failure message: abc",
                Some(
                    "an explicit deny in a service control policy: arn:aws:organizations::1:policy/p",
                ),
            ),
            (
                "… on resource: \"a because no policy\" with an explicit deny in a session policy",
                Some("an explicit deny in a session policy"),
            ),
            ("Access Denied", None),
        ];
        for (message, expected) in cases {
            assert_eq!(denial_reason(message), expected);
        }
    }
}
