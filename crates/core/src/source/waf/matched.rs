//! Which rules of a web ACL met a request.

use serde_json::Value;

use super::fields as field;
use crate::source::http::full_text as text;

/// Most rules that are listed for one request.
const MAX_RULES: usize = 64;

/// What decides when no rule does.
const DEFAULT: &str = "Default_Action";

/// The rule that ended the inspection, within its group where it is in one:
/// `AWSManagedRulesSQLiRuleSet/SQLi_BODY`. `None` where the web ACL's default decided.
pub(super) fn deciding_rule(record: &Value) -> Option<String> {
    let of_group = groups(record).find_map(|group| {
        let rule = group.get("terminatingRule")?.get("ruleId")?.as_str()?;
        Some(format!("{}/{rule}", group_name(group)?))
    });
    of_group.or_else(|| {
        let rule = text(record, &field::RULE).filter(|rule| *rule != DEFAULT)?;
        Some(plain_name(rule).to_owned())
    })
}

/// Every rule that met the request, whatever it did.
pub(super) fn matched_rules(record: &Value) -> Vec<String> {
    let mut rules: Vec<String> = deciding_rule(record).into_iter().collect();
    for group in groups(record) {
        let name = group_name(group).unwrap_or_default();
        let ids = rule_ids(group.get("nonTerminatingMatchingRules"));
        let excluded = rule_ids(group.get("excludedRules"));
        rules.extend(ids.chain(excluded).map(|rule| format!("{name}/{rule}")));
    }
    let own = rule_ids(field::OTHERS.find_in(record));
    rules.extend(own.map(|rule| plain_name(rule).to_owned()));
    rules.dedup();
    rules.truncate(MAX_RULES);
    rules
}

/// The rule groups of which a rule met the request: `AWSManagedRulesSQLiRuleSet`.
pub(super) fn matched_groups(record: &Value) -> Vec<String> {
    let own = text(record, &field::RULE).filter(|rule| *rule != DEFAULT).map(plain_name);
    let mut names: Vec<String> = own.map(str::to_owned).into_iter().collect();
    let others = rule_ids(field::OTHERS.find_in(record)).map(|rule| plain_name(rule).to_owned());
    names.extend(others);
    let rules = matched_rules(record);
    names.extend(rules.iter().filter_map(|rule| Some(rule.split_once('/')?.0.to_owned())));
    names.sort();
    names.dedup();
    names
}

fn groups(record: &Value) -> impl Iterator<Item = &Value> {
    field::GROUPS.find_in(record).and_then(Value::as_array).into_iter().flatten()
}

fn group_name(group: &Value) -> Option<&str> {
    group.get("ruleGroupId")?.as_str().map(plain_name)
}

fn rule_ids(list: Option<&Value>) -> impl Iterator<Item = &str> {
    let rules = list.and_then(Value::as_array).into_iter().flatten();
    rules.filter_map(|rule| rule.get("ruleId")?.as_str())
}

/// `AWSManagedRulesSQLiRuleSet` of `AWS#AWSManagedRulesSQLiRuleSet` or `AWS-AWSManagedRulesSQLiRuleSet`,
/// and `mine` of `arn:aws:wafv2:eu-west-1:111122223333:regional/rulegroup/mine/ID`.
fn plain_name(id: &str) -> &str {
    let of_arn = id.split_once("/rulegroup/").and_then(|(_, rest)| rest.split('/').next());
    let of_aws = || id.strip_prefix("AWS#").or_else(|| id.strip_prefix("AWS-"));
    of_arn.or_else(of_aws).unwrap_or(id)
}
