//! Denials in a service's own words, which name no action.

use aware_core::explanation::DenialLayer;

/// Whose permission is lacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LackingParty {
    /// The caller's.
    Caller,
    /// The role that the call hands to the service: a function's, a state machine's.
    PassedRole,
    /// The service itself, which a role's trust policy must let in.
    Service,
}

/// What a wording means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceWording {
    /// Phrases that the text must contain outside quotes, all of them.
    pub(super) words: &'static [&'static str],
    /// The actions that are lacking; the first is the main one.
    pub actions: &'static [&'static str],
    /// Who lacks them.
    pub whose: LackingParty,
    pub(super) layer: DenialLayer,
    /// The reason, for people.
    pub why: &'static str,
}

const KMS_WHY: &str = "AWS KMS refused to decrypt: the key's policy or the caller's does not allow it, or there is no such key in this Region";
const LINKED_WHY: &str = "the caller may not create the service-linked role that the call needs";

const fn of_caller(
    words: &'static [&'static str],
    actions: &'static [&'static str],
    layer: DenialLayer,
    why: &'static str,
) -> ServiceWording {
    ServiceWording { words, actions, whose: LackingParty::Caller, layer, why }
}

const fn of_role(
    words: &'static [&'static str],
    actions: &'static [&'static str],
) -> ServiceWording {
    let why = "the role that the service was given does not allow it";
    ServiceWording {
        words,
        actions,
        whose: LackingParty::PassedRole,
        layer: DenialLayer::Unknown,
        why,
    }
}

pub(super) const LINKED_ROLE: &[&str] = &["iam:CreateServiceLinkedRole"];

/// Sources: the services' troubleshooting guides, and their actual answers.
pub(super) static SERVICE_WORDINGS: [ServiceWording; 19] = [
    of_caller(&["Access to KMS is not allowed"], &["kms:Decrypt"], DenialLayer::Unknown, KMS_WHY),
    of_caller(
        &["ciphertext refers to a customer master key"],
        &["kms:Decrypt"],
        DenialLayer::ResourceOrMissing,
        KMS_WHY,
    ),
    of_caller(
        &["permission to create the service-linked role"],
        LINKED_ROLE,
        DenialLayer::Unknown,
        LINKED_WHY,
    ),
    of_caller(
        &["permissions to create the service-linked role"],
        LINKED_ROLE,
        DenialLayer::Unknown,
        LINKED_WHY,
    ),
    of_caller(
        &["create service linked role", "missing permissions"],
        LINKED_ROLE,
        DenialLayer::Unknown,
        LINKED_WHY,
    ),
    of_caller(
        &["required AWS Marketplace actions"],
        &["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"],
        DenialLayer::Unknown,
        "the caller may not subscribe to the model on AWS Marketplace, which its first use needs",
    ),
    of_caller(
        &["not authorized to use launch template"],
        &["ec2:RunInstances"],
        DenialLayer::Unknown,
        "the caller may not run instances by this launch template",
    ),
    of_caller(
        &["Your access has been denied by S3"],
        &["s3:GetObject"],
        DenialLayer::Unknown,
        "the caller may not read the object that the call names",
    ),
    of_caller(
        &["credentials could not be used to assume"],
        &["sts:AssumeRole"],
        DenialLayer::Unknown,
        "the AWS CDK could not assume the role: either side's policy may refuse it",
    ),
    of_role(
        &["is not authorized to create managed-rule"],
        &["events:PutRule", "events:PutTargets", "events:DescribeRule"],
    ),
    of_role(
        &["permissions to call CreateNetworkInterface on EC2"],
        &["ec2:CreateNetworkInterface"],
    ),
    of_role(
        &["permissions to call DescribeNetworkInterfaces on EC2"],
        &["ec2:DescribeNetworkInterfaces"],
    ),
    of_role(&["permissions to call ReceiveMessage on SQS"], &["sqs:ReceiveMessage"]),
    of_role(&["permissions to call SendMessage on SQS"], &["sqs:SendMessage"]),
    of_role(&["permissions to call Publish on SNS"], &["sns:Publish"]),
    of_role(&["permissions to call InvokeFunction on Lambda"], &["lambda:InvokeFunction"]),
    ServiceWording {
        words: &["Lambda does not have permission to access the ECR image"],
        actions: &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        whose: LackingParty::Service,
        layer: DenialLayer::Unknown,
        why: "the repository's policy does not let Lambda read the image",
    },
    ServiceWording {
        words: &["unable to assume the role", "proper trust relationship"],
        actions: &["sts:AssumeRole"],
        whose: LackingParty::Service,
        layer: DenialLayer::Unknown,
        why: "the service could not assume the role: the role's trust policy does not let it in, or the caller may not pass the role",
    },
    ServiceWording {
        words: &["does not have permissions to assume the associated role"],
        actions: &["sts:AssumeRole", "sts:TagSession"],
        whose: LackingParty::Service,
        layer: DenialLayer::Trust,
        why: "the role's trust policy does not let the service assume it",
    },
];
