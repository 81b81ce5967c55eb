//! A message as an Adaptive Card of version 1.5.
//!
//! Sources: <https://learn.microsoft.com/en-us/adaptive-cards/schema-explorer/text-run> ("Markdown
//! is not supported") and
//! <https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format>
//! (Markdown applies in a `TextBlock`, and in the title and value of a `Fact`). So every text is a
//! `TextRun`, where it stays what it is, and is also made inert, since clients differ. A message
//! that is larger than 28 KB is refused:
//! <https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.

use aware_core::event::Level;
use aware_core::message::Message;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::destination::card::MessageCard;
use crate::destination::inert::{inert_line, is_inert};

/// The most bytes of a body. The workflow wraps the card once more before it posts it.
const MAX_BYTES: usize = 24_000;
/// The most characters of the header, the sentence, a label, a line and a reference.
const HEADER_CHARS: usize = 300;
const SENTENCE_CHARS: usize = 1000;
const LABEL_CHARS: usize = 60;
const LINE_CHARS: usize = 200;
const CONTEXT_CHARS: usize = 400;
/// Commands, statements and requests longer than this are left out as a whole.
const CODE_BYTES: usize = 3000;
const CODE_LINES: usize = 60;

/// The element that the button shows and hides.
const DETAILS: &str = "details";

/// The width of a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CardWidth {
    /// As wide as the channel.
    #[default]
    Full,
    /// As narrow as other cards.
    Narrow,
}

/// How much of a message is shown.
struct CardRoom {
    lines: usize,
    fields: usize,
    value_chars: usize,
    has_code: bool,
}

/// The timeline shrinks first. The last of them fits whatever the message holds.
const ROOMS: [CardRoom; 5] = [
    CardRoom { lines: 40, fields: 40, value_chars: 800, has_code: true },
    CardRoom { lines: 10, fields: 40, value_chars: 800, has_code: true },
    CardRoom { lines: 4, fields: 40, value_chars: 300, has_code: true },
    CardRoom { lines: 4, fields: 20, value_chars: 200, has_code: false },
    CardRoom { lines: 0, fields: 10, value_chars: 120, has_code: false },
];

/// The body that a workflow accepts.
pub(super) fn message_body(message: &Message, width: CardWidth) -> Value {
    let layout = CardLayout::new(message);
    let mut body = Value::Null;
    for room in &ROOMS {
        body = layout.body_in(room, width);
        if body.to_string().len() <= MAX_BYTES {
            break;
        }
    }
    body
}

/// What a card shows of a message.
struct CardLayout {
    card: MessageCard,
    style: &'static str,
    /// Whether the code is for people to copy, rather than what was requested.
    is_copied: bool,
}

impl CardLayout {
    fn new(message: &Message) -> Self {
        let card = MessageCard::new(message);
        let is_closed = message.case.as_ref().is_some_and(|case| case.is_closed);
        let style = if is_closed { "good" } else { level_style(card.level) };
        let has_cure = message.facts.shown_changes().next().is_some();
        let is_copied = has_cure || !card.code_title.is_empty();
        Self { card, style, is_copied }
    }

    fn body_in(&self, room: &CardRoom, width: CardWidth) -> Value {
        let mut content = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.5",
            "body": self.elements_in(room),
        });
        if let (CardWidth::Full, Some(card)) = (width, content.as_object_mut()) {
            card.insert("msteams".to_owned(), json!({"width": "Full"}));
        }
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": content,
            }],
        })
    }

    fn elements_in(&self, room: &CardRoom) -> Vec<Value> {
        let mut elements = vec![self.header()];
        let sentence = inert_line(&self.card.sentence, SENTENCE_CHARS);
        if !sentence.is_empty() {
            elements.push(text_block("default", vec![text_run(&sentence, &[])]));
        }
        elements.extend(self.fields(room));
        if !self.card.lines.is_empty() {
            let lines = shown_lines(&self.card.lines, room.lines);
            let lines: Vec<Value> = lines.iter().map(|line| mono_line(line)).collect();
            elements.push(json!({"type": "Container", "separator": true, "items": lines}));
        }
        let code = self.code(room);
        let title = inert_line(&self.card.code_title, LINE_CHARS);
        let mut details = if title.is_empty() {
            code
        } else {
            elements.push(text_block("medium", vec![text_run(&title, &[("weight", "bolder")])]));
            elements.extend(code);
            Vec::new()
        };
        let context = self.card.context.iter().map(|text| inert_line(text, CONTEXT_CHARS));
        details.extend(
            context.map(|text| text_block("none", vec![text_run(&text, &[("size", "small")])])),
        );
        elements.extend(collapsed(details));
        elements
    }

    /// For cases and findings the words say the level too, so that nobody depends on the colour.
    fn header(&self) -> Value {
        let text = inert_line(&self.card.header, HEADER_CHARS);
        let run = text_run(&text, &[("size", "large"), ("weight", "bolder")]);
        let items = [text_block("none", vec![run])];
        json!({"type": "Container", "style": self.style, "bleed": true, "items": items})
    }

    fn fields(&self, room: &CardRoom) -> Vec<Value> {
        let shown = self.card.fields.iter().take(room.fields);
        let mut fields: Vec<Value> = shown
            .map(|(label, value)| {
                let label = format!("{}: ", inert_line(label, LABEL_CHARS));
                let value = inert_line(value, room.value_chars);
                let value = if value.is_empty() { "-" } else { value.as_str() };
                let runs = vec![text_run(&label, &[("weight", "bolder")]), text_run(value, &[])];
                text_block("small", runs)
            })
            .collect();
        let more = self.card.fields.len().saturating_sub(room.fields);
        if more > 0 {
            let notice = format!("\u{2026} {more} more fields are left out");
            fields.push(text_block("small", vec![text_run(&notice, &[])]));
        }
        fields
    }

    /// Commands and statements, a line each. Half a command is worse than none.
    fn code(&self, room: &CardRoom) -> Vec<Value> {
        let code = &self.card.code;
        let lines: Vec<&str> = code.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() {
            return Vec::new();
        }
        if !room.has_code || code.len() > CODE_BYTES || lines.len() > CODE_LINES {
            return vec![mono_line("(left out: too long for Teams)")];
        }
        if !self.is_copied {
            return lines.iter().map(|line| mono_line(&inert_line(line, LINE_CHARS))).collect();
        }
        if !is_inert(code) {
            return vec![mono_line("(left out: Teams could not show it unchanged)")];
        }
        lines.into_iter().map(mono_line).collect()
    }
}

/// A button, and below it what it shows.
fn collapsed(details: Vec<Value>) -> Vec<Value> {
    if details.is_empty() {
        return Vec::new();
    }
    let toggle = json!({
        "type": "Action.ToggleVisibility", "title": "Details", "targetElements": [DETAILS],
    });
    vec![
        json!({"type": "ActionSet", "actions": [toggle]}),
        json!({"type": "Container", "id": DETAILS, "isVisible": false, "items": details}),
    ]
}

fn level_style(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Critical | Level::High) => "attention",
        Some(Level::Medium) => "warning",
        Some(Level::Low) => "accent",
        Some(Level::Informational) | None => "default",
    }
}

/// The first and the last lines, and between them how many are left out.
fn shown_lines(lines: &[String], most: usize) -> Vec<String> {
    let inert = |line: &String| inert_line(line, LINE_CHARS);
    if lines.len() <= most {
        return lines.iter().map(inert).collect();
    }
    let (first, last) = (most.div_ceil(2), most / 2);
    let notice = match lines.len() - first - last {
        1 => "\u{2026} 1 line is left out".to_owned(),
        more => format!("\u{2026} {more} lines are left out"),
    };
    let end = lines.iter().skip(lines.len() - last).map(inert);
    lines.iter().take(first).map(inert).chain([notice]).chain(end).collect()
}

fn mono_line(text: &str) -> Value {
    text_block("none", vec![text_run(text, &[("fontType", "monospace"), ("size", "small")])])
}

fn text_block(spacing: &str, runs: Vec<Value>) -> Value {
    json!({"type": "RichTextBlock", "spacing": spacing, "inlines": runs})
}

fn text_run(text: &str, style: &[(&str, &str)]) -> Value {
    let mut run = json!({"type": "TextRun", "text": text});
    if let Some(run) = run.as_object_mut() {
        run.extend(style.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
    }
    run
}
