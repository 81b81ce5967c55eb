//! The checks of policies: every example of the table, whole policies, and hostile ones.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use aware_iam::catalogue::Catalogue;
use aware_iam::lint::{
    LintFinding, LintSeverity, PolicyType, all_checks, lint_policies, whole_example,
};

fn found(text: &str, of: Option<PolicyType>) -> Vec<LintFinding> {
    lint_policies(Catalogue::built_in(), text, of).lints
}

fn codes(text: &str, of: Option<PolicyType>) -> BTreeSet<&'static str> {
    found(text, of).iter().map(|lint| lint.code).collect()
}

#[test]
fn every_example_of_the_table_shows_its_check_and_no_other() {
    let mut wrong = Vec::new();
    for check in all_checks() {
        let of = check.of;
        if check.bad.starts_with('(') {
            continue;
        }
        let bad = codes(&whole_example(check.bad), of);
        if bad != BTreeSet::from([check.id]) {
            wrong.push(format!("{}: the bad example gives {bad:?}", check.id));
        }
        let good = found(&whole_example(check.good), of);
        if !good.is_empty() {
            let shown: Vec<String> = good.iter().map(LintFinding::to_string).collect();
            wrong.push(format!("{}: the good example gives {shown:#?}", check.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_unique_and_sentences_are_sentences() {
    let mut seen = BTreeSet::new();
    for check in all_checks() {
        assert!(seen.insert(check.id), "{} is there twice", check.id);
        assert!(check.finds.ends_with('.'), "{}", check.id);
        assert!(!check.fix.ends_with('.') && !check.fix.is_empty(), "{}", check.id);
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(check.id.chars().all(is_plain), "{}", check.id);
    }
    assert!(seen.len() > 130, "{}", seen.len());
}

fn statement(text: &str) -> String {
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{text}]}}")
}

/// What is found in a statement, as `severity[code]: what at path (hint: …)`.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let shown: Vec<String> =
        found(&statement(text), None).iter().map(LintFinding::to_string).collect();
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn unknown_actions_get_the_action_of_the_call_or_a_near_name() {
    check(
        r#"{"Effect":"Allow","Action":["s3:GetObjet","sqss:SendMessage","s3:HeadBucket","s3:DeleteBucketOwnershipControls","dynamodb:DeleteTabel"],"Resource":"*"}"#,
        &[
            "error[unknown-action]: unknown action `s3:GetObjet` at Statement[0].Action[0] (hint: did you mean `s3:GetObject`?)",
            "error[unknown-service]: unknown action `sqss:SendMessage` at Statement[0].Action[1] (hint: did you mean `sqs:SendMessage`?)",
            "error[unknown-action]: unknown action `s3:HeadBucket` at Statement[0].Action[2] (hint: `HeadBucket` is a call, and needs `s3:ListBucket`)",
            "error[unknown-action]: unknown action `s3:DeleteBucketOwnershipControls` at Statement[0].Action[3] (hint: `DeleteBucketOwnershipControls` is a call, and needs `s3:PutBucketOwnershipControls`)",
            "error[unknown-action]: unknown action `dynamodb:DeleteTabel` at Statement[0].Action[4] (hint: did you mean `dynamodb:DeleteTable`?)",
        ],
    );
}

#[test]
fn unknown_keys_and_variables_get_a_near_name() {
    check(
        r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":["arn:aws:s3:::home/${aws:user_id}/*","arn:aws:s3:::home/${AWS::AccountId}/*"],
            "Condition":{"StringEquals":{"aws:PrincipleTag/team":"${aws:UserID}"}}}"#,
        &[
            "error[unknown-variable]: unknown policy variable `${aws:user_id}` at Statement[0].Resource[0] (hint: did you mean `${aws:userid}`?)",
            "error[unknown-variable]: unknown policy variable `${AWS::AccountId}` at Statement[0].Resource[1] (hint: this looks like a template's placeholder: fill in the template first)",
            "error[unknown-global-key]: unknown global condition key `aws:PrincipleTag/team` at Statement[0].Condition.StringEquals.aws:PrincipleTag/team (hint: did you mean `aws:PrincipalTag/team`?)",
        ],
    );
}

#[test]
fn what_aws_itself_owns_is_not_judged() {
    for text in [
        r#"{"Effect":"Allow","Action":"cloudformation:CreateChangeSet","Resource":"arn:aws:cloudformation:eu-west-1:aws:transform/Include"}"#,
        r#"{"Effect":"Allow","Action":"iam:GetPolicy","Resource":"arn:aws:iam::aws:policy/ReadOnlyAccess"}"#,
        r#"{"Effect":"Allow","Action":"ssm:GetParameter","Resource":"arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest/*"}"#,
        r#"{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-v2"}"#,
        r#"{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/resizer:*"}"#,
        r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/*/GET/orders"}"#,
        r#"{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::receipts","arn:aws:s3:::receipts/${aws:userid}/*"]}"#,
    ] {
        check(text, &[]);
    }
}

#[test]
fn places_are_those_of_the_text() {
    let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": [\n        \"s3:GetObject\",\n        \"s3:GetObjet\"\n      ],\n      \"Resource\": \"arn:aws:s3:::receipts/*\"\n    }\n  ]\n}\n";
    let lints = found(text, None);
    assert_eq!((lints[0].line, lints[0].column), (8, 9));
    let broken = found("{\n \"Version\": 2012-10-17\n}", None);
    assert_eq!((broken[0].code, broken[0].line), ("json-syntax", 2));
}

#[test]
fn several_policies_in_one_text() {
    let good =
        statement(r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#);
    let bad = good.replace("GetObject", "GetObjet");
    for text in [
        format!("[{good},{bad}]"),
        format!("{good}\n{bad}"),
        format!("[{{\"PolicyDocument\":{good}}},{bad}]"),
    ] {
        let linted = lint_policies(Catalogue::built_in(), &text, None);
        assert_eq!(linted.policies, 2);
        assert_eq!(linted.lints[0].path, "[1].Statement[0].Action");
        assert_eq!(linted.lints.len(), 1);
    }
    let wrapped = format!("{{\"PolicyVersion\":{{\"Document\":{bad},\"VersionId\":\"v1\"}}}}");
    assert_eq!(found(&wrapped, None)[0].path, "Statement[0].Action");
}

#[test]
fn the_type_is_told_by_the_content_or_given() {
    let scp = statement(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    assert_eq!(codes(&scp, None), BTreeSet::from(["full-administration"]));
    assert_eq!(codes(&scp, Some(PolicyType::Scp)), BTreeSet::new());
    let rcp = statement(r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#);
    assert_eq!(codes(&rcp, Some(PolicyType::Rcp)), BTreeSet::new());
    assert_eq!(codes(&rcp, None), BTreeSet::from(["public-principal"]));
    let trust = statement(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["sts:AssumeRole","sts:TagSession"]}"#,
    );
    assert_eq!(codes(&trust, None), BTreeSet::new());
}

#[test]
fn full_administration_is_said_in_every_form() {
    for (actions, resource) in [
        (r#""*""#, r#""*""#),
        (r#""*:*""#, r#"["arn:aws:s3:::b/*","*"]"#),
        (r#"["s3:GetObject","*"]"#, r#""*""#),
    ] {
        let text =
            statement(&format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resource}}}"#));
        let lints = found(&text, None);
        assert!(
            lints.iter().any(|lint| lint.severity == LintSeverity::Security),
            "{text}: {lints:?}"
        );
    }
}

#[test]
fn hostile_texts_are_bounded_and_never_panic() {
    let many = |part: &str, n: usize| vec![part; n].join(",");
    let stars = many("\"*a*b*c*d*e*f*:*g*h*i*j*k*\"", 20_000);
    let conditions = many("\"aws:PrincipalTag/x\":\"${a${b${c\"", 10_000);
    let texts = [
        "[".repeat(200_000),
        "{\"a\":".repeat(100_000),
        format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)),
        statement(&format!(r#"{{"Effect":"Allow","Action":[{stars}],"Resource":"*"}}"#)),
        statement(&format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":[{stars}]}}"#)),
        statement(&format!(
            r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"StringLike":{{{conditions}}}}}}}"#
        )),
        statement(&many(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":{"AWS":"*"}}"#,
            8_000,
        )),
        statement(&many("{}", 100_000)),
        format!("{{{}}}", many("\"Statement\":[]", 20_000)),
        "\u{feff}".to_owned(),
        "{\"Version\":\"2012-10-17\",\"Statement\":\"\\u202e\\ud83d\"}".to_owned(),
        format!("\"{}\"", "a".repeat(900_000)),
        " ".repeat(2_000_000),
    ];
    for text in &texts {
        let linted = lint_policies(Catalogue::built_in(), text, None);
        assert!(!linted.lints.is_empty() && linted.lints.len() <= 1_001);
        for lint in &linted.lints {
            let length = lint.what.len() + lint.hint.len() + lint.path.len();
            assert!(length < 2_000, "{length} bytes in one finding");
        }
    }
    let all = lint_policies(Catalogue::built_in(), &texts[7], None);
    assert_eq!(all.lints.last().unwrap().code, "not-all-listed");
    let judged = lint_policies(Catalogue::built_in(), &texts[3], None);
    assert!(
        judged
            .lints
            .iter()
            .any(|lint| lint.code == "not-all-judged" || lint.code == "not-all-listed")
    );
}

/// Whether everybody being allowed is found in a bucket's policy under a condition.
fn is_public(condition: &str) -> bool {
    let text = statement(&format!(
        r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{condition}}}"#
    ));
    codes(&text, None).contains("public-principal")
}

#[test]
fn a_condition_that_everybody_meets_narrows_nothing() {
    for condition in [
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["0.0.0.0/2","64.0.0.0/2","10.0.0.0/8"]}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"::/1"}}"#,
        r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"StringNotEquals":{"aws:PrincipalAccount":"222233334444"}}"#,
        r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/reader"}}"#,
        r#"{"StringLike":{"aws:UserAgent":"our-client/*"}}"#,
        r#"{"Null":{"aws:PrincipalOrgID":"true"}}"#,
        r#"{"ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-1/"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true"},"StringNotEquals":{"aws:PrincipalAccount":"222233334444"}}"#,
    ] {
        assert!(is_public(condition), "{condition}");
    }
    for condition in [
        r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:PrincipalAccount":"222233334444"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]}}"#,
        r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#,
        r#"{"StringEquals":{"aws:SourceVpce":"vpce-0a1b2c3d"}}"#,
        r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::222233334444:role/reader-*"}}"#,
    ] {
        assert!(!is_public(condition), "{condition}");
    }
}

#[test]
fn a_bucket_s_action_on_objects_works_on_nothing() {
    let of = |resource: &str| {
        statement(&format!(
            r#"{{"Effect":"Allow","Action":"s3:ListBucket","Resource":{resource}}}"#
        ))
    };
    for resource in [r#""arn:aws:s3:::b/*""#, r#""arn:aws:s3:::b*/in/*""#] {
        assert!(codes(&of(resource), None).contains("resource-mismatch"), "{resource}");
    }
    for resource in [r#""arn:aws:s3:::b""#, r#""arn:aws:s3:::b*""#] {
        assert!(!codes(&of(resource), None).contains("resource-mismatch"), "{resource}");
    }
}

#[test]
fn what_aws_owns_has_no_account() {
    for (action, resource) in [
        (
            "bedrock:InvokeModel",
            "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0",
        ),
        (
            "bedrock:InvokeModel",
            "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0",
        ),
        ("ssm:SendCommand", "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"),
        (
            "ssm:StartAutomationExecution",
            "arn:aws:ssm:eu-west-1::automation-definition/AWS-RestartEC2Instance:$DEFAULT",
        ),
        ("securityhub:BatchImportFindings", "arn:aws:securityhub:eu-west-1::product/aws/guardduty"),
        (
            "ssm:GetParameter",
            "arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest/x",
        ),
    ] {
        let text = statement(&format!(
            r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#
        ));
        let lints = found(&text, None);
        let errors: Vec<_> =
            lints.iter().filter(|lint| lint.severity == LintSeverity::Error).collect();
        assert!(errors.is_empty(), "{resource}: {errors:?}");
    }
    let own =
        r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-1::jobs"}"#;
    assert!(codes(&statement(own), None).contains("no-account"));
}

#[test]
fn any_owner_s_repository_is_no_repository() {
    let trust = |claim: &str, value: &str| {
        statement(&format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringLike":{{"token.actions.githubusercontent.com:{claim}":"{value}"}}}}}}"#
        ))
    };
    for (claim, value, code) in [
        ("sub", "repo:*", "github-repository"),
        ("sub", "repo:exam*/site:*", "github-repository"),
        ("repository", "*/site", "github-repository"),
        ("sub", "*", "oidc-condition"),
        ("sub", "repo:example/*", "github-wildcard"),
    ] {
        assert!(codes(&trust(claim, value), None).contains(code), "{claim} {value}");
    }
}
