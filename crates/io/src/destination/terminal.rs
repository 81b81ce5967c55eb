//! The terminal destination: messages as Slack would show them.

use std::io::{self, Write};
use std::sync::Mutex;

use async_trait::async_trait;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_core::text::terminal::terminal_safe;
use aware_core::text::{clean_multiline, clip_text};
use aware_pipeline::port::{DeliveryOutcome, Destination};

use super::card::MessageCard;
use crate::screen::OutputScreen;

/// The most lines shown of a request.
const CODE_LINES: usize = 12;
/// The most characters shown of a line.
const LINE_CHARS: usize = 400;

/// Writes messages to a terminal, or anything else.
pub struct TerminalDestination {
    name: String,
    out: Mutex<Box<dyn Write + Send>>,
    screen: OutputScreen,
}

impl TerminalDestination {
    /// Writes to `out`.
    pub fn new(name: String, out: Box<dyn Write + Send>, screen: OutputScreen) -> Self {
        Self { name, out: Mutex::new(out), screen }
    }

    fn write_message(&self, message: &Message) -> io::Result<()> {
        let mut out =
            self.out.lock().map_err(|_| io::Error::other("writing an earlier message failed"))?;
        out.write_all(render_card(&MessageCard::new(message), self.screen).as_bytes())?;
        out.flush()
    }
}

#[async_trait]
impl Destination for TerminalDestination {
    fn name(&self) -> &str {
        &self.name
    }

    async fn deliver(&self, message: &Message, _thread: Option<&str>) -> DeliveryOutcome {
        match self.write_message(message) {
            Ok(()) => DeliveryOutcome::Delivered(None),
            Err(error) => DeliveryOutcome::Retry { after: None, reason: error.to_string() },
        }
    }
}

/// A card as text, with a bar at its left as in Slack.
fn render_card(card: &MessageCard, screen: OutputScreen) -> String {
    let paint = screen.to_paint();
    // The bar and the space after it.
    let page = OutputScreen { width: screen.width.saturating_sub(2), ..screen };
    let bar = paint.level_color(card.level.unwrap_or(Level::Informational), "▌");
    let header = page.wrap_text(&terminal_safe(&card.header), 0);
    let mut lines: Vec<String> = header.lines().map(|line| paint.bold(line)).collect();
    if !card.sentence.is_empty() {
        lines.push(page.wrap_text(&one_line(&card.sentence), 0));
    }
    let width = card
        .fields
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or_default()
        .min(24);
    for (label, value) in &card.fields {
        let label = format!("{:<width$}", clip_text(&terminal_safe(label), 24));
        let value = page.hang_text(&one_line(value), width + 3);
        lines.push(format!("  {} {value}", paint.faint(&label)));
    }
    lines.extend(card.lines.iter().map(|line| page.wrap_text(&one_line(line), 11)));
    if !card.code_title.is_empty() {
        lines.push(page.wrap_text(&one_line(&card.code_title), 2));
    }
    let code: Vec<&str> = card.code.lines().collect();
    for text in code.iter().take(CODE_LINES) {
        lines.push(format!("    {}", paint.faint(&clip_text(&clean_multiline(text), LINE_CHARS))));
    }
    if code.len() > CODE_LINES {
        lines.push(paint.faint(&format!("    … {} more lines", code.len() - CODE_LINES)));
    }
    let context = page.wrap_text(&one_line(&card.context.join(" · ")), 0);
    lines.extend(context.lines().map(|line| paint.faint(line)));
    let lines = lines.iter().flat_map(|line| line.lines());
    let text: String = lines.map(|line| format!("{bar} {line}\n")).collect();
    format!("{text}\n")
}

fn one_line(text: &str) -> String {
    clip_text(&terminal_safe(text), LINE_CHARS).into_owned()
}
