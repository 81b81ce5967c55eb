//! The text part of a mail.
//!
//! Lines have at most 72 columns, as RFC 3676 advises. Words longer than that, such as ARNs, stay
//! whole, and so do commands, since people copy them. What a value continues with is indented, so
//! that no value can pretend to be a section.

use super::content::{MailContent, MailStep};
use super::escape::{plain_line, plain_lines};
use crate::screen::OutputScreen;

const SCREEN: OutputScreen = OutputScreen { color: false, width: 72 };
/// Labels longer than this have a line of their own.
const LABEL_WIDTH: usize = 16;

/// Renders the text part.
pub(super) fn render_text(content: &MailContent) -> String {
    let sections = [
        head_text(content),
        fields_text(content),
        titled("What happened", &timeline_text(content)),
        titled("What to do", &steps_text(&content.steps)),
        titled(&content.code_title, &indented(&content.code)),
        content
            .console_link
            .as_ref()
            .map(|link| format!("AWS console:\n{link}"))
            .unwrap_or_default(),
        SCREEN.wrap_text(&plain_line(&content.context.join(" · ")), 0),
    ];
    let shown: Vec<String> = sections.into_iter().filter(|text| !text.is_empty()).collect();
    shown.join("\n\n") + "\n"
}

fn head_text(content: &MailContent) -> String {
    let level = content.level_word().map(|word| format!("{word}\n")).unwrap_or_default();
    let headline = SCREEN.wrap_text(&plain_line(&content.headline), 0);
    let sentence = match content.sentence.as_str() {
        "" => String::new(),
        text => format!("\n\n{}", SCREEN.wrap_text(&plain_line(text), 0)),
    };
    format!("{level}{headline}{sentence}")
}

fn titled(title: &str, text: &str) -> String {
    match (title, text) {
        (title, "") if title.is_empty() || title.starts_with("What ") => String::new(),
        (title, "") => title.to_owned(),
        (title, text) => format!("{title}\n{text}"),
    }
}

fn fields_text(content: &MailContent) -> String {
    let labels = content.fields.iter().map(|(label, _)| label.chars().count());
    let width = labels.filter(|length| *length <= LABEL_WIDTH).max().unwrap_or_default() + 2;
    let lines: Vec<String> = content
        .fields
        .iter()
        .map(|(label, value)| {
            let label = format!("{}:", plain_line(label));
            if value.contains('\n') || label.chars().count() > width {
                return format!("{label}\n{}", indented(&plain_lines(value)));
            }
            format!("{label:<width$}{}", SCREEN.hang_text(&plain_line(value), width))
        })
        .collect();
    lines.join("\n")
}

fn timeline_text(content: &MailContent) -> String {
    let lines = content.timeline.iter();
    let lines = lines.map(|line| format!("  {}", SCREEN.hang_text(&plain_line(line), 4)));
    lines.collect::<Vec<_>>().join("\n")
}

fn steps_text(steps: &[MailStep]) -> String {
    let steps: Vec<String> =
        steps.iter().enumerate().map(|(at, step)| step_text(at + 1, step)).collect();
    steps.join("\n")
}

fn step_text(number: usize, step: &MailStep) -> String {
    let title = SCREEN.hang_text(&plain_line(&step.title), 5);
    let mut lines = vec![format!("{number:>3}. {title}")];
    lines.extend(step.commands.iter().map(|command| format!("     {command}")));
    if !step.note.is_empty() {
        lines.push(format!("     {}", SCREEN.hang_text(&plain_line(&step.note), 5)));
    }
    lines.join("\n")
}

/// Lines as they are, moved to the right.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
