//! The terminal: messages as Slack will show them.

use std::io::{self, Write};
use std::sync::Mutex;

use async_trait::async_trait;
use aware_core::event::Level;
use aware_core::message::Message;
use aware_core::text::terminal::{Paint, safe};
use aware_core::text::{clean_multiline, clip};

use super::card::Card;
use crate::port::{Destination, Outcome};

/// Lines of a request that are shown.
const CODE_LINES: usize = 12;
/// Characters of a line that are shown.
const WIDTH: usize = 400;

/// Writes messages to a terminal, or anything else.
pub struct Terminal {
    name: String,
    out: Mutex<Box<dyn Write + Send>>,
    paint: Paint,
}

impl Terminal {
    /// Writes to `out`, with colours or without.
    pub fn new(name: String, out: Box<dyn Write + Send>, color: bool) -> Self {
        Self { name, out: Mutex::new(out), paint: Paint { color } }
    }

    fn write(&self, message: &Message) -> io::Result<()> {
        let mut out =
            self.out.lock().map_err(|_| io::Error::other("another message failed half way"))?;
        out.write_all(render(&Card::new(message), self.paint).as_bytes())?;
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

/// A card as text, with a bar at its left like Slack's.
fn render(card: &Card, paint: Paint) -> String {
    let bar = paint.level(card.level.unwrap_or(Level::Informational), "▌");
    let mut lines = vec![paint.bold(&safe(&card.header))];
    if !card.sentence.is_empty() {
        lines.push(line(&card.sentence));
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
        lines.push(format!("  {} {}", paint.dim(&label), line(value)));
    }
    let code: Vec<&str> = card.code.lines().collect();
    for text in code.iter().take(CODE_LINES) {
        lines.push(format!("    {}", paint.dim(&clip(&clean_multiline(text), WIDTH))));
    }
    if code.len() > CODE_LINES {
        lines.push(paint.dim(&format!("    … {} more lines", code.len() - CODE_LINES)));
    }
    lines.push(paint.dim(&line(&card.context.join(" · "))));
    let text: String = lines.iter().map(|line| format!("{bar} {line}\n")).collect();
    format!("{text}\n")
}

fn line(text: &str) -> String {
    clip(&safe(text), WIDTH).into_owned()
}
