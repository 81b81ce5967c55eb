//! Which IAM actions an API call needs: from `eventSource` and `eventName` to `logs:PutLogEvents`.
//!
//! Nine out of ten calls need the action of the same name. Two tables of ours cover the rest:
//! `exceptions.tsv` (`HeadObject` needs `s3:GetObject`) and `eventsource.tsv` of core's data
//! (`monitoring.amazonaws.com` is `cloudwatch`). API Gateway's actions are HTTP verbs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aware_core::event::sensitivity::{EXCEPTIONS, SOURCES};

use crate::catalogue::{Catalogue, ServiceEntry};

/// Service prefixes by event source.
static PREFIXES: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| SOURCES.lines().filter_map(|line| line.split_once('\t')).collect());

/// Actions by prefix and lower-case operation name.
static NEEDS: LazyLock<BTreeMap<(&str, String), &str>> = LazyLock::new(|| {
    let rows = EXCEPTIONS.lines().filter_map(|line| {
        let (prefix, rest) = line.split_once('\t')?;
        let (name, actions) = rest.split_once('\t')?;
        Some(((prefix, name.to_ascii_lowercase()), actions))
    });
    rows.collect()
});

/// The IAM actions that a call requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredActions {
    /// Full names as AWS spells them; the first is the one that the call is about. Never empty.
    pub actions: Vec<String>,
    /// Whether the catalogue knows all of them.
    pub known: bool,
    /// Whether only some of them are needed, depending on the request, as with PartiQL.
    pub alternatives: bool,
}

/// The IAM actions that a call needs, or `None` for something that is not an API call: a sign-in.
///
/// `service` and `name` are those of [`aware_core::event::Action`]: the source without
/// `.amazonaws.com` and the operation without its API version.
///
/// ```
/// use aware_iam::action::required_actions;
/// use aware_iam::catalogue::Catalogue;
///
/// let needed = required_actions(Catalogue::built_in(), "s3", "HeadObject").unwrap();
/// assert_eq!(needed.actions, ["s3:GetObject"]);
/// assert_eq!(required_actions(Catalogue::built_in(), "signin", "ConsoleLogin"), None);
/// ```
pub fn required_actions(
    catalogue: &Catalogue,
    service: &str,
    name: &str,
) -> Option<RequiredActions> {
    if service == "signin" || name.is_empty() || service.is_empty() {
        return None;
    }
    let prefix = service_prefix(service);
    if let Some(found) = catalogue.find_spelling(&format!("{prefix}:{name}")) {
        return Some(RequiredActions::single_action(found, true));
    }
    if let Some(row) = find_exception(prefix, name) {
        let actions = row.split(',').map(str::to_owned).collect();
        let alternatives = row.starts_with("dynamodb:PartiQL") || name == "TransactWriteItems";
        return Some(RequiredActions { actions, known: true, alternatives });
    }
    if prefix == "apigateway" {
        let verb = http_verb(name);
        return Some(RequiredActions::single_action(format!("apigateway:{verb}"), true));
    }
    let undated = without_version(name);
    if undated != name {
        return required_actions(catalogue, service, undated);
    }
    Some(RequiredActions::single_action(format!("{prefix}:{name}"), false))
}

impl RequiredActions {
    fn single_action(action: String, known: bool) -> Self {
        Self { actions: vec![action], known, alternatives: false }
    }
}

/// The service prefix of IAM actions for an `eventSource` without `.amazonaws.com`.
pub fn service_prefix(service: &str) -> &str {
    PREFIXES.get(service).copied().unwrap_or(service)
}

/// An action's name in AWS's spelling if the catalogue knows it; otherwise the service in lower
/// case, as AWS always writes it.
pub fn canonical_action(catalogue: &Catalogue, action: &str) -> String {
    catalogue.find_spelling(action).unwrap_or_else(|| match action.split_once(':') {
        Some((service, name)) => format!("{}:{name}", service.to_ascii_lowercase()),
        None => action.to_owned(),
    })
}

/// The full name of an action that a text gives without its service. `AssumeRole` is
/// `sts:AssumeRole` whatever was called; any other name belongs to the called service, or to the
/// only service that has it.
pub fn qualified_action(catalogue: &Catalogue, service: &str, name: &str) -> String {
    if name.contains(':') {
        return canonical_action(catalogue, name);
    }
    let of = |prefix: &str| catalogue.find_spelling(&format!("{prefix}:{name}"));
    let own = || of(service_prefix(service)).filter(|_| !service.is_empty());
    let only = || of(&only_service(catalogue, name)?);
    let found = of("sts").or_else(own).or_else(only);
    found.unwrap_or_else(|| format!("{}:{name}", service_prefix(service)))
}

/// The only service that has an operation of this name.
pub fn only_service(catalogue: &Catalogue, operation: &str) -> Option<String> {
    let is_of = |service: &ServiceEntry<'_>| {
        service.find_spelling(operation).is_some()
            || find_exception(service.prefix(), operation).is_some()
    };
    let mut all =
        catalogue.iter_services().filter(is_of).map(|service| service.prefix().to_owned());
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// Services that call other services with their caller's permissions, whichever those may be.
///
/// Source: the service authorization reference, which names dependent actions for few of theirs.
const GO_BETWEENS: [&str; 33] = [
    "amplify",
    "airflow",
    "apprunner",
    "athena",
    "autoscaling",
    "backup",
    "batch",
    "bedrock",
    "bedrock-agentcore",
    "cloudcontrolapi",
    "cloudformation",
    "codebuild",
    "codedeploy",
    "codepipeline",
    "datazone",
    "ecs",
    "eks",
    "elasticbeanstalk",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "glue",
    "imagebuilder",
    "lambda",
    "proton",
    "sagemaker",
    "scheduler",
    "servicecatalog",
    "ssm",
    "states",
    "sts",
    "transfer",
    "tagging",
];
/// Services whose actions any call may need: roles are passed, data is encrypted.
const DEPENDED_ON: [&str; 3] = ["iam", "kms", "sts"];

/// Whether a call may need an action: one of its own service, one that the catalogue lists as
/// dependent, or one that calls of this kind need in general.
pub fn may_need(catalogue: &Catalogue, service: &str, operation: &str, action: &str) -> bool {
    let Some((other, _)) = action.split_once(':') else { return true };
    let other = other.to_ascii_lowercase();
    let own = service_prefix(service);
    if own == other || DEPENDED_ON.contains(&other.as_str()) || GO_BETWEENS.contains(&own) {
        return true;
    }
    let needed = required_actions(catalogue, service, operation).map(|needed| needed.actions);
    needed.unwrap_or_default().iter().any(|name| {
        let dependents = catalogue.find_action(name).map(|entry| entry.dependents);
        let mut all = dependents.into_iter().flatten().chain([name.clone()]);
        all.any(|name| name.split(':').next() == Some(other.as_str()))
    })
}

fn find_exception<'a>(prefix: &'a str, name: &str) -> Option<&'a str> {
    NEEDS.get(&(prefix, name.to_ascii_lowercase())).copied()
}

/// The HTTP verb of an operation of API Gateway.
///
/// Source: API Gateway and API Gateway V2 API references; an operation's name says what it does.
fn http_verb(name: &str) -> &'static str {
    let starts = |stems: &[&str]| stems.iter().any(|stem| name.starts_with(stem));
    if starts(&["Get", "Export"]) {
        "GET"
    } else if starts(&["Delete", "Flush", "Untag", "Reset"]) {
        "DELETE"
    } else if starts(&["Update"]) {
        "PATCH"
    } else if starts(&["Put", "Tag", "Reimport", "ImportDocumentationParts"]) {
        "PUT"
    } else {
        "POST"
    }
}

/// Cuts off a trailing API version: `20150331`, `20150331v2`, `2020_05_31`.
fn without_version(name: &str) -> &str {
    let stem = name.trim_end_matches("v2");
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let digits = name.len() - stem.len();
    if digits >= 8 && !stem.is_empty() { stem } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(service: &str, name: &str) -> String {
        required_actions(Catalogue::built_in(), service, name).unwrap().actions.join(",")
    }

    #[test]
    fn calls_and_their_actions() {
        let cases = [
            ("logs", "CreateLogGroup", "logs:CreateLogGroup"),
            ("monitoring", "PutMetricData", "cloudwatch:PutMetricData"),
            ("s3", "HeadObject", "s3:GetObject"),
            ("s3", "HeadBucket", "s3:ListBucket"),
            ("s3", "CopyObject", "s3:GetObject,s3:PutObject"),
            ("kms", "ReEncrypt", "kms:ReEncryptFrom,kms:ReEncryptTo"),
            ("lambda", "Invoke", "lambda:InvokeFunction"),
            ("lambda", "ListFunctions20150331", "lambda:ListFunctions"),
            ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
            ("apigateway", "CreateRestApi", "apigateway:POST"),
            ("apigateway", "GetStages", "apigateway:GET"),
            ("apigateway", "UpdateStage", "apigateway:PATCH"),
            ("sqs", "SendMessageBatch", "sqs:SendMessage"),
            ("newservice", "DoThing", "newservice:DoThing"),
        ];
        for (service, name, expected) in cases {
            assert_eq!(of(service, name), expected);
        }
        assert_eq!(required_actions(Catalogue::built_in(), "signin", "ConsoleLogin"), None);
        assert!(!required_actions(Catalogue::built_in(), "newservice", "DoThing").unwrap().known);
    }

    #[test]
    fn every_row_of_the_tables_exists() {
        let catalogue = Catalogue::built_in();
        for line in EXCEPTIONS.lines() {
            for action in line.split('\t').nth(2).unwrap().split(',') {
                assert_eq!(catalogue.find_spelling(action).as_deref(), Some(action), "{line}");
            }
        }
        for line in SOURCES.lines() {
            assert!(
                catalogue.find_service(service_prefix(line.split('\t').next().unwrap())).is_some(),
                "{line}"
            );
        }
    }

    /// Core has no catalogue, but must reach the same result.
    #[test]
    fn core_marks_calls_as_the_catalogue_marks_what_they_need() {
        use aware_core::event::sensitivity::{EFFECTS, MARKS, NONE, SENSITIVE, sensitivity_marks};

        let catalogue = Catalogue::built_in();
        let rows = SENSITIVE.lines().filter(|line| !line.starts_with('#'));
        let actions = rows.filter_map(|line| line.split('\t').next()?.split_once(':'));
        let calls = EXCEPTIONS.lines().filter_map(|line| {
            let mut parts = line.split('\t');
            Some((parts.next()?, parts.next()?))
        });
        for (service, name) in actions.chain(calls) {
            let needed = required_actions(catalogue, service, name).unwrap();
            let entry = catalogue.find_action(&needed.actions[0]).unwrap();
            let marked = entry.sensitivity;
            let has = [marked.privileges, marked.credentials, marked.exposure, marked.defences];
            let marks = MARKS.into_iter().zip(has).filter_map(|(mark, has)| has.then_some(mark));
            let mut marks: Vec<&str> = marks.collect();
            if marks.is_empty() {
                marks.push(NONE);
            }
            let mut found = sensitivity_marks(service, name).to_vec();
            found.retain(|mark| !EFFECTS.contains(mark));
            if found.is_empty() {
                found.push(NONE);
            }
            assert_eq!(found, marks, "{service}:{name}");
        }
    }

    #[test]
    fn names_without_a_service() {
        let catalogue = Catalogue::built_in();
        let cases = [
            ("codepipeline", "AssumeRole", "sts:AssumeRole"),
            ("s3", "GetObject", "s3:GetObject"),
            ("", "RunInstances", "ec2:RunInstances"),
            ("s3", "SNS:publish", "sns:Publish"),
            ("new", "DoThing", "new:DoThing"),
        ];
        for (service, name, expected) in cases {
            assert_eq!(qualified_action(catalogue, service, name), expected);
        }
        assert_eq!(only_service(catalogue, "TagResource"), None);
    }

    #[test]
    fn what_a_call_may_need() {
        let cases = [
            ("dynamodb", "DescribeTable", "s3:PutObject", false),
            ("dynamodb", "DescribeTable", "dynamodb:DescribeTable", true),
            ("dynamodb", "DescribeTable", "kms:Decrypt", true),
            ("cloudformation", "CreateStack", "s3:PutObject", true),
            ("monitoring", "PutMetricData", "cloudwatch:PutMetricData", true),
            ("codepipeline", "CreatePipeline", "AssumeRole", true),
        ];
        for (service, operation, action, expected) in cases {
            let said = may_need(Catalogue::built_in(), service, operation, action);
            assert_eq!(said, expected, "{service} {operation} {action}");
        }
    }

    #[test]
    fn spelling() {
        let catalogue = Catalogue::built_in();
        assert_eq!(canonical_action(catalogue, "SNS:publish"), "sns:Publish");
        assert_eq!(canonical_action(catalogue, "NEW:doThing"), "new:doThing");
    }
}
