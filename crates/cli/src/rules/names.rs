//! Checks names of calls against the catalogue of IAM actions.

use aware_core::event::Action;
use aware_core::near::{did_you_mean, nearest};
use aware_iam::action::{required_actions, service_prefix};
use aware_iam::catalogue::Catalogue;
use aware_rules::ir::{FieldTest, LeafMatch, RuleExpr, TestOperation};

/// Calls that do not exist, if the service has one with a similar name: `CreateUsr`. The catalogue
/// does not know every call, so a name without a similar one is not questioned.
pub(super) fn misspelt_calls(expr: &RuleExpr) -> Vec<String> {
    let (sources, names) = (compared_texts(expr, "eventSource"), compared_texts(expr, "eventName"));
    let catalogue = Catalogue::built_in();
    let mut doubts = Vec::new();
    for name in names {
        let actions = sources.iter().map(|source| Action::from_event_names(source, &name, None));
        let actions: Vec<Action> = actions.collect();
        let known = |action: &Action| {
            required_actions(catalogue, &action.service, &action.name)
                .is_none_or(|needed| needed.known)
        };
        if actions.is_empty() || actions.iter().any(known) {
            continue;
        }
        let meant = actions.iter().find_map(|action| {
            let service = catalogue.find_service(service_prefix(&action.service))?;
            let names: Vec<String> = service.action_names().collect();
            nearest(&action.name, names.iter().map(String::as_str)).map(str::to_owned)
        });
        if let Some(meant) = meant {
            doubts.push(format!(
                "asks for a call that is not known: `eventName` `{name}` (hint: {})",
                did_you_mean(meant)
            ));
        }
    }
    doubts
}

/// The literal texts that a field is compared with.
fn compared_texts(expr: &RuleExpr, field: &str) -> Vec<String> {
    match expr {
        RuleExpr::All(inner) | RuleExpr::Any(inner) => {
            inner.iter().flat_map(|inner| compared_texts(inner, field)).collect()
        }
        RuleExpr::Test(FieldTest { field: of, op: TestOperation::Is(wanted) })
            if of.to_string() == field =>
        {
            literal_texts(wanted)
        }
        _ => Vec::new(),
    }
}

fn literal_texts(wanted: &LeafMatch) -> Vec<String> {
    match wanted {
        LeafMatch::Text(pattern, _) => {
            pattern.literal_text().map(str::to_owned).into_iter().collect()
        }
        LeafMatch::Any(inner) => inner.iter().flat_map(literal_texts).collect(),
        _ => Vec::new(),
    }
}
