//! Records of every service, read.

use serde_json::{Value, json};

use super::*;
use crate::event::{Event, ForeignFinding, Level, PrincipalKind};
use crate::source::contract::{EventCarrier, LogSource, RecordContext};

const ACCOUNT: &str = "111122223333";

fn carrier(kind: &'static str) -> RecordContext<'static> {
    let carrier = EventCarrier {
        kind,
        account: "444455556666",
        region: "eu-west-1",
        time: "2026-11-29T10:00:00Z",
        id: "e1",
    };
    RecordContext { carrier: Some(carrier), ..RecordContext::default() }
}

fn decode(source: &FindingSource, record: &Value) -> Event {
    source.decode(record.to_string().as_bytes(), carrier("x")).unwrap()
}

fn finding(event: &Event) -> &ForeignFinding {
    event.foreign_finding().unwrap()
}

fn guardduty(more: Value) -> Value {
    let mut record = json!({
        "schemaVersion": "2.0", "accountId": ACCOUNT, "region": "eu-west-1", "id": "f1",
        "arn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f1",
        "type": "Recon:IAMUser/MaliciousIPCaller", "severity": 5.0,
        "title": "API calls from a malicious address", "updatedAt": "2026-11-29T09:10:00.000Z",
        "resource": {"resourceType": "AccessKey", "accessKeyDetails": {
            "accessKeyId": "AKIAEXAMPLE000000001", "principalId": "AIDAEXAMPLE",
            "userType": "IAMUser", "userName": "alice"}},
        "service": {"serviceName": "guardduty", "count": 3, "archived": false,
            "eventLastSeen": "2026-11-29T09:05:00.000Z",
            "action": {"awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "203.0.113.9"}}}},
    });
    merge(&mut record, more);
    record
}

fn merge(record: &mut Value, more: Value) {
    if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
        record.extend(more);
    }
}

#[test]
fn a_caller_is_the_one_that_cloudtrail_knows() {
    let event = decode(&GUARDDUTY, &guardduty(json!({})));
    let who = &event.principal;
    assert_eq!(who.key, "arn:aws:iam::111122223333:user/alice");
    assert_eq!(who.arn.as_deref(), Some("arn:aws:iam::111122223333:user/alice"));
    assert_eq!(
        (who.name.as_str(), who.access_key.as_deref()),
        ("user/alice", Some("AKIAEXAMPLE000000001"))
    );
    assert_eq!(event.network.source.as_deref(), Some("203.0.113.9"));
    assert_eq!(
        (event.id.as_str(), event.account.as_deref()),
        ("f1 2026-11-29T09:10:00.000Z", Some(ACCOUNT))
    );
    assert_eq!(event.time.to_string(), "2026-11-29T09:05:00Z");
    let found = finding(&event);
    assert_eq!((found.level, found.count, found.is_closed), (Level::Medium, Some(3), false));
    let role = json!({"accessKeyDetails": {"accessKeyId": "ASIAEXAMPLE000000001",
        "principalId": "AROAEXAMPLE:i-0123456789abcdef0", "userType": "AssumedRole", "userName": "web"}});
    let event = decode(&GUARDDUTY, &guardduty(json!({"resource": role})));
    let cloudtrail = crate::source::cloudtrail::read_principal(&json!({"userIdentity": {
        "type": "AssumedRole", "accountId": ACCOUNT,
        "arn": "arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0",
        "principalId": "AROAEXAMPLE:i-0123456789abcdef0", "accessKeyId": "ASIAEXAMPLE000000001",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/web", "userName": "web"}}}}));
    assert_eq!(event.principal.key, cloudtrail.key);
    assert_eq!(event.principal.session, cloudtrail.session);
}

#[test]
fn levels_of_guardduty() {
    for (severity, expected) in [
        (json!(1), Level::Low),
        (json!(3.9), Level::Low),
        (json!(4), Level::Medium),
        (json!(7.5), Level::High),
        (json!(9), Level::Critical),
        (json!("8"), Level::High),
        (json!(null), Level::Low),
    ] {
        let event = decode(&GUARDDUTY, &guardduty(json!({"severity": severity})));
        assert_eq!(finding(&event).level, expected, "{severity}");
    }
    let ai = json!({"severity": 2, "type": "Impact:IAMUser/PromptInjection.Direct"});
    assert_eq!(finding(&decode(&GUARDDUTY, &guardduty(ai))).level, Level::Medium);
}

#[test]
fn whom_guardduty_is_about() {
    let who =
        |resource: Value| decode(&GUARDDUTY, &guardduty(json!({"resource": resource}))).principal;
    let instance = who(json!({"instanceDetails": {"instanceId": "i-0123456789abcdef0"}}));
    assert_eq!(
        (instance.kind, instance.name.as_str()),
        (PrincipalKind::Instance, "i-0123456789abcdef0")
    );
    let bucket =
        who(json!({"s3BucketDetails": [{"arn": "arn:aws:s3:::payroll", "name": "payroll"}]}));
    assert_eq!((bucket.kind, bucket.name.as_str()), (PrincipalKind::Resource, "bucket/payroll"));
    assert_eq!(who(json!({})).name, "account/111122223333");
    let sequence = json!({"resource": {"resourceType": "AttackSequence"}, "severity": 9,
        "service": {"eventLastSeen": "2026-11-29T09:05:00Z", "detection": {"sequence": {
            "actors": [{"id": "a0"}, {"id": "a1", "user": {"name": "alice", "uid": "AIDAEXAMPLE",
                "type": "IAMUser", "credentialUid": "AKIAEXAMPLE000000001"}}],
            "endpoints": [{"ip": "203.0.113.9"}]}}}});
    let event = decode(&GUARDDUTY, &guardduty(sequence));
    assert_eq!(event.principal.name, "user/alice");
    assert_eq!(event.network.source.as_deref(), Some("203.0.113.9"));
    let part = json!({"associatedAttackSequenceArn": "arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/seq"});
    let event = decode(&GUARDDUTY, &guardduty(part));
    assert_eq!(finding(&event).part_of.as_deref(), Some("seq"));
}

#[test]
fn samples_and_closed_ones() {
    let state = |more| {
        let derived = GUARDDUTY.derived().iter().find(|one| one.name == "aware.finding_state");
        let nothing = crate::enrichment::Enrichment::nothing();
        derived.unwrap().values.values_in(&GUARDDUTY, &guardduty(more), nothing)
    };
    assert_eq!(state(json!({})), ["open"]);
    assert_eq!(state(json!({"service": {"archived": true}})), ["closed"]);
    assert_eq!(state(json!({"service": {"additionalInfo": {"sample": true}}})), ["sample"]);
}

#[test]
fn a_tools_spelling_is_read() {
    let record = json!({"SchemaVersion": "2.0", "AccountId": ACCOUNT, "Id": "f1", "Type": "t", "Severity": 8,
        "UpdatedAt": "2026-11-29T09:10:00Z", "Service": {"Count": 5},
        "Resource": {"AccessKeyDetails": {"UserName": "alice", "UserType": "IAMUser"}}});
    let event = decode(&GUARDDUTY, &record);
    assert_eq!((event.principal.name.as_str(), finding(&event).count), ("user/alice", Some(5)));
}

#[test]
fn both_formats_of_security_hub_are_one_finding() {
    let id = "arn:aws:guardduty:eu-west-1:111122223333:detector/d1/finding/f1";
    let asff = json!({"SchemaVersion": "2018-10-08", "Id": id, "GeneratorId": "g", "AwsAccountId": ACCOUNT,
        "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/guardduty", "Title": "t",
        "Types": ["TTPs/Discovery/Recon:IAMUser-MaliciousIPCaller"], "Severity": {"Label": "HIGH"},
        "UpdatedAt": "2026-11-29T09:10:00Z", "RecordState": "ACTIVE", "Workflow": {"Status": "NEW"},
        "Resources": [{"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAEXAMPLE000000001",
            "Details": {"AwsIamAccessKey": {"PrincipalName": "alice", "PrincipalType": "IAMUser",
                "PrincipalId": "AIDAEXAMPLE", "AccessKeyId": "AKIAEXAMPLE000000001"}}}]});
    let ocsf = json!({"class_uid": 2004, "cloud": {"account": {"uid": ACCOUNT}, "region": "eu-west-1"},
        "finding_info": {"uid": id, "title": "t", "types": ["x"], "modified_time_dt": "2026-11-29T09:10:00Z"},
        "metadata": {"product": {"name": "GuardDuty"}}, "severity_id": 4, "status_id": 1,
        "resources": [{"uid": "AKIAEXAMPLE000000001", "type": "AWS::IAM::AccessKey"}]});
    let (one, other) = (decode(&SECURITY_HUB, &asff), decode(&SECURITY_HUB, &ocsf));
    for event in [&one, &other] {
        let found = finding(event);
        assert_eq!((found.product.as_str(), found.finding_id.as_str()), ("GuardDuty", "f1"));
        assert_eq!((found.level, found.is_closed), (Level::High, false));
        assert_eq!(event.principal.access_key.as_deref(), Some("AKIAEXAMPLE000000001"));
        assert_eq!(event.id, "f1 2026-11-29T09:10:00Z");
    }
    assert_eq!(one.principal.name, "user/alice");
    for closed in [
        json!({"RecordState": "ARCHIVED"}),
        json!({"Workflow": {"Status": "RESOLVED"}}),
        json!({"Compliance": {"Status": "PASSED"}}),
    ] {
        let mut record = asff.clone();
        merge(&mut record, closed);
        assert!(finding(&decode(&SECURITY_HUB, &record)).is_closed, "{record}");
    }
}

#[test]
fn access_analyzer() {
    let base = json!({"id": "aa-1", "status": "ACTIVE", "resourceType": "AWS::S3::Bucket",
        "resource": "arn:aws:s3:::payroll", "analyzedAt": "2026-11-29T09:00:00Z", "updatedAt": "2026-11-29T09:00:00Z",
        "accountId": ACCOUNT, "region": "eu-west-1", "principal": {"AWS": "*"}, "isPublic": true, "isDeleted": false});
    let with = |more| {
        let mut record = base.clone();
        merge(&mut record, more);
        let event = decode(&ACCESS_ANALYZER, &record);
        let found = finding(&event).clone();
        (found.kind, found.level, found.title, found.is_closed)
    };
    let text =
        |kind: &str, level, title: &str, closed| (kind.to_owned(), level, title.to_owned(), closed);
    assert_eq!(
        with(json!({})),
        text("ExternalAccess", Level::High, "everybody has access to bucket/payroll", false)
    );
    let outside = json!({"isPublic": false, "principal": {"AWS": "444455556666"}});
    assert_eq!(
        with(outside),
        text(
            "ExternalAccess",
            Level::Medium,
            "444455556666 from outside has access to bucket/payroll",
            false
        )
    );
    assert_eq!(
        with(json!({"error": "ACCESS_DENIED"})),
        text(
            "AnalysisError",
            Level::Medium,
            "bucket/payroll could not be analysed: ACCESS_DENIED",
            false
        )
    );
    assert!(with(json!({"status": "RESOLVED"})).3 && with(json!({"isDeleted": true})).3);
    let unused = json!({"findingId": "aa-2", "id": null, "findingType": "UnusedPermission", "numberOfUnusedServices": 12, "numberOfUnusedActions": 61});
    assert_eq!(with(unused).1, Level::Informational);
}

#[test]
fn health_config_inspector_and_macie() {
    let health = json!({"eventArn": "arn:aws:health:us-east-1::event/RISK/1", "service": "RISK",
        "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED", "statusCode": "open", "startTime": "Sun, 29 Nov 2026 09:00:00 GMT",
        "affectedEntities": [{"entityValue": "AKIAEXAMPLE000000001"}], "affectedAccount": ACCOUNT});
    let event = decode(&HEALTH, &health);
    assert_eq!(
        (finding(&event).level, event.principal.access_key.as_deref()),
        (Level::Critical, Some("AKIAEXAMPLE000000001"))
    );
    assert_eq!(finding(&event).title, "aws risk credentials exposed");
    let config = json!({"configRuleName": "restricted-ssh", "resourceId": "sg-0a1b", "resourceType": "AWS::EC2::SecurityGroup",
        "awsAccountId": ACCOUNT, "awsRegion": "eu-west-1", "notificationCreationTime": "2026-11-29T09:00:00Z",
        "newEvaluationResult": {"complianceType": "NON_COMPLIANT"}, "oldEvaluationResult": {"complianceType": "COMPLIANT"}});
    let event = decode(&CONFIG, &config);
    assert_eq!(
        finding(&event).title,
        "SecurityGroup/sg-0a1b does not comply with restricted-ssh any more"
    );
    let inspector = json!({"findingArn": "arn:aws:inspector2:eu-west-1:111122223333:finding/1", "awsAccountId": ACCOUNT,
        "type": "NETWORK_REACHABILITY", "severity": "MEDIUM", "status": "ACTIVE", "title": "Port 22 is reachable",
        "updatedAt": "Nov 29, 2026, 9:00:00 AM", "resources": [{"id": "i-0123456789abcdef0", "region": "eu-west-1"}]});
    let event = decode(&INSPECTOR, &inspector);
    assert_eq!(
        (event.principal.kind, event.time.to_string().as_str()),
        (PrincipalKind::Instance, "2026-11-29T09:00:00Z")
    );
    let macie = json!({"id": "m1", "accountId": ACCOUNT, "region": "eu-west-1", "type": "Policy:IAMUser/S3BucketPublic",
        "category": "POLICY", "severity": {"description": "High", "score": 3}, "updatedAt": "2026-11-29T09:00:00Z", "title": "t",
        "resourcesAffected": {"s3Bucket": {"arn": "arn:aws:s3:::payroll"}},
        "policyDetails": {"actor": {"userIdentity": {"type": "IAMUser", "iamUser": {"userName": "bob", "arn": "arn:aws:iam::111122223333:user/bob"}},
            "ipAddressDetails": {"ipAddressV4": "203.0.113.9"}}}});
    let event = decode(&MACIE, &macie);
    assert_eq!((event.principal.name.as_str(), finding(&event).level), ("user/bob", Level::High));
}

#[test]
fn what_the_envelope_adds() {
    let mut record = guardduty(json!({"accountId": null, "region": null, "service": {}}));
    merge(&mut record, json!({"updatedAt": null}));
    let event = decode(&GUARDDUTY, &record);
    assert_eq!(
        (event.account.as_deref(), event.region.as_str()),
        (Some("444455556666"), "eu-west-1")
    );
    assert_eq!(event.time.to_string(), "2026-11-29T10:00:00Z");
    let alone = GUARDDUTY.decode(record.to_string().as_bytes(), RecordContext::default());
    assert_eq!(alone.unwrap_err().to_string(), "record has no `createdAt`");
}

#[test]
fn what_is_no_finding() {
    for source in
        [&GUARDDUTY, &SECURITY_HUB, &ACCESS_ANALYZER, &INSPECTOR, &MACIE, &CONFIG, &HEALTH]
    {
        for text in ["{}", "[]", "7", r#"{"id": 7, "type": []}"#] {
            assert!(source.decode(text.as_bytes(), carrier("x")).is_err(), "{text}");
        }
    }
}
