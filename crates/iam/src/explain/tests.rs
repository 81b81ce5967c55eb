//! Explanations of texts, and the remarks that come with them.

use super::*;
use crate::denial::{DenialEffect, DenialLayer};
use crate::steps::assert_linear;

const USER: &str = "arn:aws:iam::111122223333:user/carol";

fn of(text: &str) -> DenialExplanation {
    explain_text(text).unwrap()
}

#[test]
fn a_pasted_error_with_broken_lines_and_a_frame() {
    let said = of(
        "│ Error: creating Lambda Function: operation error Lambda: CreateFunction, https response error StatusCode: 403, api error AccessDeniedException: User:\n│ arn:aws:sts::111122223333:assumed-role/ci/run is not authorized to perform:\n│ lambda:CreateFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:resize because no identity-based policy allows the\n│ lambda:CreateFunction action",
    );
    assert_eq!(said.action.as_deref(), Some("lambda:CreateFunction"));
    assert_eq!(said.principal.as_deref(), Some("arn:aws:iam::111122223333:role/ci"));
    assert_eq!(
        said.resource.as_deref(),
        Some("arn:aws:lambda:eu-west-1:111122223333:function:resize")
    );
    assert_eq!(said.why, "no identity-based policy allows it (implicit; from AWS's message)");
    assert!(said.attach_to.unwrap().contains("its path is unknown"));
    assert!(said.next.contains(&"iam:PassRole".to_owned()));
}

#[test]
fn an_sdks_wrapper_tells_the_operation() {
    let said = of(
        "An error occurred (AccessDenied) when calling the DeleteRole operation: User: arn:aws:iam::111122223333:user/carol is not authorized to perform: iam:DeleteRole on resource: role Ops with an explicit deny in a service control policy",
    );
    assert_eq!(said.resource.as_deref(), Some("arn:aws:iam::111122223333:role/Ops"));
    assert_eq!((said.layer, said.suggestion), (DenialLayer::Scp, None));
    assert!(said.decided_by.unwrap().contains("organization"));
}

#[test]
fn without_account_and_region_nothing_is_granted() {
    let said = of(
        "User: *** is not authorized to perform: secretsmanager:GetSecretValue on resource: PagerKey because no identity-based policy allows the secretsmanager:GetSecretValue action",
    );
    assert_eq!(said.suggestion, None);
    assert!(said.notes.iter().any(|note| note.contains("account and region")), "{:?}", said.notes);
}

#[test]
fn what_says_nothing_is_not_explained() {
    for text in ["", "segmentation fault", "Zugriff verweigert", "{\"a\": 1}", &"x".repeat(200_000)]
    {
        assert_eq!(explain_text(text), None);
    }
}

#[test]
fn a_decoded_message() {
    let text = r#"{"DecodedMessage": "{\"allowed\":false,\"explicitDeny\":false,\"matchedStatements\":{\"items\":[]},\"failures\":{\"items\":[]},\"context\":{\"principal\":{\"id\":\"AIDA\",\"arn\":\"arn:aws:iam::111122223333:user/carol\"},\"action\":\"ec2:StopInstances\",\"resource\":\"arn:aws:ec2:eu-west-1:111122223333:instance/i-0a\",\"conditions\":{\"items\":[]}}}"}"#;
    let said = of(text);
    assert_eq!(said.principal.as_deref(), Some(USER));
    assert_eq!(said.effect, DenialEffect::Implicit);
    let grant = said.suggestion.unwrap();
    assert_eq!(grant.resources, ["arn:aws:ec2:eu-west-1:111122223333:instance/i-0a"]);
    let denied = of(&text.replace("explicitDeny\\\":false", "explicitDeny\\\":true"));
    assert_eq!((denied.effect, denied.suggestion), (DenialEffect::Explicit, None));
}

#[test]
fn a_cut_message_says_where_the_whole_one_is() {
    let text = format!(
        "You are not authorized to perform this operation. Encoded authorization failure message: {}...",
        "a".repeat(1_200)
    );
    let said = of(&text);
    assert_eq!(said.encoded, None);
    assert!(said.notes.iter().any(|note| note.contains("client's copy")), "{:?}", said.notes);
}

#[test]
fn a_quarantined_user_is_an_incident() {
    let said = of(&format!(
        "User: {USER} is not authorized to perform: ec2:RunInstances with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3."
    ));
    assert_eq!((said.verdict, said.suggestion), (DenialVerdict::Incident, None));
    assert_eq!(
        said.policy_arn.as_deref(),
        Some("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3")
    );
}

#[test]
fn what_raises_privileges_is_not_offered() {
    for action in [
        "iam:AttachUserPolicy",
        "iam:CreateAccessKey",
        "cloudtrail:DeleteTrail",
        "s3:PutBucketPolicy",
        "guardduty:DeleteDetector",
    ] {
        let said = of(&format!(
            "User: {USER} is not authorized to perform: {action} because no identity-based policy allows the {action} action"
        ));
        assert_eq!(
            (said.verdict, said.suggestion, said.attach_to),
            (DenialVerdict::Suspicious, None, None),
            "{action}"
        );
        assert_eq!(said.decided_by.as_deref(), Some(why::SECURITY));
    }
}

#[test]
fn a_star_in_a_key_grants_that_key_alone() {
    let said = of(&format!(
        "User: {USER} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/*\" because no identity-based policy allows the s3:GetObject action"
    ));
    assert_eq!(said.suggestion.unwrap().resources, ["arn:aws:s3:::b/${*}"]);
}

#[test]
fn a_hostile_caller_gets_nothing() {
    let mut said = of(&format!(
        "User: {USER} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
    ));
    assert!(said.suggestion.is_some());
    said.withhold_grant("the caller looks hostile");
    assert_eq!(
        (said.suggestion, said.attach_to, said.verdict),
        (None, None, DenialVerdict::Suspicious)
    );
}

#[test]
fn what_is_pasted_is_read_whatever_is_around_it() {
    let said = "User: arn:aws:sts::222233334444:assumed-role/post/s is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:222233334444:parcels";
    let reason = "because no identity-based policy allows the sqs:SendMessage action";
    let texts = [
        format!("\u{1b}[31mError:\u{1b}[0m {said} {reason}"),
        format!(
            "{{\"level\":\"error\",\"error\":\"AccessDenied: {said} {reason}\\n\\tstatus code: 403\"}}"
        ),
        format!("{{\"Cause\":\"{{\\\"errorMessage\\\":\\\"{said} {reason}\\\"}}\"}}"),
        format!("<Error><Message>{said} {reason}</Message></Error>"),
        format!(
            "2026-11-19T07:12:44.1Z npm ERR!\n2026-11-19T07:12:44.2Z {said}\n2026-11-19T07:12:44.3Z {reason}"
        ),
        format!(
            "Resource handler returned message: \"{said} {reason} (Service: Sqs, Status Code: 403, Request ID: 1)\" (HandlerErrorCode: AccessDenied)"
        ),
        format!(
            "failed: {said} {reason}. Then: User: x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::222233334444:role/y"
        ),
    ];
    for text in texts {
        let told = of(&text);
        assert_eq!(told.action.as_deref(), Some("sqs:SendMessage"), "{text}");
        assert_eq!(
            told.resource.as_deref(),
            Some("arn:aws:sqs:eu-west-1:222233334444:parcels"),
            "{text}"
        );
        assert_eq!(
            (told.layer, told.effect),
            (DenialLayer::Identity, DenialEffect::Implicit),
            "{text}"
        );
        assert_eq!(told.principal.as_deref(), Some("arn:aws:iam::222233334444:role/post"));
    }
}

#[test]
fn bare_errors_are_told_by_the_call() {
    // Text, action, resource.
    let rows = [
        (
            "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
            Some("s3:ListAllMyBuckets"),
            Some("*"),
        ),
        (
            "upload failed: ./a to s3://parcels/a An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
            Some("s3:PutObject"),
            Some("arn:aws:s3:::parcels/a"),
        ),
        (
            "operation error Elastic Load Balancing v2: DescribeTags, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: no",
            Some("elasticloadbalancing:DescribeTags"),
            None,
        ),
        (
            "An error occurred (AccessDeniedException) when calling the DescribeOrganization operation: You don't have permissions to access this resource.",
            Some("organizations:DescribeOrganization"),
            Some("*"),
        ),
        (
            "Access to the resource https://sqs.eu-west-1.amazonaws.com/222233334444/parcels is denied.",
            None,
            None,
        ),
        (
            "current credentials could not be used to assume 'arn:aws:iam::222233334444:role/deploy', but are for the right account. Proceeding anyway.",
            Some("sts:AssumeRole"),
            Some("arn:aws:iam::222233334444:role/deploy"),
        ),
        ("You are not authorized to perform this operation.", None, None),
    ];
    for (text, action, resource) in rows {
        let told = of(text);
        assert_eq!(
            (told.layer, told.effect),
            (DenialLayer::Unknown, DenialEffect::Unknown),
            "{text}"
        );
        assert_eq!(told.action.as_deref(), action, "{text}");
        if resource.is_some() {
            assert_eq!(told.resource.as_deref(), resource, "{text}");
        }
    }
    let throttled = of(
        "An error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 4): Rate exceeded",
    );
    assert_eq!(
        (throttled.layer, throttled.why.as_str()),
        (DenialLayer::None, "nothing was denied")
    );
}

#[test]
fn an_encoded_message_is_offered_for_decoding() {
    let told = of(&format!(
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. Encoded authorization failure message: {}",
        "Ab-_".repeat(300)
    ));
    assert_eq!(told.action.as_deref(), Some("ec2:RunInstances"));
    assert_eq!(told.encoded.map(|encoded| encoded.len()), Some(1_200));
    assert!(told.notes.iter().any(|note| note.contains("--decode")), "{:?}", told.notes);
}

#[test]
fn masked_accounts_are_no_wildcards() {
    for account in ["***", "xxxxxxxxxxxx", "<account-id>"] {
        let told = of(&format!(
            "User: arn:aws:sts::{account}:assumed-role/post/s is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:{account}:parcels because no identity-based policy allows the sqs:SendMessage action"
        ));
        assert_eq!(told.suggestion, None, "{account}");
        assert!(told.notes.iter().any(|note| note.contains("masked")), "{:?}", told.notes);
    }
}

#[test]
fn what_is_masked_or_cut_is_no_resource_of_a_grant() {
    for zone in ["hostedzone/***", "hostedzone/Z01...", "hostedzone/…"] {
        let said = of(&format!(
            "User: {USER} is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::{zone} because no identity-based policy allows the route53:ChangeResourceRecordSets action"
        ));
        assert_eq!(said.resource, Some(format!("arn:aws:route53:::{zone}")));
        assert_eq!(said.suggestion, None);
        assert!(said.no_grant.is_some_and(|reason| reason.contains("masked or cut")));
    }
}

#[test]
fn clients_name_services_by_their_models_and_by_urls() {
    let cases = [
        (
            r#"Error executing "SendMessage" on "https://sqs.eu-west-1.amazonaws.com"; AWS HTTP error: Client error: `POST https://sqs.eu-west-1.amazonaws.com` resulted in a `403 Forbidden` response"#,
            "sqs:SendMessage",
            None,
        ),
        (
            r#"Error executing "GetItem" on "https://dynamodb.eu-west-1.amazonaws.com"; {"__type":"AccessDeniedException","Message":"User: arn:aws:iam::111122223333:user/carol is not a (truncated...)"#,
            "dynamodb:GetItem",
            None,
        ),
        (
            "operation error Timestream Query: DescribeScheduledQuery, https response error StatusCode: 403, api error AccessDeniedException: ",
            "timestream:DescribeScheduledQuery",
            None,
        ),
        (
            "When getting information for key 'in/a.csv' in bucket 'amzn-s3-demo-bucket': AWS Error ACCESS_DENIED during HeadObject operation: No response body.",
            "s3:GetObject",
            Some("arn:aws:s3:::amzn-s3-demo-bucket/in/a.csv"),
        ),
        (
            "When listing objects under key 'in' in bucket 'amzn-s3-demo-bucket': AWS Error ACCESS_DENIED during ListObjectsV2 operation: Access Denied",
            "s3:ListBucket",
            Some("arn:aws:s3:::amzn-s3-demo-bucket"),
        ),
        (
            "s3a://amzn-s3-demo-bucket/in: An error occurred (403) when calling the GetObject operation: Forbidden",
            "s3:GetObject",
            Some("arn:aws:s3:::amzn-s3-demo-bucket/in"),
        ),
    ];
    for (text, action, resource) in cases {
        let said = of(text);
        assert_eq!(said.action.as_deref(), Some(action), "{text}");
        assert_eq!(said.resource.as_deref(), resource, "{text}");
        assert_eq!(said.layer, DenialLayer::Unknown, "{text}");
    }
}

#[test]
fn services_that_name_no_action() {
    let cases = [
        (
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for amzn-s3-demo-bucket/resize.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
            Some("s3:GetObject"),
            Some("arn:aws:s3:::amzn-s3-demo-bucket/resize.zip"),
        ),
        (
            "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
            Some("ecr:BatchGetImage"),
            None,
        ),
        (
            "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/task' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions.",
            Some("sts:AssumeRole"),
            None,
        ),
        (
            "Error: reading S3 Bucket (amzn-s3-demo-bucket): Forbidden: Forbidden\n\tstatus code: 403, request id: 1, host id: 2",
            None,
            None,
        ),
        (
            "User: arn:aws:iam::111122223333:user/carol is not authorized to perform: **iot:``DescribeThing``** on resource: {{thing}}",
            Some("iot:DescribeThing"),
            Some("thing"),
        ),
    ];
    for (text, action, resource) in cases {
        let said = of(text);
        assert_eq!(said.action.as_deref(), action, "{text}");
        assert_eq!(said.resource.as_deref(), resource, "{text}");
        assert_eq!(
            (said.layer, said.effect),
            (DenialLayer::Unknown, DenialEffect::Unknown),
            "{text}"
        );
    }
}

#[test]
fn twice_the_paste_takes_twice_the_steps() {
    let line = format!("{}\n", "x".repeat(60));
    let shapes = [
        ("arn:aws:\n", 20_000),
        (&*line, 4_000),
        ("is not authorized to perform: a:B on resource: ", 4_000),
        ("\\\\\"", 50_000),
        ("[1m<<<&quot;", 20_000),
        ("\u{1b}[1;", 40_000),
        ("*a* **", 30_000),
        ("User: ", 30_000),
        ("AWS Error during ", 10_000),
    ];
    for (repeated, count) in shapes {
        assert_linear(
            repeated,
            count,
            |count| repeated.repeat(count),
            |text| {
                let _ = explain_text(text);
            },
        );
    }
}
