//! What gives a caller away: the names of tools, and the calls with which looking around begins.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// What a tool that a user agent names is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ToolKind {
    /// Lists and scans an account: it has its honest uses.
    Inventory,
    /// Attacks, or trains for it: seldom run by accident.
    Attack,
}

/// What a tool is for, by what its word stands for, as histories keep it.
pub(super) fn tool_kind(meaning: &str) -> ToolKind {
    let known = TOOLS.iter().find(|(_, known, _)| *known == meaning);
    known.map_or(ToolKind::Attack, |(_, _, kind)| *kind)
}

/// Words in user agents, in lower case, and what they stand for: attack tools, distributions made
/// for attacks, and inventory tools that enumerate an account.
const TOOLS: [(&str, &str, ToolKind); 32] = [
    ("trufflehog", "TruffleHog, which tries leaked keys", ToolKind::Attack),
    ("pacu", "Pacu, an attack framework", ToolKind::Attack),
    ("stratus-red-team", "Stratus Red Team, an attack simulation", ToolKind::Attack),
    ("scoutsuite", "ScoutSuite, an account scanner", ToolKind::Inventory),
    ("scout2", "Scout2, an account scanner", ToolKind::Inventory),
    ("prowler", "Prowler, an account scanner", ToolKind::Inventory),
    ("cloudfox", "CloudFox, an enumeration tool", ToolKind::Attack),
    ("cloudmapper", "CloudMapper, an inventory tool", ToolKind::Inventory),
    ("cloudsplaining", "Cloudsplaining, a permission scanner", ToolKind::Inventory),
    ("enumerate-iam", "enumerate-iam, a permission prober", ToolKind::Attack),
    ("weirdaal", "WeirdAAL, an attack framework", ToolKind::Attack),
    ("pmapper", "PMapper, a privilege-escalation mapper", ToolKind::Attack),
    ("principalmapper", "PMapper, a privilege-escalation mapper", ToolKind::Attack),
    ("cartography", "Cartography, an inventory tool", ToolKind::Inventory),
    ("steampipe", "Steampipe, an inventory tool", ToolKind::Inventory),
    ("cloudgoat", "CloudGoat, an attack training", ToolKind::Attack),
    ("endgame", "Endgame, an exposure tool", ToolKind::Attack),
    ("nimbostratus", "Nimbostratus, an attack tool", ToolKind::Attack),
    ("leonidas", "Leonidas, an attack simulation", ToolKind::Attack),
    ("awspx", "awspx, an attack-path mapper", ToolKind::Attack),
    ("aws_pwn", "aws_pwn, an attack tool", ToolKind::Attack),
    ("aws-recon", "AWS Recon, an inventory tool", ToolKind::Inventory),
    ("s3scanner", "S3Scanner, a bucket scanner", ToolKind::Inventory),
    ("bucket_finder", "Bucket Finder, a bucket scanner", ToolKind::Inventory),
    ("cloudbrute", "CloudBrute, an enumeration tool", ToolKind::Attack),
    ("gitleaks", "Gitleaks, which finds leaked keys", ToolKind::Attack),
    ("nuclei", "Nuclei, a vulnerability scanner", ToolKind::Inventory),
    ("sqlmap", "sqlmap, an attack tool", ToolKind::Attack),
    ("kali", "Kali Linux, made for attacks", ToolKind::Attack),
    ("parrot", "Parrot OS, made for attacks", ToolKind::Attack),
    ("pentoo", "Pentoo, made for attacks", ToolKind::Attack),
    ("blackarch", "BlackArch, made for attacks", ToolKind::Attack),
];

/// How much of a user agent to examine, in bytes.
const MAX_AGENT: usize = 1024;

/// All words in one search: every denial's agent is examined, and this is the costly part.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = TOOLS.iter().map(|(word, ..)| *word);
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// The tool that a user agent names. The caller chooses the agent: a name is evidence, but the
/// absence of one is not, and nothing in it speaks for the caller.
pub(super) fn tool_in_agent(agent: &str) -> Option<&'static str> {
    let agent = aware_core::text::clip_bytes(agent, MAX_AGENT).0;
    let found = WORDS.as_ref()?.find_overlapping_iter(agent);
    let words = found.filter(|found| is_word(agent, found.start(), found.end()));
    let first = words.map(|found| found.pattern().as_usize()).min()?;
    TOOLS.get(first).map(|(_, meaning, _)| *meaning)
}

/// Whether an agent calls itself a browser.
pub(super) fn is_browser(agent: &str) -> bool {
    agent.starts_with("Mozilla/") || agent.starts_with("[Mozilla/")
}

/// Whether an agent belongs to a program rather than a page of the console: CloudShell hands the
/// console's credentials to whatever runs in it. A match makes a reading worse; an agent missing
/// from this list makes none milder than `unclear`, without a grant.
pub(super) fn is_script(agent: &str) -> bool {
    let agent = aware_core::text::clip_bytes(agent, MAX_AGENT).0.to_ascii_lowercase();
    let scripts = ["aws-cli", "boto", "exec-env/", "terraform", "pulumi", "python", "curl"];
    let starts = ["aws-sdk", "[aws-sdk"];
    scripts.iter().any(|word| agent.contains(word))
        || starts.iter().any(|start| agent.starts_with(start))
}

/// Whether a word stands alone in the text: `+kali` and `kali-amd64`, not `alkaline`.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphabetic)
}

/// Calls that need no knowledge of the account and reveal much of it: how enumeration begins.
/// Sorted for binary search.
const RECONNAISSANCE: [&str; 83] = [
    "access-analyzer:ListAnalyzers",
    "account:GetContactInformation",
    "account:ListRegions",
    "acm:ListCertificates",
    "apigateway:GetRestApis",
    "athena:ListWorkGroups",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLaunchConfigurations",
    "backup:ListBackupVaults",
    "bedrock:GetModelInvocationLoggingConfiguration",
    "bedrock:ListFoundationModels",
    "ce:GetCostAndUsage",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStacks",
    "cloudfront:ListDistributions",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:LookupEvents",
    "codebuild:ListProjects",
    "codecommit:ListRepositories",
    "cognito-idp:ListUserPools",
    "config:DescribeConfigurationRecorders",
    "dynamodb:ListTables",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeKeyPairs",
    "ec2:DescribeRegions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcs",
    "ecr:DescribeRepositories",
    "ecs:ListClusters",
    "eks:ListClusters",
    "elasticfilesystem:DescribeFileSystems",
    "elasticloadbalancing:DescribeLoadBalancers",
    "events:ListRules",
    "glue:GetDatabases",
    "guardduty:ListDetectors",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountPasswordPolicy",
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:ListAccountAliases",
    "iam:ListAttachedRolePolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroups",
    "iam:ListGroupsForUser",
    "iam:ListInstanceProfiles",
    "iam:ListMFADevices",
    "iam:ListPolicies",
    "iam:ListRoles",
    "iam:ListSAMLProviders",
    "iam:ListServiceSpecificCredentials",
    "iam:ListUserPolicies",
    "iam:ListUsers",
    "kms:ListAliases",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "redshift:DescribeClusters",
    "route53:ListHostedZones",
    "route53domains:ListDomains",
    "s3:ListBuckets",
    "secretsmanager:ListSecrets",
    "ses:GetSendQuota",
    "ses:ListIdentities",
    "sns:GetSMSAttributes",
    "sns:ListTopics",
    "sqs:ListQueues",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeParameters",
    "sts:GetSessionToken",
];

/// Whether enumeration begins with this call.
pub(super) fn is_reconnaissance(action: &str) -> bool {
    RECONNAISSANCE.binary_search(&action).is_ok()
}

/// Prefixes of operations that read or list without changing anything.
const LOOKING: [&str; 8] =
    ["List", "Describe", "Get", "Search", "Lookup", "BatchGet", "Head", "Scan"];

/// Whether an operation reads or lists without changing anything, by its name.
pub fn is_looking(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    LOOKING.iter().any(|start| name.starts_with(start))
}

/// Services that control who may do what.
const PERMISSIONS: [&str; 6] =
    ["iam:", "sts:", "organizations:", "sso:", "identitystore:", "access-analyzer:"];

/// Whether a reading operation asks who may do what.
pub(super) fn asks_about_permissions(action: &str) -> bool {
    PERMISSIONS.iter().any(|service| action.starts_with(service))
}

/// Operations that return stored data: objects, items, messages, secrets, code. A `*` at the end
/// stands for any ending.
const DATA_READS: [&str; 44] = [
    "athena:GetQueryResults",
    "batch:DescribeJobs",
    "codecommit:GetBlob",
    "codecommit:GetFile",
    "codecommit:GitPull",
    "docdb-elastic:GetClusterSnapshot",
    "dynamodb:BatchGetItem",
    "dynamodb:ExecuteStatement",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ebs:GetSnapshotBlock",
    "ec2:GetConsoleOutput",
    "ec2:GetPasswordData",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "glue:GetConnection*",
    "kinesis:GetRecords",
    "kms:Decrypt",
    "lambda:GetFunction",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetQueryResults",
    "logs:StartQuery",
    "rds-data:BatchExecuteStatement",
    "rds-data:ExecuteStatement",
    "redshift-data:ExecuteStatement",
    "redshift-data:GetStatementResult",
    "redshift:GetClusterCredentials",
    "s3:GetObject*",
    "s3:HeadObject",
    "s3:SelectObjectContent",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "support:DescribeCases",
    "timestream:Select",
    "workdocs:GetDocument*",
];

/// Operations that assume or pass a role.
const ROLE_ACTIONS: [&str; 5] = [
    "iam:PassRole",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoot",
];

/// Whether an operation's target opens something else, or is data itself.
pub(super) fn is_opening(action: &str) -> bool {
    ROLE_ACTIONS.contains(&action) || reads_data(action)
}

/// Whether an operation destroys what it names.
pub(super) fn is_destroying(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    ["Delete", "Terminate", "BatchDelete", "Purge"].iter().any(|start| name.starts_with(start))
}

/// Whether an operation returns stored data.
pub(super) fn reads_data(action: &str) -> bool {
    DATA_READS.iter().any(|name| match name.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => *name == action,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_words_of_their_own() {
        for (agent, expected) in [
            ("aws-cli/2.9 Python/3.11 Linux/6.1.0-kali5-amd64", true),
            ("Boto3/1.26 md/distrib#kali.2023", true),
            ("TruffleHog", true),
            ("stratus-red-team_39f95f43", true),
            ("alkaline/1.0", false),
            ("impacus/1.0", false),
            ("aws-cli/2.15.0", false),
        ] {
            assert_eq!(tool_in_agent(agent).is_some(), expected, "{agent}");
        }
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(RECONNAISSANCE.is_sorted());
        assert!(is_reconnaissance("iam:ListUsers") && !is_reconnaissance("s3:PutObject"));
    }
}
