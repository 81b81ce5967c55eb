//! Parts of calls, and what calls need besides their own action.

use super::*;

#[test]
fn parts_and_what_is_needed_beside() {
    let cases = [
        (
            call(
                "sts",
                "AssumeRole",
                json!({"roleArn": "arn:aws:iam::555566667777:role/deploy", "tags": [{"key": "a", "value": "b"}]}),
            ),
            vec![
                "sts:AssumeRole on arn:aws:iam::555566667777:role/deploy",
                "sts:TagSession on arn:aws:iam::555566667777:role/deploy",
            ],
        ),
        (
            call("secretsmanager", "BatchGetSecretValue", json!({"secretIdList": ["db", "api"]})),
            vec![
                "secretsmanager:BatchGetSecretValue on *",
                "secretsmanager:GetSecretValue on arn:aws:secretsmanager:@:secret:api",
                "secretsmanager:GetSecretValue on arn:aws:secretsmanager:@:secret:db",
            ],
        ),
        (
            call(
                "dynamodb",
                "TransactWriteItems",
                json!({"transactItems": [{"update": {"tableName": "Carts"}}, {"conditionCheck": {"tableName": "Stock"}}]}),
            ),
            vec![
                "dynamodb:ConditionCheckItem on arn:aws:dynamodb:@:table/Stock",
                "dynamodb:UpdateItem on arn:aws:dynamodb:@:table/Carts",
            ],
        ),
        (
            call(
                "dynamodb",
                "TransactGetItems",
                json!({"transactItems": [{"get": {"tableName": "Carts"}}]}),
            ),
            vec!["dynamodb:GetItem on arn:aws:dynamodb:@:table/Carts"],
        ),
        (
            call(
                "dynamodb",
                "BatchExecuteStatement",
                json!({"statements": [
                    {"statement": "UPDATE Carts SET n = 1 WHERE id = 'a'"}, {"statement": "SELECT * FROM \"Stock\".\"by-day\""},
                ]}),
            ),
            vec![
                "dynamodb:PartiQLSelect on arn:aws:dynamodb:@:table/Stock",
                "dynamodb:PartiQLSelect on arn:aws:dynamodb:@:table/Stock/index/by-day",
                "dynamodb:PartiQLUpdate on arn:aws:dynamodb:@:table/Carts",
            ],
        ),
        (
            call("dynamodb", "ExecuteStatement", json!({"statement": "***"})),
            vec!["unmapped dynamodb:ExecuteStatement"],
        ),
        (
            call("futureservice", "MakeIt", json!({"name": "x"})),
            vec!["unmapped futureservice:MakeIt"],
        ),
        (call("sts", "GetCallerIdentity", Value::Null), vec![]),
    ];
    for (event, expected) in cases {
        assert_eq!(told(&event), expected, "{}", event.action.name);
    }
}

#[test]
fn models() {
    let cases = [
        (
            "Converse",
            "meta.llama3-70b-v1:0",
            vec![
                "bedrock:InvokeModel on arn:aws:bedrock:eu-central-1::foundation-model/meta.llama3-70b-v1:0",
            ],
        ),
        (
            "InvokeModelWithResponseStream",
            "eu.meta.llama3-70b-v1:0",
            vec![
                "bedrock:InvokeModelWithResponseStream on arn:aws:bedrock:@:inference-profile/eu.meta.llama3-70b-v1:0",
                "bedrock:InvokeModelWithResponseStream on arn:aws:bedrock:eu-central-1::foundation-model/meta.llama3-70b-v1:0",
                "bedrock:InvokeModelWithResponseStream on arn:aws:bedrock:eu-west-3::foundation-model/meta.llama3-70b-v1:0",
            ],
        ),
        (
            "InvokeModel",
            "arn:aws:bedrock:eu-central-1:222233334444:provisioned-model/abc",
            vec!["bedrock:InvokeModel on arn:aws:bedrock:@:provisioned-model/abc"],
        ),
    ];
    for (name, model, expected) in cases {
        let elsewhere = json!({"additionalEventData": {"inferenceRegion": "eu-west-3"}});
        let more = if model.starts_with("eu.") { elsewhere } else { json!({}) };
        let event = extended("bedrock", name, json!({"modelId": model}), &more);
        assert_eq!(told(&event), expected, "{name}");
    }
}

#[test]
fn roles_and_who_takes_them() {
    let role = "arn:aws:iam::222233334444:role/r";
    let cases = [
        (
            "rds",
            "CreateDBInstance",
            json!({"monitoringRoleArn": role}),
            "monitoring.rds.amazonaws.com",
        ),
        ("ecs", "RegisterTaskDefinition", json!({"taskRoleArn": role}), "ecs-tasks.amazonaws.com"),
        ("ecs", "CreateService", json!({"role": role}), "ecs.amazonaws.com"),
        ("lambda", "CreateFunction20150331", json!({"role": role}), "lambda.amazonaws.com"),
        (
            "ec2",
            "CreateFlowLogs",
            json!({"DeliverLogsPermissionArn": role}),
            "vpc-flow-logs.amazonaws.com",
        ),
        ("ec2", "RunInstances", json!({"iamInstanceProfile": {"name": "r"}}), "ec2.amazonaws.com"),
        ("s3", "CreateJob", json!({"roleArn": role}), "batchoperations.s3.amazonaws.com"),
    ];
    for (source, name, request, taker) in cases {
        let passed = pass_role_permissions(&call(source, name, request));
        let told: Vec<_> = passed
            .iter()
            .map(|one| {
                (
                    one.resources[0].name.as_str(),
                    one.condition.as_ref().map(|(.., value)| value.as_str()),
                )
            })
            .collect();
        assert_eq!(told, [(role, Some(taker))], "{source}:{name}");
    }
    let profile = pass_role_permissions(&call(
        "ec2",
        "RunInstances",
        json!({"iamInstanceProfile": {"name": "r"}}),
    ));
    assert!(profile[0].guess.is_some());
}
