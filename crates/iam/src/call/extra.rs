//! What a call needs besides the actions of its own name: tagging at creation, and the values of
//! secrets that a list names.

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::part::RequestPart;
use super::parts::request_text;
use super::permission::CallPermission;
use crate::catalogue::{AccessLevel, Catalogue};

/// Permissions that a call needs besides its own.
#[derive(Default)]
pub(super) struct ExtraPermissions {
    pub(super) parts: Vec<RequestPart>,
    pub(super) tagged: Vec<TaggingPermission>,
}

/// The permission to tag a resource at creation.
pub(super) struct TaggingPermission(CallPermission);

impl TaggingPermission {
    pub(super) fn into_permission(self) -> CallPermission {
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

pub(super) fn find_extra_permissions(
    own: &[CallPermission],
    event: &Event,
    catalogue: &Catalogue,
) -> ExtraPermissions {
    let request = field::REQUEST.find_in(&event.record);
    let mut beside = ExtraPermissions::default();
    for permission in own {
        beside.add_by_request_key(permission);
        beside.add_kms_key(permission, event);
        beside.add_tagging(permission, request, catalogue);
    }
    if event.action.service == "ec2" {
        beside.add_created_tags(&event.action.name, request, event);
    }
    beside
}

/// The request key that names the KMS key an object is encrypted with, and the actions that need
/// it.
///
/// Source: S3 user guide, "Using server-side encryption with AWS KMS keys", "Permissions";
/// "Multipart upload API and permissions".
const WITH_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";

impl ExtraPermissions {
    /// Adds the permissions for writing an object encrypted with a KMS key.
    fn add_kms_key(&mut self, own: &CallPermission, event: &Event) {
        let request = field::REQUEST.find_in(&event.record);
        let key = request_text(request, WITH_KEY).filter(|_| own.action == "s3:PutObject");
        let Some(key) = key else { return };
        let is_multipart = event.action.name == "CreateMultipartUpload";
        let actions =
            ["kms:GenerateDataKey"].into_iter().chain(is_multipart.then_some("kms:Decrypt"));
        self.parts
            .extend(actions.map(|action| {
                RequestPart::with_request(action, serde_json::json!({"keyId": key}))
            }));
    }

    fn add_by_request_key(&mut self, own: &CallPermission) {
        let request = own.request.as_ref();
        for (action, key, needed) in BY_KEY {
            if own.action == action
                && has_value(request, key)
                && !self.parts.iter().any(|part| part.action == needed)
            {
                let part = RequestPart::with_request(needed, request.cloned().unwrap_or_default());
                let is_list = key.ends_with("List");
                self.parts
                    .push(RequestPart { operation: is_list.then_some("GetSecretValue"), ..part });
            }
        }
    }

    /// Adds dependent tagging actions of the same service when the request has tags.
    fn add_tagging(
        &mut self,
        own: &CallPermission,
        request: Option<&Value>,
        catalogue: &Catalogue,
    ) {
        let Some(entry) = catalogue.find_action(&own.action) else { return };
        if !TAGS.iter().any(|key| has_value(request, key)) || entry.service == "ec2" {
            return;
        }
        for action in &entry.dependents {
            let tagging = catalogue.find_action_briefly(action);
            let is_own = tagging.is_some_and(|found| {
                found.service == entry.service && found.level == AccessLevel::Tagging
            });
            if is_own && !action.contains("Un") {
                self.tagged.push(TaggingPermission(CallPermission {
                    action: action.clone(),
                    ..own.clone()
                }));
            }
        }
    }

    /// EC2 tags resources in the same call that creates them.
    ///
    /// Source: EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation".
    fn add_created_tags(&mut self, operation: &str, request: Option<&Value>, event: &Event) {
        let found = super::special::tag_resources(request, event);
        if !found.is_empty() {
            self.tagged.push(TaggingPermission(CallPermission {
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
fn has_value(request: Option<&Value>, key: &str) -> bool {
    let fields = request.and_then(Value::as_object);
    let value = fields.into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case(key));
    match value.map(|(_, value)| value) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(_) => request_text(request, key).is_some(),
        None => false,
    }
}
