//! A name belongs to the type that its key names.

use super::*;

#[test]
fn names_of_their_own_kind() {
    let cases = [
        (
            call("events", "PutRule", json!({"name": "nightly"})),
            vec!["events:PutRule on arn:aws:events:@:rule/nightly"],
        ),
        (
            call("events", "PutRule", json!({"name": "nightly", "eventBusName": "default"})),
            vec!["events:PutRule on arn:aws:events:@:rule/nightly"],
        ),
        (
            call("events", "PutRule", json!({"name": "nightly", "eventBusName": "shop"})),
            vec!["events:PutRule on arn:aws:events:@:rule/shop/nightly"],
        ),
        (
            call("elasticloadbalancing", "CreateTargetGroup", json!({"name": "web"})),
            vec![
                "elasticloadbalancing:CreateTargetGroup on arn:aws:elasticloadbalancing:@:targetgroup/web/*",
            ],
        ),
        (
            call("codebuild", "BatchGetBuilds", json!({"ids": ["shop:0a1b"]})),
            vec!["codebuild:BatchGetBuilds on arn:aws:codebuild:@:project/shop"],
        ),
        (
            call(
                "dynamodb",
                "GetRecords",
                json!({"shardIterator": "arn:aws:dynamodb:eu-central-1:222233334444:table/T/stream/2026-01-01T00:00:00.000|1|AAA"}),
            ),
            vec![
                "dynamodb:GetRecords on arn:aws:dynamodb:@:table/T/stream/2026-01-01T00:00:00.000",
            ],
        ),
        (
            call("wafv2", "GetIPSet", json!({"name": "n", "id": "i1", "scope": "CLOUDFRONT"})),
            vec!["wafv2:GetIPSet on arn:aws:wafv2:@:global/ipset/n/i1"],
        ),
        (
            call("apigateway", "UpdateStage", json!({"restApiId": "r1", "stageName": "prod"})),
            vec!["apigateway:PATCH on arn:aws:apigateway:eu-central-1::/restapis/r1/stages/prod"],
        ),
        (
            call("apigateway", "CreateRoute", json!({"apiId": "a1", "routeKey": "GET /"})),
            vec!["apigateway:POST on arn:aws:apigateway:eu-central-1::/apis/a1/routes"],
        ),
        (
            call("iam", "CreateServiceLinkedRole", json!({"awsServiceName": "ecs.amazonaws.com"})),
            vec![
                "iam:CreateServiceLinkedRole on arn:aws:iam::222233334444:role/aws-service-role/ecs.amazonaws.com/*",
            ],
        ),
        (
            call("ec2", "CreateSecurityGroup", json!({"groupName": "web", "vpcId": "vpc-0f1"})),
            vec![
                "ec2:CreateSecurityGroup on arn:aws:ec2:@:security-group/*",
                "ec2:CreateSecurityGroup on arn:aws:ec2:@:vpc/vpc-0f1",
            ],
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(told(&event), expected, "{}", event.action.name);
    }
}

#[test]
fn oneself() {
    let user = json!({"userIdentity": {"type": "IAMUser", "accountId": "222233334444", "userName": "ann", "arn": "arn:aws:iam::222233334444:user/shop/ann"}});
    let event = extended("iam", "GetUser", Value::Null, &user);
    assert_eq!(told(&event), ["iam:GetUser on arn:aws:iam::222233334444:user/shop/ann"]);
    let event = extended("iam", "GetUser", json!({"userName": "bea"}), &user);
    assert_eq!(told(&event), ["iam:GetUser on arn:aws:iam::222233334444:user/bea"]);
}
