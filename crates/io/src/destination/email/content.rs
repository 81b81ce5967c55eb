//! What a mail says, cleaned and cut to its limits, before each part of the mail escapes it.
//!
//! Gmail shows only the first 102 kB of a mail's HTML, and ours stays well below; with both parts
//! and their encoding, a mail stays below 200 kB. Each section has room of its own, so that a flood
//! in one never pushes out another, and says what it left out.

use aware_core::event::Level;
use aware_core::message::labels::FactLabel;
use aware_core::message::{CaseFacts, Message, MessageKind};
use aware_core::text::{clean_line, clean_multiline, clip_text};

use super::escape::html_lines;
use crate::destination::card::MessageCard;

/// The most characters of the headline, of the sentence below it, and of a label.
const HEADLINE_CHARS: usize = 240;
const SENTENCE_CHARS: usize = 1000;
const LABEL_CHARS: usize = 80;
/// The most characters of a value; of one that is not shown whole for lack of room.
const VALUE_CHARS: usize = 3000;
const SHORT_CHARS: usize = 200;
/// The most characters of the request.
const REQUEST_CHARS: usize = 4000;
/// A command longer than this is left out, since half a command is worse than none.
const COMMAND_CHARS: usize = 1200;
/// The most bytes of each section, as HTML.
const FIELDS_ROOM: usize = 16_000;
const TIMELINE_ROOM: usize = 12_000;
const STEPS_ROOM: usize = 14_000;
const CODE_ROOM: usize = 10_000;
const CONTEXT_ROOM: usize = 3_000;
/// What a line break adds, in bytes: each line is indented.
const LINE_COST: usize = 20;

/// The consoles of AWS. Source: AWS General Reference, "Service endpoints" of each partition.
const CONSOLES: [&str; 3] =
    ["console.aws.amazon.com", "console.amazonaws-us-gov.com", "console.amazonaws.cn"];

/// What a mail says. Strings are visible text, and not escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MailContent {
    /// The level, of what has one.
    pub(super) level: Option<Level>,
    pub(super) headline: String,
    pub(super) sentence: String,
    /// Labelled values. Those of other publishers may have several lines.
    pub(super) fields: Vec<(String, String)>,
    pub(super) timeline: Vec<String>,
    pub(super) steps: Vec<MailStep>,
    pub(super) code_title: String,
    pub(super) code: String,
    /// AWS's page about the denial, if that is what it is.
    pub(super) console_link: Option<String>,
    pub(super) context: Vec<String>,
}

/// A step that contains an intruder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailStep {
    pub(super) title: String,
    /// Its commands: all or none.
    pub(super) commands: Vec<String>,
    /// What stops working, or that the commands are left out.
    pub(super) note: String,
}

impl MailContent {
    /// Lays a message out.
    pub(super) fn new(message: &Message) -> Self {
        let card = MessageCard::new(message);
        let is_leveled = !matches!(message.kind, MessageKind::Digest | MessageKind::Heartbeat);
        let (fields, fields_out) = mail_fields(&card);
        let (steps, steps_out) = message.case.as_ref().map(mail_steps).unwrap_or_default();
        let (code_title, code) = if steps.is_empty() {
            mail_code(message, &card)
        } else {
            (String::new(), String::new())
        };
        let link = message.facts.text(FactLabel::Console);
        Self {
            level: message.severity.filter(|_| is_leveled),
            headline: clip_line(bare_headline(message, &card), HEADLINE_CHARS),
            sentence: clip_line(&card.sentence, SENTENCE_CHARS),
            fields,
            timeline: mail_timeline(&card),
            steps,
            code_title,
            code,
            console_link: link.filter(|link| is_console_link(link)),
            context: mail_context(&card, fields_out, steps_out),
        }
    }

    /// The level in capitals.
    pub(super) fn level_word(&self) -> Option<String> {
        self.level.map(|level| level.as_str().to_uppercase())
    }
}

/// The card's header without the level before it, which a mail shows by itself.
fn bare_headline<'c>(message: &Message, card: &'c MessageCard) -> &'c str {
    let level = message.severity.map(|level| format!("{} - ", level.as_str().to_uppercase()));
    let bare = level.and_then(|level| card.header.strip_prefix(&level));
    bare.unwrap_or(&card.header)
}

fn clip_line(text: &str, max: usize) -> String {
    clip_text(&clean_line(text), max).into_owned()
}

/// The room of a section.
struct Room {
    bytes: usize,
}

impl Room {
    /// Takes up room for a text; false if there is not enough.
    fn admits(&mut self, text: &str) -> bool {
        let need = html_lines(text).len() + (text.matches('\n').count() + 1) * LINE_COST;
        match self.bytes.checked_sub(need) {
            Some(rest) => {
                self.bytes = rest;
                true
            }
            None => false,
        }
    }

    /// The text, or as much of it as there is room for.
    fn fit_text(&mut self, text: &str, max: usize) -> Option<String> {
        let clipped = |max| clip_text(text, max).into_owned();
        let first = clipped(max);
        if self.admits(&first) {
            return Some(first);
        }
        let short = clipped(SHORT_CHARS.min(max));
        self.admits(&short).then_some(short)
    }
}

/// The fields, and how many were left out.
fn mail_fields(card: &MessageCard) -> (Vec<(String, String)>, usize) {
    let mut room = Room { bytes: FIELDS_ROOM };
    let shown: Vec<(String, String)> = card
        .fields
        .iter()
        .filter_map(|(label, value)| {
            let label = room.fit_text(&clip_line(label, LABEL_CHARS), LABEL_CHARS)?;
            let value = room.fit_text(clean_multiline(value).trim(), VALUE_CHARS)?;
            Some((label, value))
        })
        .collect();
    let left_out = card.fields.len() - shown.len();
    (shown, left_out)
}

fn mail_timeline(card: &MessageCard) -> Vec<String> {
    let mut room = Room { bytes: TIMELINE_ROOM };
    let all = card.lines.iter().map(|line| clean_line(line).into_owned());
    let mut shown: Vec<String> = all.take_while(|line| room.admits(line)).collect();
    match card.lines.len() - shown.len() {
        0 => {}
        1 => shown.push("\u{2026} 1 more line is left out".to_owned()),
        more => shown.push(format!("\u{2026} {more} more lines are left out")),
    }
    shown
}

/// The steps, and how many were left out.
fn mail_steps(case: &CaseFacts) -> (Vec<MailStep>, u64) {
    let mut room = Room { bytes: STEPS_ROOM };
    let mut steps = Vec::new();
    for step in &case.next_steps {
        let title = clip_line(&step.title, SHORT_CHARS);
        let mut note = match step.breaks.trim() {
            "" => String::new(),
            breaks => format!("Stops working: {}", clip_line(breaks, SHORT_CHARS)),
        };
        if !room.admits(&title) || !room.admits(&note) {
            break;
        }
        let commands: Vec<String> =
            step.commands.iter().map(|command| clean_line(command).into_owned()).collect();
        let is_short = commands.iter().all(|command| command.chars().count() <= COMMAND_CHARS);
        let fits = is_short && room.admits(&commands.join("\n"));
        if !fits {
            note = "The commands are too long for a mail and are left out.".to_owned();
        }
        steps.push(MailStep { title, commands: if fits { commands } else { Vec::new() }, note });
    }
    let left_out = (case.next_steps.len() - steps.len()) as u64 + case.steps_left_out;
    (steps, left_out)
}

/// The statement that would cure a denial, whole or not at all; otherwise the request.
fn mail_code(message: &Message, card: &MessageCard) -> (String, String) {
    let mut room = Room { bytes: CODE_ROOM };
    let code = clean_multiline(&card.code);
    let is_statement = message.facts.shown_changes().next().is_some();
    let (title, shown) = match (code.is_empty(), is_statement) {
        (true, _) => ("", None),
        (_, true) if room.admits(&code) => ("Statement to add", Some(code.into_owned())),
        (_, true) => ("The statement to add is too long for a mail and is left out", None),
        (_, false) => ("Request", room.fit_text(&code, REQUEST_CHARS)),
    };
    (title.to_owned(), shown.unwrap_or_default())
}

fn mail_context(card: &MessageCard, fields_out: usize, steps_out: u64) -> Vec<String> {
    let mut room = Room { bytes: CONTEXT_ROOM };
    let shown = card.context.iter().filter_map(|text| room.fit_text(&clean_line(text), 400));
    let mut shown: Vec<String> = shown.collect();
    if fields_out > 0 {
        shown.push(format!("left out here: {fields_out} fields"));
    }
    if steps_out > 0 {
        shown.push(format!("left out here: {steps_out} steps"));
    }
    shown
}

/// Whether a link leads to AWS's console. The denial that it comes from may have been forged.
fn is_console_link(link: &str) -> bool {
    let host = link.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_console = |host: &str| {
        CONSOLES.iter().any(|console| {
            host.strip_suffix(console)
                .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    };
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '`');
    let is_name = |host: &str| host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    host.is_some_and(|host| is_name(host) && is_console(host))
        && link.chars().all(is_plain)
        && link.len() <= 600
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_console_is_a_link() {
        for (link, expected) in [
            ("https://console.aws.amazon.com/iam/home#/a?b=c", true),
            ("https://us-east-1.console.aws.amazon.com/", true),
            ("https://evil.example/console.aws.amazon.com", false),
            ("https://evilconsole.aws.amazon.com/", false),
            ("https://console.aws.amazon.com@evil.example/", false),
            ("https://evil.example\\.console.aws.amazon.com/", false),
            ("http://console.aws.amazon.com/", false),
            ("https://console.aws.amazon.com/\"><b>", false),
        ] {
            assert_eq!(is_console_link(link), expected, "{link}");
        }
    }

    #[test]
    fn a_room_cuts_before_it_leaves_out() {
        let mut room = Room { bytes: 400 };
        let cut = room.fit_text(&"a".repeat(900), 600).unwrap();
        assert!(cut.chars().count() == SHORT_CHARS && cut.ends_with('…'), "{cut}");
        assert_eq!(room.fit_text(&"a".repeat(900), 600), None);
        assert_eq!(room.fit_text("b", 600).as_deref(), Some("b"));
    }
}
