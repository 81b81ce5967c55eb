//! The HTML part of a mail: one document without images, scripts or anything from elsewhere.
//!
//! Styles are inline, since some clients drop style sheets; the style sheet only holds what inline
//! styles cannot say: the colours of a dark screen. Two columns are a table, the only form of them
//! that Outlook for Windows lays out. Source: <https://www.caniemail.com/>, `prefers-color-scheme`,
//! `color-scheme` and `display: flex`.

use aware_core::event::Level;

use super::content::{MailContent, MailStep};
use super::escape::{html_line, html_lines};

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>Activity Aware</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .aw-page { background: #111418 !important; }
  .aw-card { background: #1b1f24 !important; color: #e6e8eb !important; }
  .aw-dim { color: #a3abb5 !important; }
  .aw-code { background: #262b32 !important; color: #e6e8eb !important; }
  .aw-link { color: #7db7f5 !important; }
}
</style>
</head>
"#;

const PAGE: &str = "margin:0;padding:16px;background:#f2f4f6";
const CARD: &str = "max-width:680px;margin:0 auto;padding:20px 24px;background:#ffffff;color:#1a1d21;font:15px/1.5 -apple-system,'Segoe UI',Helvetica,Arial,sans-serif;word-break:break-word";
const TITLE: &str = "margin:22px 0 6px;font-size:15px;line-height:1.4";
const DIM: &str = "color:#5c6670";
const CELL: &str = "padding:3px 0;vertical-align:top;white-space:pre-wrap";
const CODE: &str = "margin:6px 0;padding:8px 10px;background:#f2f4f6;color:#1a1d21;font:13px/1.45 Menlo,Consolas,monospace;white-space:pre-wrap;word-break:break-word";

/// Renders the HTML part.
pub(super) fn render_html_part(content: &MailContent) -> String {
    let color = level_color(content.level);
    let sections = [
        head_html(content),
        fields_html(&content.fields),
        timeline_html(&content.timeline),
        steps_html(&content.steps),
        code_html(content),
        content.console_link.as_deref().map(link_html).unwrap_or_default(),
        context_html(&content.context),
    ];
    let body = sections.concat();
    format!(
        "{HEAD}<body class=\"aw-page\" style=\"{PAGE}\">\n<div class=\"aw-card\" style=\"{CARD};border-top:6px solid {color}\">\n{body}</div>\n</body>\n</html>\n"
    )
}

/// Colours on which white text is legible, the contrast being at least 4.5 to 1. Source: WCAG 2.2,
/// success criterion 1.4.3.
fn level_color(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Critical) => "#7b1fa2",
        Some(Level::High) => "#c62828",
        Some(Level::Medium) => "#9a5b00",
        Some(Level::Low) => "#1f6fb2",
        Some(Level::Informational) | None => "#5c6670",
    }
}

fn head_html(content: &MailContent) -> String {
    let color = level_color(content.level);
    let level = content.level_word().map(|word| {
        format!("<p style=\"margin:0 0 6px\"><span style=\"padding:2px 8px;background:{color};color:#ffffff;font-size:12px;font-weight:bold\">{word}</span></p>\n")
    });
    let headline = html_line(&content.headline);
    let sentence = match content.sentence.as_str() {
        "" => String::new(),
        text => format!("<p style=\"margin:0 0 12px\">{}</p>\n", html_line(text)),
    };
    format!(
        "{}<h1 style=\"margin:0 0 8px;font-size:19px;line-height:1.35\">{headline}</h1>\n{sentence}",
        level.unwrap_or_default()
    )
}

fn fields_html(fields: &[(String, String)]) -> String {
    if fields.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = fields
        .iter()
        .map(|(label, value)| {
            format!(
                "<tr><td class=\"aw-dim\" style=\"{CELL};{DIM};padding-right:14px;min-width:72px;max-width:200px\">{}</td><td style=\"{CELL}\">{}</td></tr>\n",
                html_line(label),
                html_lines(value)
            )
        })
        .collect();
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"border-collapse:collapse;font-size:14px\">\n{}</table>\n",
        rows.concat()
    )
}

fn title_html(title: &str) -> String {
    format!("<h2 style=\"{TITLE}\">{}</h2>\n", html_line(title))
}

fn timeline_html(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let line = |text: &String| {
        format!("<p style=\"margin:2px 0;font-size:14px\">{}</p>\n", html_line(text))
    };
    let lines: Vec<String> = lines.iter().map(line).collect();
    title_html("What happened") + &lines.concat()
}

fn steps_html(steps: &[MailStep]) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let steps: Vec<String> =
        steps.iter().enumerate().map(|(at, step)| step_html(at + 1, step)).collect();
    title_html("What to do") + &steps.concat()
}

fn step_html(number: usize, step: &MailStep) -> String {
    let title = format!("<p style=\"margin:8px 0 2px\">{number}. {}</p>\n", html_line(&step.title));
    let note = match step.note.as_str() {
        "" => String::new(),
        note => format!(
            "<p class=\"aw-dim\" style=\"margin:0;{DIM};font-size:13px\">{}</p>\n",
            html_line(note)
        ),
    };
    title + &block_html(&step.commands.join("\n")) + &note
}

fn code_html(content: &MailContent) -> String {
    match content.code_title.as_str() {
        "" => String::new(),
        title => title_html(title) + &block_html(&content.code),
    }
}

fn block_html(code: &str) -> String {
    match code {
        "" => String::new(),
        code => format!("<pre class=\"aw-code\" style=\"{CODE}\">{}</pre>\n", html_lines(code)),
    }
}

/// The only link of a mail.
fn link_html(link: &str) -> String {
    let link = link.replace('&', "&amp;");
    format!(
        "<p style=\"margin:14px 0 0\"><a class=\"aw-link\" style=\"color:#1f6fb2\" href=\"{link}\">Open the denial in the AWS console</a></p>\n"
    )
}

fn context_html(context: &[String]) -> String {
    match context {
        [] => String::new(),
        parts => format!(
            "<p class=\"aw-dim\" style=\"margin:22px 0 0;{DIM};font-size:12px\">{}</p>\n",
            html_line(&parts.join(" · "))
        ),
    }
}
