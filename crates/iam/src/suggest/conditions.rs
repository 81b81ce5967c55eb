//! Conditions that bind a grant to what was seen, for actions that allow too much without one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::need::{GrantNeed, NoGrant};
use super::place::{self, PlaceOwner};
use super::resources::OwnConditions;
use crate::call::receiving_service;
use crate::resource::{escape_literal, key_alias};

type ConditionMap = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// The conditions of a grant.
///
/// # Errors
/// [`NoGrant::OthersPlace`] if a condition would name a place that is another's.
pub(super) fn grant_conditions(need: &GrantNeed<'_>) -> Result<ConditionMap, NoGrant> {
    let mut all = ConditionMap::new();
    let request = need.evidence.request;
    let mut add = |operator: &str, key: &str, values: Vec<String>| {
        all.entry(operator.to_owned()).or_default().insert(key.to_owned(), values);
    };
    let action = need.actions.first().map(String::as_str).unwrap_or_default();
    match action {
        "iam:PassRole" => {
            if let Some(service) = passed_to(need) {
                add("StringEquals", "iam:PassedToService", vec![service]);
            }
        }
        "iam:CreateServiceLinkedRole" => {
            if let Some(service) =
                request_text(request, "awsServiceName").or_else(|| linked_service(need))
            {
                add("StringEquals", "iam:AWSServiceName", vec![escape_literal(service)]);
            }
        }
        "s3:ListBucket" | "s3:ListBucketVersions" => {
            if let Some(prefix) = request_text(request, "prefix") {
                let (values, own) = list_prefixes(need, escape_literal(prefix))?;
                add("StringLike", "s3:prefix", values);
                place::add_conditions(&mut all, &own);
            }
        }
        "cloudwatch:PutMetricData" => {
            if let Some(namespace) = request_text(request, "namespace") {
                add("StringEquals", "cloudwatch:namespace", vec![escape_literal(namespace)]);
            }
        }
        "ec2-instance-connect:SendSSHPublicKey" => {
            if let Some(user) = request_text(request, "instanceOSUser") {
                add("StringEquals", "ec2:osuser", vec![escape_literal(user)]);
            }
        }
        _ if action.starts_with("kms:") => {
            if let Some(service) = via_service(need) {
                add("StringEquals", "kms:ViaService", vec![service]);
            }
            let alias = key_alias(request);
            if let Some(alias) = alias.filter(|_| need.found.is_some_and(|found| !found.whole)) {
                add("StringEquals", "kms:RequestAlias", vec![escape_literal(alias)]);
            }
        }
        _ => {}
    }
    Ok(all)
}

/// The values of `s3:prefix` for a listing, and the conditions that must hold if the prefix is the
/// caller's own.
fn list_prefixes(
    need: &GrantNeed<'_>,
    prefix: String,
) -> Result<(Vec<String>, OwnConditions), NoGrant> {
    let bucket = need.found.map(|found| found.pattern.as_str()).unwrap_or_default();
    match place::owner_of_prefix(need.caller, bucket, need.evidence.request) {
        PlaceOwner::Others(other) => Err(NoGrant::OthersPlace(other)),
        PlaceOwner::Own { pattern, conditions } if pattern.ends_with('*') => {
            Ok((vec![pattern], conditions))
        }
        PlaceOwner::Own { pattern, conditions } if pattern.ends_with('/') => {
            Ok((vec![format!("{pattern}*"), pattern], conditions))
        }
        PlaceOwner::Own { pattern, conditions } => {
            Ok((vec![format!("{pattern}/*"), pattern], conditions))
        }
        PlaceOwner::Nobodys => Ok((vec![format!("{prefix}*"), prefix], Vec::new())),
    }
}

/// The service in the path of a service-linked role.
fn linked_service<'e>(need: &GrantNeed<'e>) -> Option<&'e str> {
    let (_, path) = need.found?.name.split_once(":role/aws-service-role/")?;
    path.split('/').next().filter(|service| service.ends_with(".amazonaws.com"))
}

/// The service that a role is passed to: the called one, or the one that receives the role.
fn passed_to(need: &GrantNeed<'_>) -> Option<String> {
    match need.service {
        "" | "iam" | "sts" | "cloudformation" => None,
        "ecs" => Some("ecs-tasks.amazonaws.com".to_owned()),
        "autoscaling" => Some("ec2.amazonaws.com".to_owned()),
        other => receiving_service(other, need.evidence.operation, "role"),
    }
}

/// The services that `kms:ViaService` can name; calls made inside AWS use other names.
///
/// Source: KMS developer guide, "kms:ViaService", "Services that support it".
const KMS_VIA_SERVICES: [&str; 62] = [
    "acm",
    "airflow",
    "amplify",
    "apprunner",
    "appflow",
    "app-integrations",
    "aps",
    "arc-region-switch",
    "auditmanager",
    "aurora",
    "backup",
    "backup-gateway",
    "bedrock",
    "cloudtrail",
    "codeartifact",
    "codebuild",
    "codeguru-reviewer",
    "comprehend",
    "connect",
    "databrew",
    "datazone",
    "dms",
    "ds",
    "dynamodb",
    "ec2",
    "ecr",
    "elasticache",
    "elasticfilesystem",
    "emr-serverless",
    "es",
    "events",
    "finspace",
    "fsx",
    "geo",
    "glue",
    "healthlake",
    "iot",
    "iotsitewise",
    "kafka",
    "kinesis",
    "kinesisvideo",
    "lambda",
    "lex",
    "logs",
    "memorydb",
    "mq",
    "neptune",
    "omics",
    "qbusiness",
    "rds",
    "redshift",
    "s3",
    "sagemaker",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "states",
    "timestream",
    "workmail",
    "workspaces",
];

/// The service through which a key was used, `s3.eu-west-1.amazonaws.com`.
///
/// Source: KMS developer guide, "kms:ViaService".
fn via_service(need: &GrantNeed<'_>) -> Option<String> {
    let by = need.invoked_by.and_then(|by| by.strip_suffix(".amazonaws.com"));
    let service = by.or(Some(need.service)).filter(|name| KMS_VIA_SERVICES.contains(name))?;
    let region = need.evidence.place.region;
    (!region.is_empty()).then(|| format!("{service}.{region}.amazonaws.com"))
}

/// The string under a key of the request.
fn request_text<'e>(request: Option<&'e Value>, key: &str) -> Option<&'e str> {
    request?.get(key)?.as_str().filter(|value| !value.is_empty() && value.len() <= 1_024)
}
