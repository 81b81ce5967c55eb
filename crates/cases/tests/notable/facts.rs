//! Facts: hits and near misses.

use aware_cases::case::NotableFact;
use aware_cases::notable::find_notable;
use serde_json::{Value, json};

use super::{ACCOUNT, FOREIGN, admitting, alice, decode, deployer, event, policy, record, root};

/// What a call of alice's means: its weight, its text after the name, and what it achieved.
fn check(
    action: &str,
    request: Value,
    response: Value,
    expected: Option<(u8, &str, &str)>,
) -> Option<NotableFact> {
    let found = find_notable(&event(alice(), action, request.clone(), response));
    let told = found.as_ref().map(|fact| {
        let detail = fact.text.strip_prefix(action).unwrap().trim_start();
        (fact.weight, detail, fact.achieved.as_str())
    });
    assert_eq!(told, expected, "{action} {request}");
    found
}

#[test]
fn permissions() {
    let put = |user: &str, policy: String| json!({"userName": user, "policyName": "helpdesk", "policyDocument": policy});
    let everything = policy("Allow", "*");
    let own = check(
        "iam:PutUserPolicy",
        put("alice", everything.clone()),
        json!(null),
        Some((5, "on themselves: Allow * on *", "made themselves administrator")),
    )
    .unwrap();
    assert!(own.is_own_grant);
    assert_eq!(
        own.take_back.unwrap().command,
        "aws iam delete-user-policy --user-name alice --policy-name helpdesk"
    );
    let other = check(
        "iam:PutUserPolicy",
        put("bob", everything),
        json!(null),
        Some((4, "on user/bob: Allow * on *", "gave user/bob administrator rights")),
    )
    .unwrap();
    assert!(!other.is_own_grant);
    check(
        "iam:PutUserPolicy",
        put("bob", policy("Allow", "s3:GetObject")),
        json!(null),
        Some((
            1,
            "on user/bob: Allow s3:GetObject on *",
            "gave user/bob permissions: Allow s3:GetObject on *",
        )),
    );
    check(
        "iam:PutUserPolicy",
        put("bob", policy("Allow", "iam:Put*")),
        json!(null),
        Some((
            3,
            "on user/bob: Allow iam:Put* on *",
            "gave user/bob permissions: Allow iam:Put* on *",
        )),
    );
    let deny = check(
        "iam:PutUserPolicy",
        put("alice", policy("Deny", "*")),
        json!(null),
        Some((0, "on themselves: Deny * on *", "restricted themselves: Deny * on *")),
    )
    .unwrap();
    assert!(!deny.is_own_grant && deny.take_back.is_none());
    // Percent-encoded, and as an object.
    let encoded = policy("Allow", "iam:*").replace('"', "%22").replace('{', "%7B");
    check(
        "iam:PutUserPolicy",
        put("alice", encoded),
        json!(null),
        Some((5, "on themselves: Allow iam:* on *", "made themselves administrator")),
    );
    let object: Value = serde_json::from_str(&policy("Allow", "*")).unwrap();
    check(
        "iam:PutGroupPolicy",
        json!({"groupName": "staff", "policyName": "p", "policyDocument": object}),
        json!(null),
        Some((4, "on group/staff: Allow * on *", "gave group/staff administrator rights")),
    );
    let attach = |kind: &str, name: &str, arn: &str| json!({kind: name, "policyArn": arn});
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    check(
        "iam:AttachUserPolicy",
        attach("userName", "bob", admin),
        json!(null),
        Some((4, "on user/bob: AdministratorAccess", "gave user/bob administrator rights")),
    );
    check(
        "iam:AttachRolePolicy",
        attach("roleName", "app", admin),
        json!(null),
        Some((3, "on role/app: AdministratorAccess", "gave role/app administrator rights")),
    );
    check(
        "iam:AttachRolePolicy",
        attach("roleName", "app", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        json!(null),
        Some((0, "on role/app: ReadOnlyAccess", "gave role/app permissions: ReadOnlyAccess")),
    );
    check(
        "iam:AttachUserPolicy",
        attach("userName", "bob", "arn:aws:iam::aws:policy/AWSDenyAll"),
        json!(null),
        Some((1, "on user/bob: AWSDenyAll", "restricted user/bob: AWSDenyAll")),
    );
    check(
        "iam:DetachUserPolicy",
        attach("userName", "alice", "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"),
        json!(null),
        Some((
            5,
            "on themselves: AWSCompromisedKeyQuarantineV3",
            "removed deny policy AWSCompromisedKeyQuarantineV3 from themselves",
        )),
    );
    check(
        "iam:DetachUserPolicy",
        attach("userName", "bob", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        json!(null),
        Some((0, "on user/bob: ReadOnlyAccess", "removed policy ReadOnlyAccess from user/bob")),
    );
    check(
        "iam:AddUserToGroup",
        json!({"userName": "alice", "groupName": "Admins"}),
        json!(null),
        Some((5, "themselves to group/Admins", "added themselves to group/Admins")),
    );
    check(
        "iam:AddUserToGroup",
        json!({"userName": "bob", "groupName": "readers"}),
        json!(null),
        Some((1, "user/bob to group/readers", "added user/bob to group/readers")),
    );
    check(
        "iam:DeleteUserPermissionsBoundary",
        json!({"userName": "alice"}),
        json!(null),
        Some((5, "of themselves", "removed their own permissions boundary")),
    );
    let own = check(
        "iam:DeleteUserPolicy",
        json!({"userName": "alice", "policyName": "limits"}),
        json!(null),
        Some((3, "on themselves: limits", "removed policy limits from themselves")),
    );
    assert!(own.unwrap().is_own_grant);
    let group = attach("groupName", "staff", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    check(
        "iam:DetachGroupPolicy",
        group,
        json!(null),
        Some((
            0,
            "on group/staff: ReadOnlyAccess",
            "removed policy ReadOnlyAccess from group/staff",
        )),
    );
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/base");
    check(
        "iam:CreatePolicyVersion",
        json!({"policyArn": arn, "policyDocument": policy("Allow", "*"), "setAsDefault": true}),
        json!({"policyVersion": {"versionId": "v2"}}),
        Some((4, "base: Allow * on *", "gave policy base administrator rights")),
    );
}

#[test]
fn trust() {
    let trust = |principal: Value| json!({"roleName": "app", "policyDocument": admitting(principal, json!({})).to_string()});
    check(
        "iam:UpdateAssumeRolePolicy",
        trust(json!({"AWS": format!("arn:aws:iam::{FOREIGN}:root")})),
        json!(null),
        Some((
            5,
            "role/app: lets account 999988887777 assume it",
            "let account 999988887777 assume role/app",
        )),
    );
    check(
        "iam:UpdateAssumeRolePolicy",
        trust(json!({"AWS": "*"})),
        json!(null),
        Some((5, "role/app: lets everyone assume it", "let everyone assume role/app")),
    );
    check(
        "iam:UpdateAssumeRolePolicy",
        trust(
            json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/ci"), "Service": "ec2.amazonaws.com"}),
        ),
        json!(null),
        Some((1, "role/app", "changed who may assume role/app")),
    );
    let create = |principal: Value| json!({"roleName": "app", "assumeRolePolicyDocument": admitting(principal, json!({})).to_string()});
    check(
        "iam:CreateRole",
        create(json!({"Service": "lambda.amazonaws.com"})),
        json!(null),
        Some((0, "role/app", "created role/app")),
    );
    check(
        "iam:CreateRole",
        create(json!({"AWS": FOREIGN})),
        json!(null),
        Some((
            4,
            "role/app (new): lets account 999988887777 assume it",
            "let account 999988887777 assume role/app",
        )),
    );
    let deny =
        json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}});
    check(
        "iam:UpdateAssumeRolePolicy",
        json!({"roleName": "app", "policyDocument": deny.to_string()}),
        json!(null),
        Some((1, "role/app", "changed who may assume role/app")),
    );
    check(
        "rolesanywhere:CreateTrustAnchor",
        json!({"name": "ca"}),
        json!({"trustAnchor": {"trustAnchorId": "t-1"}}),
        Some((5, "ca", "added Roles Anywhere trust anchor ca")),
    );
    check(
        "organizations:LeaveOrganization",
        json!(null),
        json!(null),
        Some((
            5,
            "",
            "took account 111122223333 out of its organization and service control policies",
        )),
    );
}

#[test]
fn credentials() {
    let key = |user: &str| json!({"accessKey": {"accessKeyId": "AKIAIOSFODNN7BOB0002", "userName": user}});
    let fact = check(
        "iam:CreateAccessKey",
        json!({"userName": "bob"}),
        key("bob"),
        Some((3, "for user/bob: AKIA…0002", "created an access key for user/bob")),
    )
    .unwrap();
    assert_eq!(
        fact.take_back.unwrap().command,
        "aws iam update-access-key --user-name bob --access-key-id AKIAIOSFODNN7BOB0002 --status Inactive"
    );
    let own = check(
        "iam:CreateAccessKey",
        json!(null),
        key("alice"),
        Some((2, "for themselves: AKIA…0002", "created a second access key")),
    )
    .unwrap();
    assert!(!own.is_own_grant);
    let of_root =
        find_notable(&event(root(), "iam:CreateAccessKey", json!(null), key(""))).unwrap();
    assert_eq!((of_root.weight, of_root.achieved.as_str()), (4, "created an access key for root"));
    check(
        "iam:CreateLoginProfile",
        json!({"userName": "bob"}),
        json!(null),
        Some((3, "for user/bob", "gave user/bob a console password")),
    );
    check(
        "iam:UpdateAccessKey",
        json!({"userName": "bob", "accessKeyId": "AKIAIOSFODNN7BOB0002", "status": "Active"}),
        json!(null),
        Some((
            3,
            "AKIA…0002 of user/bob: active",
            "reactivated the access key AKIA…0002 of user/bob",
        )),
    );
    check(
        "iam:DeactivateMFADevice",
        json!({"userName": "bob", "serialNumber": "arn:aws:iam::111122223333:mfa/bob"}),
        json!(null),
        Some((3, "of user/bob", "deactivated the MFA device of user/bob")),
    );
    check(
        "signin:GetSigninToken",
        json!(null),
        json!({"GetSigninToken": "Success"}),
        Some((2, "", "turned API credentials into a console session")),
    );
    check(
        "rds:ModifyDBInstance",
        json!({"dBInstanceIdentifier": "db", "masterUserPassword": "****"}),
        json!(null),
        Some((3, "database db: master password", "changed the master password of database db")),
    );
    check(
        "rds:ModifyDBInstance",
        json!({"dBInstanceIdentifier": "db", "backupRetentionPeriod": 7}),
        json!(null),
        None,
    );
}

#[test]
fn shares() {
    let snapshot = |who: Value| json!({"snapshotId": "snap-1", "attributeType": "CREATE_VOLUME_PERMISSION", "createVolumePermission": who});
    let add = |one: Value| json!({"add": {"items": [one]}});
    check(
        "ec2:ModifySnapshotAttribute",
        snapshot(add(json!({"userId": FOREIGN}))),
        json!(null),
        Some((
            5,
            "snap-1: shared with account 999988887777",
            "shared snapshot snap-1 with account 999988887777",
        )),
    );
    check(
        "ec2:ModifySnapshotAttribute",
        snapshot(add(json!({"group": "all"}))),
        json!(null),
        Some((5, "snap-1: shared with everyone", "shared snapshot snap-1 with everyone")),
    );
    // A share within the account, and one that is taken back.
    check(
        "ec2:ModifySnapshotAttribute",
        snapshot(add(json!({"userId": ACCOUNT}))),
        json!(null),
        None,
    );
    check(
        "ec2:ModifySnapshotAttribute",
        snapshot(json!({"remove": {"items": [{"userId": FOREIGN}]}})),
        json!(null),
        None,
    );
    check(
        "ec2:ModifyImageAttribute",
        json!({"imageId": "ami-1", "launchPermission": add(json!({"userId": FOREIGN}))}),
        json!(null),
        Some((
            5,
            "ami-1: shared with account 999988887777",
            "shared image ami-1 with account 999988887777",
        )),
    );
    check(
        "rds:ModifyDBClusterSnapshotAttribute",
        json!({"dBClusterSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": ["all"]}),
        json!(null),
        Some((5, "s: shared with everyone", "shared snapshot s with everyone")),
    );
    let permission = |principal: &str| json!({"functionName": "f", "statementId": "s", "action": "lambda:InvokeFunction", "principal": principal});
    check(
        "lambda:AddPermission",
        permission("*"),
        json!(null),
        Some((4, "f: access for everyone", "let everyone use function f")),
    );
    check(
        "lambda:AddPermission",
        permission(FOREIGN),
        json!(null),
        Some((4, "f: access for account 999988887777", "let account 999988887777 use function f")),
    );
    check(
        "lambda:AddPermission",
        permission("s3.amazonaws.com"),
        json!(null),
        Some((0, "f: access for s3.amazonaws.com", "let s3.amazonaws.com use function f")),
    );
    check(
        "lambda:AddPermission",
        permission(ACCOUNT),
        json!(null),
        Some((0, "f: access for 111122223333", "let 111122223333 use function f")),
    );
    check(
        "kms:CreateGrant",
        json!({"keyId": "k", "granteePrincipal": format!("arn:aws:iam::{FOREIGN}:root"), "operations": ["Decrypt"]}),
        json!({"grantId": "g"}),
        Some((4, "k: Decrypt for account 999988887777", "let account 999988887777 use key k")),
    );
    check(
        "kms:CreateGrant",
        json!({"keyId": "k", "granteePrincipal": format!("arn:aws:iam::{ACCOUNT}:role/app"), "operations": ["Decrypt"]}),
        json!(null),
        None,
    );
}

#[test]
fn policies_of_resources() {
    let bucket = |policy: Value| json!({"bucketName": "logs", "bucketPolicy": policy});
    let foreign = json!({"AWS": format!("arn:aws:iam::{FOREIGN}:role/x")});
    check(
        "s3:PutBucketPolicy",
        bucket(admitting(foreign.clone(), json!({}))),
        json!(null),
        Some((
            4,
            "bucket logs: access for account 999988887777",
            "gave account 999988887777 access to bucket logs",
        )),
    );
    check(
        "s3:PutBucketPolicy",
        bucket(admitting(json!("*"), json!({}))),
        json!(null),
        Some((4, "bucket logs: access for everyone", "gave everyone access to bucket logs")),
    );
    check(
        "s3:PutBucketPolicy",
        bucket(admitting(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))),
        json!(null),
        Some((
            1,
            "bucket logs: access for an organization or a network",
            "gave an organization or a network access to bucket logs",
        )),
    );
    check(
        "s3:PutBucketPolicy",
        bucket(admitting(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}))),
        json!(null),
        Some((0, "bucket logs", "changed the policy of bucket logs")),
    );
    check(
        "s3:PutBucketPolicy",
        bucket(admitting(json!({"Service": "logging.s3.amazonaws.com"}), json!({}))),
        json!(null),
        Some((0, "bucket logs", "changed the policy of bucket logs")),
    );
    let deny = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]});
    check(
        "s3:PutBucketPolicy",
        bucket(deny),
        json!(null),
        Some((0, "bucket logs", "changed the policy of bucket logs")),
    );
    check(
        "sqs:SetQueueAttributes",
        json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs",
        "attributes": {"Policy": admitting(json!("*"), json!({})).to_string()}}),
        json!(null),
        Some((4, "queue jobs: access for everyone", "gave everyone access to queue jobs")),
    );
    check(
        "sqs:SetQueueAttributes",
        json!({"queueUrl": "u", "attributes": {"DelaySeconds": "5"}}),
        json!(null),
        None,
    );
    check(
        "kms:PutKeyPolicy",
        json!({"keyId": "k", "policy": admitting(foreign.clone(), json!({})).to_string()}),
        json!(null),
        Some((
            4,
            "key k: access for account 999988887777",
            "gave account 999988887777 access to key k",
        )),
    );
    check(
        "ecr:SetRepositoryPolicy",
        json!({"repositoryName": "app", "policyText": admitting(json!("*"), json!({})).to_string()}),
        json!(null),
        Some((4, "repository app: access for everyone", "gave everyone access to repository app")),
    );
    // A service that no table knows, sensitive by its name.
    check(
        "mediastore:PutContainerPolicy",
        json!({"containerName": "c", "policy": admitting(foreign, json!({})).to_string()}),
        json!(null),
        Some((
            4,
            "resource (not named): access for account 999988887777",
            "gave account 999988887777 access to resource (not named)",
        )),
    );
    let acl = |grant: Value| json!({"bucketName": "logs", "accessControlList": grant});
    check(
        "s3:PutBucketAcl",
        acl(json!({"x-amz-grant-read": "uri=http://acs.amazonaws.com/groups/global/AllUsers"})),
        json!(null),
        Some((4, "logs: public", "opened bucket logs to everyone")),
    );
    check(
        "s3:PutBucketAcl",
        json!({"bucketName": "logs", "x-amz-acl": "private"}),
        json!(null),
        Some((0, "logs", "changed the ACL of bucket logs")),
    );
    let block = |is: bool| json!({"bucketName": "logs", "PublicAccessBlockConfiguration": {"BlockPublicAcls": is, "BlockPublicPolicy": true}});
    check("s3:PutBucketPublicAccessBlock", block(true), json!(null), None);
    check(
        "s3:PutBucketPublicAccessBlock",
        block(false),
        json!(null),
        Some((
            3,
            "bucket logs: partly off",
            "switched off part of Block Public Access for bucket logs",
        )),
    );
    let lifecycle = |days: u32| json!({"bucketName": "logs", "LifecycleConfiguration": {"Rule": {"Status": "Enabled", "Expiration": {"Days": days}}}});
    check(
        "s3:PutBucketLifecycle",
        lifecycle(1),
        json!(null),
        Some((
            4,
            "bucket logs: all objects expire after 1 day",
            "set all objects in bucket logs to expire after 1 day",
        )),
    );
    check("s3:PutBucketLifecycle", lifecycle(90), json!(null), None);
}

#[test]
fn defences() {
    check(
        "cloudtrail:StopLogging",
        json!({"name": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"}),
        json!(null),
        Some((5, "main", "stopped trail main")),
    );
    check(
        "cloudtrail:DeleteTrail",
        json!({"name": "main"}),
        json!(null),
        Some((5, "main", "deleted trail main")),
    );
    check(
        "cloudtrail:UpdateTrail",
        json!({"name": "main", "s3BucketName": "other"}),
        json!(null),
        Some((4, "main: to bucket other", "set trail main to deliver to bucket other")),
    );
    let selectors = |one: Value| json!({"trailName": "main", "eventSelectors": [one]});
    check(
        "cloudtrail:PutEventSelectors",
        selectors(json!({"readWriteType": "ReadOnly", "includeManagementEvents": false})),
        json!(null),
        Some((
            4,
            "main: records no management events",
            "narrowed trail main: it records no management events",
        )),
    );
    check(
        "cloudtrail:PutEventSelectors",
        selectors(json!({"readWriteType": "All", "includeManagementEvents": true})),
        json!(null),
        Some((0, "main", "set what trail main records")),
    );
    let advanced = |fields: Value| json!({"trailName": "main", "advancedEventSelectors": [{"fieldSelectors": fields}]});
    check(
        "cloudtrail:PutEventSelectors",
        advanced(json!([{"field": "eventCategory", "equals": ["Data"]}])),
        json!(null),
        Some((
            4,
            "main: records no management events",
            "narrowed trail main: it records no management events",
        )),
    );
    check(
        "cloudtrail:PutEventSelectors",
        advanced(json!([{"field": "eventCategory", "equals": ["Management"]}])),
        json!(null),
        Some((0, "main", "set what trail main records")),
    );
    check(
        "guardduty:UpdateDetector",
        json!({"detectorId": "d", "enable": false}),
        json!(null),
        Some((5, "d: disabled", "suspended GuardDuty detector d")),
    );
    check(
        "guardduty:UpdateDetector",
        json!({"detectorId": "d", "enable": true}),
        json!(null),
        None,
    );
    check(
        "ec2:DeleteFlowLogs",
        json!({"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-1", "tag": 1}}}),
        json!(null),
        Some((4, "fl-1", "deleted flow logs fl-1")),
    );
    check(
        "monitoring:DisableAlarmActions",
        json!({"alarmNames": ["a", "b"]}),
        json!(null),
        Some((3, "a and b", "disabled the actions of alarm a and b")),
    );
    check(
        "logs:PutRetentionPolicy",
        json!({"logGroupName": "g", "retentionInDays": 30}),
        json!(null),
        None,
    );
    check(
        "logs:PutRetentionPolicy",
        json!({"logGroupName": "g", "retentionInDays": 1}),
        json!(null),
        Some((2, "g: 1 day", "set events in log group g to expire after 1 day")),
    );
    check("macie2:DisableMacie", json!(null), json!(null), Some((4, "", "switched off Macie")));
    check(
        "securityhub:DisableImportFindingsForProduct",
        json!({"productSubscriptionArn": "arn:aws:securityhub:eu-west-1:111122223333:product-subscription/x"}),
        json!(null),
        Some((1, "on x", "called securityhub:DisableImportFindingsForProduct on x")),
    );
}

#[test]
fn execution_secrets_and_destruction() {
    check(
        "ssm:SendCommand",
        json!({"documentName": "AWS-RunShellScript", "instanceIds": ["i-1", "i-2"]}),
        json!(null),
        Some((3, "AWS-RunShellScript on i-1 and i-2", "ran a command on i-1 and i-2")),
    );
    check(
        "lambda:UpdateFunctionCode",
        json!({"functionName": "f"}),
        json!(null),
        Some((3, "f", "changed the code of function f")),
    );
    check(
        "ec2:ModifyInstanceAttribute",
        json!({"instanceId": "i-1", "userData": "<sensitiveDataRemoved>"}),
        json!(null),
        Some((
            3,
            "instance i-1: user data",
            "changed the user data (start script) of instance i-1",
        )),
    );
    check(
        "ec2:ModifyInstanceAttribute",
        json!({"instanceId": "i-1", "groupSet": {}}),
        json!(null),
        None,
    );
    let run = |kind: &str, count: u32| json!({"instanceType": kind, "instancesSet": {"items": [{"imageId": "ami-1", "maxCount": count}]}});
    check(
        "ec2:RunInstances",
        run("t3.micro", 1),
        json!(null),
        Some((0, "1 t3.micro instance", "launched 1 t3.micro instance")),
    );
    check(
        "ec2:RunInstances",
        run("p4d.24xlarge", 2),
        json!(null),
        Some((3, "2 p4d.24xlarge instances", "launched 2 p4d.24xlarge instances")),
    );
    check(
        "ec2:RunInstances",
        run("c5.large", 50),
        json!(null),
        Some((3, "50 c5.large instances", "launched 50 c5.large instances")),
    );
    check(
        "secretsmanager:GetSecretValue",
        json!({"secretId": "db"}),
        json!(null),
        Some((1, "db", "read secret db")),
    );
    check("ssm:GetParameter", json!({"name": "/db", "withDecryption": false}), json!(null), None);
    check(
        "ssm:GetParameter",
        json!({"name": "/db", "withDecryption": true}),
        json!(null),
        Some((1, "/db, decrypted", "read parameter /db, decrypted")),
    );
    check("kms:Decrypt", json!({"keyId": "k"}), json!(null), None);
    check(
        "ec2:DescribeInstanceAttribute",
        json!({"instanceId": "i-1", "attribute": "instanceType"}),
        json!(null),
        None,
    );
    check(
        "rds:DeleteDBInstance",
        json!({"dBInstanceIdentifier": "db", "skipFinalSnapshot": true}),
        json!(null),
        Some((3, "db, without a final snapshot", "deleted database db without a final snapshot")),
    );
    check(
        "kms:ScheduleKeyDeletion",
        json!({"keyId": "k", "pendingWindowInDays": 7}),
        json!(null),
        Some((4, "k: in 7 days", "scheduled the deletion of key k")),
    );
    check(
        "s3:CopyObject",
        json!({"bucketName": "b", "key": "k", "x-amz-server-side-encryption-aws-kms-key-id": format!("arn:aws:kms:eu-west-1:{FOREIGN}:key/x")}),
        json!(null),
        Some((
            5,
            "k in bucket b: a key of account 999988887777",
            "encrypted k in bucket b with a key of account 999988887777",
        )),
    );
    check("s3:CopyObject", json!({"bucketName": "b", "key": "k"}), json!(null), None);
}

#[test]
fn ways_in() {
    let ingress = |cidr: &str, port: u32| {
        json!({"groupId": "sg-1", "ipPermissions": {"items": [
            {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": {"items": [{"cidrIp": cidr}]}},
        ]}})
    };
    check(
        "ec2:AuthorizeSecurityGroupIngress",
        ingress("0.0.0.0/0", 22),
        json!(null),
        Some((3, "sg-1: port 22 from any address", "opened port 22 of sg-1 to any address")),
    );
    check(
        "ec2:AuthorizeSecurityGroupIngress",
        ingress("0.0.0.0/0", 443),
        json!(null),
        Some((0, "sg-1: port 443 from any address", "opened port 443 of sg-1 to any address")),
    );
    check(
        "ec2:AuthorizeSecurityGroupIngress",
        ingress("203.0.113.7/32", 22),
        json!(null),
        Some((1, "sg-1: port 22 from 203.0.113.7/32", "opened port 22 of sg-1 to 203.0.113.7/32")),
    );
    check("ec2:AuthorizeSecurityGroupIngress", ingress("10.0.0.0/8", 22), json!(null), None);
    check(
        "ec2:AuthorizeSecurityGroupIngress",
        json!({"groupId": "sg-1", "ipPermissions": {"items": [
        {"ipProtocol": "-1", "groups": {"items": [{"groupId": "sg-2"}]}}]}}),
        json!(null),
        None,
    );
}

#[test]
fn who_and_how_it_ended() {
    let request = json!({"name": "main"});
    let ok = record(alice(), "cloudtrail:StopLogging", request, json!(null));
    assert!(find_notable(&decode(&ok)).is_some());
    let mut failed = ok.clone();
    failed["errorCode"] = json!("TrailNotFoundException");
    assert_eq!(find_notable(&decode(&failed)), None);
    let mut denied = ok.clone();
    denied["errorCode"] = json!("AccessDenied");
    assert_eq!(find_notable(&decode(&denied)), None);
    let mut service = ok;
    service["userIdentity"] = json!({"type": "AWSService", "invokedBy": "config.amazonaws.com"});
    assert_eq!(find_notable(&decode(&service)), None);
}

#[test]
fn names_from_the_log_cannot_leave_their_argument() {
    let command = |user: &str| {
        let request =
            json!({"userName": user, "policyName": "p", "policyDocument": policy("Allow", "*")});
        let fact =
            find_notable(&event(alice(), "iam:PutUserPolicy", request, json!(null))).unwrap();
        fact.take_back.map(|back| back.command)
    };
    assert_eq!(
        command("a'; id; '").unwrap(),
        r"aws iam delete-user-policy --user-name 'a'\''; id; '\''' --policy-name p"
    );
    assert_eq!(command("a\nb"), None);
    assert_eq!(command("--profile"), None);
}

#[test]
fn what_a_text_says_of_itself_changes_nothing() {
    let mut plain =
        record(deployer(), "lambda:UpdateFunctionCode", json!({"functionName": "f"}), json!(null));
    let quiet = find_notable(&decode(&plain)).unwrap();
    plain["userAgent"] = json!("APN/1.0 HashiCorp/1.0 Terraform/1.9.0");
    assert_eq!(find_notable(&decode(&plain)), Some(quiet.clone()));
    // Nor does a session of the console count as a deployment.
    plain["sessionCredentialFromConsole"] = json!("true");
    assert!(find_notable(&decode(&plain)).unwrap().weight > quiet.weight);
}

#[test]
fn what_is_let_through_and_what_is_only_followed() {
    let always: Vec<_> = aware_cases::notable::notable_calls().collect();
    let followed: Vec<_> = aware_cases::notable::followed_calls().collect();
    for call in [
        ("iam", "CreateAccessKey"),
        ("iam", "DeleteAccessKey"),
        ("cloudtrail", "StartLogging"),
        ("lambda", "UpdateFunctionCode20150331v2"),
    ] {
        assert!(always.contains(&call), "{call:?}");
    }
    let frequent = [
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sts", "GetSessionToken"),
        ("secretsmanager", "GetSecretValue"),
        ("ssm", "GetParameters"),
        ("kms", "Decrypt"),
        ("s3", "PutObject"),
    ];
    for call in frequent {
        assert!(!always.contains(&call) && followed.contains(&call), "{call:?}");
    }
    assert!(always.iter().all(|call| !followed.contains(call)));
}

#[test]
fn impact() {
    check(
        "iam:DeleteAccessKey",
        json!({"userName": "bob", "accessKeyId": "AKIAIOSFODNN7BOB0002"}),
        json!(null),
        Some((1, "of user/bob: AKIA…0002", "deleted the access key AKIA…0002 of user/bob")),
    );
    check(
        "iam:DeleteLoginProfile",
        json!({"userName": "alice"}),
        json!(null),
        Some((0, "of themselves", "removed their own console password")),
    );
    let entry = |cidr: &str| json!({"networkAclId": "acl-1", "ruleNumber": 9, "egress": false, "ruleAction": "allow", "cidrBlock": cidr});
    check(
        "ec2:CreateNetworkAclEntry",
        entry("0.0.0.0/0"),
        json!(null),
        Some((1, "acl-1: rule 9 allows any address", "opened network ACL acl-1 to any address")),
    );
    check("ec2:CreateNetworkAclEntry", entry("10.0.0.0/8"), json!(null), None);
}
