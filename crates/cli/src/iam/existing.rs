//! What a principal's existing policies say about a grant.

use aware_cases::generate::Told;
use aware_iam::policy::{Already, Bound, Condition, Deciding, Quantifier, Test};

use super::statement::brief;

/// Reports which grants existing policies allow under conditions, deny, or may deny.
pub(super) fn tell(all: &[Told]) {
    for Told { statement, standing } in all {
        let wanted = brief(statement);
        match &standing.verdict {
            Already::Denied(by) => tracing::warn!(
                "denied by {}: {wanted}; no grant helps, its owner decides",
                place(by)
            ),
            Already::AllowedIf(bound) => tracing::warn!("{}", allowed_if(bound, &wanted)),
            Already::Allowed => tracing::info!("allowed already: {wanted}"),
            Already::Missing => {}
        }
        if let Some(bound) = &standing.perhaps_denied {
            tracing::warn!("{}", perhaps_denied(bound, &wanted));
        }
    }
}

fn allowed_if(bound: &Bound, wanted: &str) -> String {
    let (by, when) = (place(&bound.by), conditions(&bound.conditions));
    if bound.is_whole {
        return format!(
            "allowed already by {by}, if {when}: {wanted}; no grant is written, it would bypass that"
        );
    }
    format!(
        "a part is allowed by {by}, if {when}: {wanted}; no grant is written, it would bypass that (hint: name what is outside of that part by hand)"
    )
}

fn perhaps_denied(bound: &Bound, wanted: &str) -> String {
    let by = place(&bound.by);
    if bound.conditions.is_empty() {
        return format!("a part is denied by {by}: {wanted}");
    }
    format!("denied by {by}, if {}: {wanted}", conditions(&bound.conditions))
}

/// `mfa.json, statement 2 (NoDelete)`.
fn place(by: &Deciding) -> String {
    let sid = by.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!("{}, statement {}{sid}", by.policy, by.statement + 1)
}

fn conditions(all: &[Condition]) -> String {
    all.iter().map(condition).collect::<Vec<_>>().join(" and ")
}

/// A common condition in words, any other as AWS writes it.
fn condition(one: &Condition) -> String {
    let is = |key: &str| one.key.eq_ignore_ascii_case(key);
    let says = |value: &str| one.values.iter().all(|other| other.eq_ignore_ascii_case(value));
    let values = one.values.join(" or ");
    let key = &one.key;
    if one.operator.if_exists {
        return format!("{key} {} {values}", one.operator);
    }
    match (&one.operator.test, one.operator.quantifier) {
        (Test::Bool, None) if is("aws:MultiFactorAuthPresent") && says("true") => {
            "MFA is present".to_owned()
        }
        (Test::Bool, None) if is("aws:MultiFactorAuthPresent") => "MFA is not present".to_owned(),
        (Test::Null, None) if says("true") => format!("{key} is absent"),
        (Test::Null, None) => format!("{key} is present"),
        (Test::StringEquals | Test::ArnEquals | Test::Bool, None) => format!("{key} is {values}"),
        (Test::StringLike | Test::ArnLike, None) => format!("{key} is like {values}"),
        (Test::IpAddress, None) => format!("{key} is in {values}"),
        (Test::NotIpAddress, None) => format!("{key} is not in {values}"),
        (Test::StringEquals, Some(Quantifier::ForAllValues)) => {
            format!("every {key} is {values}")
        }
        (Test::StringEquals, Some(Quantifier::ForAnyValue)) => format!("some {key} is {values}"),
        _ => format!("{key} {} {values}", one.operator),
    }
}
