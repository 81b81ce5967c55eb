//! A case as JSON: what its message says of it, and everything else that is known.

use aware_core::message::CaseFacts;
use serde_json::{Value, json};

use super::model::CaseView;
use crate::case::Case;

/// A case for programs. Keys are stable: only new ones are added. Strings are as the log had them,
/// but for `headline`, `inForce`, `who`, `from`, `when` and the texts of `timeline`, which are one
/// line of visible text each.
pub fn case_json(case: &Case) -> Value {
    let view = CaseView::new(case);
    let facts = view.to_facts(case, usize::MAX, usize::MAX);
    let mut value = serde_json::to_value::<CaseFacts>(facts).unwrap_or_default();
    let more = json!({
        "actors": case.actors, "sources": case.sources, "regions": case.regions,
        "agents": case.agents, "actions": case.actions, "notable": case.notable,
        "turns": case.turns, "signs": case.signs, "cause": case.cause, "cure": case.cure,
        "likelyNext": case.likely_next, "rules": rules_json(case), "eventIds": case.event_ids,
        "logsUntil": case.logs_until, "followed": case.followed, "known": case.known,
        "steadySince": case.steady_since, "reported": case.reported, "through": case.through,
        "stacks": case.stacks, "measured": case.measured,
        "deniedBecause": case.denied_because,
        "accountNames": case.account_names, "addressNotes": case.address_notes,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more.into_iter().map(|(key, value)| (key, camel_keys(value))));
    }
    value
}

fn rules_json(case: &Case) -> Value {
    case.rules.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()
}

/// Keys in camel case, as in messages; those of policy statements are AWS's and stay.
fn camel_keys(value: Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("Effect") => Value::Object(map),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (camel_case(&key), camel_keys(value))).collect()
        }
        Value::Array(list) => list.into_iter().map(camel_keys).collect(),
        other => other,
    }
}

fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        format!("{text}{}{tail}", head.to_uppercase())
    })
}
