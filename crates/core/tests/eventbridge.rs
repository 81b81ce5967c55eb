//! Whose EventBridge events are believed.

#![allow(clippy::unwrap_used)]

use aware_core::envelope::{EnvelopeKind, open_body};
use serde_json::json;

#[test]
fn only_aws_itself_tells_of_calls() {
    for (source, is_believed) in [
        ("aws.iam", true),
        ("aws.s3", true),
        ("aws.partner/parcels.example/console", false),
        ("aws.partner", false),
        ("parcels.example", false),
        ("AWS.iam", false),
        ("aws", false),
        ("", false),
    ] {
        for kind in ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"] {
            let event = json!({"version": "0", "id": "e-1", "detail-type": kind, "source": source,
                "account": "222233334444", "detail": {"eventName": "ListUsers"}});
            let body = event.to_string();
            let opened = open_body(EnvelopeKind::Any, body.as_bytes());
            let counts = (opened.records.len(), opened.rejects.total_count());
            assert_eq!(counts, if is_believed { (1, 0) } else { (0, 1) }, "{source} {kind}");
        }
    }
}
