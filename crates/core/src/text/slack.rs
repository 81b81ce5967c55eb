//! Slack: `mrkdwn` text, and plain text.
//!
//! Source: <https://docs.slack.dev/messaging/formatting-message-text>: exactly `&`, `<` and `>` are
//! escaped. A code span has no escape for a backtick, so a look-alike replaces it.

use std::fmt;

use super::clean::replace_chars;
use super::clip::utf16_length;
use super::{clean_line, clean_multiline, clip_text};

/// The longest value in a code span, in characters.
const MAX_CODE: usize = 500;

/// Text that is safe in a `mrkdwn` object. It can only be built by escaping.
///
/// ```
/// use aware_core::text::slack::Mrkdwn;
///
/// assert_eq!(Mrkdwn::escape_text("<!channel> & more", 100).as_str(), "&lt;!channel&gt; &amp; more");
/// assert_eq!(Mrkdwn::code_span("a`b", 100).as_str(), "`a\u{2cb}b`");
/// let link = Mrkdwn::link_to("https://docs.aws.amazon.com/", "docs", 100);
/// assert_eq!(link.as_str(), "<https://docs.aws.amazon.com/|docs>");
/// assert_eq!(Mrkdwn::link_to("javascript:alert(1)", "docs", 100).as_str(), "docs");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mrkdwn(String);

impl Mrkdwn {
    /// Text of our own.
    pub fn from_trusted(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// Any text, cleaned, escaped and clipped to `max` characters as sent.
    pub fn escape_text(text: &str, max: usize) -> Self {
        Self(escape_and_clip(&clean_line(text), max))
    }

    /// The same but keeps line breaks: only for text whose lines are our own, such as indented
    /// JSON.
    pub fn escape_lines(text: &str, max: usize) -> Self {
        Self(escape_and_clip(&clean_multiline(text), max))
    }

    /// A code span; a backtick or line break in it cannot end it. Empty text becomes a dash.
    pub fn code_span(text: &str, max: usize) -> Self {
        let text = replace_chars(text, |c| match c {
            '`' => Some('\u{02CB}'),
            '\n' => Some('\u{23CE}'),
            _ => None,
        });
        let text = clean_line(&text);
        let text = if text.trim().is_empty() { "-" } else { text.trim() };
        Self(format!("`{}`", escape_and_clip(text, max.min(MAX_CODE))))
    }

    /// A code block of several lines.
    pub fn code_block(text: &str, max: usize) -> Self {
        let text = replace_chars(text, |c| (c == '`').then_some('\u{02CB}'));
        Self(format!("```{}```", escape_and_clip(&clean_multiline(&text), max)))
    }

    /// Bold. An asterisk in the value shows as itself or as more bold, nothing else.
    pub fn into_bold(self) -> Self {
        Self(format!("*{}*", self.0))
    }

    /// A link, if the URL is plain `https`; otherwise only the label.
    pub fn link_to(url: &str, label: &str, max: usize) -> Self {
        let label = Self::escape_text(label, max);
        match safe_url(url) {
            Some(url) => Self(format!("<{url}|{}>", label.0.replace('|', "\u{2223}"))),
            None => label,
        }
    }

    /// The parts one after another.
    pub fn concat_parts(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }

    /// The parts with a separator of our own.
    pub fn join_parts(parts: impl IntoIterator<Item = Self>, separator: &'static str) -> Self {
        let parts: Vec<String> = parts.into_iter().map(|part| part.0).collect();
        Self(parts.join(separator))
    }

    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length as Slack may count it.
    pub fn sent_length(&self) -> usize {
        utf16_length(&self.0)
    }
}

impl fmt::Display for Mrkdwn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text for a `plain_text` object, which Slack does not parse. Empty text becomes a dash.
pub fn plain_text(text: &str, max: usize) -> String {
    let text = clean_line(text);
    let text = if text.trim().is_empty() { "-" } else { text.trim() };
    clip_text(text, max).into_owned()
}

/// Escapes and clips so that the escaped text fits and no entity is cut.
fn escape_and_clip(text: &str, max: usize) -> String {
    let mut room = max;
    let whole = escape_entities(text);
    if utf16_length(&whole) <= max {
        return whole;
    }
    loop {
        let clipped = escape_entities(&clip_text(text, room));
        let over = utf16_length(&clipped).saturating_sub(max);
        if over == 0 || room == 0 {
            return clipped;
        }
        // An entity is at most five characters for one: cut at least a fifth of the excess.
        room =
            room.min(utf16_length(&clip_text(text, room))).saturating_sub(over.div_ceil(5).max(1));
    }
}

fn escape_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn safe_url(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let seen = |c: char| c.is_ascii_graphic();
    (!host.is_empty() && host.chars().all(plain) && rest.chars().all(seen)).then(|| {
        url.replace('<', "%3C").replace('>', "%3E").replace('|', "%7C").replace('&', "&amp;")
    })
}
