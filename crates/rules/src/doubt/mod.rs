//! Reports what a rule says that its author cannot have meant: conditions that contradict each
//! other, and values that no record has.
//!
//! Such a rule is still loaded: it is valid, if pointless. In case of doubt nothing is reported.

mod never;
mod overlap;
mod values;

use std::collections::BTreeSet;

use aware_core::source::{SourceId, cloudtrail};

use crate::ir::{Expr, Field};

/// What to tell of a condition, each a phrase that goes on after the rule's name. `lists` are fields
/// that the author takes for lists, such as those with Sigma's modifier `all`. The condition is on
/// the records of a source, or of all.
pub fn doubts(expr: &Expr, source: Option<SourceId>, lists: &BTreeSet<Field>) -> Vec<String> {
    let mut doubts = Vec::new();
    let known = never::Known { source, lists };
    match expr {
        _ if let Some(why) = never::never(expr, known) => {
            doubts.push(format!("{}: {why}", why.verdict()));
        }
        Expr::Any(alternatives) => {
            let never = |one| never::never(one, known);
            let some = alternatives.iter().filter_map(never);
            doubts.extend(some.map(|why| format!("{} in one alternative: {why}", why.verdict())));
        }
        _ => {}
    }
    let is_everything = *expr == Expr::All(Vec::new());
    if !is_everything && never::never(&expr.clone().not(), known).is_some_and(|why| why.is_sure()) {
        doubts.push("matches every record, whatever is in it".to_owned());
    }
    if source.is_none_or(|source| source == cloudtrail::ID) {
        doubts.extend(values::doubts(expr));
    }
    doubts.dedup();
    doubts
}
