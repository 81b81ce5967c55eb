//! Checks the parts of an ARN: partition, service, Region, account, and the type of its last part.

use aware_core::event::is_account_id;
use aware_core::near::{did_you_mean, nearest};

use super::check::LintCheck;
use super::checks::{arns as check, variables};
use super::look::StatementChecker;
use super::view::PlacedText;
use crate::policy::{bucket_hint, clip_text, resources_meet};
use crate::region::{PARTITIONS, has_form_of_region, is_region, near_region, partition_of};

/// How IAM resources begin.
///
/// Source: IAM's answer to any other: "IAM resource path must either be "*" or start with …".
const IAM_TYPES: [&str; 14] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    "delegation-request/",
];

/// What AWS itself owns, besides what is in our accounts, by service and the beginning of the last
/// part. Its ARN has no account, and that of a model in a global profile has no Region.
///
/// Source: Service Authorization Reference, "Resource types defined by AWS Systems Manager", "…
/// Security Hub", "… CloudFormation"; Bedrock user guide, "Prerequisites for inference profiles".
const OF_AWS: [(&str, &str); 7] = [
    ("bedrock", "foundation-model/"),
    ("cloudformation", "transform/"),
    ("cloudformation", "type/"),
    ("securityhub", "product/"),
    ("ssm", "automation-definition/"),
    ("ssm", "document/"),
    ("ssm", "parameter/aws/"),
];

/// Whether an ARN without an account belongs to AWS.
pub(super) fn is_owned_by_aws(text: &str) -> bool {
    let mut parts = text.splitn(6, ':').skip(2);
    let (service, _region, account, resource) =
        (parts.next(), parts.next(), parts.next(), parts.next().unwrap_or_default());
    account == Some("")
        && OF_AWS.iter().any(|(of, start)| service == Some(of) && resource.starts_with(start))
}

/// Whether a part of an ARN is literal, without wildcards and policy variables.
fn is_plain(part: &str) -> bool {
    !part.contains(['*', '?', '$'])
}

/// The parts of an ARN.
struct ArnParts<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> ArnParts<'a> {
    fn split_arn(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':').skip(1);
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

impl StatementChecker<'_, '_> {
    pub(super) fn check_arns(&mut self) {
        let statement = self.statement;
        let Some(list) = &statement.resources else { return };
        for leaf in &list.items {
            self.check_variables(leaf);
            self.check_resource(leaf);
        }
    }

    fn check_resource(&mut self, leaf: &PlacedText) {
        let text = leaf.text.as_str();
        if text == "*" || text.starts_with("${") {
            return;
        }
        if !text.starts_with("arn:") {
            let what = format!("`{}` is not an ARN", clip_text(text));
            return self.findings.report_with_hint(&check::ARN_PREFIX, leaf, what, arn_hint(text));
        }
        if !crate::policy::is_resource_pattern(text) {
            let what = format!("`{}` lacks a part", clip_text(text));
            return self.findings.report_at(&check::ARN_FIELDS, leaf, what);
        }
        let service = text.split(':').nth(2).unwrap_or_default();
        if service.contains(['*', '?']) {
            let what = format!("`{}` has a wildcard for the service", clip_text(text));
            return self.findings.report_at(&check::ARN_SERVICE_WILDCARD, leaf, what);
        }
        if let Some(parts) = ArnParts::split_arn(text)
            && self.check_parts(leaf, &parts)
            && is_plain(parts.service)
        {
            self.check_formats(leaf, &parts);
        }
    }

    /// Checks the literal parts of an ARN in a condition's value.
    pub(super) fn check_arn_in_condition(&mut self, leaf: &PlacedText) {
        if let Some(parts) = ArnParts::split_arn(&leaf.text) {
            self.check_parts(leaf, &parts);
        }
    }

    /// Checks each part by itself; returns whether everything is right so far.
    fn check_parts(&mut self, leaf: &PlacedText, parts: &ArnParts<'_>) -> bool {
        let ArnParts { partition, service, region, account, .. } = *parts;
        let mut found: Option<(&'static LintCheck, String, Option<String>)> = None;
        let mut say = |check, what: String, hint| {
            found.get_or_insert((check, what, hint));
        };
        let mean = |near: &str| did_you_mean(near);
        if is_plain(partition) && !PARTITIONS.contains(&partition) {
            let near = nearest(clip_text(partition), PARTITIONS).map(mean);
            say(&check::UNKNOWN_PARTITION, format!("`{partition}` is not a partition"), near);
        }
        if service.bytes().any(|byte| byte.is_ascii_uppercase()) && !service.contains('$') {
            say(&check::ARN_SERVICE_CASE, format!("`{service}` is not in lower case"), None);
        }
        if is_plain(region) && !region.is_empty() && !is_region(region) {
            let near = near_region(region).map(mean);
            let what = format!("`{region}` is not a Region");
            if has_form_of_region(region) {
                say(&check::UNKNOWN_REGION, what, near);
            } else {
                say(&check::REGION_FORMAT, what, near);
            }
        } else if !region.is_empty() && is_plain(region) && is_plain(partition) {
            let own = partition_of(region);
            if own != partition {
                let what = format!("`{region}` is in the partition `{own}`, not in `{partition}`");
                say(&check::REGION_PARTITION, what, None);
            }
        }
        if is_plain(account) && !account.is_empty() && !is_known_account(account) {
            let what = format!("`{}` is not an account id", clip_text(account));
            say(&check::ACCOUNT_DIGITS, what, None);
        }
        match found {
            Some((check, what, hint)) => {
                let hint = hint.unwrap_or_else(|| check.fix.to_owned());
                self.findings.report_with_hint(check, leaf, what, hint);
                false
            }
            None => true,
        }
    }

    /// Checks the service, and the Region and account against the service's formats that the last
    /// part fits.
    fn check_formats(&mut self, leaf: &PlacedText, parts: &ArnParts<'_>) {
        if parts.service == "iam" && !is_iam_path(parts.resource) {
            let what =
                format!("`{}` does not begin with an IAM resource type", clip_text(parts.resource));
            return self.findings.report_at(&check::IAM_PATH, leaf, what);
        }
        let formats = formats_of(self.catalogue, parts.service);
        if formats.is_empty() {
            if self.catalogue.find_service(parts.service).is_none() {
                let what = format!("unknown service `{}`", clip_text(parts.service));
                self.findings.report_at(&check::UNKNOWN_ARN_SERVICE, leaf, what);
            }
            return;
        }
        // AWS's own resources have a pseudo-account, or none.
        if parts.account == "aws" || is_owned_by_aws(&leaf.text) {
            return;
        }
        let rest = format!("arn:aws:x:::{}", parts.resource);
        let fits = |format: &&String| {
            let last = format.splitn(6, ':').nth(5).unwrap_or_default();
            resources_meet(&rest, &format!("arn:aws:x:::{last}"))
        };
        let fitting: Vec<&String> = formats.iter().filter(fits).collect();
        if fitting.is_empty() {
            let what = format!(
                "`{}` fits no resource type of {}",
                clip_text(parts.resource),
                parts.service
            );
            return self.findings.report_at(&check::RESOURCE_TYPE, leaf, what);
        }
        self.check_place(leaf, parts, &fitting);
    }

    fn check_place(&mut self, leaf: &PlacedText, parts: &ArnParts<'_>, fitting: &[&String]) {
        let has =
            |format: &str, at: usize| format.split(':').nth(at).is_some_and(|it| !it.is_empty());
        let all = |at: usize| fitting.iter().all(|format| has(format, at));
        let none = |at: usize| !fitting.iter().any(|format| has(format, at));
        let text = clip_text(&leaf.text);
        for (part, at, missing, forbidden) in [
            (parts.region, 3, &check::MISSING_REGION, &check::REGION_NOT_ALLOWED),
            (parts.account, 4, &check::NO_ACCOUNT, &check::ACCOUNT_NOT_ALLOWED),
        ] {
            let name = if at == 3 { "region" } else { "account" };
            if part.is_empty() && all(at) {
                let what = format!("`{text}` names no {name} and matches nothing");
                return self.findings.report_at(missing, leaf, what);
            }
            if !part.is_empty() && is_plain(part) && none(at) {
                let what = format!("`{text}` names a {name}, but its format has none");
                return self.findings.report_at(forbidden, leaf, what);
            }
        }
    }

    /// Reports a policy variable in an element that cannot have one; returns whether there is none.
    pub(super) fn check_no_variable(&mut self, leaf: &PlacedText, element: &str) -> bool {
        let has = leaf.text.contains("${");
        if has {
            let what = format!("`{element}` cannot contain a policy variable");
            self.findings.report_at(&variables::VARIABLE_IN_ELEMENT, leaf, what);
        }
        !has
    }
}

/// Whether it is an account id or a pseudo-account: AWS's own in managed policies, CloudFront's in
/// old origin identities.
fn is_known_account(account: &str) -> bool {
    is_account_id(account)
        || ["aws", "aws-managed", "aws-marketplace", "cloudfront"].contains(&account)
}

fn is_iam_path(resource: &str) -> bool {
    resource == "*" || resource == "root" || IAM_TYPES.iter().any(|kind| resource.starts_with(kind))
}

/// Every ARN format of a service, by the service in the ARN: other services have some that say
/// `cloudwatch`.
fn formats_of(catalogue: &crate::catalogue::Catalogue, service: &str) -> Vec<String> {
    let own = |format: &String| format.split(':').nth(2) == Some(service);
    let named = catalogue.find_service(service);
    let of_named: Vec<String> = named
        .into_iter()
        .flat_map(|service| service.resource_types())
        .flat_map(|kind| kind.formats)
        .filter(own)
        .collect();
    if !of_named.is_empty() {
        return of_named;
    }
    let all = catalogue.iter_services().flat_map(|service| service.resource_types());
    all.flat_map(|kind| kind.formats).filter(own).collect()
}

fn arn_hint(odd: &str) -> String {
    bucket_hint(odd).unwrap_or_else(|| check::ARN_PREFIX.fix.to_owned())
}
