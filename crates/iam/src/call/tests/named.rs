//! Every resource that a call names.

use super::*;

#[test]
fn every_resource_of_a_list() {
    let cases = [
        (
            call("ssm", "GetParameters", json!({"names": ["/shop/key", "/mail/host"]})),
            vec![
                "ssm:GetParameters on arn:aws:ssm:@:parameter/mail/host",
                "ssm:GetParameters on arn:aws:ssm:@:parameter/shop/key",
            ],
        ),
        (
            call(
                "ec2",
                "RebootInstances",
                json!({"instancesSet": {"items": [{"instanceId": "i-0a1"}, {"instanceId": "i-0b2"}]}}),
            ),
            vec![
                "ec2:RebootInstances on arn:aws:ec2:@:instance/i-0a1",
                "ec2:RebootInstances on arn:aws:ec2:@:instance/i-0b2",
            ],
        ),
        (
            call(
                "dynamodb",
                "BatchWriteItem",
                json!({"requestItems": {"Carts": [], "Orders": []}}),
            ),
            vec![
                "dynamodb:BatchWriteItem on arn:aws:dynamodb:@:table/Carts",
                "dynamodb:BatchWriteItem on arn:aws:dynamodb:@:table/Orders",
            ],
        ),
        (
            call(
                "ecs",
                "StopTask",
                json!({"cluster": "blue", "task": "arn:aws:ecs:eu-central-1:222233334444:task/blue/ab12"}),
            ),
            vec!["ecs:StopTask on arn:aws:ecs:@:task/blue/ab12"],
        ),
        (
            call(
                "ecs",
                "DescribeTasks",
                json!({"cluster": "arn:aws:ecs:eu-central-1:222233334444:cluster/blue", "tasks": ["ab12", "cd34"]}),
            ),
            vec![
                "ecs:DescribeTasks on arn:aws:ecs:@:task/blue/ab12",
                "ecs:DescribeTasks on arn:aws:ecs:@:task/blue/cd34",
            ],
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(told(&event), expected, "{}", event.action.name);
    }
}

#[test]
fn every_required_type() {
    let launch = call(
        "ec2",
        "RunInstances",
        json!({
            "instancesSet": {"items": [{"imageId": "ami-0f1", "minCount": 1, "keyName": "ops"}]},
            "subnetId": "subnet-0f2", "groupSet": {"items": [{"groupId": "sg-0f3"}]},
            "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "team", "value": "shop"}]}]},
        }),
    );
    assert_eq!(
        told(&launch),
        [
            "ec2:CreateTags on arn:aws:ec2:@:instance/*",
            "ec2:RunInstances on arn:aws:ec2:@:instance/*",
            "ec2:RunInstances on arn:aws:ec2:@:key-pair/ops",
            "ec2:RunInstances on arn:aws:ec2:@:network-interface/*",
            "ec2:RunInstances on arn:aws:ec2:@:security-group/sg-0f3",
            "ec2:RunInstances on arn:aws:ec2:@:subnet/subnet-0f2",
            "ec2:RunInstances on arn:aws:ec2:@:volume/*",
            "ec2:RunInstances on arn:aws:ec2:eu-central-1::image/ami-0f1",
        ]
    );
    let cases = [
        (
            call("ec2", "DetachVolume", json!({"volumeId": "vol-0f1", "instanceId": "i-0f2"})),
            vec![
                "ec2:DetachVolume on arn:aws:ec2:@:instance/i-0f2",
                "ec2:DetachVolume on arn:aws:ec2:@:volume/vol-0f1",
            ],
        ),
        (
            call(
                "rds",
                "CreateDBClusterSnapshot",
                json!({"dBClusterIdentifier": "shop", "dBClusterSnapshotIdentifier": "before"}),
            ),
            vec![
                "rds:CreateDBClusterSnapshot on arn:aws:rds:@:cluster-snapshot:before",
                "rds:CreateDBClusterSnapshot on arn:aws:rds:@:cluster:shop",
            ],
        ),
        (
            call(
                "rds",
                "CopyDBSnapshot",
                json!({"sourceDBSnapshotIdentifier": "a", "targetDBSnapshotIdentifier": "b"}),
            ),
            vec![
                "rds:CopyDBSnapshot on arn:aws:rds:@:snapshot:a",
                "rds:CopyDBSnapshot on arn:aws:rds:@:snapshot:b",
            ],
        ),
        (
            call(
                "ssm",
                "SendCommand",
                json!({"documentName": "Patch", "instanceIds": ["i-0f1", "mi-0f2"]}),
            ),
            vec![
                "ssm:SendCommand on arn:aws:ec2:@:instance/i-0f1",
                "ssm:SendCommand on arn:aws:ssm:@:document/Patch",
                "ssm:SendCommand on arn:aws:ssm:@:managed-instance/mi-0f2",
            ],
        ),
        (
            call(
                "ec2",
                "CreateTags",
                json!({"resourcesSet": {"items": [{"resourceId": "vol-0f1"}, {"resourceId": "sg-0f2"}]}}),
            ),
            vec![
                "ec2:CreateTags on arn:aws:ec2:@:security-group/sg-0f2",
                "ec2:CreateTags on arn:aws:ec2:@:volume/vol-0f1",
            ],
        ),
        (
            call("glue", "GetTables", json!({"databaseName": "sales"})),
            vec![
                "glue:GetTables on arn:aws:glue:@:catalog",
                "glue:GetTables on arn:aws:glue:@:database/sales",
                "glue:GetTables on arn:aws:glue:@:table/sales/*",
            ],
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(told(&event), expected, "{}", event.action.name);
    }
}

#[test]
fn sources_and_destinations() {
    let cases = [
        (
            call(
                "s3",
                "CopyObject",
                json!({"bucketName": "to", "key": "new", "x-amz-copy-source": "/from/old%20name"}),
            ),
            vec![
                "s3:GetObject on arn:aws:s3:::from/old name",
                "s3:PutObject on arn:aws:s3:::to/new",
            ],
        ),
        (
            call(
                "kms",
                "ReEncrypt",
                json!({
                    "sourceKeyId": "arn:aws:kms:eu-central-1:222233334444:key/old", "destinationKeyId": "arn:aws:kms:eu-central-1:222233334444:key/new",
                }),
            ),
            vec![
                "kms:ReEncryptFrom on arn:aws:kms:@:key/old",
                "kms:ReEncryptTo on arn:aws:kms:@:key/new",
            ],
        ),
        (
            call("s3", "GetObject", json!({"bucketName": "b", "key": "k", "versionId": "v1"})),
            vec!["s3:GetObjectVersion on arn:aws:s3:::b/k"],
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(told(&event), expected, "{}", event.action.name);
    }
    let with_resources = extended(
        "kms",
        "ReEncrypt",
        json!({"destinationKeyId": "alias/new"}),
        &json!({"resources": [
            {"ARN": "arn:aws:kms:eu-central-1:222233334444:key/one"}, {"ARN": "arn:aws:kms:eu-central-1:222233334444:key/two"},
        ]}),
    );
    assert_eq!(
        told(&with_resources),
        ["kms:ReEncryptFrom on arn:aws:kms:@:key/one", "kms:ReEncryptTo on arn:aws:kms:@:key/two",]
    );
}
