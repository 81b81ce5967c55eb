//! Policies from what happened: enough for what was denied, and for nothing beyond it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use aware_cases::generate::{ActivityCollector, GeneratedPolicy, PolicyBasis, PolicyWish};
use aware_core::event::Event;
use aware_core::source::cloudtrail::decode_record;
use aware_iam::catalogue::Catalogue;
use aware_iam::policy::{
    NamedPolicy, Policy, PolicyFormat, PolicyRequest, RequestContext, RequestPolicies,
    RequestVerdict, evaluate_request, render_policies,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn event(minute: i64, action: &str, request: Value, refusal: Option<&str>) -> Event {
    let (service, name) = action.split_once(':').unwrap();
    let time = jiff::Timestamp::from_second(1_795_000_000 + minute * 60).unwrap();
    let mut record = json!({
        "eventTime": time.to_string(), "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "awsRegion": "eu-west-1", "eventType": "AwsApiCall", "recipientAccountId": "111122223333",
        "sourceIPAddress": "203.0.113.9", "userAgent": "aws-sdk-rust/1.3 exec-env/AWS_Lambda_x",
        "requestParameters": request,
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333", "arn": "arn:aws:sts::111122223333:assumed-role/app/s",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/app"}}},
    });
    if let Some(refusal) = refusal {
        record["errorCode"] = "AccessDeniedException".into();
        record["errorMessage"] = refusal.into();
    }
    decode_record(record.to_string().as_bytes()).unwrap()
}

fn implicit(action: &str, resource: &str) -> String {
    format!(
        "User: arn:aws:sts::111122223333:assumed-role/app/s is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
    )
}

fn generate(basis: PolicyBasis, events: &[Event], existing: Option<&Policy>) -> GeneratedPolicy {
    let existing =
        existing.map(|policy| NamedPolicy { name: "existing".to_owned(), policy: policy.clone() });
    let mut collector =
        ActivityCollector::new(Catalogue::built_in(), PolicyWish { basis, force: false });
    events.iter().for_each(|event| collector.add_event(event));
    collector.finish_policy(existing.as_slice())
}

fn verdict(
    policy: &Policy,
    action: &str,
    resource: &str,
    context: RequestContext,
) -> RequestVerdict {
    let named = NamedPolicy { name: "made".to_owned(), policy: policy.clone() };
    let layers = RequestPolicies { identity: vec![named], ..RequestPolicies::default() };
    evaluate_request(&layers, &PolicyRequest { context, ..PolicyRequest::new(action, resource) })
        .verdict
}

const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo";

#[test]
fn from_denials_only_what_an_identity_policy_lacks() {
    let boundary =
        implicit("sqs:SendMessage", QUEUE).replace("identity-based policy", "permissions boundary");
    let explicit = format!(
        "User: x is not authorized to perform: sqs:DeleteQueue on resource: {QUEUE} with an explicit deny in a service control policy"
    );
    let made = generate(
        PolicyBasis::Denials,
        &[
            event(
                0,
                "sqs:ReceiveMessage",
                Value::Null,
                Some(&implicit("sqs:receivemessage", QUEUE)),
            ),
            event(1, "sqs:SendMessage", Value::Null, Some(&boundary)),
            event(2, "sqs:DeleteQueue", Value::Null, Some(&explicit)),
            event(
                3,
                "cloudtrail:StopLogging",
                Value::Null,
                Some(&implicit(
                    "cloudtrail:StopLogging",
                    "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t",
                )),
            ),
        ],
        None,
    );
    let written =
        render_policies(std::slice::from_ref(&made.policy), PolicyFormat::Json, "role/app")
            .unwrap();
    insta::assert_snapshot!(written);
    let withheld: Vec<String> =
        made.withheld.iter().map(|w| format!("{}: {}", w.action, w.why)).collect();
    insta::assert_snapshot!(withheld.join("\n"));
}

#[test]
fn from_activity_what_went_through_and_the_roles_it_passed() {
    let lambda =
        json!({"functionName": "checkout", "role": "arn:aws:iam::111122223333:role/checkout-fn"});
    let made = generate(
        PolicyBasis::Activity,
        &[
            event(0, "lambda:CreateFunction", lambda, None),
            event(1, "logs:CreateLogGroup", json!({"logGroupName": "/aws/lambda/checkout"}), None),
            event(2, "sqs:SendMessage", Value::Null, Some(&implicit("sqs:SendMessage", QUEUE))),
            event(3, "ec2:DescribeInstances", Value::Null, None),
        ],
        None,
    );
    insta::assert_snapshot!(
        render_policies(std::slice::from_ref(&made.policy), PolicyFormat::Json, "role/app")
            .unwrap()
    );
}

#[test]
fn only_what_is_missing_from_an_existing_policy() {
    let existing = Policy::parse(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:eu-west-1:111122223333:*"}]}"#).unwrap();
    let made = generate(
        PolicyBasis::Denials,
        &[
            event(0, "sqs:SendMessage", Value::Null, Some(&implicit("sqs:SendMessage", QUEUE))),
            event(
                1,
                "sns:Publish",
                Value::Null,
                Some(&implicit("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:news")),
            ),
        ],
        Some(&existing),
    );
    assert_eq!(made.policy.statements.len(), 1);
    assert_eq!(made.already.len(), 1);
    assert_eq!(made.policy.statements[0].actions.patterns(), ["sns:Publish"]);
}

#[test]
fn who_looks_hostile_is_offered_nothing() {
    let actions = [
        "iam:ListUsers",
        "s3:ListBuckets",
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "kms:ListKeys",
        "rds:DescribeDBInstances",
        "sqs:ListQueues",
        "sns:ListTopics",
        "organizations:ListAccounts",
    ];
    let events: Vec<Event> = actions
        .iter()
        .zip(0..)
        .map(|(action, minute)| event(minute, action, Value::Null, Some(&implicit(action, "*"))))
        .collect();
    let made = generate(PolicyBasis::Denials, &events, None);
    assert!(made.policy.statements.is_empty(), "{:?}", made.policy);
    assert!(made.withheld.iter().all(|withheld| withheld.why.contains("exploring")));
}

fn resource() -> impl Strategy<Value = (&'static str, String)> {
    let name = "[a-z]{1,8}(/[a-z0-9]{1,3}(\\.[a-z]{1,3})?){0,3}";
    (
        prop::sample::select(vec![
            ("sqs:SendMessage", "arn:aws:sqs:R:111122223333:"),
            ("s3:GetObject", "arn:aws:s3:::bucket/"),
            ("dynamodb:PutItem", "arn:aws:dynamodb:R:111122223333:table/"),
            ("sns:Publish", "arn:aws:sns:R:111122223333:"),
            ("ssm:GetParameter", "arn:aws:ssm:R:111122223333:parameter/"),
            ("s3:PutObject", "arn:aws:s3:::bucket/"),
        ]),
        prop::sample::select(vec!["eu-west-1", "us-east-1"]),
        name,
    )
        .prop_map(|((action, stem), region, name)| {
            let name = if action.starts_with("s3") || action.starts_with("ssm") {
                name
            } else {
                name.replace('/', "-")
            };
            (action, format!("{}{name}", stem.replace(":R:", &format!(":{region}:"))))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn what_was_denied_is_allowed_and_nothing_beyond(denied in prop::collection::vec(resource(), 1..12)) {
        let mut events: Vec<Event> = denied.iter().zip(0..).map(|((action, resource), n)| {
            event(n * 600, action, Value::Null, Some(&implicit(action, resource)))
        }).collect();
        let made = generate(PolicyBasis::Denials, &events, None);
        for (action, resource) in &denied {
            prop_assert_eq!(verdict(&made.policy, action, resource, RequestContext::new()), RequestVerdict::Allowed, "{} {}", action, resource);
            let other = resource.replace("111122223333", "444455556666");
            if other != *resource {
                prop_assert_eq!(verdict(&made.policy, action, &other, RequestContext::new()), RequestVerdict::ImplicitDeny);
            }
            let elsewhere = resource.replace("eu-west-1", "ap-east-1").replace("us-east-1", "ap-east-1");
            if elsewhere != *resource {
                prop_assert_eq!(verdict(&made.policy, action, &elsewhere, RequestContext::new()), RequestVerdict::ImplicitDeny);
            }
            prop_assert_eq!(verdict(&made.policy, &format!("{action}X"), resource, RequestContext::new()), RequestVerdict::ImplicitDeny);
            prop_assert_eq!(verdict(&made.policy, action, &resource.replace("bucket/", "other/").replace("111122223333:", "111122223333:zz"), RequestContext::new()), RequestVerdict::ImplicitDeny);
        }
        events.reverse();
        prop_assert_eq!(generate(PolicyBasis::Denials, &events, None).policy, made.policy);
    }
}

#[test]
fn what_has_no_known_action_is_counted_and_named() {
    let events: Vec<Event> = (0..3)
        .map(|minute| event(minute, "futureservice:MakeIt", json!({"name": "x"}), None))
        .chain([event(9, "dynamodb:ExecuteStatement", json!({"statement": "***"}), None)])
        .collect();
    let made = generate(PolicyBasis::Activity, &events, None);
    assert!(made.policy.statements.is_empty());
    let named: Vec<(&str, u64)> =
        made.unmapped.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(named, [("dynamodb:ExecuteStatement", 1), ("futureservice:MakeIt", 3)]);
}

#[test]
fn conditions_bind_roles_and_keys_to_who_uses_them() {
    let role = "arn:aws:iam::111122223333:role/watch";
    let mut key =
        event(1, "kms:Decrypt", json!({"keyId": "arn:aws:kms:eu-west-1:111122223333:key/k"}), None);
    key.principal.invoked_by = Some("s3.amazonaws.com".to_owned());
    let mut within =
        event(2, "kms:Encrypt", json!({"keyId": "arn:aws:kms:eu-west-1:111122223333:key/k"}), None);
    within.principal.invoked_by = Some("inner-frontend.amazonaws.com".to_owned());
    let made = generate(
        PolicyBasis::Activity,
        &[
            event(
                0,
                "rds:ModifyDBInstance",
                json!({"dBInstanceIdentifier": "db", "monitoringRoleArn": role}),
                None,
            ),
            key,
            within,
            event(
                3,
                "iam:CreateServiceLinkedRole",
                json!({"awsServiceName": "ecs.amazonaws.com"}),
                None,
            ),
        ],
        None,
    );
    let conditions: Vec<(String, String)> = made
        .policy
        .statements
        .iter()
        .flat_map(|one| {
            one.conditions
                .iter()
                .map(|condition| (one.actions.patterns()[0].clone(), condition.values.join(",")))
        })
        .collect();
    let expected = [
        ("kms:Decrypt", "s3.eu-west-1.amazonaws.com"),
        ("iam:CreateServiceLinkedRole", "ecs.amazonaws.com"),
        ("iam:PassRole", "monitoring.rds.amazonaws.com"),
    ];
    let mut expected: Vec<(String, String)> =
        expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let mut conditions = conditions;
    conditions.sort();
    expected.sort();
    assert_eq!(conditions, expected);
}

#[test]
fn few_names_are_never_put_together() {
    let read = |n: i64| {
        event(n, "s3:GetObject", json!({"bucketName": "b", "key": format!("in/{n}")}), None)
    };
    let events: Vec<Event> = (0..5).map(read).collect();
    let made = generate(PolicyBasis::Activity, &events, None);
    let resources = made.policy.statements[0].resources.as_ref().unwrap().patterns();
    assert_eq!(resources.len(), 5, "{resources:?}");
}
