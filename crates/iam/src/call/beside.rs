//! What a call needs besides the actions of its own name: tagging at creation, and the values of
//! secrets that a list names.

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::part::Part;
use super::parts::text;
use super::permission::Permission;
use crate::catalogue::{AccessLevel, Catalogue};

/// Permissions that a call needs besides its own.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) parts: Vec<Part>,
    pub(super) tagged: Vec<Tagged>,
}

/// The permission to tag a resource at creation.
pub(super) struct Tagged(Permission);

impl Tagged {
    pub(super) fn permission(self) -> Permission {
        self.0
    }
}

/// Request keys that need an action of their own: the call's action, the key, the extra action.
///
/// Source: STS API reference, `AssumeRole`; S3 API reference, `PutObject`; Secrets Manager API
/// reference, `BatchGetSecretValue`.
const BY_KEY: [(&str, &str, &str); 8] = [
    ("sts:AssumeRole", "tags", "sts:TagSession"),
    ("sts:AssumeRole", "sourceIdentity", "sts:SetSourceIdentity"),
    ("s3:PutObject", "x-amz-tagging", "s3:PutObjectTagging"),
    ("s3:PutObject", "tagging", "s3:PutObjectTagging"),
    ("s3:PutObject", "x-amz-acl", "s3:PutObjectAcl"),
    ("s3:PutObject", "accessControlList", "s3:PutObjectAcl"),
    ("s3:DeleteObject", "x-amz-bypass-governance-retention", "s3:BypassGovernanceRetention"),
    ("secretsmanager:BatchGetSecretValue", "secretIdList", "secretsmanager:GetSecretValue"),
];

/// Request keys that hold tags for a resource that is being created.
const TAGS: [&str; 3] = ["tags", "tagList", "tagSet"];

pub(super) fn of(own: &[Permission], event: &Event, catalogue: &Catalogue) -> Beside {
    let request = field::REQUEST.get(&event.record);
    let mut beside = Beside::default();
    for permission in own {
        beside.by_key(permission);
        beside.by_kms_key(permission, event);
        beside.by_tags(permission, request, catalogue);
    }
    if event.action.service == "ec2" {
        beside.made_with_tags(&event.action.name, request, event);
    }
    beside
}

/// The request key that names the KMS key an object is encrypted with, and the actions that need
/// it.
///
/// Source: S3 user guide, "Using server-side encryption with AWS KMS keys", "Permissions"; "Multipart
/// upload API and permissions".
const WITH_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";

impl Beside {
    /// Adds the permissions for writing an object encrypted with a KMS key.
    fn by_kms_key(&mut self, own: &Permission, event: &Event) {
        let request = field::REQUEST.get(&event.record);
        let key = text(request, WITH_KEY).filter(|_| own.action == "s3:PutObject");
        let Some(key) = key else { return };
        let is_multipart = event.action.name == "CreateMultipartUpload";
        let actions =
            ["kms:GenerateDataKey"].into_iter().chain(is_multipart.then_some("kms:Decrypt"));
        self.parts
            .extend(actions.map(|action| Part::of(action, serde_json::json!({"keyId": key}))));
    }

    fn by_key(&mut self, own: &Permission) {
        let request = own.request.as_ref();
        for (action, key, needed) in BY_KEY {
            if own.action == action
                && has(request, key)
                && !self.parts.iter().any(|part| part.action == needed)
            {
                let part = Part::of(needed, request.cloned().unwrap_or_default());
                let is_list = key.ends_with("List");
                self.parts.push(Part { operation: is_list.then_some("GetSecretValue"), ..part });
            }
        }
    }

    /// Adds dependent tagging actions of the same service when the request has tags.
    fn by_tags(&mut self, own: &Permission, request: Option<&Value>, catalogue: &Catalogue) {
        let Some(entry) = catalogue.action(&own.action) else { return };
        if !TAGS.iter().any(|key| has(request, key)) || entry.service == "ec2" {
            return;
        }
        for action in &entry.dependents {
            let tagging = catalogue.action_in_brief(action);
            let is_own = tagging.is_some_and(|found| {
                found.service == entry.service && found.level == AccessLevel::Tagging
            });
            if is_own && !action.contains("Un") {
                self.tagged.push(Tagged(Permission { action: action.clone(), ..own.clone() }));
            }
        }
    }

    /// EC2 tags resources in the same call that creates them.
    ///
    /// Source: EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation".
    fn made_with_tags(&mut self, operation: &str, request: Option<&Value>, event: &Event) {
        let found = super::special::tag_resources(request, event);
        if !found.is_empty() {
            self.tagged.push(Tagged(Permission {
                action: "ec2:CreateTags".to_owned(),
                request: request.cloned(),
                resources: found,
                condition: Some(("StringEquals", "ec2:CreateAction", operation.to_owned())),
                guess: None,
            }));
        }
    }
}

/// Whether a request has a non-empty value under a key.
fn has(request: Option<&Value>, key: &str) -> bool {
    let fields = request.and_then(Value::as_object);
    let value = fields.into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case(key));
    match value.map(|(_, value)| value) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(_) => text(request, key).is_some(),
        None => false,
    }
}
