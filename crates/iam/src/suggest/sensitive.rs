//! Which actions get no grant unasked, which names may share a prefix, which calls carry data.
//!
//! The marks of `sensitive.tsv` come first. What follows here is for actions that the table
//! marks as everyday and that are not when they are for many at once, and for actions that are
//! newer than the catalogue.

use crate::catalogue::{AccessLevel, ActionEntry, Catalogue};

/// Marked as everyday, but in bulk, or to blind those who watch.
const NEVER_EVERYDAY: [&str; 5] = [
    "secretsmanager:BatchGetSecretValue",
    "cloudwatch:SetAlarmState",
    "cloudwatch:DisableAlarmActions",
    "events:DisableRule",
    "dynamodb:ExportTableToPointInTime",
];

/// Services that guard an account or say who may do what. Of an action that the catalogue does not
/// know, only what merely looks is ordinary there.
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

/// Words of a name that say that it gives or takes permissions, whatever the service.
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

/// Actions that read data although their level is not `Read`, or that hand out what reads it.
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

/// Why nobody should be offered this action unasked: `raises privileges`; empty for others.
pub(crate) fn withheld_because(action: &str, entry: Option<&ActionEntry>) -> Vec<&'static str> {
    match entry {
        Some(entry) if entry.sensitivity.is_withheld() => entry.sensitivity.describe(),
        Some(entry) if NEVER_EVERYDAY.contains(&action) => match entry.sensitivity.describe() {
            marks if marks.is_empty() => vec!["is for many things at once"],
            marks => marks,
        },
        Some(_) => Vec::new(),
        None if is_guarded(action) => {
            vec!["is not known to the catalogue and is of a service that guards the account"]
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

/// Whether many names of an action may be told by the prefix that they share: it writes, it
/// deletes nothing, and neither reads data nor says who may do what.
pub fn shares_prefix(catalogue: &Catalogue, action: &str) -> bool {
    let Some(entry) = catalogue.action(action) else { return false };
    let writes = matches!(entry.level, AccessLevel::Write | AccessLevel::Tagging);
    let is_plain = !entry.sensitivity.is_marked() && !READS_DATA.contains(&action);
    let is_of_iam = matches!(entry.service.as_str(), "iam" | "sts" | "kms" | "secretsmanager");
    writes && is_plain && !is_of_iam && !deletes(action)
}

/// Whether an action looks at what there is, or reads it.
pub(crate) fn reads(action: &str, entry: Option<&ActionEntry>) -> bool {
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
pub(crate) fn deletes(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Delete", "BatchDelete", "Purge", "Remove", "Terminate", "Abort", "Destroy"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Whether a call takes data along to a bucket, which may be anybody's.
pub(crate) fn carries_data(action: &str, entry: Option<&ActionEntry>) -> bool {
    let is_of_buckets = action.starts_with("s3:") || action.starts_with("s3express:");
    is_of_buckets && !reads(action, entry) && !deletes(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(action: &str) -> Vec<&'static str> {
        withheld_because(action, Catalogue::builtin().action(action).as_ref())
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
        let shares = |action| shares_prefix(Catalogue::builtin(), action);
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
        ] {
            assert!(!shares(action), "{action}");
        }
    }
}
