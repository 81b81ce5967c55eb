//! What CloudTrail logs and does not log, and what is seldom needed.

/// Actions that are checked within other calls, or that CloudTrail does not record under their
/// name.
///
/// Source: IAM user guide, "Pass a role": `PassRole` is not an API call and is not logged.
pub(super) const NOT_LOGGED: [&str; 9] = [
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:PutMetricData",
    "iam:PassRole",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// Actions that CloudTrail records as data events, which a trail must request.
///
/// Source: CloudTrail user guide, "Logging data events": by service, and the beginnings of names.
const DATA_EVENTS: [(&str, &[&str]); 16] = [
    (
        "s3",
        &[
            "GetObject",
            "PutObject",
            "DeleteObject",
            "AbortMultipartUpload",
            "ListBucketMultipartUploads",
            "ListMultipartUploadParts",
            "RestoreObject",
            "BypassGovernanceRetention",
            "ListBucket",
            "ReplicateObject",
            "ReplicateDelete",
        ],
    ),
    (
        "dynamodb",
        &[
            "GetItem",
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "BatchGetItem",
            "BatchWriteItem",
            "Query",
            "Scan",
            "ConditionCheckItem",
            "PartiQL",
            "GetRecords",
            "GetShardIterator",
        ],
    ),
    ("lambda", &["InvokeFunction", "InvokeAsync"]),
    ("sqs", &["SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"]),
    ("sns", &["Publish"]),
    ("kinesis", &["GetRecords", "PutRecord", "SubscribeToShard", "GetShardIterator"]),
    ("bedrock", &["InvokeModel", "InvokeAgent", "Retrieve", "ApplyGuardrail"]),
    (
        "cognito-identity",
        &["GetId", "GetCredentialsForIdentity", "GetOpenIdToken", "UnlinkIdentity"],
    ),
    ("ebs", &["GetSnapshotBlock", "ListSnapshotBlocks", "ListChangedBlocks", "PutSnapshotBlock"]),
    ("events", &["PutEvents"]),
    ("states", &["InvokeHTTPEndpoint"]),
    (
        "ssmmessages",
        &["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"],
    ),
    ("cloudfront-keyvaluestore", &["GetKey", "PutKey", "DeleteKey", "ListKeys", "UpdateKeys"]),
    ("execute-api", &["Invoke", "ManageConnections"]),
    ("qbusiness", &["Chat", "ChatSync"]),
    ("sagemaker", &["InvokeEndpoint", "GetRecord", "PutRecord", "DeleteRecord"]),
];

pub(super) fn is_data_event(action: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return false };
    // `s3:GetObject` and `s3:GetObjectTagging` are data events, and so is `s3:ListBucketVersions`;
    // `ListAllMyBuckets` is not.
    let rows = DATA_EVENTS.iter().filter(|(prefix, _)| *prefix == service);
    rows.flat_map(|(_, starts)| starts.iter()).any(|start| name.starts_with(start))
}

/// Whether an action is of a kind that is needed seldom but urgently: restoring, failing over,
/// rotating, renewing, ending.
pub(super) fn is_seldom(name: &str) -> bool {
    let signs = [
        "Restore", "Failover", "Rotate", "Renew", "Recover", "Rollback", "Cancel", "Disaster",
        "Reboot", "Replace", "Promote", "Import", "Export",
    ];
    signs.iter().any(|sign| name.contains(sign))
        || name.starts_with("Delete")
        || name.starts_with("Deregister")
}
