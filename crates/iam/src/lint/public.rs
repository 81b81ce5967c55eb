//! Conditions that everybody meets or can meet: they narrow nothing.
//!
//! Source: IAM user guide, "AWS global condition context keys" (which keys a request always has, and
//! which its caller writes); "Condition operators", "…IfExists" and "ForAllValues".

use super::view::{ConditionLine, StatementView};
use crate::policy::{ConditionQuantifier, ConditionTest};

/// Keys that say nothing about the caller: the caller writes them, or they are alike in everybody's
/// calls.
const OF_ANYBODY: [&str; 16] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:Referer",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSService",
    "s3:authType",
    "s3:delimiter",
    "s3:max-keys",
    "s3:prefix",
    "s3:signatureAge",
    "s3:signatureversion",
    "s3:TlsVersion",
    "s3:x-amz-content-sha256",
];
/// Keys that every request has: `…IfExists` makes no difference for them.
const ALWAYS_THERE: [&str; 1] = ["aws:SourceIp"];
/// From how many IPv4 addresses a list counts as everybody's: half of them all.
const MANY_ADDRESSES: u64 = 1 << 31;
/// The same for IPv6, by prefix length: what a whole region of the world is assigned.
const WIDE_IPV6: u8 = 12;

/// The first condition of a statement if everybody meets all its conditions; `None` if one of them
/// says who is meant, or if there are none.
pub(super) fn met_by_everybody(statement: &StatementView) -> Option<&ConditionLine> {
    let first = statement.conditions.first()?;
    statement.conditions.iter().all(is_met).then_some(first)
}

fn is_met(line: &ConditionLine) -> bool {
    let operator = &line.operator;
    let is_key = |keys: &[&str]| keys.iter().any(|key| line.key.text.eq_ignore_ascii_case(key));
    let is_left_out = operator.if_exists && !is_key(&ALWAYS_THERE)
        || operator.quantifier == Some(ConditionQuantifier::ForAllValues);
    let is_negated = operator.test.as_str().contains("Not");
    let is_about_presence = operator.test == ConditionTest::Null;
    is_key(&OF_ANYBODY)
        || is_left_out
        || is_negated
        || is_about_presence
        || match operator.test {
            ConditionTest::IpAddress => are_everywhere(line),
            ConditionTest::StringLike | ConditionTest::ArnLike | ConditionTest::ArnEquals => {
                line.values.iter().any(|value| is_anything(&value.text))
            }
            _ => false,
        }
}

/// Whether these are half of all addresses, or more.
fn are_everywhere(line: &ConditionLine) -> bool {
    let ranges = line.values.iter().filter_map(|value| {
        let (address, length) = value.text.split_once('/').unwrap_or((value.text.as_str(), "32"));
        Some((address.contains(':'), length.parse::<u8>().ok()?))
    });
    let ranges: Vec<(bool, u8)> = ranges.collect();
    let is_wide = ranges.iter().any(|(is_six, length)| *is_six && *length <= WIDE_IPV6);
    let of_four = ranges.iter().filter(|(is_six, length)| !is_six && *length <= 32);
    let addresses: u64 = of_four.map(|(_, length)| 1_u64 << (32 - u32::from(*length))).sum();
    is_wide || addresses >= MANY_ADDRESSES
}

/// Whether a pattern leaves the owner open: nothing but wildcards, any organization, any account.
fn is_anything(pattern: &str) -> bool {
    let is_open = |part: &str| !part.is_empty() && part.bytes().all(|byte| b"*?".contains(&byte));
    let of_arn = || {
        let account = pattern.split(':').nth(4)?;
        Some(pattern.starts_with("arn:") && is_open(account))
    };
    is_open(pattern) || pattern == "o-*" || pattern == "arn:*" || of_arn().unwrap_or_default()
}
