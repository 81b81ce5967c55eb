//! Checks condition keys: whether they exist, and whether the statement's actions have them.

use aware_core::near::did_you_mean;

use super::budget::MAX_EXPANDED;
use super::check::LintCheck;
use super::checks::conditions as check;
use super::global::{KeyType, is_cross_service, is_of_provider, key_type, lacks_tag, nearest_key};
use super::look::StatementChecker;
use super::policy_type::PolicyType;
use super::view::{ConditionLine, PlacedText};
use crate::catalogue::ActionEntry;
use crate::policy::{ConditionTest, clip_text};

/// Keys that the caller writes into the request.
const SPOOFABLE: [&str; 2] = ["aws:UserAgent", "aws:referer"];
/// The most conditions of one statement to check.
const MAX_LINES: usize = 300;

impl StatementChecker<'_, '_> {
    /// Checks all conditions of a statement.
    pub(super) fn check_conditions(&mut self) {
        let statement = self.statement;
        for line in statement.conditions.iter().take(MAX_LINES) {
            let known = self.check_key(line);
            self.check_operator(line, known.as_ref());
            self.check_values(line, known.as_ref());
            if let Some(known) = &known {
                self.check_key_for_actions(line, known);
            }
            self.check_special_keys(line);
        }
        self.check_absent_keys();
    }

    /// Checks whether the key exists; returns its type.
    fn check_key(&mut self, line: &ConditionLine) -> Option<KeyType> {
        let key = line.key.text.as_str();
        if key.eq_ignore_ascii_case("aws:ARN") {
            self.findings.report_at(
                &check::DEPRECATED_KEY,
                &line.key,
                format!("AWS has replaced `{key}`"),
            );
        }
        if let Some(known) = key_type(self.catalogue, key) {
            return Some(known);
        }
        if is_of_provider(key) && key.contains(':') {
            return None;
        }
        let (check, what): (&'static LintCheck, String) = if !key.contains(':') {
            (&check::KEY_FORMAT, format!("`{}` is not a condition key", clip_text(key)))
        } else if lacks_tag(self.catalogue, key) {
            (&check::MISSING_TAG_KEY, format!("`{}` does not say which tag", clip_text(key)))
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            (
                &check::UNKNOWN_GLOBAL_KEY,
                format!("unknown global condition key `{}`", clip_text(key)),
            )
        } else {
            (&check::UNKNOWN_SERVICE_KEY, format!("unknown condition key `{}`", clip_text(key)))
        };
        let hint = self.near_key(key).unwrap_or_else(|| check.fix.to_owned());
        self.findings.report_with_hint(check, &line.key, what, hint);
        None
    }

    fn near_key(&self, key: &str) -> Option<String> {
        if !key.contains(':') {
            let global = nearest_key(self.catalogue, &format!("aws:{key}"))?;
            return Some(did_you_mean(global));
        }
        if lacks_tag(self.catalogue, key) {
            return Some(format!("write `{}/KEY`", key.trim_end_matches('/')));
        }
        let service = key.split(':').next().unwrap_or_default();
        if !service.eq_ignore_ascii_case("aws") && self.catalogue.find_service(service).is_none() {
            return Some(format!("there is no service `{}`", clip_text(service)));
        }
        nearest_key(self.catalogue, key).map(did_you_mean)
    }

    /// Checks whether the actions have the key at all.
    fn check_key_for_actions(&mut self, line: &ConditionLine, known: &KeyType) {
        let lower = known.name.to_ascii_lowercase();
        let is_resource_tag = lower.starts_with("aws:resourcetag/");
        let is_of_request = lower.starts_with("aws:requesttag/") || lower == "aws:tagkeys";
        let is_global = lower.starts_with("aws:") && !is_resource_tag && !is_of_request;
        if is_global || is_cross_service(&known.name) || line.operator.test == ConditionTest::Null {
            return;
        }
        if self.statement.actions.as_ref().is_some_and(|list| list.is_negated) {
            if is_resource_tag {
                self.report_not_action_tag(line);
            }
            return;
        }
        let lacking = self.actions_lacking_key(&lower);
        let Some(first) = lacking.first() else { return };
        let (key, action) = (clip_text(&line.key.text), first.text.clone());
        let others = lacking.len() - 1;
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        let what = format!("`{action}`{more} never has the key `{key}`");
        let check = match (is_resource_tag, self.is_deny()) {
            (false, _) => &check::KEY_NOT_FOR_ACTION,
            (true, false) => &check::ALLOW_TAG_UNSUPPORTED,
            (true, true) => &check::DENY_TAG_UNSUPPORTED,
        };
        self.findings.report_at(check, &line.key, what);
    }

    /// The patterns none of whose actions has the key. Empty if the patterns match too much to
    /// compare.
    fn actions_lacking_key(&self, lower_key: &str) -> Vec<PlacedText> {
        let has = |entry: &ActionEntry| {
            entry.condition_keys.iter().any(|known| known.to_ascii_lowercase() == lower_key)
        };
        let total: usize = self.expanded.iter().map(|found| found.entries.len()).sum();
        if total > MAX_EXPANDED / 10 || self.budget.is_spent() {
            return Vec::new();
        }
        let patterns = self.actions_named().iter().zip(&self.expanded);
        let lacking = patterns
            .filter(|(_, found)| !found.entries.is_empty() && !found.entries.iter().any(has));
        lacking.map(|(leaf, _)| leaf.clone()).collect()
    }

    fn report_not_action_tag(&mut self, line: &ConditionLine) {
        let check =
            if self.is_deny() { &check::DENY_NOT_ACTION_TAG } else { &check::ALLOW_NOT_ACTION_TAG };
        let what = format!("most actions never have the key `{}`", clip_text(&line.key.text));
        self.findings.report_at(check, &line.key, what);
    }

    /// Checks keys with pitfalls of their own.
    fn check_special_keys(&mut self, line: &ConditionLine) {
        let is = |key: &str| line.key.text.eq_ignore_ascii_case(key);
        let statement = self.statement;
        let test = &line.operator.test;
        if SPOOFABLE.iter().any(|key| is(key)) {
            let what = format!("the caller chooses `{}`", line.key.text);
            self.findings.report_at(&check::SPOOFABLE_KEY, &line.key, what);
        }
        let network = ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"];
        if is("aws:VpcSourceIp") && *test != ConditionTest::Null && !statement.has_any_key(&network)
        {
            let what = "`aws:VpcSourceIp` without its network";
            self.findings.report_at(&check::UNPAIRED_KEY, &line.key, what);
        }
        let is_first = *test != ConditionTest::Null;
        if is("dynamodb:Attributes") && is_first && !statement.has_key("dynamodb:Select") {
            let what = "`dynamodb:Attributes` without `dynamodb:Select`";
            self.findings.report_at(&check::ATTRIBUTES_WITHOUT_SELECT, &line.key, what);
        }
        let is_negated = test.as_str().contains("Not");
        if is("s3:prefix") && is_first && is_negated == self.is_allow() {
            let what = "`s3:prefix` says which listings are not allowed";
            self.findings.report_at(&check::PREFIX_NEGATED, &line.key, what);
        }
        let is_mfa = is("aws:MultiFactorAuthPresent") && *test == ConditionTest::Bool;
        let says = |wanted: &str| line.values.iter().any(|it| it.text.eq_ignore_ascii_case(wanted));
        if is_mfa && self.is_allow() && line.operator.if_exists && says("true") {
            let what = "a caller with a long-term key is allowed without MFA";
            self.findings.report_at(&check::MFA_IF_EXISTS, &line.operator_name, what);
        }
        if is_mfa && self.is_deny() && !line.operator.if_exists && says("false") {
            let what = "a caller with a long-term key is not denied without MFA";
            self.findings.report_at(&check::MFA_DENY, &line.operator_name, what);
        }
        self.check_irrelevant_key(line);
    }

    fn check_irrelevant_key(&mut self, line: &ConditionLine) {
        let key = line.key.text.to_ascii_lowercase();
        let of_owner = ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"];
        let is_owner = of_owner.contains(&key.as_str()) || key == "s3:resourceaccount";
        if is_owner
            && self.is_type(PolicyType::Resource)
            && line.operator.test != ConditionTest::Null
        {
            let what = format!("`{}` is always this resource's owner", line.key.text);
            self.findings.report_at(&super::checks::principals::IRRELEVANT_KEY, &line.key, what);
        }
    }

    /// Reports `Allow` under conditions that all hold if the request lacks the key.
    fn check_absent_keys(&mut self) {
        let statement = self.statement;
        let holds = |line: &ConditionLine| {
            let is_negated = line.operator.test.as_str().contains("Not");
            line.operator.test != ConditionTest::Null
                && line.operator.quantifier.is_none()
                && (line.operator.if_exists || is_negated)
                && !line.key.text.eq_ignore_ascii_case("aws:MultiFactorAuthPresent")
        };
        let all = !statement.conditions.is_empty() && statement.conditions.iter().all(holds);
        if !all || !self.is_allow() || !self.is_type(PolicyType::Identity) {
            return;
        }
        let Some(first) = statement.conditions.first() else { return };
        let what = format!("it also holds without `{}` in the request", clip_text(&first.key.text));
        let check =
            if first.operator.if_exists { &check::IF_EXISTS_ALLOW } else { &check::NEGATED_ALLOW };
        self.findings.report_at(check, &first.operator_name, what);
    }
}
