//! What clients write around an error: its code, and the call that it answers.
//!
//! ```text
//! An error occurred (CODE) when calling the OPERATION operation: …       AWS CLI, boto3
//! operation error SERVICE: OPERATION, … api error CODE: …                Go, Terraform
//! … (Service: SERVICE; Status Code: 403; Error Code: CODE; …)            Java, CloudFormation
//! Error executing "OPERATION" on "https://SERVICE.…"; …                  PHP
//! ```

use aware_core::event::{Resource, is_denial_code};

use crate::action;
use crate::catalogue::{Catalogue, Service};

/// The longest name that is read, in bytes.
const MAX_NAME: usize = 200;

/// The call that an error's text is about, as far as a client's words tell it.
#[derive(Debug, Default)]
pub(super) struct Wrapper<'t> {
    /// The error's code.
    pub(super) code: &'t str,
    /// The operation; empty where it is not told.
    pub(super) operation: &'t str,
    /// The service's prefix of IAM actions; empty where it is not told.
    pub(super) service: String,
    /// The object or bucket of an `s3://` URL.
    pub(super) resource: Option<Resource>,
}

impl<'t> Wrapper<'t> {
    pub(super) fn read(catalogue: &Catalogue, text: &'t str) -> Self {
        let code = between(text, "An error occurred (", ")")
            .or_else(|| between(text, "api error ", ":"))
            .or_else(|| between(text, "Error Code: ", ";"))
            .or_else(|| between(text, "<Code>", "</Code>"))
            .or_else(|| CODES.iter().find(|code| text.contains(*code)).copied())
            .or_else(|| REFUSALS.iter().any(|words| text.contains(words)).then_some("AccessDenied"))
            .unwrap_or_default();
        let (service, operation) = call(text);
        let service = service
            .and_then(|name| prefix(catalogue, name))
            .or_else(|| guess(catalogue, code, text, operation))
            .unwrap_or_default();
        let queue = queue(text);
        let role = between(text, "could not be used to assume '", "'").map(Resource::named);
        let service = if queue.is_some() { "sqs".to_owned() } else { service };
        let resource =
            queue.or(role).or_else(|| Some(text).filter(|_| service == "s3").and_then(object));
        Self { code, operation, service, resource }
    }

    /// Whether it is the error of a call, with a code that the client tells.
    pub(super) fn is_of_call(&self) -> bool {
        !self.code.is_empty() && !self.operation.is_empty()
    }

    /// Whether the client's words alone say that something was denied.
    pub(super) fn is_denial(&self) -> bool {
        is_denial_code(self.code)
            || matches!(self.code, "403" | "Forbidden" | "Access Denied" | "Access denied")
    }
}

/// Codes as they stand in texts without a wrapper that is known; longer ones first.
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

/// Words of refusals without a code.
const REFUSALS: [&str; 5] = [
    "Access to the resource https://",
    "not authorized to",
    "do not have permission",
    "don't have permission",
    "does not have permission",
];

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    let (found, _) = rest.split_once(end)?;
    (!found.is_empty() && found.len() <= MAX_NAME).then_some(found)
}

/// Service and operation, each as the client names it.
fn call(text: &str) -> (Option<&str>, &str) {
    if let Some((_, rest)) = text.rsplit_once("operation error ")
        && let Some((service, rest)) = rest.split_once(": ")
        && service.len() <= MAX_NAME
    {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        return (Some(service), rest.get(..end).unwrap_or_default());
    }
    let service = between(text, "(Service: ", ";").filter(|name| !name.contains(','));
    let service = service.or_else(|| between(text, "(Service: ", ",")).or_else(|| class(text));
    let operation = between(text, "when calling the ", " operation")
        .or_else(|| between(text, "Error executing \"", "\""));
    (service, operation.unwrap_or_default())
}

/// The service in the name of a client's class.
fn class(text: &str) -> Option<&str> {
    let starts = ["amazonaws.services.", "awssdk.services.", "Aws::", "Amazon."];
    starts.iter().find_map(|start| {
        let (_, rest) = text.split_once(start)?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

/// Clients' names of services that are not IAM's, in small letters and without blanks.
const NAMES: [(&str, &str); 40] = [
    ("apigatewayv2", "apigateway"),
    ("awskms", "kms"),
    ("bedrockagent", "bedrock"),
    ("bedrockagentruntime", "bedrock"),
    ("bedrockagentcorecontrol", "bedrock-agentcore"),
    ("bedrockruntime", "bedrock"),
    ("cloudcontrol", "cloudformation"),
    ("cloudwatchevents", "events"),
    ("cloudwatchlogs", "logs"),
    ("cognitoidentityprovider", "cognito-idp"),
    ("configservice", "config"),
    ("costexplorer", "ce"),
    ("databasemigrationservice", "dms"),
    ("directoryservice", "ds"),
    ("dynamodbstreams", "dynamodb"),
    ("dynamodbv2", "dynamodb"),
    ("efs", "elasticfilesystem"),
    ("elasticloadbalancingv2", "elasticloadbalancing"),
    ("elasticsearchservice", "es"),
    ("emr", "elasticmapreduce"),
    ("eventbridge", "events"),
    ("iotdataplane", "iot"),
    ("kinesisanalyticsv2", "kinesisanalytics"),
    ("managedgrafana", "grafana"),
    ("msk", "kafka"),
    ("mwaa", "airflow"),
    ("opensearch", "es"),
    ("opensearchserverless", "aoss"),
    ("prometheusservice", "aps"),
    ("resourcegroupstaggingapi", "tag"),
    ("s3control", "s3"),
    ("sesv2", "ses"),
    ("sfn", "states"),
    ("simplenotificationservice", "sns"),
    ("simplequeueservice", "sqs"),
    ("simplesystemsmanagement", "ssm"),
    ("ssoadmin", "sso"),
    ("stepfunctions", "states"),
    ("transcribestreaming", "transcribe"),
    ("amp", "aps"),
];

/// IAM's prefix for a client's name of a service: `Elastic Load Balancing v2`, `AmazonS3`, `Iam`.
fn prefix(catalogue: &Catalogue, name: &str) -> Option<String> {
    let plain = plain(name);
    let short = ["amazon", "aws"].iter().find_map(|brand| plain.strip_prefix(brand));
    [Some(plain.as_str()), short].into_iter().flatten().find_map(|name| {
        let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, prefix)| *prefix);
        let prefix = named.map(str::to_owned);
        prefix.or_else(|| {
            let mut all = catalogue.services().map(|service| service.prefix());
            all.find(|prefix| self::plain(prefix) == name).map(str::to_owned)
        })
    })
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The service of a call of which only the operation is known: by the error's words, or because no
/// other has such an operation.
fn guess(catalogue: &Catalogue, code: &str, text: &str, operation: &str) -> Option<String> {
    if operation.is_empty() {
        return None;
    }
    let is_of = |service: &str| {
        action::needed(catalogue, service, operation).is_some_and(|needed| needed.known)
    };
    // EC2 alone has this code. S3 says no more than its two words, which no other does.
    if code.contains("UnauthorizedOperation") && is_of("ec2") {
        return Some("ec2".to_owned());
    }
    let is_terse = text.contains("Access Denied") || text.contains("Forbidden");
    if is_terse && is_of("s3") {
        return Some("s3".to_owned());
    }
    action::only_service(catalogue, operation).or_else(|| namesake(catalogue, operation))
}

/// Of several services with such an operation the one whose name stands in it:
/// `DescribeOrganization` is of `organizations`.
fn namesake(catalogue: &Catalogue, operation: &str) -> Option<String> {
    let operation_name = plain(operation);
    let is_of = |service: &Service<'_>| {
        let name = plain(service.prefix());
        let stem = name.strip_suffix('s').unwrap_or(&name);
        stem.len() > 3 && operation_name.contains(stem) && service.spelling(operation).is_some()
    };
    let mut all = catalogue.services().filter(is_of).map(|service| service.prefix().to_owned());
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// The queue of `Access to the resource https://sqs.eu-west-1.amazonaws.com/111122223333/jobs is
/// denied.`
fn queue(text: &str) -> Option<Resource> {
    let url = between(text, "Access to the resource https://", " is denied")?;
    let (host, path) = url.split_once('/')?;
    let (account, name) = path.split_once('/')?;
    let region = host.strip_prefix("sqs.")?.strip_suffix(".amazonaws.com")?;
    Some(Resource::named(&format!("arn:aws:sqs:{region}:{account}:{name}")))
}

/// What an `s3://` URL names.
fn object(text: &str) -> Option<Resource> {
    let (_, rest) = text.split_once("s3://")?;
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`<>(),;".contains(c));
    let name = rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches(['.', ':', '/']);
    let is_whole = !name.is_empty() && !name.contains(['*', '?']);
    is_whole.then(|| Resource::named(&format!("arn:aws:s3:::{name}")))
}
