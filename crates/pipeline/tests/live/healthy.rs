//! A day of a healthy account: nobody is hostile, and everybody is denied something.

use serde_json::json;

use super::records::{ACCOUNT, Call, Caller};

const REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "sa-east-1",
];

/// Every call of the day, in order of who makes them.
pub(crate) fn healthy_day() -> Vec<Call> {
    let mut day = Vec::new();
    console_visits(&mut day);
    inventory(&mut day);
    continuous_integration(&mut day);
    autoscaling(&mut day);
    terraform(&mut day);
    worker(&mut day);
    command_line(&mut day);
    day
}

/// Five people open pages of the console that ask for more than they may see.
fn console_visits(day: &mut Vec<Call>) {
    let pages = [
        "ce:GetCostAndUsage",
        "ce:GetCostForecast",
        "securityhub:DescribeHub",
        "health:DescribeEventAggregates",
        "notifications:ListNotificationHubs",
        "servicecatalog:ListApplications",
        "cost-optimization-hub:ListEnrollmentStatuses",
        "freetier:GetFreeTierUsage",
        "support:DescribeTrustedAdvisorChecks",
    ];
    for (number, name) in (0..).zip(["ana", "ben", "cleo", "dirk", "eva"]) {
        let who = person(name, number);
        for visit in 0..3 {
            let start = 28_800 + 600 * number + 9_000 * visit;
            for (at, page) in (0..).zip(pages) {
                day.push(from_console(Call::new(start + at, &who, page).denied("*")));
                day.push(from_console(Call::new(start + 20 + at, &who, "ec2:DescribeInstances")));
            }
        }
    }
}

fn person(name: &str, number: i64) -> Caller {
    let role = "AWSReservedSSO_Developer_0123456789abcdef";
    let key = format!("ASIAEXAMPLEPERSON00{number}");
    let mut who = Caller::role(role, &format!("{name}@example.org"), &key, "198.51.100.20");
    who.identity["sessionContext"]["sessionIssuer"]["arn"] = json!(format!(
        "arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/{role}"
    ));
    who.agent = "Mozilla/5.0 (X11; Linux x86_64)".to_owned();
    who
}

fn from_console(call: Call) -> Call {
    call.set("sessionCredentialFromConsole", json!("true"))
}

/// A vendor's inventory asks the same in every region, four times a day.
fn inventory(day: &mut Vec<Call>) {
    let lists = [
        "rds:DescribeDBInstances",
        "eks:ListClusters",
        "sagemaker:ListNotebookInstances",
        "bedrock:ListCustomModels",
        "redshift:DescribeClusters",
        "glue:GetDatabases",
    ];
    for run in 0..4 {
        for (number, region) in (0..).zip(REGIONS) {
            let key = format!("ASIAEXAMPLEVENDOR00{run}");
            let who = Caller::role("vendor-inventory", "inventory", &key, "192.0.2.40");
            for (at, list) in (0..).zip(lists) {
                let call = Call::new(21_600 * run + 10 * number + at, &who, list).denied("*");
                day.push(call.set("awsRegion", json!(region)));
                let went =
                    Call::new(21_600 * run + 10 * number + at, &who, "ec2:DescribeInstances");
                day.push(went.set("awsRegion", json!(region)));
            }
        }
    }
}

/// CI deploys every hour, and lacks nothing.
fn continuous_integration(day: &mut Vec<Call>) {
    for hour in 0..12 {
        let key = format!("ASIAEXAMPLECI0000{hour:03}");
        let who = Caller::role("ci", "run", &key, "198.51.100.30");
        let calls = [
            "cloudformation:CreateChangeSet",
            "cloudformation:ExecuteChangeSet",
            "lambda:UpdateFunctionCode",
            "ecs:RegisterTaskDefinition",
            "ecs:UpdateService",
            "ecr:PutImage",
        ];
        for (at, call) in (0..).zip(calls) {
            day.push(Call::new(30_000 + 3_600 * hour + at, &who, call));
        }
    }
}

/// AWS services at work; some may not see everything.
fn autoscaling(day: &mut Vec<Call>) {
    let service = Caller::service("autoscaling.amazonaws.com");
    let config = Caller::service("config.amazonaws.com");
    for at in 0..40 {
        day.push(Call::new(1_000 + 2_000 * at, &service, "ec2:RunInstances"));
        day.push(Call::new(1_500 + 2_000 * at, &service, "ec2:TerminateInstances"));
        day.push(Call::new(1_200 + 2_000 * at, &config, "s3:GetBucketAcl").denied("*"));
    }
}

/// A Terraform run with three mistakes, each mended by somebody else before the next run.
fn terraform(day: &mut Vec<Call>) {
    let mistakes = [
        ("sqs:TagQueue", "arn:aws:sqs:eu-west-1:111122223333:orders"),
        ("rds:CreateDBSubnetGroup", "arn:aws:rds:eu-west-1:111122223333:subgrp:orders"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/orders-task"),
    ];
    let admin = person("ana", 0);
    for (run, (action, resource)) in (0..).zip(mistakes) {
        let key = format!("ASIAEXAMPLETERRA000{run}");
        let who = Caller::role("terraform", "aws-go-sdk-1790000000", &key, "198.51.100.30");
        let start = 40_000 + 3_000 * run;
        for (at, made) in (0..).zip(["iam:CreateRole", "iam:PutRolePolicy", "sqs:CreateQueue"]) {
            day.push(Call::new(start + at, &who, made).request(json!({
                "roleName": "orders-task", "policyName": "orders",
                "policyDocument": r#"{"Statement":[{"Effect":"Allow","Action":"sqs:SendMessage",
                    "Resource":"arn:aws:sqs:eu-west-1:111122223333:orders"}]}"#,
            })));
        }
        let name = if action == "iam:PassRole" { "ecs:RunTask" } else { action };
        day.push(Call::new(start + 60, &who, name).denied_action(action, resource));
        day.push(Call::new(start + 900, &admin, "iam:PutRolePolicy").request(json!({
            "roleName": "terraform", "policyName": "deploy",
            "policyDocument": r#"{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}"#,
        })));
        day.push(Call::new(start + 1_800, &who, name));
    }
}

/// A function that lacks a permission, all day.
fn worker(day: &mut Vec<Call>) {
    for at in 0..400 {
        let key = format!("ASIAEXAMPLEWORKER0{:02}", at % 7);
        let who = Caller::role("orders-worker", "orders-worker", &key, "192.0.2.77");
        let queue = "arn:aws:sqs:eu-west-1:111122223333:orders-dead";
        day.push(Call::new(200 * at, &who, "sqs:SendMessage").denied(queue));
        day.push(Call::new(200 * at + 1, &who, "dynamodb:DescribeTable"));
    }
}

/// Two people at the command line mistype.
fn command_line(day: &mut Vec<Call>) {
    let ben = Caller::user("ben-cli", "AKIAEXAMPLEBENCLI001", "198.51.100.20");
    day.push(Call::new(50_000, &ben, "s3:ListBuckets").denied_action("s3:ListAllMyBuckets", "*"));
    day.push(Call::new(50_100, &ben, "s3:GetBucketLocation"));
    let eva = Caller::user("eva-cli", "AKIAEXAMPLEEVACLI001", "198.51.100.20");
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    day.push(Call::new(51_000, &eva, "dynamodb:UpdateTable").denied(table));
}
