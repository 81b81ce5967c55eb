//! Whom an answer lets act: the joints between principals.

use aware_core::event::{Arn, Event};

use super::call::{NotableCall, is_success};
use crate::case::CaseLink;

/// How long a text of a link may be.
const MAX_LINK: usize = 2048;

/// The keys, sessions and users with which somebody can act because this call went through. What
/// AWS services assume for themselves links nobody.
///
/// ```
/// use aware_cases::case::CaseLink;
/// use aware_cases::notable::find_links;
/// use aware_core::source::decode_record;
/// # let record = serde_json::json!({
/// #     "eventVersion": "1.08", "eventTime": "2026-05-01T10:00:00Z", "eventID": "e-1",
/// #     "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey",
/// #     "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
/// #     "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice",
/// #         "accountId": "111122223333", "userName": "alice"},
/// #     "requestParameters": {"userName": "bob"},
/// #     "responseElements": {"accessKey": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "bob"}},
/// # });
///
/// // Alice creates an access key for Bob.
/// let event = decode_record(record.to_string().as_bytes()).unwrap();
/// assert_eq!(
///     find_links(&event),
///     [
///         CaseLink::Key("AKIAIOSFODNN7EXAMPLE".to_owned()),
///         CaseLink::User("arn:aws:iam::111122223333:user/bob".to_owned()),
///     ],
/// );
/// ```
pub fn find_links(event: &Event) -> Vec<CaseLink> {
    if !is_success(event) || event.principal.is_aws_service() {
        return Vec::new();
    }
    let call = NotableCall::new(event);
    let mut links = match (call.service(), call.name()) {
        ("sts", name) if name.starts_with("AssumeRo") || LENDS.contains(&name) => session(&call),
        ("iam", "CreateAccessKey") => {
            let key = call.text("response.accessKey.accessKeyId").map(CaseLink::Key);
            key.into_iter().chain(user(&call)).collect()
        }
        ("iam", "UpdateAccessKey") if call.has("status", "Active") => {
            let key = call.text("accessKeyId").map(CaseLink::Key);
            key.into_iter().chain(user(&call)).collect()
        }
        ("iam", "CreateUser" | "CreateLoginProfile" | "UpdateLoginProfile") => {
            user(&call).into_iter().collect()
        }
        ("iam", "CreateServiceSpecificCredential" | "ResetServiceSpecificCredential") => {
            user(&call).into_iter().collect()
        }
        // The console session acts as the same session, with keys that the answer does not name.
        ("signin", "GetSigninToken") => {
            let own = event.principal.session_arn.clone();
            own.map(CaseLink::Session).into_iter().collect()
        }
        ("sso", "GetRoleCredentials") => session(&call),
        ("cognito-identity", "GetCredentialsForIdentity") => session(&call),
        _ => Vec::new(),
    };
    links.retain(|link| link.text().len() <= MAX_LINK);
    links
}

/// Whether a call of this service and name may have links.
pub(super) fn may_lend(service: &str, name: &str) -> bool {
    match service {
        "sts" => name.starts_with("AssumeRo") || LENDS.contains(&name),
        "iam" => {
            name.contains("AccessKey")
                || name.contains("LoginProfile")
                || name.contains("Credential")
                || name == "CreateUser"
        }
        "signin" | "sso" | "cognito-identity" => true,
        _ => false,
    }
}

const LENDS: [&str; 2] = ["GetFederationToken", "GetSessionToken"];

fn session(call: &NotableCall<'_>) -> Vec<CaseLink> {
    let keys = "response.credentials.accessKeyId|response.roleCredentials.accessKeyId";
    let arns = "response.assumedRoleUser.arn|response.federatedUser.arn";
    let key = call.text(keys).map(CaseLink::Key);
    key.into_iter().chain(call.text(arns).map(CaseLink::Session)).collect()
}

/// The ARN of the user that an IAM call is about. Its path is only in the answer of `CreateUser`.
fn user(call: &NotableCall<'_>) -> Option<CaseLink> {
    if let Some(arn) = call.text("response.user.arn") {
        return Some(CaseLink::User(arn));
    }
    let own = call.event.principal.arn.as_deref();
    if call.is_own_user() {
        return own.map(|arn| CaseLink::User(arn.to_owned()));
    }
    let partition =
        own.and_then(Arn::parse).map_or_else(|| "aws".to_owned(), |arn| arn.partition().to_owned());
    let account = call.event.account.as_deref()?;
    Some(CaseLink::User(format!("arn:{partition}:iam::{account}:user/{}", call.user()?)))
}
