//! Which IAM actions an API call needs: from `eventSource` and `eventName` to `logs:PutLogEvents`.
//!
//! Nine of ten calls need the action of their own name. The rest is in two tables of ours:
//! `data/exceptions.tsv` (`HeadObject` needs `s3:GetObject`) and `data/eventsource.tsv`
//! (`monitoring.amazonaws.com` is `cloudwatch`). API Gateway's actions are HTTP verbs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::catalogue::Catalogue;

const EXCEPTIONS: &str = include_str!("../data/exceptions.tsv");
const SOURCES: &str = include_str!("../data/eventsource.tsv");

/// Prefixes by source.
static PREFIXES: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| SOURCES.lines().filter_map(|line| line.split_once('\t')).collect());

/// Actions by prefix and by the call's name in lower case.
static NEEDS: LazyLock<BTreeMap<(&str, String), &str>> = LazyLock::new(|| {
    let rows = EXCEPTIONS.lines().filter_map(|line| {
        let (prefix, rest) = line.split_once('\t')?;
        let (name, actions) = rest.split_once('\t')?;
        Some(((prefix, name.to_ascii_lowercase()), actions))
    });
    rows.collect()
});

/// The IAM actions of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Whole names as AWS spells them; the first is what the call is about. Never empty.
    pub actions: Vec<String>,
    /// Whether the catalogue knows all of them.
    pub known: bool,
    /// Whether only some of them are needed, depending on the request, as for PartiQL.
    pub alternatives: bool,
}

/// The IAM actions that a call needs, or `None` for what is no call to an API: a sign-in.
///
/// `service` and `name` are those of [`aware_core::event::Action`]: the source without
/// `.amazonaws.com` and the operation without its API version.
pub fn needed(catalogue: &Catalogue, service: &str, name: &str) -> Option<Needed> {
    if service == "signin" || name.is_empty() || service.is_empty() {
        return None;
    }
    let prefix = prefix(service);
    if let Some(found) = catalogue.spelling(&format!("{prefix}:{name}")) {
        return Some(Needed::one(found, true));
    }
    if let Some(row) = exception(prefix, name) {
        let actions = row.split(',').map(str::to_owned).collect();
        let alternatives = row.starts_with("dynamodb:PartiQL") || name == "TransactWriteItems";
        return Some(Needed { actions, known: true, alternatives });
    }
    if prefix == "apigateway" {
        let verb = verb(name);
        return Some(Needed::one(format!("apigateway:{verb}"), true));
    }
    let undated = without_version(name);
    if undated != name {
        return needed(catalogue, service, undated);
    }
    Some(Needed::one(format!("{prefix}:{name}"), false))
}

impl Needed {
    fn one(action: String, known: bool) -> Self {
        Self { actions: vec![action], known, alternatives: false }
    }
}

/// The service prefix of IAM actions for an `eventSource` without `.amazonaws.com`.
pub fn prefix(service: &str) -> &str {
    PREFIXES.get(service).copied().unwrap_or(service)
}

/// An action's name in AWS's spelling where the catalogue knows it; else with the service in
/// lower case, in which AWS writes all of them.
pub fn canonical(catalogue: &Catalogue, action: &str) -> String {
    catalogue.spelling(action).unwrap_or_else(|| match action.split_once(':') {
        Some((service, name)) => format!("{}:{name}", service.to_ascii_lowercase()),
        None => action.to_owned(),
    })
}

fn exception<'a>(prefix: &'a str, name: &str) -> Option<&'a str> {
    NEEDS.get(&(prefix, name.to_ascii_lowercase())).copied()
}

/// The HTTP verb of an operation of API Gateway.
///
/// Source: API Gateway and API Gateway V2 API references; operations are named by what they do.
fn verb(name: &str) -> &'static str {
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

/// Cuts an API version at the end: `20150331`, `20150331v2`, `2020_05_31`.
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
        needed(Catalogue::builtin(), service, name).unwrap().actions.join(",")
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
        assert_eq!(needed(Catalogue::builtin(), "signin", "ConsoleLogin"), None);
        assert!(!needed(Catalogue::builtin(), "newservice", "DoThing").unwrap().known);
    }

    #[test]
    fn every_row_of_the_tables_exists() {
        let catalogue = Catalogue::builtin();
        for line in EXCEPTIONS.lines() {
            for action in line.split('\t').nth(2).unwrap().split(',') {
                assert_eq!(catalogue.spelling(action).as_deref(), Some(action), "{line}");
            }
        }
        for line in SOURCES.lines() {
            assert!(
                catalogue.service(prefix(line.split('\t').next().unwrap())).is_some(),
                "{line}"
            );
        }
    }

    #[test]
    fn spelling() {
        let catalogue = Catalogue::builtin();
        assert_eq!(canonical(catalogue, "SNS:publish"), "sns:Publish");
        assert_eq!(canonical(catalogue, "NEW:doThing"), "new:doThing");
    }
}
