//! Checks names of calls against the catalogue of IAM actions.

use aware_core::event::Action;
use aware_core::near::{did_you_mean, nearest};
use aware_iam::action::{needed, prefix};
use aware_iam::catalogue::Catalogue;
use aware_rules::ir::{Expr, Match, Op, Test};

/// Calls that do not exist, if the service has one with a similar name: `CreateUsr`. The catalogue
/// does not know every call, so a name without a similar one is not questioned.
pub(super) fn doubts(expr: &Expr) -> Vec<String> {
    let (sources, names) = (texts(expr, "eventSource"), texts(expr, "eventName"));
    let catalogue = Catalogue::builtin();
    let mut doubts = Vec::new();
    for name in names {
        let actions = sources.iter().map(|source| Action::new(source, &name, None));
        let actions: Vec<Action> = actions.collect();
        let known = |action: &Action| {
            needed(catalogue, &action.service, &action.name).is_none_or(|needed| needed.known)
        };
        if actions.is_empty() || actions.iter().any(known) {
            continue;
        }
        let meant = actions.iter().find_map(|action| {
            let service = catalogue.service(prefix(&action.service))?;
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
fn texts(expr: &Expr, field: &str) -> Vec<String> {
    match expr {
        Expr::All(inner) | Expr::Any(inner) => {
            inner.iter().flat_map(|inner| texts(inner, field)).collect()
        }
        Expr::Test(Test { field: of, op: Op::Is(wanted) }) if of.to_string() == field => {
            literals(wanted)
        }
        _ => Vec::new(),
    }
}

fn literals(wanted: &Match) -> Vec<String> {
    match wanted {
        Match::Text(pattern, _) => pattern.literal().map(str::to_owned).into_iter().collect(),
        Match::Any(inner) => inner.iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}
