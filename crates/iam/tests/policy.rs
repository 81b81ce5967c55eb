//! Policies: what is refused and why, who decides, and what is written.

#![allow(clippy::unwrap_used)]

use aware_iam::policy::{
    EvaluationLayer, NamedPolicy, Policy, PolicyFormat, PolicyRequest, RequestCaller,
    RequestContext, RequestPolicies, RequestVerdict, evaluate_request, render_policies,
};

const BUCKET: &str = "arn:aws:s3:::b/k";
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}"#;
const DENY: &str = r#"{"Statement":[{"Sid":"No","Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
const FULL: &str = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

fn named(name: &str, text: &str) -> NamedPolicy {
    NamedPolicy { name: name.to_owned(), policy: Policy::parse(text).unwrap() }
}

fn request() -> PolicyRequest {
    let caller = RequestCaller {
        arn: Some("arn:aws:iam::111122223333:role/app".to_owned()),
        account: Some("111122223333".to_owned()),
        ..RequestCaller::default()
    };
    PolicyRequest { caller, ..PolicyRequest::new("s3:getobject", BUCKET) }
}

fn identity(text: &str) -> RequestPolicies {
    RequestPolicies { identity: vec![named("inline", text)], ..RequestPolicies::default() }
}

#[test]
fn problems_say_what_where_and_how_to_mend_it() {
    let cases = [
        (
            "",
            "policy is not JSON: EOF while parsing a value at line 1 column 0 (hint: the file is empty)",
        ),
        (
            "Version: 2012-10-17\nStatement:\n- Effect: Allow",
            "policy is not JSON: expected value at line 1 column 1 (hint: this looks like YAML; AWS accepts policies only as JSON)",
        ),
        ("[]", "a list instead of an object at the top (hint: `{…}`)"),
        (
            "{}",
            "no `Statement` at the top (hint: a policy is an object with `Version` and `Statement`)",
        ),
        (
            r#"{"Version":"2020-01-01","Statement":[]}"#,
            "unknown version `2020-01-01` at Version (hint: one of `2012-10-17`, `2008-10-17`; it is the language's version, not the policy's)",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Actions":"s3:*","Resource":"*"}]}"#,
            "unknown element `Actions` at Statement[0] (hint: did you mean `Action`?)",
        ),
        (
            r#"{"Statement":[{"Effect":"allow","Action":"s3:*","Resource":"*"}]}"#,
            "unknown effect `allow` at Statement[0].Effect (hint: `Allow` or `Deny`, in exactly this case)",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}"#,
            "`GetObject` is not an action at Statement[0].Action (hint: `service:Name`, such as `s3:GetObject`)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":["*","bucket"]}}"#,
            "`bucket` is not an ARN at Statement.Resource (hint: a bucket is `arn:aws:s3:::bucket`)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*"}}"#,
            "no `Resource` at Statement (hint: an ARN, or `*`)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","NotAction":"s3:x","Resource":"*"}}"#,
            "`Action` and `NotAction` in one statement at Statement (hint: split it into two statements)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":7,"Resource":"*"}}"#,
            "a number instead of a string at Statement.Action (hint: `\"…\"`)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Action":"x:y","Resource":"*"}}"#,
            "policy is not JSON: `Action` occurs twice at line 1 column 55 (hint: a policy is an object with `Version` and `Statement`)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"a":"b"}}}}"#,
            "unknown condition operator `StringEqual` at Statement.Condition.StringEqual (hint: did you mean `StringEquals`?)",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"me","Action":"s3:*","Resource":"*"}}"#,
            "`me` is not a principal at Statement.Principal (hint: `{\"AWS\": \"me\"}`)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Policy::parse(text).unwrap_err().to_string(), expected, "{text}");
    }
    let long = " ".repeat(300_000);
    assert!(Policy::parse(&long).unwrap_err().to_string().contains("over the limit"));
}

#[test]
fn what_the_command_line_prints_around_a_policy_is_taken_off() {
    let plain = Policy::parse(ALLOW).unwrap();
    for (before, after) in [
        ("{\"PolicyVersion\":{\"Document\":", ",\"VersionId\":\"v1\"}}"),
        ("{\"PolicyDocument\":", "}"),
    ] {
        assert_eq!(Policy::parse(&format!("{before}{ALLOW}{after}")).unwrap(), plain);
    }
}

#[test]
fn an_explicit_deny_anywhere_wins() {
    let layers = RequestPolicies { boundary: Some(named("boundary", DENY)), ..identity(FULL) };
    let decision = evaluate_request(&layers, &request());
    assert_eq!(
        (decision.verdict, decision.layer),
        (RequestVerdict::ExplicitDeny, EvaluationLayer::Boundary)
    );
    let by = decision.by.unwrap();
    assert_eq!((by.policy.as_str(), by.statement, by.sid.as_deref()), ("boundary", 0, Some("No")));
}

#[test]
fn every_layer_must_allow() {
    let other = r#"{"Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}"#;
    let check = |layers: &RequestPolicies, verdict, layer| {
        let decision = evaluate_request(layers, &request());
        assert_eq!((decision.verdict, decision.layer), (verdict, layer));
    };
    check(&identity(ALLOW), RequestVerdict::Allowed, EvaluationLayer::Identity);
    check(&identity(other), RequestVerdict::ImplicitDeny, EvaluationLayer::Identity);
    let scps = Some(vec![vec![named("root", FULL)], vec![named("unit", other)]]);
    check(
        &RequestPolicies { scps, ..identity(ALLOW) },
        RequestVerdict::ImplicitDeny,
        EvaluationLayer::Scp,
    );
    let boundary = Some(named("boundary", other));
    check(
        &RequestPolicies { boundary, ..identity(ALLOW) },
        RequestVerdict::ImplicitDeny,
        EvaluationLayer::Boundary,
    );
    let session = Some(vec![named("session", other)]);
    check(
        &RequestPolicies { session, ..identity(ALLOW) },
        RequestVerdict::ImplicitDeny,
        EvaluationLayer::Session,
    );
    let rcps = Some(vec![vec![named("rcp", other)]]);
    check(
        &RequestPolicies { rcps, ..identity(ALLOW) },
        RequestVerdict::ImplicitDeny,
        EvaluationLayer::Rcp,
    );
}

#[test]
fn a_resource_policy_for_the_role_suffices_and_one_for_the_account_does_not() {
    let policy = |principal: &str| {
        named(
            "bucket policy",
            &format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}]}}"#
            ),
        )
    };
    for (principal, verdict) in [
        ("arn:aws:iam::111122223333:role/app", RequestVerdict::Allowed),
        ("*", RequestVerdict::Allowed),
        ("111122223333", RequestVerdict::ImplicitDeny),
        ("arn:aws:iam::111122223333:root", RequestVerdict::ImplicitDeny),
        ("arn:aws:iam::111122223333:role/other", RequestVerdict::ImplicitDeny),
    ] {
        let layers =
            RequestPolicies { resource: Some(policy(principal)), ..RequestPolicies::default() };
        assert_eq!(evaluate_request(&layers, &request()).verdict, verdict, "{principal}");
    }
}

#[test]
fn between_accounts_both_sides_must_allow() {
    let key = "arn:aws:kms:eu-west-1:444455556666:key/k";
    let allow = r#"{"Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}"#;
    let key_policy = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:Decrypt","Resource":"*"}]}"#;
    let request =
        PolicyRequest { caller: request().caller, ..PolicyRequest::new("kms:Decrypt", key) };
    let both = RequestPolicies { resource: Some(named("key", key_policy)), ..identity(allow) };
    assert_eq!(evaluate_request(&both, &request).verdict, RequestVerdict::Allowed);
    let one = RequestPolicies { resource: Some(named("key", key_policy)), ..identity(ALLOW) };
    assert_eq!(evaluate_request(&one, &request).verdict, RequestVerdict::ImplicitDeny);
}

#[test]
fn a_condition_on_what_is_not_known_is_never_an_allow() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}]}"#;
    assert_eq!(evaluate_request(&identity(text), &request()).verdict, RequestVerdict::Unknown);
    let known = |value: &str| PolicyRequest {
        context: RequestContext::new().with_values("aws:securetransport", [value]),
        ..request()
    };
    assert_eq!(evaluate_request(&identity(text), &known("true")).verdict, RequestVerdict::Allowed);
    assert_eq!(
        evaluate_request(&identity(text), &known("false")).verdict,
        RequestVerdict::ImplicitDeny
    );
    let perhaps = text.replace("Allow", "Deny");
    let layers = RequestPolicies {
        identity: vec![named("a", FULL), named("b", &perhaps)],
        ..RequestPolicies::default()
    };
    assert_eq!(evaluate_request(&layers, &request()).verdict, RequestVerdict::Unknown);
}

#[test]
fn reading_what_was_written_gives_the_same_policy() {
    for text in [ALLOW, DENY, FULL] {
        let policy = Policy::parse(text).unwrap();
        let written =
            render_policies(std::slice::from_ref(&policy), PolicyFormat::Json, "role/app").unwrap();
        assert_eq!(Policy::parse(&written).unwrap(), policy);
    }
}

#[test]
fn every_format_escapes_what_an_attacker_names() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],
        "Resource":["arn:aws:s3:::b/${aws:username}/%{x}\"\\\n\u202e","arn:aws:s3:::b/\ud83d\ude00"],
        "Condition":{"StringLike":{"s3:prefix":["a/*"]},"Null":{"aws:TokenIssueTime":"false"}}}]}"#;
    let policies = [Policy::parse(text).unwrap()];
    for (name, format) in PolicyFormat::NAMES {
        let written = render_policies(&policies, format, "role/team/checkout-fn").unwrap();
        assert!(written.is_ascii(), "{name}");
        insta::assert_snapshot!(name, written);
    }
}

#[test]
fn a_reference_that_cloudformation_would_resolve_is_refused() {
    let text = ALLOW.replace("arn:aws:s3:::b/*", "arn:aws:s3:::b/{{resolve:ssm:x}}");
    let policies = [Policy::parse(&text).unwrap()];
    let error = render_policies(&policies, PolicyFormat::CloudFormation, "role/app").unwrap_err();
    assert!(error.to_string().contains("Statement[0]"), "{error}");
    assert!(render_policies(&policies, PolicyFormat::Hcl, "role/app").is_ok());
}
