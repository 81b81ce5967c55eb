//! What templates see of a message. Every string is visible text already, and escaped for nothing.

use std::collections::BTreeMap;

use aware_core::event::Level;
use aware_core::message::{CaseFacts, Message};
use aware_core::text::{clean_line, clean_multiline};
use serde_json::{Map, Value, json};

use crate::destination::card::MessageCard;

/// The names that a template may use.
pub(super) const NAMES: [&str; 17] = [
    "subject",
    "level",
    "kind",
    "status",
    "count",
    "time",
    "fingerprint",
    "id",
    "color",
    "color_number",
    "priority",
    "card",
    "case",
    "parameters",
    "thread",
    "item",
    "story",
];

/// The context of a message. `thread` is what the receiver called the first message with the same
/// fingerprint.
pub(super) fn template_context(
    message: &Message,
    card: &MessageCard,
    parameters: &BTreeMap<String, String>,
    thread: Option<&str>,
) -> Map<String, Value> {
    let is_closed = message.case.as_ref().is_some_and(|case| case.is_closed);
    let color = level_color(message.severity);
    let context = json!({
        "subject": shown_line(&message.subject),
        "level": message.severity_name(),
        "kind": message.kind.as_str(),
        "status": if is_closed { "resolved" } else { "firing" },
        "count": message.count,
        "time": message.time.map(|time| time.to_string()),
        "fingerprint": shown_line(message.fingerprint.as_str()),
        "id": shown_line(&message.id),
        "color": format!("#{color:06x}"),
        "color_number": color,
        "priority": message.severity.map_or(3, Level::ocsf_id),
        "card": card_context(card),
        "case": message.case.as_ref().map(case_context),
        "parameters": parameters,
        "thread": thread.map(shown_line),
    });
    match context {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn card_context(card: &MessageCard) -> Value {
    let fields: Vec<Value> = card
        .fields
        .iter()
        .map(|(label, value)| json!({"label": shown_line(label), "value": shown_line(value)}))
        .collect();
    json!({
        "header": shown_line(&card.header),
        "sentence": shown_line(&card.sentence),
        "fields": fields,
        "lines": shown_lines(&card.lines),
        "code_title": shown_line(&card.code_title),
        "code": clean_multiline(&card.code),
        "context": shown_lines(&card.context),
    })
}

fn case_context(case: &CaseFacts) -> Value {
    let timeline: Vec<String> = case
        .timeline
        .iter()
        .map(|line| shown_line(&format!("{} {}", line.clock, line.told())))
        .collect();
    let steps: Vec<Value> = case
        .next_steps
        .iter()
        .map(|step| {
            json!({"title": shown_line(&step.title), "commands": shown_lines(&step.commands)})
        })
        .collect();
    let counts = &case.counts;
    json!({
        "id": shown_line(&case.id),
        "short_id": shown_line(case.short_id()),
        "kind": shown_line(case.kind.as_str()),
        "level": shown_line(case.level.as_str()),
        "reading": shown_line(case.reading.as_str()),
        "headline": shown_line(&case.headline),
        "in_force": case.in_force.as_deref().map(shown_line),
        "who": shown_line(&case.who),
        "from": shown_line(&case.from),
        "when": shown_line(&case.when),
        "accounts": shown_lines(&case.accounts),
        "counts": {"denied": counts.denied, "changed": counts.changed, "read": counts.read,
            "failed": counts.failed, "reported": counts.reported},
        "timeline": timeline,
        "next_steps": steps,
        "is_closed": case.is_closed,
        "cured": case.cured,
        "curable": case.curable,
    })
}

fn shown_line(text: &str) -> String {
    clean_line(text).into_owned()
}

fn shown_lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| shown_line(text)).collect()
}

fn level_color(level: Option<Level>) -> u32 {
    match level {
        Some(Level::Critical) => 0x7b_1f_a2,
        Some(Level::High) => 0xc6_28_28,
        Some(Level::Medium) => 0xef_8e_00,
        Some(Level::Low) => 0x3f_8f_d2,
        Some(Level::Informational) | None => 0x8a_94_9e,
    }
}
