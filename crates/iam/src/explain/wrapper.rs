//! What clients write around an error: its code, and the call that it answers.
//!
//! ```text
//! An error occurred (CODE) when calling the OPERATION operation: …       AWS CLI, boto3
//! operation error SERVICE: OPERATION, … api error CODE: …                Go, Terraform
//! … (Service: SERVICE; Status Code: 403; Error Code: CODE; …)            Java, CloudFormation
//! Error executing "OPERATION" on "https://SERVICE.…"; …                  PHP
//! … key 'K' in bucket 'B': AWS Error CODE during OPERATION operation: …   Arrow: pyarrow, pyiceberg
//! ```

use aware_core::event::{TargetResource, is_denial_code};

use super::client;
use crate::catalogue::Catalogue;
use crate::steps::scan;

/// The longest name to read, in bytes.
const MAX_NAME: usize = 200;

/// The call that an error's text is about, as far as the client's words show it.
#[derive(Debug, Default)]
pub(super) struct ClientWrapper<'t> {
    /// The error's code.
    pub(super) code: &'t str,
    /// The operation; empty if unknown.
    pub(super) operation: &'t str,
    /// The service prefix of IAM actions; empty if unknown.
    pub(super) service: String,
    /// What the client's words name: the object and bucket of an `s3://` URL, a queue, a role.
    pub(super) resources: Vec<TargetResource>,
}

impl<'t> ClientWrapper<'t> {
    pub(super) fn read_wrapper(catalogue: &Catalogue, text: &'t str) -> Self {
        let code = text_between(text, "An error occurred (", ")")
            .or_else(|| text_between(text, "api error ", ":"))
            .or_else(|| text_between(text, "Error Code: ", ";"))
            .or_else(|| text_between(text, "<Code>", "</Code>"))
            .or_else(|| arrow_error(text).map(|(code, _)| code))
            .or_else(|| CODES.iter().find(|code| text.contains(*code)).copied())
            .or_else(|| REFUSALS.iter().any(|words| text.contains(words)).then_some("AccessDenied"))
            .or_else(|| text_between(text, "resulted in a `", "`"))
            .or_else(|| text.contains("status code: 403, request id").then_some("403"))
            .unwrap_or_default();
        let (service, operation) = find_call(text);
        let service = service
            .and_then(|name| client::client_prefix(catalogue, name))
            .or_else(|| client::service_by_url(catalogue, text, operation))
            .or_else(|| client::guess_service(catalogue, code, text, operation))
            .unwrap_or_default();
        let queue = denied_queue(text);
        let role =
            text_between(text, "could not be used to assume '", "'").map(TargetResource::from_name);
        let archive = text_between(text, "permission to GetObject for ", ". S3 Error")
            .map(|name| TargetResource::from_name(&format!("arn:aws:s3:::{name}")));
        let service = if queue.is_some() { "sqs".to_owned() } else { service };
        let named = queue.or(role).or(archive).map(|found| vec![found]);
        let resources =
            named.unwrap_or_else(|| if service == "s3" { named_objects(text) } else { vec![] });
        Self { code, operation, service, resources }
    }

    /// Whether it is the error of a call, with a code from the client.
    pub(super) fn is_of_call(&self) -> bool {
        !self.code.is_empty() && !self.operation.is_empty()
    }

    /// Whether the client's words alone say that something was denied.
    pub(super) fn is_denial(&self) -> bool {
        is_denial_code(self.code)
            || matches!(
                self.code,
                "Forbidden" | "Access Denied" | "Access denied" | "ACCESS_DENIED"
            )
            || self.code.starts_with("403")
            || self.code.ends_with("(HTTP status 403)")
    }
}

/// Codes as they appear in texts without a known wrapper; longer ones first.
const CODES: [&str; 21] = [
    "RequestExpired",
    "KMSAccessDeniedException",
    "AccessDeniedException",
    "accessDeniedException",
    "AccessDenied",
    "Access Denied",
    "Access denied",
    "UnauthorizedOperation",
    "AuthorizationErrorException",
    "AuthorizationError",
    "ForbiddenException",
    "UnauthorizedException",
    "ExpiredTokenException",
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AuthFailure",
    "OptInRequired",
    "DryRunOperation",
];

/// Phrases of refusals without a code.
const REFUSALS: [&str; 5] = [
    "Access to the resource https://",
    "not authorized to",
    "do not have permission",
    "don't have permission",
    "does not have permission",
];

fn text_between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = scan(text).split_once(start)?;
    let (found, _) = scan(rest).split_once(end)?;
    (!found.is_empty() && found.len() <= MAX_NAME).then_some(found)
}

/// Service and operation, as the client names them.
fn find_call(text: &str) -> (Option<&str>, &str) {
    if let Some((_, rest)) = scan(text).rsplit_once("operation error ")
        && let Some((service, rest)) = rest.split_once(": ")
        && service.len() <= MAX_NAME
    {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        return (Some(service), rest.get(..end).unwrap_or_default());
    }
    let service = text_between(text, "(Service: ", ";").filter(|name| !name.contains(','));
    let service = service
        .or_else(|| text_between(text, "(Service: ", ","))
        .or_else(|| service_of_class(text));
    let operation = text_between(text, "when calling the ", " operation")
        .or_else(|| text_between(text, "Error executing \"", "\""))
        .or_else(|| arrow_error(text).map(|(_, operation)| operation));
    (service, operation.unwrap_or_default())
}

/// Code and operation in the wording of Arrow's S3 client: `AWS Error ACCESS_DENIED during
/// HeadObject operation`.
fn arrow_error(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = scan(text).split_once("AWS Error ")?;
    let (code, rest) = rest.split_once(" during ")?;
    let (operation, _) = rest.split_once(" operation")?;
    let is_short = code.len() <= MAX_NAME && operation.len() <= MAX_NAME;
    (is_short && !operation.contains(' ')).then_some((code, operation))
}

/// The service in the name of a client's class.
fn service_of_class(text: &str) -> Option<&str> {
    let starts = ["amazonaws.services.", "awssdk.services.", "Aws::", "Amazon."];
    starts.iter().find_map(|start| {
        let (_, rest) = text.split_once(start)?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

/// The queue in `Access to the resource https://sqs.eu-west-1.amazonaws.com/111122223333/jobs is
/// denied.`
fn denied_queue(text: &str) -> Option<TargetResource> {
    let url = text_between(text, "Access to the resource https://", " is denied")?;
    let (host, path) = url.split_once('/')?;
    let (account, name) = path.split_once('/')?;
    let region = host.strip_prefix("sqs.")?.strip_suffix(".amazonaws.com")?;
    Some(TargetResource::from_name(&format!("arn:aws:sqs:{region}:{account}:{name}")))
}

/// The object and the bucket that an `s3://` URL or `key 'K' in bucket 'B'` names.
fn named_objects(text: &str) -> Vec<TargetResource> {
    let by_key = || {
        let (before, rest) = text.split_once("' in bucket '")?;
        let (_, key) = before.rsplit_once("key '")?;
        let (bucket, _) = rest.split_once('\'')?;
        Some(format!("{bucket}/{key}"))
    };
    let Some(name) = s3_url(text).map(str::to_owned).or_else(by_key) else { return Vec::new() };
    let bucket = name.split('/').next().unwrap_or_default();
    let is_whole = !bucket.is_empty() && !name.contains(['*', '?']);
    let names = if name == bucket { vec![bucket] } else { vec![name.as_str(), bucket] };
    let named = names.iter().map(|name| TargetResource::from_name(&format!("arn:aws:s3:::{name}")));
    named.filter(|_| is_whole).collect()
}

/// What follows `s3://` or one of the schemes of Hadoop's clients.
fn s3_url(text: &str) -> Option<&str> {
    let schemes = ["s3://", "s3a://", "s3n://"];
    let (_, rest) = schemes.iter().find_map(|scheme| text.split_once(scheme))?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`<>(),;:".contains(c));
    Some(rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches(['.', '/']))
}
