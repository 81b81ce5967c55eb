//! `iam:PassRole`, which no log shows: inferred from the roles that a request hands to a service.
//!
//! Source: IAM user guide, "Grant a user permissions to pass a role to an AWS service".

use std::collections::BTreeMap;

use aware_core::event::{Arn, Event};
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

use super::permission::CallPermission;
use crate::resource::{CallPlace, FoundResource};

/// How deep to search a request, and how many roles to take from it.
const MAX_DEPTH: usize = 8;
const MAX_ROLES: usize = 16;

/// Services whose requests name roles to assume, change or share rather than to pass.
const ABOUT_ROLES: [&str; 8] =
    ["sts", "iam", "sso", "organizations", "ram", "access-analyzer", "lakeformation", "kms"];

/// Fragments of the request keys that hold a passed role.
const ROLE_KEYS: [&str; 4] = ["role", "deliverlogspermission", "credentials", "instanceprofile"];

/// The service that receives a role, if it is not the one that was called: service, key fragment,
/// receiver. An empty receiver means that AWS's documentation does not say; the grant then has no
/// condition.
///
/// Source: the services' user guides, on their service, execution, task and instance roles.
const RECEIVING_SERVICES: [(&str, &str, &str); 41] = [
    ("airflow", "executionrole", "airflow"),
    ("apprunner", "accessrole", "build.apprunner"),
    ("apprunner", "instancerole", "tasks.apprunner"),
    ("autoscaling", "instanceprofile", "ec2"),
    ("batch", "executionrole", "ecs-tasks"),
    ("batch", "instancerole", "ec2"),
    ("batch", "jobrole", "ecs-tasks"),
    ("batch", "spotiamfleetrole", "spotfleet"),
    ("bedrock-agentcore-control", "role", "bedrock-agentcore"),
    ("ec2", "deliverlogspermission", "vpc-flow-logs"),
    ("ec2", "deliverycrossaccountrole", ""),
    ("ec2", "iamfleetrole", "spotfleet"),
    ("ec2", "role", "ec2"),
    ("ecs", "executionrole", "ecs-tasks"),
    ("ecs", "taskrole", "ecs-tasks"),
    ("eks", "noderole", ""),
    ("eks", "podexecutionrole", ""),
    ("eks", "rolearn", "eks"),
    ("elasticbeanstalk", "instanceprofile", "ec2"),
    ("elasticmapreduce", "autoscalingrole", "application-autoscaling"),
    ("elasticmapreduce", "jobflowrole", "ec2"),
    ("emr-containers", "role", ""),
    ("es", "role", ""),
    ("gamelift", "instancerole", ""),
    ("guardduty", "role", "malware-protection-plan.guardduty"),
    ("imagebuilder", "instanceprofile", "ec2"),
    ("imagebuilder", "executionrole", "imagebuilder"),
    ("lex", "role", "lexv2"),
    ("models-v2-lex", "role", "lexv2"),
    ("monitoring", "role", "streams.metrics.cloudwatch"),
    ("opensearch", "role", ""),
    ("osis", "role", "osis-pipelines"),
    ("rds", "monitoringrole", "monitoring.rds"),
    ("s3control", "role", "batchoperations.s3"),
    ("sagemaker-geospatial", "role", "sagemaker-geospatial"),
    ("serverlessrepo", "role", ""),
    ("synthetics", "executionrole", "lambda"),
    ("cognito-sync", "role", ""),
    ("opsworks", "instanceprofile", "ec2"),
    ("workspaces", "role", ""),
    ("kinesisanalytics", "role", "kinesisanalytics"),
];

const GUESSED_ROLE: &str =
    "a guess: assumes that the instance profile's role has the same name as the profile";

/// The roles that a call passed on, as permissions.
pub fn pass_role_permissions(event: &Event) -> Vec<CallPermission> {
    let service = event.action.service.as_str();
    let mut roles = BTreeMap::new();
    if !ABOUT_ROLES.contains(&service)
        && event.action.read_only != Some(true)
        && let Some(request) = field::REQUEST.find_in(&event.record)
    {
        RoleCollector { event, roles: &mut roles }.visit_value(request, "", MAX_DEPTH);
    }
    let permission = |(arn, (key, is_guess)): (String, (String, bool))| {
        let taker = receiving_service(service, &event.action.name, &key);
        CallPermission {
            action: "iam:PassRole".to_owned(),
            request: None,
            resources: vec![FoundResource::from_arn(&arn, "role")],
            condition: taker.map(|taker| ("StringEquals", "iam:PassedToService", taker)),
            guess: is_guess.then_some(GUESSED_ROLE),
        }
    };
    roles.into_iter().map(permission).collect()
}

/// The service that receives the role under a request key; `None` if no source says.
pub(crate) fn receiving_service(service: &str, operation: &str, key: &str) -> Option<String> {
    // S3 batch jobs are created through the same endpoint as buckets.
    let service = if service == "s3" && operation.ends_with("Job") { "s3control" } else { service };
    let rows =
        RECEIVING_SERVICES.iter().filter(|(of, part, _)| *of == service && key.contains(part));
    let longest = rows.max_by_key(|(_, part, _)| part.len());
    let named = longest.map_or(service, |(.., taker)| *taker);
    let is_plain =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (!named.is_empty() && is_plain(named)).then(|| format!("{named}.amazonaws.com"))
}

struct RoleCollector<'e> {
    event: &'e Event,
    /// The request key, and whether the ARN is a guess, by the role's ARN.
    roles: &'e mut BTreeMap<String, (String, bool)>,
}

impl RoleCollector<'_> {
    fn visit_value(&mut self, value: &Value, key: &str, depth: usize) {
        if depth == 0 || self.roles.len() >= MAX_ROLES {
            return;
        }
        match value {
            Value::String(text) if ROLE_KEYS.iter().any(|part| key.contains(part)) => {
                if let Some((arn, is_guess)) = self.read_role(text, key) {
                    self.roles.entry(arn).or_insert_with(|| (key.to_owned(), is_guess));
                }
            }
            Value::Array(list) => {
                list.iter().for_each(|item| self.visit_value(item, key, depth - 1))
            }
            Value::Object(fields) => {
                for (name, item) in fields {
                    let name = name.to_ascii_lowercase();
                    let is_profile =
                        key.ends_with("instanceprofile") && matches!(name.as_str(), "arn" | "name");
                    self.visit_value(item, if is_profile { key } else { &name }, depth - 1);
                }
            }
            _ => {}
        }
    }

    /// The role's ARN, and whether it is a guess.
    fn read_role(&self, text: &str, key: &str) -> Option<(String, bool)> {
        if text.contains(['*', '?', '$']) {
            return None;
        }
        let Some(arn) = Arn::parse(text).filter(|arn| arn.service() == "iam") else {
            return self.role_from_name(text, key);
        };
        if let Some(name) = arn.resource().strip_prefix("instance-profile/") {
            let name = name.rsplit('/').next().unwrap_or(name);
            return Some((
                format!("arn:{}:iam::{}:role/{name}", arn.partition(), arn.account()),
                true,
            ));
        }
        // Service-linked roles are not passed.
        let is_role = arn.resource().starts_with("role/")
            && !arn.resource().starts_with("role/aws-service-role/");
        is_role.then(|| (text.to_owned(), false))
    }

    /// Some old APIs take a name: EMR's `serviceRole`, or the name of an instance profile.
    fn role_from_name(&self, name: &str, key: &str) -> Option<(String, bool)> {
        let is_named = [
            "servicerole",
            "jobflowrole",
            "autoscalingrole",
            "instanceprofile",
            "instanceprofilename",
            "iaminstanceprofile",
        ]
        .contains(&key);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        if !is_named || name.is_empty() || name.len() > 128 || !name.chars().all(is_name) {
            return None;
        }
        let account = self.event.account.as_deref()?;
        let place = CallPlace { region: &self.event.region, account };
        let is_guess = key.contains("profile") || key == "jobflowrole";
        Some((format!("arn:{}:iam::{account}:role/{name}", place.partition()), is_guess))
    }
}
