//! Who owns the caller and the resource: this account or another.
//!
//! A denial between accounts may come from a partner's pipeline, or from someone who carries data
//! away or comes in from outside. The record names the accounts; no log says whether another one is
//! trusted.

use aware_core::event::{Arn, Event};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::is_account_id;
use crate::region::has_form_of_region;
use crate::resource::{self, FoundResource};

/// AWS's own buckets that instances and tasks read from, as patterns with `*` for a Region.
///
/// Sources: Systems Manager user guide, "SSM Agent communications with AWS managed S3 buckets"; ECR
/// user guide, "Amazon ECR interface VPC endpoints"; EC2 user guide, "Amazon Linux repositories".
const OF_AWS: [&str; 14] = [
    "prod-*-starport-layer-bucket",
    "amazonlinux.*.amazonaws.com",
    "amazonlinux-2-repos-*",
    "al2023-repos-*-de612dc2",
    "packages.*.amazonaws.com",
    "repo.*.amazonaws.com",
    "aws-ssm-*",
    "amazon-ssm-*",
    "amazon-ssm-packages-*",
    "*-birdwatcher-prod",
    "aws-ssm-distributor-file-*",
    "aws-ssm-document-attachments-*",
    "patch-baseline-snapshot-*",
    "aws-codedeploy-*",
];

/// The accounts that a record names.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordAccounts<'e> {
    /// The account whose log recorded it.
    pub(crate) recipient: Option<&'e str>,
    /// The account whose VPC endpoint it went through.
    pub(crate) endpoint: Option<&'e str>,
    /// Whether several accounts received copies of the event.
    pub(crate) is_shared: bool,
    /// The owners that the record's `resources[]` state: ARN and account.
    owners: Vec<(&'e str, &'e str)>,
    /// The owners of what the request names.
    named: Vec<&'e str>,
}

/// The most resources of a record whose owners are read.
const MAX_RESOURCES: usize = 1_000;

impl<'e> RecordAccounts<'e> {
    /// Reads an event.
    pub(crate) fn from_event(event: &'e Event) -> Self {
        let record = &event.record;
        let id = |path: &field::FieldPath| path.text_in(record).filter(|id| is_account_id(id));
        Self {
            recipient: id(&field::RECIPIENT_ACCOUNT),
            endpoint: id(&field::VPC_ENDPOINT_ACCOUNT),
            is_shared: field::SHARED_EVENT_ID.text_in(record).is_some_and(|id| !id.is_empty()),
            owners: resource_owners(record),
            named: request_accounts(event),
        }
    }

    /// Who owns a resource: according to the record's own entry, or to that of whatever contains
    /// it. If the resource is unknown, the first owner that the record states.
    pub(crate) fn owner_of(&self, name: Option<&str>) -> Option<&'e str> {
        let Some(name) = name else { return self.owners.first().map(|(_, account)| *account) };
        let is_in = |arn: &str| {
            let behind = name.strip_prefix(arn).filter(|_| !arn.is_empty());
            behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
        };
        let fitting = self.owners.iter().filter(|(arn, _)| is_in(arn));
        fitting.max_by_key(|(arn, _)| arn.len()).map(|(_, account)| *account)
    }

    /// An account other than this one that owns what the record lists or the request names.
    pub(crate) fn other_owner(&self, own: &str) -> Option<&'e str> {
        let listed = self.owners.iter().map(|(_, account)| *account);
        listed.chain(self.named.iter().copied()).find(|account| *account != own)
    }

    /// Whether the record states the owner of any resource.
    pub(crate) fn tells_owners(&self) -> bool {
        !self.owners.is_empty()
    }

    /// The own account, as far as it is known: the endpoint's owner, otherwise the log's.
    pub(crate) fn own_account(&self) -> Option<&'e str> {
        self.endpoint.or(self.recipient)
    }
}

/// The accounts in the request: those named besides its resources, and those of ARNs and queues.
fn request_accounts(event: &Event) -> Vec<&str> {
    let request = field::REQUEST.find_in(&event.record);
    let mut accounts: Vec<&str> =
        resource::owner_account(&event.action.service, request).into_iter().collect();
    if let Some(request) = request {
        resource::named_accounts(request, &mut accounts);
    }
    accounts
}

fn resource_owners(record: &Value) -> Vec<(&str, &str)> {
    let list = field::RESOURCES.find_in(record).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .take(MAX_RESOURCES)
        .filter_map(|one| {
            let text = |key: &str| one.get(key).and_then(Value::as_str);
            let arn = text("ARN").or_else(|| text("arn")).unwrap_or_default();
            Some((arn, text("accountId").filter(|id| is_account_id(id))?))
        })
        .collect()
}

/// What belongs to another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForeignParty {
    /// The caller, of this account.
    Caller(String),
    /// The caller, who belongs to no account.
    Anonymous,
    /// The resource, in this account if the record states it.
    Resource(Option<String>),
}

impl ForeignParty {
    /// `account 444455556666`.
    pub(crate) fn account_name(&self) -> String {
        match self {
            Self::Caller(account) | Self::Resource(Some(account)) => format!("account {account}"),
            Self::Resource(None) => "another account".to_owned(),
            Self::Anonymous => "an anonymous caller".to_owned(),
        }
    }
}

/// Whether a bucket belongs to AWS, by a name that AWS documents.
pub(crate) fn is_of_aws(found: Option<&FoundResource>) -> bool {
    let arn = found.and_then(|found| Arn::parse(&found.name));
    let Some(arn) = arn.filter(|arn| arn.service() == "s3") else { return false };
    let bucket = arn.resource().split('/').next().unwrap_or_default();
    OF_AWS.iter().any(|pattern| {
        let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
        let middle = bucket.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        middle.is_some_and(has_form_of_region)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_own_buckets() {
        let is = |bucket: &str| {
            let name = format!("arn:aws:s3:::{bucket}/a");
            is_of_aws(Some(&FoundResource {
                pattern: name.clone(),
                name,
                origin: crate::resource::ResourceOrigin::Message,
                whole: true,
                kind: None,
                of_streams: false,
            }))
        };
        for bucket in [
            "prod-us-west-2-starport-layer-bucket",
            "amazonlinux-2-repos-eu-west-1",
            "packages.eu-central-1.amazonaws.com",
            "aws-ssm-us-gov-east-1",
        ] {
            assert!(is(bucket), "{bucket}");
        }
        for bucket in [
            "amazonlinux-2-repos-eu-west-1-mine",
            "prod-loot-starport-layer-bucket",
            "aws-ssm-",
            "attacker-drop",
        ] {
            assert!(!is(bucket), "{bucket}");
        }
    }
}
