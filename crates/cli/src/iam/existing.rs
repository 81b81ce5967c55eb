//! What a principal's existing policies say about a grant.

use aware_cases::generate::JudgedGrant;
use aware_iam::policy::{
    BoundStatement, ConditionQuantifier, ConditionTest, DecidingStatement, ExistingVerdict,
    PolicyCondition,
};

use super::statement::statement_brief;

/// Reports which grants existing policies allow under conditions, deny, or may deny.
pub(super) fn report_standings(all: &[JudgedGrant]) {
    for JudgedGrant { statement, standing } in all {
        let wanted = statement_brief(statement);
        match &standing.verdict {
            ExistingVerdict::Denied(by) => tracing::warn!(
                "denied by {}: {wanted}; no grant helps, its owner decides",
                describe_deciding(by)
            ),
            ExistingVerdict::AllowedIf(bound) => tracing::warn!("{}", allowed_if(bound, &wanted)),
            ExistingVerdict::Allowed => tracing::info!("allowed already: {wanted}"),
            ExistingVerdict::Missing => {}
        }
        if let Some(bound) = &standing.perhaps_denied {
            tracing::warn!("{}", perhaps_denied(bound, &wanted));
        }
    }
}

fn allowed_if(bound: &BoundStatement, wanted: &str) -> String {
    let (by, when) = (describe_deciding(&bound.by), describe_conditions(&bound.conditions));
    if bound.is_whole {
        return format!(
            "allowed already by {by}, if {when}: {wanted}; no grant is written, it would bypass that"
        );
    }
    format!(
        "a part is allowed by {by}, if {when}: {wanted}; no grant is written, it would bypass that (hint: name what is outside of that part by hand)"
    )
}

fn perhaps_denied(bound: &BoundStatement, wanted: &str) -> String {
    let by = describe_deciding(&bound.by);
    if bound.conditions.is_empty() {
        return format!("a part is denied by {by}: {wanted}");
    }
    format!("denied by {by}, if {}: {wanted}", describe_conditions(&bound.conditions))
}

/// `mfa.json, statement 2 (NoDelete)`.
fn describe_deciding(by: &DecidingStatement) -> String {
    let sid = by.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    format!("{}, statement {}{sid}", by.policy, by.statement + 1)
}

fn describe_conditions(all: &[PolicyCondition]) -> String {
    all.iter().map(describe_condition).collect::<Vec<_>>().join(" and ")
}

/// A common condition in words, any other as AWS writes it.
fn describe_condition(one: &PolicyCondition) -> String {
    let is = |key: &str| one.key.eq_ignore_ascii_case(key);
    let says = |value: &str| one.values.iter().all(|other| other.eq_ignore_ascii_case(value));
    let values = one.values.join(" or ");
    let key = &one.key;
    if one.operator.if_exists {
        return format!("{key} {} {values}", one.operator);
    }
    match (&one.operator.test, one.operator.quantifier) {
        (ConditionTest::Bool, None) if is("aws:MultiFactorAuthPresent") && says("true") => {
            "MFA is present".to_owned()
        }
        (ConditionTest::Bool, None) if is("aws:MultiFactorAuthPresent") => {
            "MFA is not present".to_owned()
        }
        (ConditionTest::Null, None) if says("true") => format!("{key} is absent"),
        (ConditionTest::Null, None) => format!("{key} is present"),
        (ConditionTest::StringEquals | ConditionTest::ArnEquals | ConditionTest::Bool, None) => {
            format!("{key} is {values}")
        }
        (ConditionTest::StringLike | ConditionTest::ArnLike, None) => {
            format!("{key} is like {values}")
        }
        (ConditionTest::IpAddress, None) => format!("{key} is in {values}"),
        (ConditionTest::NotIpAddress, None) => format!("{key} is not in {values}"),
        (ConditionTest::StringEquals, Some(ConditionQuantifier::ForAllValues)) => {
            format!("every {key} is {values}")
        }
        (ConditionTest::StringEquals, Some(ConditionQuantifier::ForAnyValue)) => {
            format!("some {key} is {values}")
        }
        _ => format!("{key} {} {values}", one.operator),
    }
}
