//! Fields that are derived from several fields of a record.

use serde_json::Value;

use super::decode::action_of_record;
use super::principal::read_principal;
use crate::event::{CallOrigin, Outcome, classify_call, is_echo, sensitivity};
use crate::source::contract::DerivedField;

/// Every derived field.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField::of_record(
        "aware.outcome",
        "`success`, `denied` or `failed`, judged by `errorCode` and `errorMessage`",
        outcomes,
    ),
    DerivedField::of_record(
        "aware.principal",
        "who acted, as messages call it: `user/alice`, `role/app`, `root`; the same for all \
              sessions of a role",
        |record| vec![read_principal(record).name],
    ),
    DerivedField::of_record(
        "aware.action",
        "what was done, as messages call it: `lambda:CreateFunction`, without the version of \
              `CreateFunction20150331`",
        |record| action_of_record(record).map(|action| action.to_string()).into_iter().collect(),
    ),
    DerivedField::of_record("aware.service", "the service of `aware.action`: `lambda`", |record| {
        action_of_record(record).map(|action| action.service).into_iter().collect()
    }),
    DerivedField::of_record(
        "aware.network",
        "the network of `sourceIPAddress`: `198.51.100.0/24`, `2001:db8:1::/48`, or the \
              service that called",
        networks,
    ),
    DerivedField::of_record(
        "aware.sensitivity",
        "what the action can do, a list of `privileges` (raises the caller's), `credentials` \
              (hands them out), `exposure` (opens a resource to others), `defences` (weakens \
              logging, detection or recovery), `execution` (runs code or commands), `impact` (costs \
              money, destroys or encrypts data, stops services); or `none`",
        sensitivities,
    ),
];

/// The outcome, from the texts of `errorCode` and `errorMessage`, and from the request where it
/// matters who wrote the message.
pub fn outcome(
    code: Option<&str>,
    message: Option<&str>,
    request: impl FnOnce() -> Option<Value>,
) -> Outcome {
    let echoes = |text: &str| request().is_some_and(|request| is_echo(text, &request));
    classify_call(code, message, echoes)
}

fn outcomes(record: &Value) -> Vec<String> {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let request = || record.get("requestParameters").cloned();
    vec![outcome(text("errorCode"), text("errorMessage"), request).as_str().to_owned()]
}

fn networks(record: &Value) -> Vec<String> {
    let source = record.get("sourceIPAddress").and_then(Value::as_str).map(str::to_owned);
    CallOrigin { source, ..CallOrigin::default() }.network_prefix().into_iter().collect()
}

fn sensitivities(record: &Value) -> Vec<String> {
    action_of_record(record).map_or_else(Vec::new, |action| {
        let marks = sensitivity::sensitivity_marks(&action.service, &action.name);
        marks.iter().map(|mark| (*mark).to_owned()).collect()
    })
}
