//! Our evaluator against another one, the crate `iam-rs`, over policies that are made up.
//!
//! Known differences, kept out of what is made up: `iam-rs` takes a key that the context lacks
//! for absent, where ours is unknown; it does not complete an ARN that is cut short, as
//! `arn:aws:sqs:*` is.

#![allow(clippy::unwrap_used)]

use aware_iam::policy::{
    NamedPolicy, Policy, PolicyRequest, RequestContext, RequestPolicies, RequestVerdict,
    evaluate_request,
};
use proptest::prelude::*;

fn ours(policy: &str, action: &str, resource: &str, user: &str) -> RequestVerdict {
    let named = NamedPolicy { name: "p".to_owned(), policy: Policy::parse(policy).unwrap() };
    let layers = RequestPolicies { identity: vec![named], ..RequestPolicies::default() };
    let context = RequestContext::new().with_values("aws:username", [user]);
    evaluate_request(&layers, &PolicyRequest { context, ..PolicyRequest::new(action, resource) })
        .verdict
}

fn theirs(policy: &str, action: &str, resource: &str, user: &str) -> RequestVerdict {
    let policy: iam_rs::IAMPolicy = serde_json::from_str(policy).unwrap();
    let principal = iam_rs::Principal::Aws(iam_rs::PrincipalId::String(
        "arn:aws:iam::111122223333:user/u".to_owned(),
    ));
    let context = iam_rs::Context::new().with_string("aws:username", user);
    let resource = iam_rs::Arn::parse(resource).unwrap();
    let request = iam_rs::IAMRequest::new_with_context(principal, action, resource, context);
    match iam_rs::evaluate_policy(&policy, &request).unwrap() {
        iam_rs::Decision::Allow => RequestVerdict::Allowed,
        iam_rs::Decision::Deny => RequestVerdict::ExplicitDeny,
        iam_rs::Decision::NotApplicable => RequestVerdict::ImplicitDeny,
    }
}

fn action() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "s3:GetObject",
        "s3:PutObject",
        "S3:getobject",
        "s3:Get*",
        "s3:*",
        "*",
        "sqs:SendMessage",
        "s3:?etObject",
    ])
}

fn resource() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/u/k",
        "arn:aws:s3:::?/u/*",
        "arn:aws:sqs:*:111122223333:jobs*",
        "arn:aws:sqs:eu-west-1:*:jobs",
        "arn:aws:s3:::b/${aws:username}/*",
    ])
}

fn condition() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        r#","Condition":{"StringEquals":{"aws:username":"u"}}"#,
        r#","Condition":{"StringLike":{"aws:username":["v*","u?"]}}"#,
        r#","Condition":{"StringNotEquals":{"aws:username":"u"}}"#,
    ])
}

prop_compose! {
    fn statement()(
        deny in prop::bool::weighted(0.3), not in prop::bool::weighted(0.2),
        actions in prop::collection::vec(action(), 1..3), resources in prop::collection::vec(resource(), 1..3),
        condition in condition(),
    ) -> String {
        let effect = if deny { "Deny" } else { "Allow" };
        let not = if not { "Not" } else { "" };
        format!(r#"{{"Effect":"{effect}","{not}Action":{actions:?},"Resource":{resources:?}{condition}}}"#)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn both_evaluators_agree(
        statements in prop::collection::vec(statement(), 1..4),
        action in prop::sample::select(vec!["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
        resource in prop::sample::select(vec!["arn:aws:s3:::b/u/k", "arn:aws:s3:::c/v/k", "arn:aws:sqs:eu-west-1:111122223333:jobs.fifo"]),
        user in prop::sample::select(vec!["u", "v1"]),
    ) {
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        prop_assert_eq!(
            ours(&policy, action, resource, user),
            theirs(&policy, action, resource, user),
            "{}", policy
        );
    }
}
