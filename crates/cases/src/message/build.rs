//! Messages out of tallies.

use jiff::Timestamp;
use serde_json::Value;

use super::detection_finding;
use crate::group::{Digest, Tally};
use aware_core::event::Level;
use aware_core::explanation::Cure;
use aware_core::finding::{Correlated, Finding};
use aware_core::fingerprint::Fingerprint;
use aware_core::message::{Field, Kind, Message, SCHEMA_VERSION, SOFT_LIMIT, Tag, truncate};
use aware_core::text;

/// The name that CloudTrail messages carry in their metadata.
pub const SOURCE_NAME: &str = "CloudTrail";

/// The icon that CloudTrail messages carry in their metadata.
pub const SOURCE_ICON_URL: &str =
    "https://raw.githubusercontent.com/activity-aware/aware/main/docs/images/cloudtrail.png";

/// The author of the rules that ship, who need not be named in every message.
const OWN_AUTHOR: &str = "Activity Aware";

/// The longest subject, in characters. SNS allows 100, mail and chat more.
const MAX_SUBJECT: usize = 140;

/// The most policies of which a message shows the changes.
const MAX_CHANGES: usize = 5;

/// Tells a group: what it is, how often, from where. `note` says what is new in an update.
pub fn of_group(tally: &Tally, kind: Kind, note: Option<&str>, now: Timestamp) -> Message {
    let mut message = Message {
        subject: subject(tally),
        fields: fields(tally, note),
        source_name: Some(SOURCE_NAME.to_owned()),
        source_icon_url: Some(SOURCE_ICON_URL.to_owned()),
        tags: Vec::new(),
        schema_version: SCHEMA_VERSION.to_owned(),
        topic: None,
        id: message_id(tally, kind),
        kind,
        time: Some(now),
        fingerprint: tally.fingerprint.clone(),
        severity: Some(tally.level()),
        count: tally.count,
        identity: Some(identity(&tally.first)),
        principal: Some(tally.first.principal.key.clone()),
        looks_like: tally.reading.as_ref().map(|reading| reading.looks_like.clone()),
        finding: None,
        truncated: Vec::new(),
    };
    message.finding = Some(detection_finding(tally, &message.id, kind, now));
    truncate(&mut message, SOFT_LIMIT);
    message
}

/// Whoever could make up as many names as they like counts as one: a foreign account, a role with
/// its sessions, an identity provider with its users.
fn identity(finding: &Finding) -> String {
    let who = &finding.principal;
    match (&who.account, who.key.split_once('\n'), &who.arn) {
        (Some(account), ..) if *account != finding.account => format!("account/{account}"),
        (_, Some((provider, _)), _) => provider.to_owned(),
        (_, _, Some(arn)) => arn.clone(),
        _ => who.key.clone(),
    }
}

/// `iam:ListGroupsForUser denied to user/alice in 111122223333: exploring`.
fn subject(tally: &Tally) -> String {
    let reading = tally.reading.as_ref().map(|reading| reading.looks_like.as_str());
    let sign = tally.signs.iter().max_by_key(|sign| sign.is_high);
    let line = match reading {
        _ if sign.is_some() => {
            let label = sign.map(|sign| sign.label.as_str()).unwrap_or_default();
            format!("{}: {label}", tally.first.headline())
        }
        Some("exploring") => format!("{}: exploring", tally.first.headline()),
        Some("lacks-permission") => format!("{}: lacks a permission", tally.first.headline()),
        _ => tally.first.headline(),
    };
    text::clip(&text::clean(&line), MAX_SUBJECT).into_owned()
}

/// Equal for every build of the same message, so that a second delivery is known as such.
fn message_id(tally: &Tally, kind: Kind) -> String {
    let (count, messages) = (tally.count.to_string(), tally.told.messages.to_string());
    let parts =
        ["id", tally.fingerprint.as_str(), kind.as_str(), &count, &messages, &tally.first.event_id];
    Fingerprint::from_parts(&parts).as_str().replacen("fp1:", "msg_", 1)
}

/// The nine fields of version 1 under their names and in their order, then what is new.
fn fields(tally: &Tally, note: Option<&str>) -> Vec<Field> {
    let finding = &tally.first;
    let mut fields = version_1_fields(finding);
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.push(Field { key: key.to_owned(), value: text::clean(value).into() });
        }
    };
    add("News", note);
    if let Some(correlated) = &finding.correlated {
        add("Together", Some(&together(correlated)));
    }
    add("Principal", Some(&principals(finding)));
    add("Sessions", Some(&tally.sessions.list(3)));
    add("Action", Some(&actions(tally)));
    add("Resource", Some(&tally.resources.list(3)));
    let why = finding.explanation.as_deref();
    let told = why.map(|why| why.why.as_str()).filter(|why| !why.is_empty());
    add("Why", told.or(finding.why.as_deref()).or(finding.error_code.as_deref()));
    add("Policy", why.and_then(|why| why.policy_arn.as_deref()));
    add("Looks Like", tally.reading.as_ref().map(|reading| reading.sentence.as_str()));
    let signs: Vec<&str> = tally.signs.iter().map(|sign| sign.text.as_str()).take(3).collect();
    add("Sign", Some(&signs.join("; ")));
    if let Some(cure) = &tally.cure {
        cure_fields(cure, &mut add);
    }
    if let Some(why) = why.map(|why| why.shown_with(tally.cure.as_ref())) {
        add("Likely Next", Some(&why.next.join(", ")));
        add("Notes", Some(&why.notes.join("; ")));
        add("Console", why.console_link.as_deref());
    }
    add("Account", Some(&finding.account));
    add("Regions", Some(&tally.regions.list(5)));
    add("Source IPs", Some(&tally.sources.list(5)));
    add("User Agent", finding.user_agent.as_deref());
    add("Invoked By", finding.principal.invoked_by.as_deref());
    add("Count", Some(&tally.count.to_string()));
    add("First Seen", Some(&finding.time.to_string()));
    add("Last Seen", Some(&tally.last_seen.to_string()));
    let ids: Vec<&str> = tally.event_ids().take(5).collect();
    add("Event IDs", Some(&ids.join(", ")));
    add("Rule", Some(&finding.rule.id));
    let rule = &finding.rule;
    if rule.author.as_deref().is_some_and(|author| author != OWN_AUTHOR) {
        add("Rule Author", rule.author.as_deref());
        add("Rule License", rule.license.as_deref());
        add("Rule Link", rule.link.as_deref());
    }
    fields
}

/// Each policy with its statements, what to take care of, and why there is no grant. The first
/// policy's keys are bare, `Change` and `Cure`; further ones are numbered, `Change 2`.
fn cure_fields(cure: &Cure, add: &mut impl FnMut(&str, Option<&str>)) {
    for (index, (attach_to, statements)) in cure.changes().into_iter().take(MAX_CHANGES).enumerate()
    {
        let number = if index == 0 { String::new() } else { format!(" {}", index + 1) };
        add(&format!("Change{number}"), Some(attach_to));
        add(&format!("Cure{number}"), Some(&statements));
    }
    add("Take Care", Some(&cure.take_care.join("; ")));
    add("No Grant", cure.withheld.as_deref());
}

/// What the events of a correlation have in common.
fn together(correlated: &Correlated) -> String {
    let group: Vec<String> =
        correlated.group.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    let events = format!("{} events since {}", correlated.events, correlated.since);
    if group.is_empty() { events } else { format!("{events}, {}", group.join(", ")) }
}

fn principals(finding: &Finding) -> String {
    match &finding.correlated {
        Some(correlated) if !correlated.principals.is_empty() => correlated.principals.join(", "),
        _ => finding.principal.name.clone(),
    }
}

fn actions(tally: &Tally) -> String {
    match &tally.first.correlated {
        Some(correlated) if !correlated.actions.is_empty() => correlated.actions.join(", "),
        // One action is denied in a group of denials: IAM's, not the operation's.
        _ if tally.first.iam_action() != tally.first.action => tally.first.iam_action().to_owned(),
        _ => tally.actions.list(5),
    }
}

fn version_1_fields(finding: &Finding) -> Vec<Field> {
    let who = &finding.principal;
    let texts = [
        ("Error Message", finding.error_message.as_deref().or(finding.error_code.as_deref())),
        ("Event", Some(finding.event_name.as_str())),
        ("Source", Some(finding.event_source.as_str())),
        ("Recipient Account ID", Some(finding.account.as_str())),
        ("User Account ID", who.account.as_deref()),
        ("Username", who.user_name.as_deref()),
        ("User ARN", who.session_arn.as_deref()),
        ("Source IP", finding.source.as_deref()),
    ];
    let text_field = |(key, value): (&str, Option<&str>)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(Field { key: key.to_owned(), value: text::clean(value).into() })
    };
    let mut fields: Vec<Field> = texts.into_iter().filter_map(text_field).collect();
    if let Some(request) = &finding.request {
        fields.push(Field { key: "Request Parameters".to_owned(), value: request.clone() });
    }
    fields
}

/// Tells what was held back: one line for each principal and action, most frequent first.
pub fn digest(digest: &Digest, now: Timestamp) -> Message {
    let accounts = match digest.accounts.as_slice() {
        [one] => format!("account {one}"),
        many => format!("{} accounts", many.len()),
    };
    let hidden = format!("{} findings hidden by suppressions", digest.hidden_total);
    let subject = match (digest.total, digest.hidden_total) {
        (0, _) => format!("{hidden} in {accounts}"),
        (n, 0) => format!("{n} denials of AWS services acting for themselves in {accounts}"),
        (n, _) => {
            format!("{n} denials of AWS services acting for themselves, {hidden} in {accounts}")
        }
    };
    let mut fields = digest_lines(&digest.lines);
    fields.extend(digest_lines(&digest.hidden));
    let day = now.to_string();
    let mut message = plain(Kind::Digest, subject, fields, Level::Informational, now);
    message.fingerprint = Fingerprint::from_parts(&["digest", "aws-services"]);
    message.id =
        Fingerprint::from_parts(&["id", "digest", &day]).as_str().replacen("fp1:", "msg_", 1);
    message.count = digest.total + digest.hidden_total;
    message
}

fn digest_lines(lines: &[(String, u64)]) -> Vec<Field> {
    let mut fields: Vec<Field> = lines.iter().take(20).map(digest_line).collect();
    let rest: u64 = lines.iter().skip(20).map(|(_, count)| count).sum();
    if rest > 0 {
        fields.push(Field { key: "All others".to_owned(), value: rest.to_string().into() });
    }
    fields
}

fn digest_line((line, count): &(String, u64)) -> Field {
    let key = text::clip(&text::clean(line), MAX_SUBJECT).into_owned();
    Field { key, value: count.to_string().into() }
}

/// Tells something about this program itself.
pub fn system(subject: &str, details: &[(&str, &str)], level: Level, now: Timestamp) -> Message {
    let field = |(key, value): &(&str, &str)| Field {
        key: (*key).to_owned(),
        value: text::clean(value).into(),
    };
    let fields = details.iter().map(field).collect();
    plain(Kind::System, text::clean(subject).into_owned(), fields, level, now)
}

/// A sign of life, for destinations to count and not to show.
pub fn heartbeat(now: Timestamp) -> Message {
    plain(
        Kind::Heartbeat,
        "Activity Aware is at work".to_owned(),
        Vec::new(),
        Level::Informational,
        now,
    )
}

/// The tag of the heartbeat that says a canary came back: after how many seconds.
pub const CANARY: &str = "canary";

/// A sign of life that took the longest way: a call that was to be denied has come back as a
/// finding. For destinations to count and not to show.
pub fn canary(called: Timestamp, now: Timestamp) -> Message {
    let seconds = now.duration_since(called).as_secs();
    let subject = format!("The canary came back after {seconds} seconds");
    let mut message = plain(Kind::Heartbeat, subject, Vec::new(), Level::Informational, now);
    message.tags.push(Tag { key: CANARY.to_owned(), value: seconds.to_string() });
    message
}

fn plain(kind: Kind, subject: String, fields: Vec<Field>, level: Level, now: Timestamp) -> Message {
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
        finding: None::<Value>,
        truncated: Vec::new(),
    }
}
