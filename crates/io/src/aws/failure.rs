//! Turns an error of the AWS SDK into a sentence for people: what failed, where, and how to fix it.
//!
//! Codes: the services' API references, "Common Error Types", and Amazon S3 API reference, "Error
//! responses".

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

/// How much of AWS's own message is repeated, in characters.
const MAX_MESSAGE_CHARS: usize = 600;

const NO_CREDENTIALS: &str = "no AWS credentials in the environment or in the profile (hint: `aws sso login`; is AWS_PROFILE or --aws-profile among `aws configure list-profiles`? Or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)";

/// Describes a failed call. `needs` names the permissions of the call, such as
/// `sqs:ReceiveMessage`; it is empty when the caller's own sentence already names the call.
pub fn describe_error<E>(error: &SdkError<E>, needs: &str) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(_) if error.code().is_some() => {
            describe_refusal(error.code().unwrap_or_default(), error.message(), needs)
        }
        SdkError::ServiceError(failed) => {
            describe_foreign_answer(failed.raw().status().as_u16(), needs)
        }
        SdkError::ResponseError(failed) => {
            describe_foreign_answer(failed.raw().status().as_u16(), needs)
        }
        SdkError::TimeoutError(_) => describe_timeout(needs),
        SdkError::DispatchFailure(failed) if failed.is_timeout() => describe_timeout(needs),
        _ => describe_unsent(error, needs),
    }
}

/// AWS refused the call.
fn describe_refusal(code: &str, message: Option<&str>, needs: &str) -> String {
    let message = message.map(str::trim).unwrap_or_default();
    match code {
        code if is_denial(code) => describe_denial(message, needs),
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "RequestExpired" => {
            "the AWS credentials have expired (hint: renew them, for example with `aws sso login`)"
                .to_owned()
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "AuthFailure" => format!(
            "AWS does not accept these credentials: {code} (hint: check AWS_PROFILE or --aws-profile, and the key; a region that is not enabled for the account gives the same answer)"
        ),
        "RequestTimeTooSkewed" => {
            "AWS refuses the call because this machine's clock is wrong (hint: set the clock)"
                .to_owned()
        }
        "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "TooManyRequestsException" => {
            format!("AWS throttles {}: {code} (hint: try again later)", call_name(needs))
        }
        code if message.is_empty() => code.to_owned(),
        code => format!("{code}: {}", clip_message(message)),
    }
}

/// Whether the code means that AWS knows the caller and denies the call.
fn is_denial(code: &str) -> bool {
    code.contains("AccessDenied")
        || matches!(
            code,
            "AuthorizationError"
                | "AuthorizationErrorException"
                | "Forbidden"
                | "NotAuthorized"
                | "UnauthorizedOperation"
        )
}

fn describe_denial(message: &str, needs: &str) -> String {
    let said = match message.trim_end_matches('.') {
        "" | "Access Denied" | "AccessDenied" | "Forbidden" => String::new(),
        message => format!(": {}", clip_message(message)),
    };
    match needs {
        "" => format!("access denied{said} (hint: ask an administrator for access)"),
        needs => format!("access denied{said} (hint: this needs {needs})"),
    }
}

fn describe_timeout(needs: &str) -> String {
    format!(
        "AWS did not answer {} in time (hint: check the network; then try again)",
        call_name(needs)
    )
}

/// The answer does not come from AWS but from a proxy or a login page.
fn describe_foreign_answer(status: u16, needs: &str) -> String {
    let endpoint = endpoint_hint();
    format!(
        "{} got an answer that is not from AWS, with HTTP status {status} (hint: is there a proxy in between?{endpoint})",
        call_name(needs)
    )
}

/// The call was never sent: credentials, region or connection are missing.
fn describe_unsent<E>(error: &SdkError<E>, needs: &str) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let chain = error_chain(error);
    if let Some(credentials) = chain.iter().find_map(|one| one.downcast_ref::<CredentialsError>()) {
        return no_credentials(credentials, &chain);
    }
    let last = chain.last().map(ToString::to_string).unwrap_or_default();
    if chain.iter().any(|one| one.to_string().contains("Missing Region")) {
        return super::NoRegion.to_string();
    }
    let endpoint = endpoint_hint();
    match error {
        SdkError::DispatchFailure(_) => format!(
            "AWS cannot be reached for {}: {} (hint: check the network and the region{endpoint})",
            call_name(needs),
            clip_message(&last)
        ),
        _ => format!("{} cannot be made: {}", call_name(needs), clip_message(&last)),
    }
}

/// Why credentials are missing: none are configured, the profile is wrong, or a login has expired.
fn no_credentials(error: &CredentialsError, chain: &[&(dyn Error + 'static)]) -> String {
    let last = chain.last().map(ToString::to_string).unwrap_or_default();
    let said = || chain.iter().map(|one| one.to_string().to_ascii_lowercase());
    let is_sso = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "sso");
    if said().any(|text| is_sso(&text) || text.contains("token") && text.contains("expired")) {
        return "the AWS login has ended (hint: `aws sso login`, with the same profile)".to_owned();
    }
    // The SDK asks the instance metadata service last, after every other provider had none.
    let is_last = said().any(|text| text.contains("imds"));
    match error {
        _ if is_last => NO_CREDENTIALS.to_owned(),
        CredentialsError::CredentialsNotLoaded(_) => NO_CREDENTIALS.to_owned(),
        CredentialsError::ProviderTimedOut(_) => {
            "the AWS credentials could not be fetched in time (hint: check AWS_PROFILE or --aws-profile)".to_owned()
        }
        _ => format!("AWS credentials could not be loaded: {} (hint: check AWS_PROFILE or --aws-profile)", clip_message(&last)),
    }
}

/// An error and what caused it, outermost first.
fn error_chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&one| one.source()).collect()
}

/// The endpoint that the environment sets, if any.
fn endpoint_hint() -> String {
    let set = std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
    set.map(|url| format!("; AWS_ENDPOINT_URL is {url}")).unwrap_or_default()
}

fn call_name(needs: &str) -> &str {
    if needs.is_empty() { "the call" } else { needs }
}

fn clip_message(text: &str) -> std::borrow::Cow<'_, str> {
    aware_core::text::clip_text(text, MAX_MESSAGE_CHARS)
}
