//! What a message shows, independent of the medium: the same in Slack and on the terminal.

use aware_core::event::Level;
use aware_core::explanation::{PolicyChange, StatementStyle};
use aware_core::message::labels::FactLabel;
use aware_core::message::{CaseFacts, Message, MessageKind};
use aware_core::text::clean_line;
use serde_json::Value;

use super::case_card::{case_fields, case_lines, case_reference, case_sentence, first_step};

/// The parts of a message as people read them. Strings are unescaped: each medium escapes them
/// itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCard {
    /// `MEDIUM - iam:ListUsers denied to user/alice in 111122223333`.
    pub header: String,
    /// One sentence: what has changed, or why it was denied.
    pub sentence: String,
    /// Labelled values.
    pub fields: Vec<(String, String)>,
    /// The timeline of a case, by line.
    pub lines: Vec<String>,
    /// What the code is, where that is not plain.
    pub code_title: String,
    /// The statement that would cure a denial, the first commands that contain an intruder, otherwise
    /// the request, pretty-printed.
    pub code: String,
    /// References for looking things up: rule, events, group.
    pub context: Vec<String>,
    /// The level, for a colour.
    pub level: Option<Level>,
    /// Whether it is one of our findings, whose fields are selected.
    pub is_finding: bool,
}

/// The facts that a finding shows, and the labels they get.
const SHOWN_FIELDS: [(FactLabel, &str); 15] = [
    (FactLabel::Account, "Account"),
    (FactLabel::Principal, "Principal"),
    (FactLabel::Action, "Action"),
    (FactLabel::Resource, "Resource"),
    (FactLabel::Sources, "From"),
    (FactLabel::Regions, "Region"),
    (FactLabel::UserAgent, "User agent"),
    (FactLabel::Count, "Count"),
    (FactLabel::FirstSeen, "First seen"),
    (FactLabel::LastSeen, "Last seen"),
    (FactLabel::Together, "Together"),
    (FactLabel::Policy, "Policy"),
    (FactLabel::NoGrant, "No grant"),
    (FactLabel::LikelyNext, "Likely next"),
    (FactLabel::TakeCare, "Take care"),
];

/// The most fields shown of a message that is not one of our findings.
const MAX_FIELDS: usize = 1000;

impl MessageCard {
    /// Lays a message out.
    pub fn new(message: &Message) -> Self {
        if let Some(case) = &message.case {
            return Self::for_case(message, case);
        }
        let ours = message.finding.is_some();
        let fields = if ours { finding_fields(message) } else { all_fields(message) };
        Self {
            header: card_header(message),
            sentence: card_sentence(message),
            fields,
            lines: Vec::new(),
            code_title: String::new(),
            code: if ours { card_code(message) } else { String::new() },
            context: card_context(message),
            level: message.severity,
            is_finding: ours,
        }
    }

    fn for_case(message: &Message, case: &CaseFacts) -> Self {
        let (code_title, code) =
            first_step(case).unwrap_or_else(|| (String::new(), card_code(message)));
        Self {
            header: card_header(message),
            sentence: case_sentence(message, case),
            fields: case_fields(message, case),
            lines: case_lines(case),
            code_title,
            code,
            context: [case_reference(case)].into_iter().chain(card_context(message)).collect(),
            level: message.severity,
            is_finding: true,
        }
    }
}

fn card_header(message: &Message) -> String {
    let subject = match (message.subject.trim(), &message.source_name) {
        ("", Some(source)) => format!("{source}: a message without a subject"),
        ("", None) => "A message without a subject".to_owned(),
        _ => message.subject.clone(),
    };
    match (message.severity, message.kind) {
        (Some(level), MessageKind::Finding | MessageKind::Update) => {
            format!("{} - {subject}", level.as_str().to_uppercase())
        }
        _ => subject,
    }
}

/// What an update reports, otherwise why it was denied.
fn card_sentence(message: &Message) -> String {
    let fact = |label| message.facts.text(label);
    let news = fact(FactLabel::News).map(|news| format!("{news}. "));
    let why = message.finding.is_some().then(|| fact(FactLabel::Why)).flatten();
    let why = why.map(|why| format!("Because {why}. "));
    let sign = fact(FactLabel::Sign).map(|sign| format!("Sign: {sign}. "));
    let looks = message.facts.reading.as_ref().map(|reading| match reading.is_unclear() {
        true => format!("Unclear: {}.", reading.told()),
        false => format!("Looks like {}.", reading.told()),
    });
    let parts = [news, sign, why, looks].into_iter().flatten().collect::<String>();
    clean_line(parts.trim()).into_owned()
}

fn finding_fields(message: &Message) -> Vec<(String, String)> {
    let once = message.count <= 1;
    let is_said = |label| !(once && matches!(label, FactLabel::Count | FactLabel::LastSeen));
    let shown = SHOWN_FIELDS.iter().filter(|(fact, _)| is_said(*fact));
    let facts = shown.filter_map(|(fact, label)| Some((*label, message.facts.text(*fact)?)));
    let changes = message.facts.shown_changes().enumerate().map(|(index, change)| {
        let label = if index == 0 { "Cure: add to" } else { "and add to" };
        (label, change.attach_to.clone())
    });
    facts
        .chain(changes)
        .map(|(label, text)| (label.to_owned(), clean_line(&text).into_owned()))
        .collect()
}

fn all_fields(message: &Message) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    };
    message
        .fields
        .iter()
        .take(MAX_FIELDS)
        .map(|field| (field.key.clone(), text(&field.value)))
        .collect()
}

/// The statements, each below its policy if there are several; without any, the request.
fn card_code(message: &Message) -> String {
    let changes: Vec<&PolicyChange> = message.facts.shown_changes().collect();
    let written = |change: &PolicyChange| change.written(StatementStyle::Pretty);
    match changes.as_slice() {
        [] => request_text(message),
        [one] => written(one),
        many => many
            .iter()
            .map(|change| format!("# {}\n{}", clean_line(&change.attach_to), written(change)))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn request_text(message: &Message) -> String {
    message.facts.request.as_ref().map(|request| format!("{request:#}")).unwrap_or_default()
}

fn card_context(message: &Message) -> Vec<String> {
    let mut context = Vec::new();
    let fact = |label| message.facts.text(label).map(|text| clean_line(&text).into_owned());
    if let Some(rule) = fact(FactLabel::Rule) {
        context.push(format!("rule {rule}"));
    }
    if let Some(author) = fact(FactLabel::RuleAuthor) {
        let more = [FactLabel::RuleLicense, FactLabel::RuleLink].map(fact);
        let more: String = more.into_iter().flatten().map(|text| format!(", {text}")).collect();
        context.push(format!("by {author}{more}"));
    }
    if let Some(events) = fact(FactLabel::EventIds) {
        context.push(format!("events {events}"));
    }
    if message.case.is_none() {
        context.push(format!("group {}", message.fingerprint.short_form()));
    }
    let cut: usize = message.truncated.iter().map(|cut| cut.bytes).sum();
    if cut > 0 {
        context.push(format!("{cut} bytes cut"));
    }
    if message.fields.len() > MAX_FIELDS && message.finding.is_none() {
        context.push(format!("{} more fields", message.fields.len() - MAX_FIELDS));
    }
    context
}
