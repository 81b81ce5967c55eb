//! A message as Slack's blocks.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks>: 50 blocks, a header of 150
//! characters, a section of 3,000 with 10 fields of 2,000. The total over all blocks has a limit
//! that Slack does not document (about 13,200); ours is 10,000.

use aware_core::event::Level;
use aware_core::message::Message;
use aware_core::text::slack::{Mrkdwn, plain_text};
use serde_json::{Value, json};

use super::links::LinkHosts;
use crate::destination::card::MessageCard;

/// The most characters in the header.
const HEADER_CHARS: usize = 150;
/// The most characters in a field's label, and in all values together.
const LABEL_CHARS: usize = 60;
const ALL_VALUES_CHARS: usize = 4500;
/// The most characters in one value.
const VALUE_CHARS: usize = 500;
/// The most characters shown of the request.
const CODE_CHARS: usize = 1500;

/// The most characters of a case's timeline, and of its fields' values, which it shares the room
/// with.
const TIMELINE_CHARS: usize = 2400;
const CASE_VALUES_CHARS: usize = 2000;

/// For a message that is not one of our findings: the most characters in all fields together, in a
/// value that shares a section, and in a value with its own section.
const FOREIGN_CHARS: usize = 7000;
const SHORT_VALUE_CHARS: usize = 200;
const LONG_VALUE_CHARS: usize = 2800;
/// A long value is not cut below this.
const MIN_VALUE_CHARS: usize = 200;
/// The most sections for its fields.
const MAX_SECTIONS: usize = 10;
/// The most fields side by side in one section.
const FIELDS_PER_SECTION: usize = 10;

/// The most characters in a fallback text.
const FALLBACK_CHARS: usize = 9000;

/// What a post has in addition to its message.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostExtras<'e> {
    /// Whom to mention.
    pub mention: Option<&'e str>,
    /// Where the message's links may lead, if its publisher is trusted.
    pub links: Option<&'e LinkHosts>,
    /// The channel that the message was meant for, if it could not be posted there.
    pub meant_for: Option<&'e str>,
}

/// The whole body of a new message.
pub fn message_body(message: &Message, extras: PostExtras<'_>) -> Value {
    let card = MessageCard::new(message);
    let mut text = Mrkdwn::escape_text(&card.header, 300).to_string();
    if let Some(mention) = extras.mention {
        text = format!("{mention} {text}");
    }
    json!({
        "text": text,
        "attachments": [{"color": level_color(card.level), "fallback": Mrkdwn::escape_text(&card.header, 300).as_str(), "blocks": card_blocks(&card, extras)}],
    })
}

/// The short body of a reply in a case's thread.
pub fn reply_body(message: &Message) -> Value {
    let card = MessageCard::new(message);
    let last = message.facts.last_seen.map(|at| at.to_string()).unwrap_or_default();
    let text = Mrkdwn::join_parts(
        [
            Mrkdwn::escape_text(&card.sentence, 1000),
            Mrkdwn::escape_text(&format!("{} times in total, last at {last}.", message.count), 200),
        ],
        " ",
    );
    json!({"text": text.as_str(), "mrkdwn": true})
}

/// The body for when Slack does not accept the blocks: plain text with the same facts.
pub fn fallback_body(message: &Message) -> Value {
    let card = MessageCard::new(message);
    let lines = [card.header, card.sentence].into_iter();
    let lines =
        lines.chain(card.fields.into_iter().map(|(label, value)| format!("{label}: {value}")));
    let lines = lines.chain(card.lines).chain([card.code_title]);
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    let each = (FALLBACK_CHARS / lines.len().max(1)).clamp(400, 2000);
    let (mut room, mut shown) = (FALLBACK_CHARS, Vec::new());
    for line in &lines {
        let line = Mrkdwn::escape_text(line, each);
        if line.sent_length() > room {
            break;
        }
        room -= line.sent_length();
        shown.push(line);
    }
    if shown.len() < lines.len() {
        shown
            .push(Mrkdwn::escape_text(&format!("… {} more lines", lines.len() - shown.len()), 100));
    }
    json!({"text": Mrkdwn::join_parts(shown, "\n").as_str(), "mrkdwn": false})
}

/// Colours that also differ in lightness, so that everybody can tell them apart.
fn level_color(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Critical) => "#7b1fa2",
        Some(Level::High) => "#c62828",
        Some(Level::Medium) => "#ef8e00",
        Some(Level::Low) => "#3f8fd2",
        Some(Level::Informational) | None => "#8a949e",
    }
}

fn card_blocks(card: &MessageCard, extras: PostExtras<'_>) -> Vec<Value> {
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": plain_text(&card.header, HEADER_CHARS), "emoji": false}}),
    ];
    // The subject of a message from elsewhere may hold what no field repeats.
    let is_cut = !card.is_finding && card.header.encode_utf16().count() > HEADER_CHARS;
    let sentence = if is_cut { &card.header } else { &card.sentence };
    if !sentence.is_empty() {
        blocks.push(
            json!({"type": "section", "text": mrkdwn_text(&Mrkdwn::escape_text(sentence, 1000))}),
        );
    }
    let mut left_out = 0;
    if card.is_finding {
        let all = if card.lines.is_empty() { ALL_VALUES_CHARS } else { CASE_VALUES_CHARS };
        let each = (all / card.fields.len().max(1)).clamp(40, VALUE_CHARS);
        for fields in card.fields.chunks(FIELDS_PER_SECTION) {
            let fields: Vec<_> =
                fields.iter().map(|(label, value)| code_field(label, value, each)).collect();
            blocks.push(json!({"type": "section", "fields": fields}));
        }
    } else {
        let foreign = ForeignFields::lay_out(&card.fields, extras.links);
        blocks.extend(foreign.sections);
        left_out = foreign.left_out;
    }
    blocks.extend(timeline_section(&card.lines));
    if !card.code_title.is_empty() {
        let title = Mrkdwn::escape_text(&card.code_title.replace('`', "\u{2cb}"), 300);
        blocks.push(json!({"type": "section", "text": mrkdwn_text(&title.into_bold())}));
    }
    if !card.code.is_empty() {
        blocks.push(
            json!({"type": "section", "text": mrkdwn_text(&Mrkdwn::code_block(&card.code, CODE_CHARS))}),
        );
    }
    let left_out = (left_out > 0).then(|| format!("{left_out} more fields"));
    let meant_for = extras.meant_for.map(|channel| format!("meant for {channel}"));
    let context = card.context.iter().cloned().chain(left_out).chain(meant_for);
    let context: Vec<_> =
        context.map(|text| mrkdwn_text(&Mrkdwn::escape_text(&text, 300))).collect();
    if !context.is_empty() {
        blocks.push(json!({"type": "context", "elements": context}));
    }
    blocks
}

/// The timeline of a case, as far as there is room: one line of text each, and none of them code.
fn timeline_section(lines: &[String]) -> Option<Value> {
    let (mut room, mut shown) = (TIMELINE_CHARS, Vec::new());
    for line in lines {
        let line = Mrkdwn::escape_text(&line.replace('`', "\u{2cb}"), VALUE_CHARS);
        if line.sent_length() > room {
            break;
        }
        room = room.saturating_sub(line.sent_length() + 1);
        shown.push(line);
    }
    let left_out = lines.len() - shown.len();
    if left_out > 0 {
        shown.push(Mrkdwn::escape_text(&format!("\u{2026} {left_out} more lines"), 50));
    }
    let text = Mrkdwn::join_parts(shown, "\n");
    (!text.is_empty()).then(|| json!({"type": "section", "text": mrkdwn_text(&text)}))
}

/// The fields of a message that is not our own, in order and as far as there is room: short values
/// side by side, long ones in sections of their own.
struct ForeignFields {
    sections: Vec<Value>,
    /// Short fields waiting for their section.
    row: Vec<Value>,
    room: usize,
    left_out: usize,
}

impl ForeignFields {
    fn lay_out(fields: &[(String, String)], links: Option<&LinkHosts>) -> Self {
        let mut all =
            Self { sections: Vec::new(), row: Vec::new(), room: FOREIGN_CHARS, left_out: 0 };
        for (at, (label, value)) in fields.iter().enumerate() {
            let linked = links.and_then(|hosts| hosts.render_links(value, LONG_VALUE_CHARS));
            if !all.add_field(label, value, linked) {
                all.left_out = fields.len() - at;
                break;
            }
        }
        all.flush_row();
        all
    }

    /// Adds a field; false if there is no room for it.
    fn add_field(&mut self, label: &str, value: &str, linked: Option<Mrkdwn>) -> bool {
        let size = Mrkdwn::escape_text(value, usize::MAX).sent_length();
        let is_short = size <= SHORT_VALUE_CHARS && !value.contains('\n');
        let room = self.room.saturating_sub(LABEL_CHARS);
        let text = match linked {
            Some(text) => text,
            None if is_short => Mrkdwn::code_span(value, SHORT_VALUE_CHARS),
            None if room < MIN_VALUE_CHARS => return false,
            None => cut_block(value, room.min(LONG_VALUE_CHARS)),
        };
        let sections = self.sections.len() + usize::from(!self.row.is_empty());
        let begins = !is_short || self.row.is_empty() || self.row.len() == FIELDS_PER_SECTION;
        if text.sent_length() > room || begins && sections >= MAX_SECTIONS {
            return false;
        }
        self.room = room - text.sent_length();
        if !is_short {
            self.flush_row();
            self.sections.push(json!({"type": "section", "text": titled_text(label, &text)}));
            return true;
        }
        if self.row.len() == FIELDS_PER_SECTION {
            self.flush_row();
        }
        self.row.push(titled_text(label, &text));
        true
    }

    fn flush_row(&mut self) {
        if !self.row.is_empty() {
            let row = std::mem::take(&mut self.row);
            self.sections.push(json!({"type": "section", "fields": row}));
        }
    }
}

/// A long value; a note below it says if it was cut.
fn cut_block(value: &str, most: usize) -> Mrkdwn {
    let whole = Mrkdwn::code_block(value, usize::MAX);
    if whole.sent_length() <= most {
        return whole;
    }
    let kept = Mrkdwn::code_block(value, most.saturating_sub(60));
    let all = value.encode_utf16().count();
    let note = format!("truncated: {all} characters in full");
    Mrkdwn::join_parts([kept, Mrkdwn::escape_text(&note, 50)], "\n")
}

fn titled_text(label: &str, text: &Mrkdwn) -> Value {
    let label = Mrkdwn::escape_text(label, LABEL_CHARS);
    let label = if label.is_empty() { Mrkdwn::from_trusted("-") } else { label.into_bold() };
    mrkdwn_text(&Mrkdwn::join_parts([label, text.clone()], "\n"))
}

fn code_field(label: &str, value: &str, max: usize) -> Value {
    titled_text(label, &Mrkdwn::code_span(value, max))
}

fn mrkdwn_text(text: &Mrkdwn) -> Value {
    let text = if text.is_empty() { "-" } else { text.as_str() };
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}
