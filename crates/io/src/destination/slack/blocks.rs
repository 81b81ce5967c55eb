//! A message as Slack's blocks.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks>: 50 blocks, a header of 150
//! characters, a section of 3,000 with 10 fields of 2,000. The sum over all blocks has a limit
//! that Slack does not document (about 13,200); ours is 10,000.

use aware_core::event::Level;
use aware_core::message::Message;
use aware_core::text::slack::{Mrkdwn, plain};
use serde_json::{Value, json};

use crate::destination::card::Card;

/// Characters of a field's label and of all values together.
const LABEL: usize = 60;
const VALUES: usize = 4500;
/// Characters of one value.
const VALUE: usize = 500;
/// Characters of the request that are shown.
const CODE: usize = 1500;

/// The whole body of a new message.
pub fn message_body(message: &Message, mention: Option<&str>) -> Value {
    let card = Card::new(message);
    let mut text = Mrkdwn::escape(&card.header, 300).to_string();
    if let Some(mention) = mention {
        text = format!("{mention} {text}");
    }
    json!({
        "text": text,
        "attachments": [{"color": color(card.level), "fallback": Mrkdwn::escape(&card.header, 300).as_str(), "blocks": blocks(&card)}],
    })
}

/// The short body of a reply in a group's thread.
pub fn reply_body(message: &Message) -> Value {
    let card = Card::new(message);
    let last = message.field("Last Seen").unwrap_or_default();
    let text = Mrkdwn::join(
        [
            Mrkdwn::escape(&card.sentence, 1000),
            Mrkdwn::escape(&format!("{} times in all, last at {last}.", message.count), 200),
        ],
        " ",
    );
    json!({"text": text.as_str(), "mrkdwn": true})
}

/// The body when blocks are not understood: plain text, all the same facts.
pub fn fallback_body(message: &Message) -> Value {
    let card = Card::new(message);
    let lines = [card.header, card.sentence].into_iter();
    let lines =
        lines.chain(card.fields.into_iter().map(|(label, value)| format!("{label}: {value}")));
    let lines = lines.filter(|line| !line.is_empty()).map(|line| Mrkdwn::escape(&line, 400));
    json!({"text": Mrkdwn::join(lines.take(20), "\n").as_str(), "mrkdwn": false})
}

/// Colours that differ in lightness too, so that they can be told apart by everybody.
fn color(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Critical) => "#7b1fa2",
        Some(Level::High) => "#c62828",
        Some(Level::Medium) => "#ef8e00",
        Some(Level::Low) => "#3f8fd2",
        Some(Level::Informational) | None => "#8a949e",
    }
}

fn blocks(card: &Card) -> Vec<Value> {
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": plain(&card.header, 150), "emoji": false}}),
    ];
    if !card.sentence.is_empty() {
        blocks.push(
            json!({"type": "section", "text": mrkdwn(&Mrkdwn::escape(&card.sentence, 1000))}),
        );
    }
    let each = (VALUES / card.fields.len().max(1)).clamp(40, VALUE);
    for fields in card.fields.chunks(10) {
        let fields: Vec<_> =
            fields.iter().map(|(label, value)| field(label, value, each)).collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    if !card.code.is_empty() {
        blocks.push(
            json!({"type": "section", "text": mrkdwn(&Mrkdwn::code_block(&card.code, CODE))}),
        );
    }
    let context: Vec<_> =
        card.context.iter().map(|text| mrkdwn(&Mrkdwn::escape(text, 300))).collect();
    if !context.is_empty() {
        blocks.push(json!({"type": "context", "elements": context}));
    }
    blocks
}

fn field(label: &str, value: &str, max: usize) -> Value {
    let label = Mrkdwn::escape(label, LABEL);
    let label = if label.is_empty() { Mrkdwn::trusted("-") } else { label.bold() };
    mrkdwn(&Mrkdwn::join([label, Mrkdwn::code(value, max)], "\n"))
}

fn mrkdwn(text: &Mrkdwn) -> Value {
    let text = if text.is_empty() { "-" } else { text.as_str() };
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}
