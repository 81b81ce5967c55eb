//! Builds messages from groups.

use aware_core::event::Level;
use aware_core::explanation::LooksLike;
use aware_core::finding::Finding;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::{
    Facts, Message, MessageField, MessageKind, MessageTag, SCHEMA_VERSION, SOFT_LIMIT, labels,
    truncate_message,
};
use aware_core::text;
use jiff::Timestamp;

use super::facts::facts_of;
use super::original::{OriginalTexts, version_1_fields};
use super::render_detection_finding;
use crate::group::{DailyDigest, FindingGroup};
use crate::view::count_noun;

/// The longest subject, in characters. SNS allows 100, mail and chat more.
const MAX_SUBJECT: usize = 140;

/// Reports a group: what it is, how often, from where. `note` says what is new in an update.
///
/// ```
/// use aware_cases::group::FindingGroup;
/// use aware_cases::message::group_message;
/// use aware_core::finding::{Finding, RuleSummary};
/// use aware_core::message::MessageKind;
/// use aware_core::source::decode_record;
///
/// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "errorCode": "AccessDenied",
///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers",
///     "recipientAccountId": "111122223333", "userIdentity": {"type": "IAMUser",
///         "userName": "alice", "arn": "arn:aws:iam::111122223333:user/alice"}}"#)
/// .unwrap();
/// let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
/// let mut group = FindingGroup::for_finding(&finding);
/// group.record(&finding);
/// let message = group_message(&group, MessageKind::Finding, None, event.time);
/// assert_eq!(message.subject, "iam:ListUsers denied to user/alice in 111122223333");
/// ```
pub fn group_message(
    tally: &FindingGroup,
    kind: MessageKind,
    note: Option<&str>,
    now: Timestamp,
) -> Message {
    let facts = facts_of(tally, note);
    let mut fields = original_fields(&tally.first);
    fields.extend(facts.fields());
    let mut message = Message {
        subject: group_subject(tally),
        fields,
        source_name: Some(tally.first.log_source.display_name().to_owned()),
        source_icon_url: tally.first.log_source.icon_url().map(str::to_owned),
        tags: Vec::new(),
        schema_version: SCHEMA_VERSION.to_owned(),
        topic: None,
        id: message_id(tally, kind),
        kind,
        time: Some(now),
        fingerprint: tally.fingerprint.clone(),
        severity: Some(tally.effective_level()),
        count: tally.count,
        identity: Some(identity_for_limits(&tally.first)),
        principal: Some(tally.first.principal.key.clone()),
        looks_like: facts.reading.as_ref().map(|reading| reading.looks_like.clone()),
        facts,
        case: None,
        finding: None,
        truncated: Vec::new(),
    };
    message.finding = Some(render_detection_finding(tally, &message.id, kind, now));
    truncate_message(&mut message, SOFT_LIMIT);
    message
}

/// Whoever could make up any number of names counts as one identity: a foreign account, a role with
/// its sessions, an identity provider with its users.
fn identity_for_limits(finding: &Finding) -> String {
    let who = &finding.principal;
    match (&who.account, who.key.split_once('\n'), &who.arn) {
        (Some(account), ..) if *account != finding.account => format!("account/{account}"),
        (_, Some((provider, _)), _) => provider.to_owned(),
        (_, _, Some(arn)) => arn.clone(),
        _ => who.key.clone(),
    }
}

/// `iam:ListGroupsForUser denied to user/alice in 111122223333: exploring`.
fn group_subject(tally: &FindingGroup) -> String {
    let reading = tally.reading.as_ref().and_then(|reading| reading.looks_like.known());
    let sign = tally.signs.iter().max_by_key(|sign| sign.is_high);
    let line = match reading {
        _ if sign.is_some() => {
            let label = sign.map(|sign| sign.label.as_str()).unwrap_or_default();
            format!("{}: {label}", tally.first.headline_text())
        }
        Some(LooksLike::Exploring) => format!("{}: exploring", tally.first.headline_text()),
        Some(LooksLike::LacksPermission) => {
            format!("{}: lacks a permission", tally.first.headline_text())
        }
        Some(LooksLike::Unclear) | None => tally.first.headline_text(),
    };
    text::clip_text(&text::clean_line(&line), MAX_SUBJECT).into_owned()
}

/// Equal for every build of the same message, so that a second delivery is recognised.
fn message_id(tally: &FindingGroup, kind: MessageKind) -> String {
    let (count, messages) = (tally.count.to_string(), tally.told.messages.to_string());
    let parts =
        ["id", tally.fingerprint.as_str(), kind.as_str(), &count, &messages, &tally.first.event_id];
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "msg_", 1)
}

/// The nine fields of version 1, of a finding.
fn original_fields(finding: &Finding) -> Vec<MessageField> {
    let who = &finding.principal;
    version_1_fields(&OriginalTexts {
        error_message: finding.error_message.as_deref().or(finding.error_code.as_deref()),
        event_name: &finding.event_name,
        event_source: &finding.event_source,
        account: &finding.account,
        user_account: who.account.as_deref(),
        user_name: who.user_name.as_deref(),
        user_arn: who.session_arn.as_deref(),
        source: finding.source.as_deref(),
        request: finding.request.as_ref(),
    })
}

/// Reports what was held back: one line per principal and action, most frequent first.
pub fn digest_message(digest: &DailyDigest, now: Timestamp) -> Message {
    let accounts = match digest.accounts.as_slice() {
        [] => String::new(),
        [one] => format!(" in account {one}"),
        many => format!(" in {} accounts", many.len()),
    };
    let subject = format!("{}{accounts}", digest_parts(digest).join(", "));
    let mut fields = digest_lines(&digest.lines);
    fields.extend(digest_lines(&digest.hidden));
    let mut held = digest.held.clone();
    held.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    fields.extend(digest_lines(&held));
    fields.extend(digest.lacking.iter().map(|(who, count)| {
        digest_field(
            &format!("To fix: {who}"),
            count_noun(*count, "missing permission", "missing permissions"),
        )
    }));
    fields.extend(digest.rules.iter().map(|(rule, count)| {
        digest_field(&format!("Rule: {rule}"), count_noun(*count, "open case", "open cases"))
    }));
    let day = now.to_string();
    let mut message =
        plain_message(MessageKind::Digest, subject, fields, Level::Informational, now);
    message.fingerprint = Fingerprint::from_parts(&["digest", "aws-services"]);
    message.id =
        Fingerprint::from_parts(&["id", "digest", &day]).as_str().replacen("fp1:", "msg_", 1);
    message.count = digest.total + digest.hidden_total + digest.held_total;
    message
}

/// What a digest holds, in words.
fn digest_parts(digest: &DailyDigest) -> Vec<String> {
    let (hidden, held) = (digest.hidden_total, digest.held_total);
    let parts = [
        (
            digest.total,
            format!(
                "{} of AWS services acting for themselves",
                count_noun(digest.total, "denial", "denials")
            ),
        ),
        (hidden, format!("{} hidden by suppressions", count_noun(hidden, "finding", "findings"))),
        (
            held,
            format!(
                "{} in {}",
                count_noun(held, "finding", "findings"),
                idle_cases(digest.held.len())
            ),
        ),
    ];
    parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect()
}

fn idle_cases(count: usize) -> String {
    match count {
        1 => "1 case that needs no action".to_owned(),
        _ => format!("{count} cases that need no action"),
    }
}

/// Reports many new cases at once: `details` name the worst.
pub fn storm_message(
    subject: &str,
    details: &[(&str, &str)],
    findings: u64,
    kind: MessageKind,
    level: Level,
    now: Timestamp,
) -> Message {
    let mut message = system_message(subject, details, level, now);
    message.kind = kind;
    message.fingerprint = Fingerprint::from_parts(&["case-storm"]);
    message.count = findings;
    message
}

fn digest_lines(lines: &[(String, u64)]) -> Vec<MessageField> {
    let mut fields: Vec<MessageField> = lines.iter().take(20).map(digest_line).collect();
    let rest: u64 = lines.iter().skip(20).map(|(_, count)| count).sum();
    if rest > 0 {
        fields.push(MessageField {
            key: labels::ALL_OTHERS.to_owned(),
            value: rest.to_string().into(),
        });
    }
    fields
}

fn digest_line((line, count): &(String, u64)) -> MessageField {
    digest_field(line, count.to_string())
}

fn digest_field(line: &str, value: String) -> MessageField {
    let key = text::clip_text(&text::clean_line(line), MAX_SUBJECT).into_owned();
    MessageField { key, value: value.into() }
}

/// Reports something about this program itself.
pub fn system_message(
    subject: &str,
    details: &[(&str, &str)],
    level: Level,
    now: Timestamp,
) -> Message {
    let field = |(key, value): &(&str, &str)| MessageField {
        key: (*key).to_owned(),
        value: text::clean_line(value).into(),
    };
    let fields = details.iter().map(field).collect();
    plain_message(MessageKind::System, text::clean_line(subject).into_owned(), fields, level, now)
}

/// A sign of life, for destinations to count rather than show.
pub fn heartbeat_message(now: Timestamp) -> Message {
    plain_message(
        MessageKind::Heartbeat,
        "Activity Aware is at work".to_owned(),
        Vec::new(),
        Level::Informational,
        now,
    )
}

/// The tag of the heartbeat sent when a canary comes back: the number of seconds it took.
pub const CANARY: &str = "canary";

/// A sign of life that took the longest way: a call meant to be denied has come back as a finding.
/// For destinations to count rather than show.
pub fn canary_message(called: Timestamp, now: Timestamp) -> Message {
    let seconds = now.duration_since(called).as_secs();
    let after = count_noun(u64::try_from(seconds).unwrap_or_default(), "second", "seconds");
    let subject = format!("The canary came back after {after}");
    let mut message =
        plain_message(MessageKind::Heartbeat, subject, Vec::new(), Level::Informational, now);
    message.tags.push(MessageTag { key: CANARY.to_owned(), value: seconds.to_string() });
    message
}

fn plain_message(
    kind: MessageKind,
    subject: String,
    fields: Vec<MessageField>,
    level: Level,
    now: Timestamp,
) -> Message {
    let fingerprint = Fingerprint::from_parts(&[kind.as_str(), &subject]);
    let time = now.to_string();
    let id = Fingerprint::from_parts(&["id", kind.as_str(), &subject, &time]);
    Message {
        subject,
        fields,
        source_name: Some("Activity Aware".to_owned()),
        source_icon_url: None,
        tags: Vec::new(),
        schema_version: SCHEMA_VERSION.to_owned(),
        topic: None,
        id: id.as_str().replacen("fp1:", "msg_", 1),
        kind,
        time: Some(now),
        fingerprint,
        severity: Some(level),
        count: 1,
        identity: None,
        principal: None,
        looks_like: None,
        facts: Facts::default(),
        case: None,
        finding: None,
        truncated: Vec::new(),
    }
}
