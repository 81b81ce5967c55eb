//! The answer of `sts:DecodeAuthorizationMessage`: the request as the authorization engine saw it.
//!
//! Source: STS API reference, "DecodeAuthorizationMessage". The command line wraps the answer as
//! text in `{"DecodedMessage": "…"}`; both forms are read. So is the answer of Access
//! Troubleshooter (IAM Toolbox API reference, "GetRequestAuthorizationDetails"), of which the first
//! evaluation that was not allowed counts.

use aware_core::explanation::DenialLayer;
use serde_json::Value;

/// The most conditions to keep.
const MAX_CONDITIONS: usize = 100;
/// The most values of a condition to keep.
const MAX_VALUES: usize = 20;

/// A decoded authorization message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodedMessage {
    /// Whether the request was allowed.
    pub allowed: bool,
    /// Whether a policy denies it.
    pub explicit_deny: bool,
    /// The ARN of the user or the session.
    pub principal: Option<String>,
    /// The action, `ec2:RunInstances`.
    pub action: Option<String>,
    /// The resource.
    pub resource: Option<String>,
    /// Ids of the matching statements, with the effect of each.
    pub statements: Vec<String>,
    /// The kind of policy that denies it, if the answer names it.
    pub layer: DenialLayer,
    /// The ARN of the policy that denies it, if it is a managed policy.
    pub policy_arn: Option<String>,
    /// The request's context: keys with their values, in the order of the message.
    pub conditions: Vec<(String, Vec<String>)>,
}

/// Parses a decoded message; `None` if the text is something else.
pub fn parse_decoded(text: &str) -> Option<DecodedMessage> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    read_message(&value)
}

fn read_message(value: &Value) -> Option<DecodedMessage> {
    if let Some(inner) = value.get("DecodedMessage").and_then(Value::as_str) {
        let inner: Value = serde_json::from_str(inner).ok()?;
        return read_message(&inner);
    }
    if let Some(evaluations) = value.get("evaluations").and_then(Value::as_array) {
        return read_evaluations(value, evaluations);
    }
    let context = value.get("context")?;
    let allowed = value.get("allowed")?.as_bool()?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let principal = context.get("principal");
    Some(DecodedMessage {
        allowed,
        explicit_deny: value.get("explicitDeny").and_then(Value::as_bool).unwrap_or_default(),
        principal: text(principal.and_then(|principal| principal.get("arn"))),
        action: text(context.get("action")),
        resource: text(context.get("resource")),
        statements: item_members(value.get("matchedStatements"))
            .filter_map(describe_statement)
            .collect(),
        conditions: item_members(context.get("conditions")).filter_map(read_condition).collect(),
        ..DecodedMessage::default()
    })
}

fn read_evaluations(value: &Value, evaluations: &[Value]) -> Option<DecodedMessage> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let effect = |evaluation: &Value| text(evaluation.get("evaluatedEffect")).unwrap_or_default();
    let is_denied = |evaluation: &&Value| effect(evaluation).ends_with("_DENY");
    let evaluation = evaluations.iter().find(is_denied).or(evaluations.first())?;
    let principal = value.get("requestContext").and_then(|context| context.get("aws:PrincipalArn"));
    let matched = list_members(evaluation, "matchedPolicies");
    let policy =
        text(matched.clone().find(|policy| policy_denies(policy)).and_then(|it| it.get("uri")));
    let about = list_members(value, "policies")
        .find(|about| policy.is_some() && text(about.get("uri")) == policy);
    Some(DecodedMessage {
        allowed: effect(evaluation) == "ALLOW",
        explicit_deny: effect(evaluation) == "EXPLICIT_DENY",
        principal: text(principal),
        action: text(evaluation.get("action")),
        resource: text(evaluation.get("resource")).filter(|resource| !resource.is_empty()),
        statements: matched
            .flat_map(|policy| list_members(policy, "matchedStatements"))
            .filter_map(describe_sid)
            .collect(),
        layer: about
            .and_then(|about| text(about.get("type")))
            .map_or(DenialLayer::Unknown, |kind| layer_from_kind(&kind)),
        policy_arn: policy.filter(|uri| uri.starts_with("arn:")),
        conditions: Vec::new(),
    })
}

fn list_members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + Clone {
    let members = value.get(name).and_then(Value::as_array);
    members.into_iter().flatten().take(MAX_CONDITIONS)
}

fn policy_denies(policy: &Value) -> bool {
    list_members(policy, "matchedStatements").any(|it| statement_effect(it) == "DENY")
}

fn statement_effect(statement: &Value) -> &str {
    statement.get("evaluatedEffect").and_then(Value::as_str).unwrap_or_default()
}

fn describe_sid(statement: &Value) -> Option<String> {
    let sid = statement.get("sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())?;
    Some(format!("{sid} ({})", statement_effect(statement)))
}

/// Source: IAM Toolbox API reference, "PolicyInfo".
fn layer_from_kind(kind: &str) -> DenialLayer {
    match kind {
        "IDENTITY_BASED_POLICY" => DenialLayer::Identity,
        "PERMISSIONS_BOUNDARY" => DenialLayer::Boundary,
        "RESOURCE_BASED_POLICY" => DenialLayer::Resource,
        "RESOURCE_CONTROL_POLICY" => DenialLayer::Rcp,
        "SERVICE_CONTROL_POLICY" => DenialLayer::Scp,
        "SESSION_POLICY" => DenialLayer::Session,
        "VPC_ENDPOINT_POLICY" => DenialLayer::VpcEndpoint,
        _ => DenialLayer::Unknown,
    }
}

fn item_members(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = list.and_then(|list| list.get("items")).and_then(Value::as_array);
    items.into_iter().flatten().take(MAX_CONDITIONS)
}

fn describe_statement(item: &Value) -> Option<String> {
    let id = item.get("statementId").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    let effect = item.get("effect").and_then(Value::as_str).unwrap_or("unknown effect");
    Some(format!("{id} ({effect})"))
}

fn read_condition(item: &Value) -> Option<(String, Vec<String>)> {
    let key = item.get("key")?.as_str()?.to_owned();
    let values = item_members(item.get("values")).take(MAX_VALUES);
    let values = values.filter_map(|value| Some(value.get("value")?.as_str()?.to_owned()));
    Some((key, values.collect()))
}
