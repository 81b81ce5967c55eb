//! Values that no record has.

use aware_core::event::{PrincipalKind, sensitivity};
use aware_core::near::{did_you_mean, nearest};
use aware_core::source::cloudtrail::fields::TABLE;

use crate::ir::{FieldTest, LeafMatch, PatternPiece, RuleExpr, TestOperation, TextPattern};

/// Shorter field names, such as `summary`, also occur as words in other texts.
const MIN_NAME: usize = 10;

/// How the sources of AWS's services end.
const HOSTS: [&str; 2] = [".amazonaws.com", ".amazonaws.com.cn"];

/// Permissions that no call is named after: the service among whose calls the name is searched for,
/// or nothing if no service has a call of that name, and what is logged instead.
///
/// Sources: service authorization reference, actions marked "permission only"; CloudTrail user
/// guide and the user guides of the services, names of events.
const NEVER_CALLED: [(&str, &str, &str); 14] = [
    (
        "PassRole",
        "",
        "the call that takes the role, such as RunInstances or CreateFunction20150331, with the role \
         in its requestParameters",
    ),
    ("TagSession", "", "AssumeRole and its kin, with `requestParameters.tags`"),
    ("SetSourceIdentity", "", "AssumeRole and its kin, with `requestParameters.sourceIdentity`"),
    ("ListAllMyBuckets", "", "ListBuckets"),
    ("ReEncryptFrom", "", "ReEncrypt"),
    ("ReEncryptTo", "", "ReEncrypt"),
    ("ListBucket", "s3", "ListObjects, ListObjectVersions, HeadBucket"),
    ("ListBucketVersions", "s3", "ListObjectVersions"),
    ("GetObjectVersion", "s3", "GetObject, with a versionId"),
    ("DeleteObjectVersion", "s3", "DeleteObject, with a versionId"),
    ("PutLifecycleConfiguration", "s3", "PutBucketLifecycle"),
    ("PutReplicationConfiguration", "s3", "PutBucketReplication"),
    ("PutEncryptionConfiguration", "s3", "PutBucketEncryption"),
    ("InvokeFunction", "lambda", "Invoke"),
];

/// Lambda calls that are logged with the API version appended to their names.
///
/// Source: Lambda developer guide, "Logging Lambda API calls using CloudTrail".
const VERSIONED: [&str; 13] = [
    "AddPermission",
    "CreateEventSourceMapping",
    "CreateFunction",
    "DeleteEventSourceMapping",
    "DeleteFunction",
    "GetFunction",
    "GetFunctionConfiguration",
    "GetPolicy",
    "ListFunctions",
    "RemovePermission",
    "UpdateEventSourceMapping",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
];

/// Fields that have one of a few values.
///
/// Source: CloudTrail user guide, "CloudTrail record contents" and "CloudTrail userIdentity
/// element".
fn known_values(field: &str) -> Vec<&'static str> {
    match field {
        "eventType" => vec![
            "AwsApiCall",
            "AwsServiceEvent",
            "AwsConsoleAction",
            "AwsConsoleSignIn",
            "AwsVpceEvent",
            "AwsCloudTrailInsight",
        ],
        "eventCategory" => vec!["Management", "Data", "NetworkActivity", "Insight", "Aggregated"],
        "userIdentity.type" => PrincipalKind::ALL.map(PrincipalKind::as_str).to_vec(),
        "aware.outcome" => vec!["success", "denied", "failed"],
        "aware.principal_class" => vec!["break-glass", "ci", "deployer", "human"],
        "aware.network_kind" => vec!["own", "aws", "private", "internet", "service", "unknown"],
        "aware.sensitivity" => {
            let marks = sensitivity::MARKS.into_iter().chain(sensitivity::EFFECTS);
            marks.chain([sensitivity::NONE]).collect()
        }
        _ => Vec::new(),
    }
}

/// The doubts about the values that a condition requires.
pub(super) fn doubts_about_values(expr: &RuleExpr) -> Vec<String> {
    let mut tests = Vec::new();
    collect_patterns(expr, &mut tests);
    let sources = tests.iter().filter(|(field, _)| field == "eventSource");
    let sources: Vec<&str> = sources
        .filter_map(|(_, pattern)| pattern.literal_text()?.strip_suffix(".amazonaws.com"))
        .collect();
    let doubt = |(field, pattern): &(String, &TextPattern)| doubt_pattern(field, pattern, &sources);
    tests.iter().filter_map(doubt).collect()
}

/// The patterns of all tests, and the fields that they belong to.
fn collect_patterns<'e>(expr: &'e RuleExpr, tests: &mut Vec<(String, &'e TextPattern)>) {
    match expr {
        RuleExpr::All(inner) | RuleExpr::Any(inner) => {
            inner.iter().for_each(|one| collect_patterns(one, tests))
        }
        RuleExpr::Not(inner) => collect_patterns(inner, tests),
        RuleExpr::Test(FieldTest { field, op: TestOperation::Is(wanted) }) => {
            visit_patterns(wanted, &mut |pattern| tests.push((field.to_string(), pattern)));
        }
        RuleExpr::Together(parts) => {
            for part in parts {
                let value = part.value.iter();
                value.for_each(|wanted| {
                    visit_patterns(wanted, &mut |pattern| {
                        tests.push((part.field.to_string(), pattern))
                    });
                });
            }
        }
        RuleExpr::Test(_) | RuleExpr::Each(_) | RuleExpr::Line(_) => {}
    }
}

fn visit_patterns<'e>(wanted: &'e LeafMatch, see: &mut dyn FnMut(&'e TextPattern)) {
    match wanted {
        LeafMatch::Text(pattern, _) => see(pattern),
        LeafMatch::All(inner) | LeafMatch::Any(inner) => {
            inner.iter().for_each(|one| visit_patterns(one, see))
        }
        LeafMatch::Not(inner) => visit_patterns(inner, see),
        _ => {}
    }
}

fn doubt_pattern(field: &str, pattern: &TextPattern, sources: &[&str]) -> Option<String> {
    if field == "eventSource"
        && let Some(doubt) = doubt_event_source(pattern)
    {
        return Some(doubt);
    }
    if let Some(name) = pattern_as_field_name(pattern) {
        let hint = "`|fieldref` compares with a field";
        return Some(describe_doubt(field, name, "is the name of a field", hint));
    }
    let text = pattern.literal_text()?;
    if text.trim() != text {
        return Some(describe_doubt(
            field,
            text,
            "begins or ends with a blank",
            "remove the blank",
        ));
    }
    let vocabulary = known_values(field);
    if !vocabulary.is_empty() && !vocabulary.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        let hint = match nearest(text, vocabulary.iter().copied()) {
            Some(near) => did_you_mean(near),
            None => format!("one of {}", vocabulary.join(", ")),
        };
        return Some(describe_doubt(field, text, "is none of its values", &hint));
    }
    match field {
        "eventName" => doubt_event_name(text, sources),
        "sourceIPAddress" if text.contains('/') => {
            Some(describe_doubt(field, text, "is a network, not an address", "write `|cidr`"))
        }
        _ if field.ends_with("ccountId") && is_bad_account(text) => {
            let hint = "twelve digits, zeros at the beginning included";
            Some(describe_doubt(field, text, "is not an account", hint))
        }
        _ => None,
    }
}

/// A text that is a field's name, such as `requestParameters.userName`.
fn pattern_as_field_name(pattern: &TextPattern) -> Option<&str> {
    let is_literal = |piece: &&PatternPiece| matches!(piece, PatternPiece::Literal(_));
    let [PatternPiece::Literal(text)] =
        pattern.pieces().iter().filter(is_literal).collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let (first, rest) = text.split_once('.')?;
    let firsts = TABLE.iter().filter_map(|field| field.name.split('.').next());
    let is_field = firsts
        .filter(|known| known.len() > MIN_NAME)
        .any(|known| known.eq_ignore_ascii_case(first));
    let is_path = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    (is_field && is_path && !rest.is_empty()).then_some(text)
}

fn doubt_event_source(pattern: &TextPattern) -> Option<String> {
    let Some(PatternPiece::Literal(end)) = pattern.pieces().last() else { return None };
    let end = end.to_ascii_lowercase();
    if HOSTS.into_iter().any(|host| end.ends_with(host) || host.ends_with(end.as_str())) {
        return None;
    }
    let service = end.split('.').next().unwrap_or_default();
    let hint = format!("they end with `.amazonaws.com`: `{service}.amazonaws.com`");
    Some(describe_doubt(
        "eventSource",
        &pattern.to_string(),
        "is not the source of a service",
        &hint,
    ))
}

fn doubt_event_name(text: &str, sources: &[&str]) -> Option<String> {
    let is = |known: &&str| known.eq_ignore_ascii_case(text);
    let of = |service: &str| service.is_empty() || sources.contains(&service);
    let never = NEVER_CALLED.iter().find(|(name, service, _)| is(name) && of(service));
    if let Some((name, _, instead)) = never {
        let hint = format!("logged is {instead}");
        return Some(describe_doubt("eventName", name, "is a permission that nobody calls", &hint));
    }
    if text.contains(':') {
        let hint = "`aware.action` has the service before the name";
        return Some(describe_doubt(
            "eventName",
            text,
            "has a service prefix, which event names do not have",
            hint,
        ));
    }
    let versioned = VERSIONED.iter().find(|known| of("lambda") && is(known))?;
    let hint = format!("write `{versioned}20*`, or `aware.action: lambda:{versioned}`");
    Some(describe_doubt("eventName", versioned, "is logged with a version appended", &hint))
}

fn is_bad_account(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() != 12
}

fn describe_doubt(field: &str, text: &str, what: &str, hint: &str) -> String {
    format!("asks for a value that no record has: `{field}` `{text}` {what} (hint: {hint})")
}
