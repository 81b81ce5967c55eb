//! Checks condition values against their operators and against the types of their keys.

use aware_core::event::is_account_id;
use aware_core::near::did_you_mean;

use super::check::LintCheck;
use super::checks::values as check;
use super::global::KeyType;
use super::look::StatementChecker;
use super::operators::{OperatorFamily, operator_family};
use super::view::{ConditionLine, PlacedText};
use crate::network::{address_bits, has_host_bits, is_private, parse_network};
use crate::policy::{ConditionTest, clip_text, is_date};
use crate::region::{is_region, near_region};

/// The most values of one key to check; AWS's largest policies have fewer.
const MAX_VALUES: usize = 2_000;

/// Keys that identify one account, organization or network.
const IDENTITIES: [&str; 11] = [
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "s3:resourceaccount",
];

impl StatementChecker<'_, '_> {
    pub(super) fn check_values(&mut self, line: &ConditionLine, known: Option<&KeyType>) {
        let family = operator_family(&line.operator.test);
        self.check_all_values(line, family);
        for value in line.values.iter().take(MAX_VALUES) {
            let operator = &line.operator_name.text;
            if self.check_variable_operator(&line.operator.test, operator, value) {
                continue;
            }
            self.check_variables(value);
            match family {
                OperatorFamily::Bool | OperatorFamily::Null => self.check_bool(value),
                OperatorFamily::Number => self.check_number(value),
                OperatorFamily::Date => self.check_date(value),
                OperatorFamily::Address => self.check_address(line, value),
                OperatorFamily::Arn => self.check_arn(line, value),
                OperatorFamily::Binary => self.check_binary(value),
                OperatorFamily::Text => self.check_text(line, value),
            }
        }
        if known.is_some() {
            self.check_meaning(line, family);
        }
    }

    /// Checks all values together.
    fn check_all_values(&mut self, line: &ConditionLine, family: OperatorFamily) {
        let several = line.values.len() > 1;
        let name = &line.operator_name.text;
        match family {
            OperatorFamily::Bool | OperatorFamily::Null if several => {
                let what = format!("`{name}` with {} values", line.values.len());
                self.findings.report_at(&check::SEVERAL_BOOLS, &line.key, what);
            }
            OperatorFamily::Number | OperatorFamily::Date if several && name.contains("Than") => {
                let what = format!("`{name}` with {} values", line.values.len());
                self.findings.report_at(&check::REDUNDANT_NUMBER, &line.key, what);
            }
            OperatorFamily::Address if line.key.text.eq_ignore_ascii_case("aws:SourceIp") => {
                self.check_private(line);
            }
            _ => {}
        }
    }

    fn check_private(&mut self, line: &ConditionLine) {
        let (private, others): (Vec<&PlacedText>, Vec<&PlacedText>) =
            line.values.iter().partition(|value| is_private(&value.text));
        let Some(first) = private.first() else { return };
        let text = clip_text(&first.text);
        if others.is_empty() {
            let what = format!("`{text}` is private, and `aws:SourceIp` never is");
            self.findings.report_at(&check::PRIVATE_IP, first, what);
        } else {
            let what = format!("`{text}` is private, and `aws:SourceIp` never is");
            self.findings.report_at(&check::PRIVATE_IP_SUBSET, first, what);
        }
    }

    fn check_bool(&mut self, value: &PlacedText) {
        let is_bool = ["true", "false"].iter().any(|it| value.text.eq_ignore_ascii_case(it));
        if !is_bool {
            let what = format!("`{}` is neither `true` nor `false`", clip_text(&value.text));
            self.findings.report_at(&check::BOOL_VALUE, value, what);
        }
    }

    fn check_number(&mut self, value: &PlacedText) {
        let is_number = value.text.trim().parse::<f64>().is_ok_and(f64::is_finite);
        if !is_number {
            let what = format!("`{}` is not a number", clip_text(&value.text));
            self.findings.report_at(&check::NUMBER_VALUE, value, what);
        }
    }

    fn check_date(&mut self, value: &PlacedText) {
        let is_epoch = value.text.parse::<i64>().is_ok();
        if is_epoch && value.text.len() > 4 {
            let what = format!("`{}` is a date in seconds", value.text);
            self.findings.report_at(&check::EPOCH_DATE, value, what);
        } else if is_epoch || !is_date(&value.text) {
            let what = format!("`{}` is not a date", clip_text(&value.text));
            self.findings.report_at(&check::DATE_VALUE, value, what);
        }
    }

    fn check_address(&mut self, line: &ConditionLine, value: &PlacedText) {
        let text = clip_text(&value.text);
        let Some((address, length)) = parse_network(&value.text) else {
            let what = format!("`{text}` is neither an address nor a network");
            return self.findings.report_at(&check::IP_VALUE, value, what);
        };
        let is_everything = length == 0 && address_bits(address) == 0;
        if is_everything && self.is_allow() && line.operator.test == ConditionTest::IpAddress {
            self.findings.report_at(
                &check::IP_EVERYTHING,
                value,
                format!("`{text}` is every address"),
            );
        } else if has_host_bits(address, length) {
            let what = format!("`{text}` has bits beyond its length");
            self.findings.report_at(&check::IP_HOST_BITS, value, what);
        }
    }

    fn check_arn(&mut self, line: &ConditionLine, value: &PlacedText) {
        let text = value.text.as_str();
        let is_pattern = text.starts_with("arn:") && text.splitn(6, ':').count() == 6
            || text.starts_with("arn:") && text.ends_with('*')
            || text.starts_with("${");
        if text == "*" {
            return self.report_star(line, value);
        }
        if !is_pattern {
            let what = format!("`{}` is not an ARN", clip_text(text));
            return self.findings.report_at(&check::ARN_VALUE, value, what);
        }
        self.check_arn_in_condition(value);
    }

    fn check_binary(&mut self, value: &PlacedText) {
        let text = value.text.trim_end_matches('=');
        let is_base64 = value.text.len().is_multiple_of(4)
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
        if !is_base64 {
            let what = format!("`{}` is not base64", clip_text(&value.text));
            self.findings.report_at(&check::BINARY_VALUE, value, what);
        }
    }

    fn check_text(&mut self, line: &ConditionLine, value: &PlacedText) {
        let is_like =
            matches!(line.operator.test, ConditionTest::StringLike | ConditionTest::StringNotLike);
        let bare = without_variables(&value.text);
        if is_like && !value.text.is_empty() && value.text.bytes().all(|byte| byte == b'*') {
            return self.report_star(line, value);
        }
        if !is_like && bare.contains(['*', '?']) {
            let what = format!(
                "`{}` has a wildcard, but `{}` does not support wildcards",
                clip_text(&value.text),
                line.operator_name.text
            );
            self.findings.report_at(&check::WILDCARD_WITHOUT_LIKE, value, what);
        }
    }

    /// Reports a value that is only `*`.
    fn report_star(&mut self, line: &ConditionLine, value: &PlacedText) {
        let key = clip_text(&line.key.text);
        if line.operator.test.as_str().contains("Not") {
            let what = format!("no value of `{key}` matches a negated `*`");
            self.findings.report_at(&check::MATCHES_NOTHING, value, what);
        } else {
            self.findings.report_at(
                &check::MATCHES_EVERYTHING,
                value,
                format!("every `{key}` matches `*`"),
            );
        }
    }

    /// Checks values whose key requires a certain form.
    fn check_meaning(&mut self, line: &ConditionLine, family: OperatorFamily) {
        let key = line.key.text.to_ascii_lowercase();
        let is_like =
            matches!(line.operator.test, ConditionTest::StringLike | ConditionTest::StringNotLike);
        for value in line.values.iter().take(MAX_VALUES) {
            let text = value.text.as_str();
            let is_open = text.contains("${") || text == "*";
            if family == OperatorFamily::Text && !is_open {
                if IDENTITIES.contains(&key.as_str()) && is_like && text.contains(['*', '?']) {
                    let what = format!("`{}` matches more than intended", clip_text(text));
                    self.findings.report_at(&check::WIDE_IDENTITY, value, what);
                } else if !text.contains(['*', '?']) {
                    self.check_identity(&key, value);
                }
            }
            if key == "s3:x-amz-server-side-encryption-aws-kms-key-id" && !is_kms_key(text) {
                let what = format!("`{}` is not a KMS key's ARN", clip_text(text));
                self.findings.report_at(&check::KMS_KEY_VALUE, value, what);
            }
        }
    }

    fn check_identity(&mut self, key: &str, value: &PlacedText) {
        let text = value.text.as_str();
        let is_account_key = IDENTITIES.contains(&key) && key.ends_with("account");
        let is_organization_key = IDENTITIES.contains(&key) && key.ends_with("orgid");
        let found: Option<(&'static LintCheck, &str)> = match key {
            _ if is_account_key && !is_account_id(text) => Some((&check::ACCOUNT_VALUE, "account")),
            _ if is_organization_key && !is_organization(text) => {
                Some((&check::ORGANIZATION_VALUE, "organisation"))
            }
            "aws:sourcevpc" if !is_network_id(text, "vpc-") => Some((&check::VPC_VALUE, "VPC")),
            "aws:sourcevpce" if !is_network_id(text, "vpce-") => {
                Some((&check::ENDPOINT_VALUE, "VPC endpoint"))
            }
            "aws:requestedregion" if !is_region(text) => Some((&check::REGION_VALUE, "region")),
            _ => None,
        };
        let Some((check, noun)) = found else { return };
        let what = format!("`{}` is not a valid {noun}", clip_text(text));
        let near = near_region(text).filter(|_| noun == "region");
        let hint = near.map(did_you_mean);
        self.findings.report_with_hint(
            check,
            value,
            what,
            hint.unwrap_or_else(|| check.fix.to_owned()),
        );
    }
}

/// The text without its policy variables.
fn without_variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

fn is_organization(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    (10..=32).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_network_id(text: &str, prefix: &str) -> bool {
    let id = text.strip_prefix(prefix).unwrap_or_default();
    matches!(id.len(), 8 | 17) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_kms_key(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let (arn, service) = (parts.next(), parts.nth(1));
    let resource = parts.nth(2).unwrap_or_default();
    let is_arn = arn == Some("arn") && service == Some("kms");
    is_arn && (resource.starts_with("key/") || resource.starts_with(['*', '$']))
        || text.starts_with("${")
        || text == "*"
}
