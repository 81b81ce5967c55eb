//! The terminal destination: messages as Slack would show them.

use std::io::{self, Write};
use std::sync::Mutex;

use async_trait::async_trait;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_core::text::terminal::safe;
use aware_core::text::{clean_multiline, clip};

use super::card::Card;
use crate::screen::Screen;
use aware_pipeline::port::{Destination, Outcome};

/// The most lines shown of a request.
const CODE_LINES: usize = 12;
/// The most characters shown of a line.
const WIDTH: usize = 400;

/// Writes messages to a terminal, or anything else.
pub struct Terminal {
    name: String,
    out: Mutex<Box<dyn Write + Send>>,
    screen: Screen,
}

impl Terminal {
    /// Writes to `out`.
    pub fn new(name: String, out: Box<dyn Write + Send>, screen: Screen) -> Self {
        Self { name, out: Mutex::new(out), screen }
    }

    fn write(&self, message: &Message) -> io::Result<()> {
        let mut out =
            self.out.lock().map_err(|_| io::Error::other("writing an earlier message failed"))?;
        out.write_all(render(&Card::new(message), self.screen).as_bytes())?;
        out.flush()
    }
}

#[async_trait]
impl Destination for Terminal {
    fn name(&self) -> &str {
        &self.name
    }

    async fn deliver(&self, message: &Message, _thread: Option<&str>) -> Outcome {
        match self.write(message) {
            Ok(()) => Outcome::Delivered(None),
            Err(error) => Outcome::Retry { after: None, reason: error.to_string() },
        }
    }
}

/// A card as text, with a bar at its left as in Slack.
fn render(card: &Card, screen: Screen) -> String {
    let paint = screen.paint();
    // The bar and the space after it.
    let page = Screen { width: screen.width.saturating_sub(2), ..screen };
    let bar = paint.level(card.level.unwrap_or(Level::Informational), "▌");
    let header = page.wrap(&safe(&card.header), 0);
    let mut lines: Vec<String> = header.lines().map(|line| paint.bold(line)).collect();
    if !card.sentence.is_empty() {
        lines.push(page.wrap(&line(&card.sentence), 0));
    }
    let width = card
        .fields
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or_default()
        .min(24);
    for (label, value) in &card.fields {
        let label = format!("{:<width$}", clip(&safe(label), 24));
        let value = page.hang(&line(value), width + 3);
        lines.push(format!("  {} {value}", paint.dim(&label)));
    }
    let code: Vec<&str> = card.code.lines().collect();
    for text in code.iter().take(CODE_LINES) {
        lines.push(format!("    {}", paint.dim(&clip(&clean_multiline(text), WIDTH))));
    }
    if code.len() > CODE_LINES {
        lines.push(paint.dim(&format!("    … {} more lines", code.len() - CODE_LINES)));
    }
    let context = page.wrap(&line(&card.context.join(" · ")), 0);
    lines.extend(context.lines().map(|line| paint.dim(line)));
    let lines = lines.iter().flat_map(|line| line.lines());
    let text: String = lines.map(|line| format!("{bar} {line}\n")).collect();
    format!("{text}\n")
}

fn line(text: &str) -> String {
    clip(&safe(text), WIDTH).into_owned()
}
