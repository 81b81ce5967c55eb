//! Texts of denials, and what they say.

use proptest::prelude::*;

use super::*;
use crate::steps::assert_linear;

mod added;

const USER: &str = "arn:aws:iam::111122223333:user/carol";

#[track_caller]
fn check(
    text: &str,
    action: &str,
    resource: Option<&str>,
    effect: DenialEffect,
    layer: DenialLayer,
) {
    let denial = parse_denial("AccessDenied", text);
    assert_eq!(denial.action, Some(action), "{text}");
    assert_eq!(denial.resource, resource, "{text}");
    assert_eq!((denial.effect, denial.layer), (effect, layer), "{text}");
}

/// Reasons, and what each says.
const REASONS: [(&str, DenialEffect, DenialLayer); 17] = [
    (
        "because no identity-based policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Identity,
    ),
    (
        "because no resource-based policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Resource,
    ),
    (
        "because no service control policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Scp,
    ),
    (
        "because no resource control policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Rcp,
    ),
    (
        "because no permissions boundary allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Boundary,
    ),
    (
        "because no session policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Session,
    ),
    (
        "because no VPC endpoint policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::VpcEndpoint,
    ),
    (
        "because no role trust policy allows the sns:Publish action",
        DenialEffect::Implicit,
        DenialLayer::Trust,
    ),
    (
        "with an explicit deny in an identity-based policy",
        DenialEffect::Explicit,
        DenialLayer::Identity,
    ),
    (
        "with an explicit deny in a resource-based policy",
        DenialEffect::Explicit,
        DenialLayer::Resource,
    ),
    (
        "with an explicit deny in a resource control policy",
        DenialEffect::Explicit,
        DenialLayer::Rcp,
    ),
    ("with an explicit deny in the role trust policy", DenialEffect::Explicit, DenialLayer::Trust),
    ("with an explicit deny in a sessions policy", DenialEffect::Explicit, DenialLayer::Session),
    (
        "with an explicit deny in a permissions boundary",
        DenialEffect::Explicit,
        DenialLayer::Boundary,
    ),
    (
        "with an explicit deny in a VPC endpoint policy",
        DenialEffect::Explicit,
        DenialLayer::VpcEndpoint,
    ),
    (
        "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
        DenialEffect::Explicit,
        DenialLayer::Scp,
    ),
    ("with an explicit deny", DenialEffect::Explicit, DenialLayer::Unknown),
];

#[test]
fn kinds_of_policies() {
    let topic = "arn:aws:sns:eu-west-1:111122223333:t.1";
    for (reason, effect, layer) in REASONS {
        for end in [
            "",
            ".",
            ". Encoded authorization failure message: abcd",
            " (Service: Sns, Status Code: 403)",
        ] {
            let text = format!(
                "User: {USER} is not authorized to perform: sns:Publish on resource: {topic} {reason}{end}"
            );
            check(&text, "sns:Publish", Some(topic), effect, layer);
            let text =
                format!("User: {USER} is not authorized to perform: sns:Publish {reason}{end}");
            check(&text, "sns:Publish", None, effect, layer);
        }
    }
}

#[test]
fn forms_of_the_sentence() {
    let cases = [
        (
            "User `arn:aws:iam::111122223333:user/carol' is not authorized to perform `ses:SendEmail' on resource `arn:aws:ses:eu-west-1:111122223333:identity/a.example'",
            "ses:SendEmail",
            Some("arn:aws:ses:eu-west-1:111122223333:identity/a.example"),
        ),
        (
            "User: arn:aws:iam::111122223333:user/carol is not authorized to perform [mobiletargeting:GetApps]",
            "mobiletargeting:GetApps",
            None,
        ),
        (
            "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/carol is not authorized to perform: ec2:StopInstances on resource: arn:aws:ec2:eu-west-1:111122223333:instance/*",
            "ec2:StopInstances",
            Some("arn:aws:ec2:eu-west-1:111122223333:instance/*"),
        ),
        (
            "You are not authorized to perform: athena:GetWorkGroup on the resource. Try again.",
            "athena:GetWorkGroup",
            None,
        ),
        (
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "sts:AssumeRoleWithWebIdentity",
            None,
        ),
        (
            "AccessDenied. User doesn't have permission to call ssm:GetParameters",
            "ssm:GetParameters",
            None,
        ),
        ("User is not authorized to perform: rds:ModifyDBInstance", "rds:ModifyDBInstance", None),
        (
            "User: x is not authorized to perform: cassandra:Select on the specified resource",
            "cassandra:Select",
            None,
        ),
        ("API: s3:PutBucketPolicy Access Denied", "s3:PutBucketPolicy", None),
    ];
    for (text, action, resource) in cases {
        check(text, action, resource, DenialEffect::Unknown, DenialLayer::Unknown);
    }
}

#[test]
fn the_consoles_form() {
    let text = "You don't have permission. User: arn:aws:iam::111122223333:user/carol Action: iam:ListUsers On resource(s): arn:aws:iam::111122223333:user/ Context: no identity-based policy allows the iam:ListUsers action";
    let denial = parse_pasted("", text);
    assert_eq!(denial.action, Some("iam:ListUsers"));
    assert_eq!(denial.resource, Some("arn:aws:iam::111122223333:user/"));
    assert_eq!((denial.effect, denial.layer), (DenialEffect::Implicit, DenialLayer::Identity));
}

#[test]
fn principals() {
    let cases = [
        (
            "User: arn:aws:sts::111122223333:assumed-role/ci/run-7 is not",
            Some("arn:aws:sts::111122223333:assumed-role/ci/run-7"),
        ),
        ("User with accountId: 111122223333 is not", Some("with accountId: 111122223333")),
        ("User: sns.amazonaws.com is not", Some("sns.amazonaws.com")),
        (
            "arn:aws:sts::111122223333:assumed-role/ci/run-7 is not",
            Some("arn:aws:sts::111122223333:assumed-role/ci/run-7"),
        ),
        ("User is not", None),
    ];
    for (start, expected) in cases {
        let text = format!("{start} authorized to perform: logs:PutLogEvents");
        assert_eq!(parse_denial("", &text).principal, expected, "{text}");
    }
}

#[test]
fn resources_keep_their_dots_spaces_and_quotes() {
    let cases = [
        (
            "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo",
            "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo",
        ),
        ("\"arn:aws:s3:::my.bucket/a b. Encoded/c\"", "arn:aws:s3:::my.bucket/a b. Encoded/c"),
        ("\"arn:aws:s3:::b/say \"hi\".txt\"", "arn:aws:s3:::b/say \"hi\".txt"),
        ("\"arn:aws:s3:::b/folder/\"", "arn:aws:s3:::b/folder/"),
        ("role ops.admin", "role ops.admin"),
        ("*", "*"),
    ];
    for (written, expected) in cases {
        let text = format!(
            "User: {USER} is not authorized to perform: s3:GetObject on resource: {written} because no session policy allows the s3:GetObject action"
        );
        check(&text, "s3:GetObject", Some(expected), DenialEffect::Implicit, DenialLayer::Session);
    }
}

#[test]
fn a_callers_name_cannot_speak_for_aws() {
    let text = format!(
        "User: {USER} is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::b/x is not authorized to perform: iam:PassRole on resource: *\" because no identity-based policy allows the s3:GetObject action"
    );
    let denial = parse_denial("AccessDenied", &text);
    assert_eq!(denial.action, Some("s3:GetObject"));
    assert_eq!(denial.layer, DenialLayer::Identity);
}

#[test]
fn policies_that_aws_names() {
    let scp = "arn:aws:organizations::444455556666:policy/o-abc/service_control_policy/p-xyz";
    for end in
        ["", ".", ". Encoded authorization failure message: abcd", " (Guard).", ". Go to https://x"]
    {
        let text = format!(
            "User: {USER} is not authorized to perform: sns:Publish with an explicit deny in a service control policy: {scp}{end}"
        );
        let denial = parse_denial("AccessDenied", &text);
        assert_eq!((denial.policy_arn, denial.layer), (Some(scp), DenialLayer::Scp), "{text}");
    }
}

#[test]
fn what_is_no_policys_doing() {
    let cases = [
        ("AccessDenied", "IAM user access not activated", NonIamRefusal::Billing),
        (
            "AccessDeniedException",
            "Insufficient Lake Formation permission(s): Required Select on orders",
            NonIamRefusal::LakeFormation,
        ),
        ("OptInRequired", "You are not subscribed to this service.", NonIamRefusal::OptIn),
        ("AccessDenied", "Cross-account pass role is not allowed.", NonIamRefusal::ServiceRule),
        (
            "AccessDenied",
            "User: x is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::b\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            NonIamRefusal::BlockPublicAccess,
        ),
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            NonIamRefusal::Credentials,
        ),
        ("", "Failed authentication", NonIamRefusal::Credentials),
        ("Client.AuthFailure", "Not authorized for images: [ami-0a]", NonIamRefusal::NotShared),
        (
            "Client.DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
            NonIamRefusal::DryRun,
        ),
    ];
    for (code, text, refusal) in cases {
        let denial = parse_denial(code, text);
        assert_eq!(denial.refusal, Some(refusal), "{text}");
        assert_eq!(denial.effect, DenialEffect::None, "{text}");
    }
}

#[test]
fn a_vpc_endpoint_and_a_key() {
    let denial =
        parse_denial("VpceAccessDenied", "The request was denied due to a VPC endpoint policy");
    assert_eq!((denial.layer, denial.effect), (DenialLayer::VpcEndpoint, DenialEffect::Either));
    let text = format!(
        "User: {USER} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    );
    check(&text, "kms:Decrypt", None, DenialEffect::Unknown, DenialLayer::ResourceOrMissing);
}

#[test]
fn twice_the_text_takes_twice_the_steps() {
    let opening =
        format!("User: {USER} is not authorized to perform: s3:GetObject on resource: \"");
    let unquoted = opening.trim_end_matches('"');
    let shapes = [
        ("", "is not authorized to perform: "),
        ("", "is not authorized to perform: the "),
        ("", "authorized to perform    "),
        ("is not authorized to perform: ", "the action "),
        (&*opening, "\" because"),
        (&*opening, "\" with an explicit deny in a arn:"),
        (unquoted, "<"),
        ("", "User: "),
        ("", "https://"),
        ("", "AWSServiceRoleForAmazonEKS "),
        ("", "'\"`"),
        ("", "é"),
    ];
    for (opening, repeated) in shapes {
        let text = |count| format!("{opening}{}", repeated.repeat(count));
        let count = 100_000 / repeated.len();
        assert_linear(&format!("logged {opening}{repeated}"), count, text, |text| {
            parse_denial("AccessDenied", text);
        });
        assert_linear(&format!("pasted {opening}{repeated}"), count, text, |text| {
            parse_pasted("AccessDenied", text);
        });
    }
}

proptest! {
    #[test]
    fn nothing_panics(code in "[A-Za-z.]{0,20}", text in ".{0,300}", tail in ".{0,80}") {
        parse_denial(&code, &text);
        let near = format!("User: {text} is not authorized to perform: a:{tail} on resource: \"{text}\" with an explicit deny in a{tail}");
        parse_denial(&code, &near);
    }

    #[test]
    fn any_key_of_s3_is_kept_whole(key in "[ -~]{1,60}") {
        let resource = format!("arn:aws:s3:::b/{key}");
        let text = format!("User: {USER} is not authorized to perform: s3:GetObject on resource: \"{resource}\" because no identity-based policy allows the s3:GetObject action");
        prop_assert_eq!(parse_denial("", &text).resource, Some(resource.as_str()));
    }
}

#[test]
fn reasons_that_were_cut() {
    let cases = [
        ("because no identity-ba", DenialLayer::Identity),
        ("because no resource-based pol...", DenialLayer::Resource),
        ("because no service control policy al (truncated...)", DenialLayer::Scp),
        ("because no permissions bo…", DenialLayer::Boundary),
        ("because noresource-based policy allows the sns:Publish action", DenialLayer::Resource),
        ("because no ident", DenialLayer::Unknown),
        ("because no new-kind policy allows the sns:Publish action", DenialLayer::Unknown),
    ];
    for (reason, layer) in cases {
        let text = format!(
            "User: {USER} is not authorized to perform: sns:Publish on resource: arn:aws:sns:eu-west-1:111122223333:t {reason}"
        );
        let denial = parse_denial("AccessDenied", &text);
        assert_eq!(denial.layer, layer, "{text}");
        assert_eq!(
            denial.effect == DenialEffect::Implicit,
            layer != DenialLayer::Unknown,
            "{text}"
        );
    }
}

#[test]
fn other_systems_refusals() {
    let cases = [
        "pods is forbidden: User system:anonymous cannot list resource pods",
        "Access denied for user 'app'@'192.0.2.1' (using password: YES)",
        "User 'mia' is not authorized to load table 'a.b'",
    ];
    for text in cases {
        let denial = parse_pasted("", text);
        assert_eq!(
            (denial.effect, denial.layer),
            (DenialEffect::None, DenialLayer::NotIam),
            "{text}"
        );
    }
    let denial = parse_pasted("", "error: You must be logged in to the server (Unauthorized)");
    assert_eq!(denial.layer, DenialLayer::Authentication);
}
