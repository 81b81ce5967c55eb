//! Decides which actions get no grant unasked, which names may share a prefix, and which calls
//! carry data.
//!
//! The marks of `sensitive.tsv` come first. This module is for actions that the table marks as
//! everyday but that are not when they cover many resources at once, and for actions newer than the
//! catalogue.
//!
//! `data/withheld.tsv` lists what a review found beyond the marks. Actions with AWS's access level
//! for managing permissions are offered only if the marks call them everyday.

use crate::catalogue::{AccessLevel, ActionEntry, Catalogue};

/// Actions that are never offered, whatever the marks say, each with what it does.
const WITHHELD: &str = include_str!("../../data/withheld.tsv");

fn reviewed_reason(action: &str) -> Option<&'static str> {
    WITHHELD.lines().find_map(|line| {
        let (name, why) = line.split_once('\t')?;
        (name == action).then_some(why)
    })
}

/// Services that guard an account or control who may do what. If the catalogue does not know an
/// action of theirs, only mere reading is ordinary.
const GUARDS: [&str; 19] = [
    "access-analyzer",
    "account",
    "cloudtrail",
    "config",
    "detective",
    "guardduty",
    "iam",
    "identitystore",
    "inspector2",
    "kms",
    "macie2",
    "organizations",
    "ram",
    "rolesanywhere",
    "secretsmanager",
    "securityhub",
    "sso",
    "sso-directory",
    "sts",
];

/// Words in a name which show that it grants or revokes permissions, whatever the service.
const PERMISSION_WORDS: [&str; 8] = [
    "PolicyPermission",
    "ResourcePolicy",
    "AccessPolicy",
    "KeyPolicy",
    "BucketPolicy",
    "RepositoryPolicy",
    "Permission",
    "AssumeRolePolicy",
];

/// Actions that read data although their level is not `Read`, or that return something which reads
/// it.
const READS_DATA: [&str; 14] = [
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "sqs:ReceiveMessage",
    "lambda:InvokeFunction",
    "rds-data:ExecuteStatement",
    "redshift-data:ExecuteStatement",
    "athena:StartQueryExecution",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
    "dynamodb:UpdateItem",
    "s3:CreateSession",
    "s3:RestoreObject",
    "ssm:StartSession",
    "ssm:SendCommand",
];

/// Those of them that also write or run something, and so hand over what they are given.
const HANDS_OVER: [&str; 10] = [
    "athena:StartQueryExecution",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLUpdate",
    "dynamodb:UpdateItem",
    "lambda:InvokeFunction",
    "rds-data:ExecuteStatement",
    "redshift-data:ExecuteStatement",
    "s3:RestoreObject",
    "ssm:SendCommand",
    "ssm:StartSession",
];

/// Why this action must not be offered unasked: `raises privileges`; empty for other actions.
pub fn withhold_reasons(action: &str, entry: Option<&ActionEntry>) -> Vec<&'static str> {
    match entry {
        Some(entry) if entry.sensitivity.is_withheld() => entry.sensitivity.describe_risks(),
        Some(entry) => {
            let reviewed = reviewed_reason(action);
            let permits =
                entry.level == AccessLevel::PermissionsManagement && !entry.sensitivity.everyday;
            reviewed.or(permits.then_some("grants or takes permissions")).into_iter().collect()
        }
        None if reviewed_reason(action).is_some() => reviewed_reason(action).into_iter().collect(),
        None if is_guarded(action) => {
            vec!["is unknown to the catalogue and belongs to a service that guards the account"]
        }
        None => Vec::new(),
    }
}

fn is_guarded(action: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return false };
    let looks = ["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb));
    let permits = !looks && PERMISSION_WORDS.iter().any(|word| name.contains(word));
    permits || !looks && GUARDS.contains(&service)
}

/// Verbs of actions that merely put something in a given place. Anything that reads, runs or
/// connects is missing here, whatever its access level, and no prefix replaces its names.
const PUTS: [&str; 7] =
    ["Put", "Upload", "Publish", "Write", "CreateLogGroup", "CreateLogStream", "SendMessage"];

/// Whether a shared prefix may replace many names of an action: it puts something there, and
/// neither reads data nor controls permissions.
pub fn shares_prefix(catalogue: &Catalogue, action: &str) -> bool {
    let Some(entry) = catalogue.find_action(action) else { return false };
    let writes = matches!(entry.level, AccessLevel::Write | AccessLevel::Tagging);
    let is_plain = !entry.sensitivity.is_marked() && !READS_DATA.contains(&action);
    let is_of_iam = matches!(entry.service.as_str(), "iam" | "sts" | "kms" | "secretsmanager");
    let puts = PUTS.iter().any(|verb| entry.name.starts_with(verb));
    writes && puts && is_plain && !is_of_iam
}

/// Whether an action lists or reads.
pub fn is_reading(action: &str, entry: Option<&ActionEntry>) -> bool {
    let level = entry.map(|entry| entry.level);
    match level {
        Some(AccessLevel::List | AccessLevel::Read) => true,
        Some(AccessLevel::Unknown) | None => {
            let name = action.split_once(':').map_or(action, |(_, name)| name);
            ["Get", "List", "Describe", "Head", "Select", "Query", "Scan", "BatchGet", "Download"]
                .iter()
                .any(|verb| name.starts_with(verb))
        }
        Some(_) => READS_DATA.contains(&action),
    }
}

/// Whether an action destroys what it names.
pub fn is_deleting(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Delete", "BatchDelete", "Purge", "Remove", "Terminate", "Abort", "Destroy"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Whether an action reads and hands nothing over.
pub fn reads_alone(action: &str, entry: Option<&ActionEntry>) -> bool {
    is_reading(action, entry) && !HANDS_OVER.contains(&action)
}

/// Whether a call carries data to what it names, which may be anybody's.
pub fn carries_data(action: &str, entry: Option<&ActionEntry>) -> bool {
    let is_of_identities = action.starts_with("sts:") || action.starts_with("iam:");
    !is_of_identities && !reads_alone(action, entry) && !is_deleting(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(action: &str) -> Vec<&'static str> {
        withhold_reasons(action, Catalogue::built_in().find_action(action).as_ref())
    }

    #[test]
    fn what_is_offered_to_nobody() {
        for action in [
            "iam:PutRolePolicy",
            "iam:AttachUserPolicy",
            "iam:CreateAccessKey",
            "iam:CreateLoginProfile",
            "iam:UpdateAssumeRolePolicy",
            "kms:PutKeyPolicy",
            "s3:PutBucketPolicy",
            "cloudtrail:StopLogging",
            "guardduty:DeleteDetector",
            "secretsmanager:BatchGetSecretValue",
            "events:DisableRule",
            "guardduty:DeleteSomethingNew",
            "iam:AttachSomethingNew",
            "newservice:PutResourcePolicy",
            "kms:CreateGrant",
            "redshift:GetClusterCredentials",
            "bedrock-agentcore:GetResourceApiKey",
            "cognito-idp:AdminSetUserPassword",
            "bedrock:PutModelInvocationLoggingConfiguration",
            "events:RemoveTargets",
            "events:DeleteRule",
            "cloudwatch:DeleteAlarms",
            "iam:TagRole",
            "ebs:GetSnapshotBlock",
        ] {
            assert!(!why(action).is_empty(), "{action}");
        }
    }

    #[test]
    fn what_workloads_need() {
        for action in [
            "iam:PassRole",
            "sts:AssumeRole",
            "s3:GetObject",
            "kms:Decrypt",
            "secretsmanager:GetSecretValue",
            "ssm:GetParameter",
            "ec2:RunInstances",
            "lambda:CreateFunction",
            "iam:GetSomethingNew",
            "newservice:PutThing",
        ] {
            assert_eq!(why(action), Vec::<&str>::new(), "{action}");
        }
    }

    #[test]
    fn prefixes_are_for_writing_alone() {
        let shares = |action| shares_prefix(Catalogue::built_in(), action);
        for action in ["s3:PutObject", "ssm:PutParameter", "logs:CreateLogStream"] {
            assert!(shares(action), "{action}");
        }
        for action in [
            "s3:GetObject",
            "s3:DeleteObject",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "secretsmanager:GetSecretValue",
            "ssm:GetParameter",
            "kms:Decrypt",
            "sqs:ReceiveMessage",
            "kinesis:GetRecords",
            "iam:PassRole",
            "sts:AssumeRole",
            "unknown:PutThing",
            "ecs:ExecuteCommand",
            "execute-api:Invoke",
            "lambda:InvokeAsync",
            "states:StartExecution",
            "ssm:StartAutomationExecution",
            "codebuild:StartBuild",
            "batch:SubmitJob",
            "iot:Connect",
            "iot:Receive",
        ] {
            assert!(!shares(action), "{action}");
        }
    }

    #[test]
    fn what_manages_permissions_is_withheld_or_was_reviewed() {
        let catalogue = Catalogue::built_in();
        let all = catalogue.iter_services().flat_map(|service| service.iter_actions());
        let of_level = all.filter(|entry| entry.level == AccessLevel::PermissionsManagement);
        let offered: Vec<String> = of_level
            .filter(|entry| why(&entry.full_name()).is_empty())
            .map(|entry| entry.full_name())
            .collect();
        assert_eq!(offered, ["rds-db:connect"]);
    }

    #[test]
    fn every_row_says_what_the_action_does() {
        for line in WITHHELD.lines().filter(|line| !line.starts_with('#')) {
            let (action, why) = line.split_once('\t').unwrap();
            assert!(action.contains(':') && !why.is_empty(), "{line}");
        }
    }
}
