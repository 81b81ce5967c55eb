//! A message as alerts: what identifies it is in labels, what changes is in annotations.
//!
//! Source: <https://prometheus.io/docs/alerting/latest/clients/>. The label set is an alert's
//! identity. When a case rises, its severity changes and so does its identity: the old alert is
//! resolved in the same request that fires the new one.

use std::collections::BTreeMap;

use aware_core::message::{FactList, Message, MessageKind};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use url::Url;

use crate::destination::card::MessageCard;
use crate::destination::inert::{inert_line, is_inert};

/// The labels that an alert gets, besides those of the config.
pub(super) const LABEL_NAMES: [&str; 10] = [
    "alertname",
    "severity",
    "account",
    "region",
    "principal",
    "source",
    "kind",
    "reading",
    "case",
    "group",
];
/// The labels that stay as they were when a case or group was sent first.
const STEADY: [&str; 5] = ["account", "region", "principal", "source", "kind"];

/// The most characters of a label's value, the summary, and a line of the description.
pub(super) const LABEL_CHARS: usize = 200;
const SUMMARY_CHARS: usize = 300;
const LINE_CHARS: usize = 500;
/// The most characters of the description.
const DESCRIPTION_CHARS: usize = 4000;
/// Steps longer than this are left out as a whole.
const STEP_BYTES: usize = 2000;

/// Labels or annotations, by name.
pub(super) type NamedTexts = BTreeMap<String, String>;

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) labels: NamedTexts,
    pub(super) annotations: NamedTexts,
    pub(super) starts_at: Timestamp,
    /// When it ended or, while it fires, when it ends unless it is sent again.
    pub(super) ends_at: Timestamp,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<String>,
    #[serde(skip)]
    pub(super) is_resolved: bool,
}

/// What the config says about alerts.
pub(super) struct AlertSettings {
    pub(super) labels: NamedTexts,
    pub(super) fires_for: SignedDuration,
}

/// The alerts that a message amounts to, and the labels to remember for its next delivery. `before`
/// is what was remembered.
pub(super) fn alerts_of(
    message: &Message,
    settings: &AlertSettings,
    before: Option<&NamedTexts>,
    now: Timestamp,
) -> (Vec<Alert>, NamedTexts) {
    let is_closed = message.case.as_ref().is_some_and(|case| case.is_closed);
    let labels = labels_of(message, settings, before);
    let firing = Alert {
        labels: labels.clone(),
        annotations: annotations_of(message),
        starts_at: first_seen(message).unwrap_or(now).min(now),
        ends_at: now.checked_add(settings.fires_for).unwrap_or(Timestamp::MAX),
        link: message.facts.console_link.as_deref().and_then(console_link),
        is_resolved: false,
    };
    let resolved =
        |labels: NamedTexts| Alert { labels, ends_at: now, is_resolved: true, ..firing.clone() };
    let alerts = match before.filter(|before| **before != labels) {
        Some(before) if is_closed => vec![resolved(before.clone())],
        None if is_closed => vec![resolved(labels.clone())],
        Some(before) => vec![resolved(before.clone()), firing],
        None => vec![firing],
    };
    (alerts, labels)
}

fn first_seen(message: &Message) -> Option<Timestamp> {
    let case = message.case.as_ref().and_then(|case| case.first_seen);
    case.or(message.facts.first_seen).or(message.time)
}

fn labels_of(
    message: &Message,
    settings: &AlertSettings,
    before: Option<&NamedTexts>,
) -> NamedTexts {
    let facts = &message.facts;
    let case = message.case.as_ref();
    let first = |list: &FactList| list.values.first().cloned();
    let account = case.and_then(|case| case.accounts.first().cloned());
    let principal = message.identity.clone().or_else(|| first(&facts.principals));
    let group = case.is_none().then(|| message.fingerprint.as_str().to_owned());
    let values = [
        Some(alert_name(message)),
        Some(message.severity_name().to_owned()),
        account.or_else(|| facts.account.clone()),
        first(&facts.regions),
        principal,
        message.source_name.clone(),
        Some(kind_of(message)),
        reading_of(message),
        case.map(|case| case.id.clone()),
        group,
    ];
    let named = LABEL_NAMES.into_iter().zip(values);
    let mut labels: NamedTexts = named
        .filter_map(|(name, value)| Some((name.to_owned(), inert_line(&value?, LABEL_CHARS))))
        .collect();
    for name in STEADY {
        match before.map(|before| before.get(name)) {
            Some(Some(value)) => labels.insert(name.to_owned(), value.clone()),
            Some(None) => labels.remove(name),
            None => None,
        };
    }
    labels.extend(settings.labels.clone());
    // A label without a value is no label to Prometheus.
    labels.retain(|_, value| !value.is_empty());
    labels
}

/// What it looks like, for a case; the rule, for a group.
fn alert_name(message: &Message) -> String {
    let case = message.case.as_ref().map(|case| case.reading.as_str().to_owned());
    let rule = message.facts.rule.as_ref().map(|rule| rule.id.clone());
    let name = case.or(rule).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| format!("aware-{}", kind_of(message)))
}

fn kind_of(message: &Message) -> String {
    match (&message.case, message.kind) {
        (Some(case), _) => case.kind.as_str().to_owned(),
        // Whether it is the first message about a group does not identify the group.
        (None, MessageKind::Update) => MessageKind::Finding.as_str().to_owned(),
        (None, kind) => kind.as_str().to_owned(),
    }
}

fn reading_of(message: &Message) -> Option<String> {
    let case = message.case.as_ref().map(|case| case.reading.as_str());
    case.or(message.looks_like.as_ref().map(|reading| reading.as_str())).map(str::to_owned)
}

fn annotations_of(message: &Message) -> NamedTexts {
    let card = MessageCard::new(message);
    let link = message.facts.rule.as_ref().and_then(|rule| rule.link.as_deref());
    let annotations = [
        ("summary", Some(inert_line(&card.header, SUMMARY_CHARS))),
        ("description", Some(description_of(&card))),
        ("next_step", next_step(message, &card)),
        ("runbook_url", link.and_then(https_link)),
    ];
    let given = annotations.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
    given.filter(|(_, text)| !text.is_empty()).collect()
}

/// The sentence, the fields, the timeline and the references, as far as they fit.
fn description_of(card: &MessageCard) -> String {
    let fields = card.fields.iter().map(|(label, value)| format!("{label}: {value}"));
    let lines = [card.sentence.clone()].into_iter().chain(fields);
    let lines = lines.chain(card.lines.iter().cloned());
    let lines = lines.chain([card.context.join(" · ")]).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(|line| inert_line(&line, LINE_CHARS)).collect();
    let mut room = DESCRIPTION_CHARS;
    let fits = |line: &&String| {
        let left = room.checked_sub(line.encode_utf16().count() + 1);
        room = left.unwrap_or_default();
        left.is_some()
    };
    let mut shown: Vec<String> = lines.iter().take_while(fits).cloned().collect();
    match lines.len() - shown.len() {
        0 => {}
        1 => shown.push("\u{2026} 1 line is left out".to_owned()),
        more => shown.push(format!("\u{2026} {more} lines are left out")),
    }
    shown.join("\n")
}

/// What to do: the commands or statements that people copy, whole or not at all.
fn next_step(message: &Message, card: &MessageCard) -> Option<String> {
    let is_copied = !card.code_title.is_empty() || message.facts.shown_changes().next().is_some();
    let title = inert_line(&card.code_title, SUMMARY_CHARS);
    let code = Some(card.code.trim())
        .filter(|code| is_copied && !code.is_empty() && code.len() <= STEP_BYTES && is_inert(code));
    match (title.is_empty(), code) {
        (true, code) => code.map(str::to_owned),
        (false, None) => Some(title),
        (false, Some(code)) => Some(format!("{title}\n{code}")),
    }
}

/// AWS's page about the denial.
fn console_link(text: &str) -> Option<String> {
    let link = https_link(text)?;
    let host = Url::parse(&link).ok()?.host_str()?.to_owned();
    host.ends_with(".aws.amazon.com").then_some(link)
}

fn https_link(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '|' | '"' | '\\');
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host())?;
    (text.chars().all(is_plain) && url.username().is_empty()).then(|| text.to_owned())
}
