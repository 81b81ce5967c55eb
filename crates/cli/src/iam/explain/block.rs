//! Explanations for people: a block per denial, with equal denials counted.

use std::collections::HashMap;
use std::io::{self, Write};
use std::slice;

use aware_cases::triage::{LooksLike, TriageReading};
use aware_core::explanation::{StatementStyle, write_statements};
use aware_core::text::terminal::terminal_safe;
use aware_iam::explain::{ActionConfidence, DenialExplanation};
use aware_io::screen::OutputScreen;
use jiff::Timestamp;

use super::cause::ExplainedCause;

/// The column where the values of rows start.
const VALUE_COLUMN: usize = 9;
/// The most different blocks that are shown.
const MAX_BLOCKS: usize = 500;

/// Blocks in the order of their first events.
#[derive(Debug, Default)]
pub(super) struct CauseBlocks {
    blocks: Vec<CauseBlock>,
    by_key: HashMap<String, usize>,
    /// Events that were not denied.
    allowed: u64,
    /// Denials beyond [`MAX_BLOCKS`].
    more: u64,
}

#[derive(Debug)]
struct CauseBlock {
    cause: ExplainedCause,
    count: u64,
    since: Option<Timestamp>,
}

impl CauseBlocks {
    /// Adds a cause. Of what was not denied only the first event gets a block.
    pub(super) fn add_cause(&mut self, cause: ExplainedCause) {
        if !cause.is_denial() {
            self.allowed += 1;
        }
        let key = equality_key(&cause);
        let time = cause.event.as_ref().map(|event| event.time);
        if let Some(block) = self.by_key.get(&key).and_then(|at| self.blocks.get_mut(*at)) {
            block.count += 1;
            block.since = block.since.min(time);
        } else if self.blocks.len() < MAX_BLOCKS {
            self.by_key.insert(key, self.blocks.len());
            self.blocks.push(CauseBlock { cause, count: 1, since: time });
        } else {
            self.more += u64::from(cause.is_denial());
        }
    }

    /// Writes all blocks.
    pub(super) fn write_all_blocks(
        &self,
        out: &mut dyn Write,
        screen: OutputScreen,
    ) -> io::Result<()> {
        // What was not denied is shown only if nothing was denied.
        let has_denial = self.blocks.iter().any(|block| block.cause.is_denial());
        let shown = self.blocks.iter().filter(|block| block.cause.is_denial() || !has_denial);
        for (index, block) in shown.enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            block.write_block(out, screen)?;
        }
        if has_denial && self.allowed > 0 {
            let events = if self.allowed == 1 { "event was" } else { "events were" };
            writeln!(out, "\n{} more {events} not denied", self.allowed)?;
        }
        if self.more > 0 {
            writeln!(out, "\n{} more denials (hint: --format jsonl names them)", self.more)?;
        }
        Ok(())
    }
}

/// Denials are equal if everything said about them is, apart from ids.
fn equality_key(cause: &ExplainedCause) -> String {
    let explanation = DenialExplanation {
        encoded: None,
        console_link: None,
        authorization_id: None,
        ..cause.explanation.clone()
    };
    let said = serde_json::to_string(&explanation).unwrap_or_default();
    format!("{}\n{said}", cause.headline())
}

impl CauseBlock {
    fn write_block(&self, out: &mut dyn Write, screen: OutputScreen) -> io::Result<()> {
        let when = match (self.since, self.count) {
            (None, _) => String::new(),
            (Some(at), 1) => format!(", at {}", format_minute(at)),
            (Some(at), count) => format!(", {count} times since {}", format_minute(at)),
        };
        let line = format!("{}{when}", self.cause.headline());
        writeln!(out, "{}", screen.to_paint().bold(&screen.wrap_text(&terminal_safe(&line), 2)))?;
        for (name, value) in self.block_rows() {
            let value = match value {
                RowText::Prose(text) => screen.hang_text(&terminal_safe(&text), VALUE_COLUMN),
                RowText::Copied(text) => terminal_safe(&text).into_owned(),
            };
            writeln!(out, "  {} {value}", screen.to_paint().faint(&format!("{name:<6}")))?;
        }
        Ok(())
    }

    fn block_rows(&self) -> Vec<(&'static str, RowText)> {
        let it = &self.cause.explanation;
        let mut rows = Rows::default();
        rows.prose("on", it.resource.clone());
        rows.prose("why", Some(it.why.clone()));
        rows.prose("sign", it.sign.as_ref().map(|sign| sign.text.clone()));
        rows.prose(
            "known",
            (self.cause.is_denial() && self.cause.is_call)
                .then(|| confidence_text(it.confidence).to_owned()),
        );
        rows.prose("looks", self.cause.reading.as_ref().map(looks));
        rows.cure(&self.cause);
        rows.prose("next", self.cause.next_step.clone());
        rows.prose("ask", it.decided_by.clone());
        for note in &it.notes {
            rows.prose("note", Some(note.clone()));
        }
        rows.copied("decode", it.encoded.as_deref().map(decode_command));
        rows.prose("link", it.console_link.clone());
        rows.prose("id", it.authorization_id.clone());
        rows.prose("event", self.cause.event.as_ref().map(|event| event.id.clone()));
        rows.0
    }
}

/// The text of a row.
enum RowText {
    /// To be read: it is wrapped.
    Prose(String),
    /// To be copied: it stays on one line.
    Copied(String),
}

/// Rows with their names, in order.
#[derive(Default)]
struct Rows(Vec<(&'static str, RowText)>);

impl Rows {
    fn prose(&mut self, name: &'static str, text: Option<String>) {
        self.0.extend(text.map(|text| (name, RowText::Prose(text))));
    }

    fn copied(&mut self, name: &'static str, text: Option<String>) {
        self.0.extend(text.map(|text| (name, RowText::Copied(text))));
    }

    /// The statements and where they go; or only whose policy must change.
    fn cure(&mut self, cause: &ExplainedCause) {
        let (it, cure) = (&cause.explanation, &cause.cure);
        if !cure.is_offered() {
            let policy = it.attach_to.as_deref().map(with_article);
            self.prose("policy", policy.map(|policy| format!("{policy} must change")));
            return;
        }
        for (index, change) in cure.changes.iter().enumerate() {
            let policy = with_article(&change.attach_to);
            match index {
                0 => self.prose("cure", Some(format!("add to {policy}:"))),
                _ => self.prose("", Some(format!("and to {policy}:"))),
            }
            for line in change.forms.first().map(|form| form.text.lines()).into_iter().flatten() {
                self.copied("", Some(line.to_owned()));
            }
            for statement in &change.statements {
                let statement = slice::from_ref(statement);
                self.copied("", Some(write_statements(statement, StatementStyle::OneLine)));
            }
        }
        for care in &cure.take_care {
            self.prose("care", Some(care.clone()));
        }
        if !it.next.is_empty() {
            self.prose("", Some(format!("likely next: {}", it.next.join(", "))));
        }
    }
}

/// The reading as it follows `looks`.
fn looks(reading: &TriageReading) -> String {
    match reading.looks_like {
        LooksLike::Unclear => reading.sentence(),
        LooksLike::Exploring | LooksLike::LacksPermission => format!("like {}", reading.sentence()),
    }
}

fn with_article(policy: &str) -> String {
    let has_article = policy.starts_with("the ") || policy.starts_with(char::is_uppercase);
    if has_article { policy.to_owned() } else { format!("the {policy}") }
}

/// Never presents a guess as a fact.
fn confidence_text(confidence: ActionConfidence) -> &'static str {
    match confidence {
        ActionConfidence::Message => "AWS's message names action and resource",
        ActionConfidence::Request => "the request, not AWS, names action and resource",
        ActionConfidence::Guess => {
            "a guess: action and resource are derived from the call's name alone"
        }
    }
}

fn decode_command(encoded: &str) -> String {
    format!(
        "aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message {encoded} | aware explain -"
    )
}

/// `2026-11-24 05:12`, in UTC.
fn format_minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}
