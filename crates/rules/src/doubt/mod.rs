//! Reports what a rule says that its author cannot have meant: conditions that contradict each
//! other, and values that no record has.
//!
//! Such a rule is still loaded: it is valid, if pointless. In case of doubt nothing is reported.

mod never;
mod overlap;
mod values;

use std::collections::BTreeSet;

use aware_core::source::{SourceId, cloudtrail};

use crate::ir::{EventField, RuleExpr};

/// What is doubtful about a condition, each as a phrase to follow the rule's name. `lists` are
/// fields that the author takes for lists, such as those with Sigma's modifier `all`. The condition
/// is for the records of one source, or of all.
///
/// ```
/// use aware_core::source::cloudtrail;
/// use aware_rules::{cloudwatch, doubt::find_doubts};
///
/// let pattern = "{ ($.eventName = ListUsers) && ($.eventName = GetUser) }";
/// let expr = cloudwatch::compile_pattern("rule", pattern)?;
/// let doubts = find_doubts(&expr, Some(cloudtrail::ID), &Default::default());
/// assert!(doubts[0].starts_with("can never match: no value is both"), "{doubts:?}");
/// # Ok::<(), aware_rules::problem::RuleMistake>(())
/// ```
pub fn find_doubts(
    expr: &RuleExpr,
    source: Option<SourceId>,
    lists: &BTreeSet<EventField>,
) -> Vec<String> {
    let mut doubts = Vec::new();
    let known = never::Known { source, lists };
    match expr {
        _ if let Some(why) = never::why_never(expr, known) => {
            doubts.push(format!("{}: {why}", why.verdict()));
        }
        RuleExpr::Any(alternatives) => {
            let never = |one| never::why_never(one, known);
            let some = alternatives.iter().filter_map(never);
            doubts.extend(some.map(|why| format!("{} in one alternative: {why}", why.verdict())));
        }
        _ => {}
    }
    let is_everything = *expr == RuleExpr::All(Vec::new());
    if !is_everything
        && never::why_never(&expr.clone().negated(), known).is_some_and(|why| why.is_certain())
    {
        doubts.push("matches every record, whatever is in it".to_owned());
    }
    if source.is_none_or(|source| source == cloudtrail::ID) {
        doubts.extend(values::doubts_about_values(expr));
    }
    doubts.dedup();
    doubts
}
