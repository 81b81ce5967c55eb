//! What will probably be denied next, once this is cured.

use crate::catalogue::ActionEntry;

/// The most companions to name.
const MAX_COMPANIONS: usize = 6;

/// Sequences of calls that workloads make; each call probably needs those that follow.
const SEQUENCES: [&[&str]; 12] = [
    &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    &[
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
    ],
    &["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"],
    &[
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
    ],
    &[
        "kinesis:DescribeStream",
        "kinesis:ListShards",
        "kinesis:GetShardIterator",
        "kinesis:GetRecords",
    ],
    &["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"],
    &["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"],
    &["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"],
    &["codebuild:StartBuild", "codebuild:BatchGetBuilds"],
    &[
        "cloudformation:CreateChangeSet",
        "cloudformation:DescribeChangeSet",
        "cloudformation:ExecuteChangeSet",
    ],
    &[
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ],
    &["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
];

/// Actions that a caller of this one usually needs as well: those that follow it in its sequence,
/// then those that AWS's reference lists as dependent. They are reported, but never granted
/// unasked.
pub fn likely_next(action: &str, entry: Option<&ActionEntry>) -> Vec<String> {
    let following = SEQUENCES.iter().filter_map(|sequence| {
        let at = sequence.iter().position(|name| *name == action)?;
        sequence.get(at + 1..)
    });
    let mut next: Vec<String> = following.flatten().map(|name| (*name).to_owned()).collect();
    let dependents = entry.map(|entry| entry.dependents.as_slice()).unwrap_or_default();
    for name in dependents {
        if name != action && !next.contains(name) {
            next.push(name.clone());
        }
    }
    next.truncate(MAX_COMPANIONS);
    next
}
