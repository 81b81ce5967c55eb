//! The service that a client's words mean, by IAM's prefix: `Elastic Load Balancing v2`,
//! `AmazonS3`, `https://sqs.eu-west-1.amazonaws.com`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::action;
use crate::catalogue::{Catalogue, ServiceEntry};

/// Clients' names of services that differ from IAM's, in lower case and without blanks, with IAM's.
///
/// Source: the service ids and signing names of botocore's models, after which all SDKs name
/// services.
const CLIENTS: &str = include_str!("../../data/clients.tsv");

static NAMES: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| CLIENTS.lines().filter_map(|line| line.split_once('\t')).collect());

/// IAM's prefix for a client's name of a service: `Elastic Load Balancing v2`, `AmazonS3`, `Iam`.
pub(super) fn client_prefix(catalogue: &Catalogue, name: &str) -> Option<String> {
    let plain = plain_name(name);
    let short = ["amazon", "aws"].iter().find_map(|brand| plain.strip_prefix(brand));
    [Some(plain.as_str()), short].into_iter().flatten().find_map(|name| {
        NAMES.get(name).map(|&prefix| prefix.to_owned()).or_else(|| {
            let mut all = catalogue.iter_services().map(|service| service.prefix());
            all.find(|prefix| self::plain_name(prefix) == name).map(str::to_owned)
        })
    })
}

fn plain_name(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The service of an endpoint in a text, if it has such an operation: the last part of the host
/// name that is a service (`bucket.s3.eu-west-1`).
pub(super) fn service_by_url(catalogue: &Catalogue, text: &str, operation: &str) -> Option<String> {
    let (before, _) = text.split_once(".amazonaws.com").filter(|_| !operation.is_empty())?;
    let (_, host) = before.rsplit_once("https://")?;
    let is_of = |service: &&str| {
        action::required_actions(catalogue, service, operation).is_some_and(|needed| needed.known)
    };
    let named = |part: &str| Some(action::service_prefix(part).to_owned());
    let part = host.rsplit('.').find(is_of);
    part.map_or_else(|| host.rsplit('.').find_map(|it| client_prefix(catalogue, it)), named)
}

/// The service of a call of which only the operation is known: by the error's words, or because
/// only one service has such an operation.
pub(super) fn guess_service(
    catalogue: &Catalogue,
    code: &str,
    text: &str,
    operation: &str,
) -> Option<String> {
    if operation.is_empty() {
        return None;
    }
    let is_of = |service: &str| {
        action::required_actions(catalogue, service, operation).is_some_and(|needed| needed.known)
    };
    // Only EC2 uses this code. S3 says no more than these two words, and no other service does.
    if code.contains("UnauthorizedOperation") && is_of("ec2") {
        return Some("ec2".to_owned());
    }
    let is_terse = text.contains("Access Denied") || text.contains("Forbidden");
    if is_terse && is_of("s3") {
        return Some("s3".to_owned());
    }
    action::only_service(catalogue, operation).or_else(|| find_namesake(catalogue, operation))
}

/// Of several services with such an operation, the one whose name occurs in it:
/// `DescribeOrganization` belongs to `organizations`.
fn find_namesake(catalogue: &Catalogue, operation: &str) -> Option<String> {
    let operation_name = plain_name(operation);
    let is_of = |service: &ServiceEntry<'_>| {
        let name = plain_name(service.prefix());
        let stem = name.strip_suffix('s').unwrap_or(&name);
        stem.len() > 3
            && operation_name.contains(stem)
            && service.find_spelling(operation).is_some()
    };
    let mut all =
        catalogue.iter_services().filter(is_of).map(|service| service.prefix().to_owned());
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
