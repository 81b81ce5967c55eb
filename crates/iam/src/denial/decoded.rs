//! The answer of `sts:DecodeAuthorizationMessage`: the request as the authorization engine saw it.
//!
//! Source: STS API reference, "DecodeAuthorizationMessage". The command line wraps the answer as
//! text in `{"DecodedMessage": "…"}`; both forms are read. So is the answer of Access
//! Troubleshooter (IAM Toolbox API reference, "GetRequestAuthorizationDetails"), of which the first
//! evaluation that was not allowed counts.

use serde_json::Value;

use aware_core::explanation::Layer;

/// The most conditions to keep.
const MAX_CONDITIONS: usize = 100;
/// The most values of a condition to keep.
const MAX_VALUES: usize = 20;

/// A decoded authorization message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
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
    pub layer: Layer,
    /// The ARN of the policy that denies it, if it is a managed policy.
    pub policy_arn: Option<String>,
    /// The request's context: keys with their values, in the order of the message.
    pub conditions: Vec<(String, Vec<String>)>,
}

/// Parses a decoded message; `None` if the text is something else.
pub fn decoded(text: &str) -> Option<Decoded> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    read(&value)
}

fn read(value: &Value) -> Option<Decoded> {
    if let Some(inner) = value.get("DecodedMessage").and_then(Value::as_str) {
        let inner: Value = serde_json::from_str(inner).ok()?;
        return read(&inner);
    }
    if let Some(evaluations) = value.get("evaluations").and_then(Value::as_array) {
        return evaluated(value, evaluations);
    }
    let context = value.get("context")?;
    let allowed = value.get("allowed")?.as_bool()?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let principal = context.get("principal");
    Some(Decoded {
        allowed,
        explicit_deny: value.get("explicitDeny").and_then(Value::as_bool).unwrap_or_default(),
        principal: text(principal.and_then(|principal| principal.get("arn"))),
        action: text(context.get("action")),
        resource: text(context.get("resource")),
        statements: items(value.get("matchedStatements")).filter_map(statement).collect(),
        conditions: items(context.get("conditions")).filter_map(condition).collect(),
        ..Decoded::default()
    })
}

fn evaluated(value: &Value, evaluations: &[Value]) -> Option<Decoded> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let effect = |evaluation: &Value| text(evaluation.get("evaluatedEffect")).unwrap_or_default();
    let is_denied = |evaluation: &&Value| effect(evaluation).ends_with("_DENY");
    let evaluation = evaluations.iter().find(is_denied).or(evaluations.first())?;
    let principal = value.get("requestContext").and_then(|context| context.get("aws:PrincipalArn"));
    let matched = list(evaluation, "matchedPolicies");
    let policy = text(matched.clone().find(|policy| denies(policy)).and_then(|it| it.get("uri")));
    let about =
        list(value, "policies").find(|about| policy.is_some() && text(about.get("uri")) == policy);
    Some(Decoded {
        allowed: effect(evaluation) == "ALLOW",
        explicit_deny: effect(evaluation) == "EXPLICIT_DENY",
        principal: text(principal),
        action: text(evaluation.get("action")),
        resource: text(evaluation.get("resource")).filter(|resource| !resource.is_empty()),
        statements: matched
            .flat_map(|policy| list(policy, "matchedStatements"))
            .filter_map(sid)
            .collect(),
        layer: about
            .and_then(|about| text(about.get("type")))
            .map_or(Layer::Unknown, |kind| layer(&kind)),
        policy_arn: policy.filter(|uri| uri.starts_with("arn:")),
        conditions: Vec::new(),
    })
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + Clone {
    let members = value.get(name).and_then(Value::as_array);
    members.into_iter().flatten().take(MAX_CONDITIONS)
}

fn denies(policy: &Value) -> bool {
    list(policy, "matchedStatements").any(|it| statement_effect(it) == "DENY")
}

fn statement_effect(statement: &Value) -> &str {
    statement.get("evaluatedEffect").and_then(Value::as_str).unwrap_or_default()
}

fn sid(statement: &Value) -> Option<String> {
    let sid = statement.get("sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())?;
    Some(format!("{sid} ({})", statement_effect(statement)))
}

/// Source: IAM Toolbox API reference, "PolicyInfo".
fn layer(kind: &str) -> Layer {
    match kind {
        "IDENTITY_BASED_POLICY" => Layer::Identity,
        "PERMISSIONS_BOUNDARY" => Layer::Boundary,
        "RESOURCE_BASED_POLICY" => Layer::Resource,
        "RESOURCE_CONTROL_POLICY" => Layer::Rcp,
        "SERVICE_CONTROL_POLICY" => Layer::Scp,
        "SESSION_POLICY" => Layer::Session,
        "VPC_ENDPOINT_POLICY" => Layer::VpcEndpoint,
        _ => Layer::Unknown,
    }
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = list.and_then(|list| list.get("items")).and_then(Value::as_array);
    items.into_iter().flatten().take(MAX_CONDITIONS)
}

fn statement(item: &Value) -> Option<String> {
    let id = item.get("statementId").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    let effect = item.get("effect").and_then(Value::as_str).unwrap_or("unknown effect");
    Some(format!("{id} ({effect})"))
}

fn condition(item: &Value) -> Option<(String, Vec<String>)> {
    let key = item.get("key")?.as_str()?.to_owned();
    let values = items(item.get("values")).take(MAX_VALUES);
    let values = values.filter_map(|value| Some(value.get("value")?.as_str()?.to_owned()));
    Some((key, values.collect()))
}
