//! What a message shows, before any medium: the same in Slack and on the terminal.

use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use serde_json::Value;

/// The parts of a message as people read it. Strings are as the message has them: each medium
/// escapes them for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// `MEDIUM - iam:ListUsers denied to user/alice in 111122223333`.
    pub header: String,
    /// One sentence: what is new, or why it was denied.
    pub sentence: String,
    /// Labelled values.
    pub fields: Vec<(String, String)>,
    /// The statement that would cure a denial, else the request, pretty-printed.
    pub code: String,
    /// What one looks up: rule, events, group.
    pub context: Vec<String>,
    /// The level, for a colour.
    pub level: Option<Level>,
    /// Whether it is one of our findings, whose fields are chosen.
    pub is_finding: bool,
}

/// The fields that a finding shows, and the labels they get.
const SHOWN: [(&str, &str); 16] = [
    ("Account", "Account"),
    ("Principal", "Principal"),
    ("Action", "Action"),
    ("Resource", "Resource"),
    ("Source IPs", "From"),
    ("Regions", "Region"),
    ("User Agent", "User agent"),
    ("Count", "Count"),
    ("First Seen", "First seen"),
    ("Last Seen", "Last seen"),
    ("Together", "Together"),
    ("Policy", "Policy"),
    ("No Grant", "No grant"),
    ("Likely Next", "Likely next"),
    ("Take Care", "Take care"),
    ("Change", "Cure: add to"),
];

/// The most policies whose changes a message has.
const MAX_CHANGES: usize = 5;

/// The most fields of a message that is not one of our findings.
const MAX_FIELDS: usize = 1000;

impl Card {
    /// Lays a message out.
    pub fn new(message: &Message) -> Self {
        let ours = message.finding.is_some();
        let fields = if ours { finding_fields(message) } else { all_fields(message) };
        Self {
            header: header(message),
            sentence: sentence(message),
            fields,
            code: if ours { code(message) } else { String::new() },
            context: context(message),
            level: message.severity,
            is_finding: ours,
        }
    }
}

fn header(message: &Message) -> String {
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

/// What an update has to tell, else why it was denied.
fn sentence(message: &Message) -> String {
    let news = message.field("News").map(|news| format!("{news}. "));
    let why = message.finding.is_some().then(|| message.field("Why")).flatten();
    let why = why.map(|why| format!("Because {why}. "));
    let sign = message.field("Sign").map(|sign| format!("Sign: {sign}. "));
    let looks = message.field("Looks Like").map(|looks| match looks.strip_prefix("unclear: ") {
        Some(why) => format!("Unclear: {why}."),
        None => format!("Looks like {looks}."),
    });
    [news, sign, why, looks].into_iter().flatten().collect::<String>().trim().to_owned()
}

fn finding_fields(message: &Message) -> Vec<(String, String)> {
    let once = message.count <= 1;
    let shown = SHOWN.iter().filter(|(key, _)| !(once && matches!(*key, "Count" | "Last Seen")));
    let mut fields: Vec<_> =
        shown.filter_map(|(key, label)| Some(((*label).to_owned(), message.field(key)?))).collect();
    let further = cures(message).into_iter().skip(1);
    fields.extend(further.map(|(policy, _)| ("and add to".to_owned(), policy)));
    fields
}

/// Each policy that a cure changes, and the statements to add there.
fn cures(message: &Message) -> Vec<(String, Value)> {
    let numbered = (1..=MAX_CHANGES).map_while(|number| {
        let ending = if number == 1 { String::new() } else { format!(" {number}") };
        let statements = message.field(&format!("Cure{ending}"))?;
        let policy = message.field(&format!("Change{ending}")).unwrap_or_default();
        Some((policy, serde_json::from_str(&statements).ok()?))
    });
    numbered.collect()
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

/// The statements, each below the policy it belongs into where there are several; else the request.
fn code(message: &Message) -> String {
    match cures(message).as_slice() {
        [] => request(message),
        [(_, cure)] => format!("{cure:#}"),
        many => many
            .iter()
            .map(|(policy, cure)| format!("# {policy}\n{cure:#}"))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn request(message: &Message) -> String {
    let field = message.fields.iter().find(|field| field.key == "Request Parameters");
    field
        .map(|field| format!("{:#}", field.value))
        .filter(|text| text != "null")
        .unwrap_or_default()
}

fn context(message: &Message) -> Vec<String> {
    let mut context = Vec::new();
    if let Some(rule) = message.field("Rule") {
        context.push(format!("rule {rule}"));
    }
    if let Some(author) = message.field("Rule Author") {
        let more = ["Rule License", "Rule Link"].map(|key| message.field(key));
        let more: String = more.into_iter().flatten().map(|text| format!(", {text}")).collect();
        context.push(format!("by {author}{more}"));
    }
    if let Some(events) = message.field("Event IDs") {
        context.push(format!("events {events}"));
    }
    context.push(format!("group {}", message.fingerprint.short()));
    let cut: usize = message.truncated.iter().map(|cut| cut.bytes).sum();
    if cut > 0 {
        context.push(format!("{cut} bytes cut"));
    }
    if message.fields.len() > MAX_FIELDS && message.finding.is_none() {
        context.push(format!("{} more fields", message.fields.len() - MAX_FIELDS));
    }
    context
}
