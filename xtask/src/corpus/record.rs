//! Generates one record.

use std::fmt::Write;

use super::dice::SeededDice;

/// Account ids used in AWS's documentation.
pub(super) const ACCOUNTS: [&str; 4] =
    ["111122223333", "444455556666", "123456789012", "777788889999"];
/// Regions.
pub(super) const REGIONS: [&str; 6] =
    ["us-east-1", "eu-west-1", "us-west-2", "eu-central-1", "ap-southeast-2", "sa-east-1"];

const SERVICES: [&str; 42] = [
    "ec2",
    "sts",
    "s3",
    "kms",
    "iam",
    "lambda",
    "logs",
    "dynamodb",
    "ssm",
    "monitoring",
    "autoscaling",
    "ecs",
    "elasticloadbalancing",
    "rds",
    "sqs",
    "sns",
    "cloudformation",
    "ecr",
    "eks",
    "secretsmanager",
    "cloudtrail",
    "config",
    "route53",
    "kinesis",
    "firehose",
    "glue",
    "athena",
    "events",
    "states",
    "apigateway",
    "cloudfront",
    "backup",
    "elasticache",
    "es",
    "guardduty",
    "organizations",
    "redshift",
    "tagging",
    "wafv2",
    "xray",
    "batch",
    "elasticfilesystem",
];
const VERBS: [&str; 9] =
    ["Describe", "List", "Get", "Create", "Update", "Put", "Delete", "Batch", "Tag"];
const NOUNS: [&str; 16] = [
    "Instances",
    "Roles",
    "Keys",
    "Items",
    "Objects",
    "Clusters",
    "Policies",
    "Volumes",
    "Streams",
    "Functions",
    "Queues",
    "Topics",
    "Alarms",
    "Groups",
    "Snapshots",
    "Endpoints",
];
const ROLES: [&str; 12] = [
    "web-server",
    "checkout",
    "thumbnailer",
    "ci-deploy",
    "report-builder",
    "etl-loader",
    "billing-sync",
    "search-indexer",
    "mail-sender",
    "audit-reader",
    "cache-warmer",
    "image-resizer",
];
const USERS: [&str; 8] = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"];
const AGENTS: [&str; 6] = [
    "aws-cli/2.31.0 md/awscrt#0.28.1 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython",
    "Boto3/1.43.2 md/Botocore#1.43.2 ua/2.0 os/linux#5.10.220 md/arch#x86_64 lang/python#3.12.4",
    "aws-sdk-go-v2/1.32.4 os/linux lang/go#1.23.2 md/GOOS#linux md/GOARCH#amd64 api/dynamodb#1.36.2",
    "aws-sdk-java/2.29.1 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1 lang/java#21.0.4 md/kotlin",
    "[aws-sdk-nodejs/2.1692.0 linux/v20.18.0 exec-env/AWS_Lambda_nodejs20.x promise]",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.74.0",
];
const FAILURES: [(&str, &str); 3] = [
    ("NoSuchEntityException", "The role with name missing cannot be found."),
    ("ThrottlingException", "Rate exceeded"),
    ("ResourceNotFoundException", "Requested resource not found"),
];

/// Generates records one after another.
pub(super) struct RecordMaker {
    dice: SeededDice,
}

/// The actor of a record.
struct RecordActor {
    name: String,
    identity: String,
    arn: String,
    agent: String,
    source: String,
}

impl RecordMaker {
    pub(super) fn from_seed(seed: u64) -> Self {
        Self { dice: SeededDice::from_seed(seed) }
    }

    /// Appends a record; true when it is denied.
    pub(super) fn append_record(
        &mut self,
        out: &mut String,
        account: &str,
        region: &str,
        time: &str,
    ) -> bool {
        let roll = self.dice.roll_below(1000);
        let denied = roll < 20;
        let (mut service, mut name, mut read_only) = self.pick_operation();
        let actor = self.pick_actor(account);
        if denied && !actor.name.is_empty() {
            (service, name, read_only) = self.missing_permission(&actor.name);
        }
        let error = match roll {
            0..20 => denial_error(&actor.arn, service, &name, account, region),
            20..50 => {
                let (code, message) = *self.dice.pick_one(&FAILURES);
                format!(r#""errorCode":"{code}","errorMessage":"{message}","#)
            }
            _ => String::new(),
        };
        let RecordActor { identity, agent, source, .. } = actor;
        let (request, response) =
            (self.request_json(&name, account, region), self.response_json(read_only));
        let (request_id, event_id) = (self.random_uuid(), self.random_uuid());
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"{time}","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"{region}","sourceIPAddress":"{source}","userAgent":"{agent}",{error}"requestParameters":{request},"responseElements":{response},"requestID":"{request_id}","eventID":"{event_id}","readOnly":{read_only},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}}}"#
        );
        denied
    }

    fn pick_operation(&mut self) -> (&'static str, String, bool) {
        let service = SERVICES
            .get(usize::try_from(self.dice.roll_skewed(42)).unwrap_or_default())
            .unwrap_or(&"ec2");
        let verb = VERBS
            .get(usize::try_from(self.dice.roll_skewed(9)).unwrap_or_default())
            .unwrap_or(&"List");
        let noun = NOUNS
            .get(usize::try_from(self.dice.roll_skewed(16)).unwrap_or_default())
            .unwrap_or(&"Keys");
        let read_only = matches!(*verb, "Describe" | "List" | "Get");
        (service, format!("{verb}{noun}"), read_only)
    }

    /// What an actor is denied: nearly always the same few operations, as with a workload that
    /// lacks a permission, occasionally any other.
    fn missing_permission(&mut self, actor: &str) -> (&'static str, String, bool) {
        if self.dice.roll_below(100) < 3 {
            return self.pick_operation();
        }
        let sum =
            actor.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self { dice: SeededDice::from_seed(sum % 97 + self.dice.roll_below(2)) }.pick_operation()
    }

    fn pick_actor(&mut self, account: &str) -> RecordActor {
        let agent = (*self.dice.pick_one(&AGENTS)).to_owned();
        let source = format!("198.51.100.{}", self.dice.roll_below(40));
        match self.dice.roll_below(100) {
            0..70 => self.role_actor(account, agent, source),
            70..88 => self.user_actor(account, agent, source),
            _ => {
                let by = format!(
                    "{}.amazonaws.com",
                    self.dice.pick_one(&["config", "autoscaling", "ecs-tasks", "lambda"])
                );
                let identity = format!(r#"{{"type":"AWSService","invokedBy":"{by}"}}"#);
                RecordActor {
                    name: String::new(),
                    identity,
                    arn: by.clone(),
                    agent: by.clone(),
                    source: by,
                }
            }
        }
    }

    fn role_actor(&mut self, account: &str, agent: String, source: String) -> RecordActor {
        let role = *self.dice.pick_one(&ROLES);
        let session = format!("i-{:017x}", self.dice.roll_below(64) + 0x00ab_cdef_0000);
        let arn = format!("arn:aws:sts::{account}:assumed-role/{role}-role/{session}");
        let id = format!("AROAEXAMPLE{:010}", self.dice.roll_below(99_999));
        let key = self.dice.roll_below(u64::MAX);
        let identity = format!(
            r#"{{"type":"AssumedRole","principalId":"{id}:{session}","arn":"{arn}","accountId":"{account}","accessKeyId":"ASIA{key:016X}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{id}","arn":"arn:aws:iam::{account}:role/{role}-role","accountId":"{account}","userName":"{role}-role"}},"attributes":{{"creationDate":"2026-10-01T06:30:00Z","mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}}"#
        );
        RecordActor { name: role.to_owned(), identity, arn, agent, source }
    }

    fn user_actor(&mut self, account: &str, agent: String, source: String) -> RecordActor {
        let user = *self.dice.pick_one(&USERS);
        let arn = format!("arn:aws:iam::{account}:user/{user}");
        let identity = format!(
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE{user}","arn":"{arn}","accountId":"{account}","accessKeyId":"AKIAEXAMPLE{user}","userName":"{user}","sessionContext":{{"attributes":{{"creationDate":"2026-10-01T06:30:00Z","mfaAuthenticated":"true"}}}}}}"#
        );
        RecordActor { name: user.to_owned(), identity, arn, agent, source }
    }

    fn request_json(&mut self, name: &str, account: &str, region: &str) -> String {
        let (a, b) = (self.dice.roll_any(), self.dice.roll_below(500));
        format!(
            r#"{{"maxResults":{b},"filterSet":{{"items":[{{"name":"tag:Name","valueSet":{{"items":[{{"value":"example-{b}"}}]}}}}]}},"resourceArn":"arn:aws:example:{region}:{account}:{name}/{a:016x}","nextToken":"{a:016x}{b:08x}"}}"#
        )
    }

    fn response_json(&mut self, read_only: bool) -> String {
        if read_only {
            return "null".to_owned();
        }
        let id = self.dice.roll_any();
        format!(
            r#"{{"requestId":"{id:016x}","_return":true,"result":{{"id":"r-{id:016x}","status":"ACTIVE","version":"$LATEST"}}}}"#
        )
    }

    fn random_uuid(&mut self) -> String {
        let (a, b) = (self.dice.roll_any(), self.dice.roll_any());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            a >> 32,
            a & 0xffff,
            (a >> 16) & 0xfff,
            b & 0xfff,
            b >> 16
        )
    }
}

fn denial_error(arn: &str, service: &str, name: &str, account: &str, region: &str) -> String {
    let action = format!("{service}:{name}");
    let core = format!(
        "User: {arn} is not authorized to perform: {action} on resource: arn:aws:{service}:{region}:{account}:example/* because no identity-based policy allows the {action} action"
    );
    match service {
        "ec2" => format!(
            r#""errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation. {core}","#
        ),
        "dynamodb" | "kms" | "lambda" => {
            format!(r#""errorCode":"AccessDeniedException","errorMessage":"{core}","#)
        }
        _ => format!(r#""errorCode":"AccessDenied","errorMessage":"{core}","#),
    }
}
