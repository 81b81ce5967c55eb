//! Escapes text for the media of templates, and fits it into a limit in the receiver's own unit.
//!
//! Sources: Discord, "Markdown Text 101" (a backslash escapes punctuation); Mattermost, "Format
//! messages"; Webex, "Formatting Messages"; Telegram, "Bot API: HTML style"
//! <https://core.telegram.org/bots/api#html-style>. Where a medium has no escape, for a backtick in
//! code, a mention or the beginning of a link, a look-alike replaces the character.

use aware_core::text::{clean_line, clean_multiline, clip_text};

/// How a receiver counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextUnit {
    /// Unicode characters.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// UTF-16 units, the most that a receiver of characters can count.
    Utf16,
}

impl TextUnit {
    /// The unit with a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "chars" => Some(Self::Chars),
            "bytes" => Some(Self::Bytes),
            "utf16" => Some(Self::Utf16),
            _ => None,
        }
    }

    /// The length of a text.
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Bytes => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// A medium that a message is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextMedium {
    /// Text that the receiver does not parse.
    Plain,
    /// Markdown with backslash escapes.
    Markdown,
    /// Telegram's HTML.
    Html,
    /// One code block, for dialects of Markdown without escapes.
    Fenced,
}

impl TextMedium {
    /// The medium with a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "plain" => Some(Self::Plain),
            "markdown" => Some(Self::Markdown),
            "html" => Some(Self::Html),
            "fenced" => Some(Self::Fenced),
            _ => None,
        }
    }

    /// One line of running text.
    pub(super) fn escape(self, text: &str) -> String {
        match self {
            Self::Plain => clean_line(text).into_owned(),
            Self::Markdown => escape_markdown(text),
            Self::Html => escape_html(text),
            Self::Fenced => inert_code(&clean_line(text)),
        }
    }

    /// A label with its value.
    pub(super) fn field(self, label: &str, value: &str) -> String {
        match self {
            Self::Plain | Self::Fenced => format!("{}: {}", self.escape(label), self.escape(value)),
            Self::Markdown => format!("**{}:** {}", self.escape(label), markdown_code(value)),
            Self::Html => format!(
                "<b>{}:</b> <code>{}</code>",
                self.escape(label),
                html_code(&clean_line(value))
            ),
        }
    }

    /// Several lines, letter by letter.
    pub(super) fn block(self, text: &str) -> String {
        let text = clean_multiline(text);
        match self {
            Self::Plain => text.into_owned(),
            Self::Markdown => format!("```\n{}\n```", inert_code(&text)),
            Self::Html => format!("<pre>{}</pre>", html_code(&text)),
            Self::Fenced => inert_code(&text),
        }
    }

    /// The whole text, once its parts are joined.
    pub(super) fn wrap(self, text: String) -> String {
        match self {
            Self::Fenced => format!("```\n{text}\n```"),
            Self::Plain | Self::Markdown | Self::Html => text,
        }
    }
}

/// Markdown that shows the text as it is: no markup, no mention, no link.
pub(super) fn escape_markdown(text: &str) -> String {
    let text = without_mentions(&clean_line(text));
    let mut out = String::with_capacity(text.len());
    for c in without_links(&text).chars() {
        match c {
            '\\' | '*' | '_' | '~' | '|' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '`' => out.push('\u{2CB}'),
            '<' => out.push('\u{2039}'),
            '>' => out.push('\u{203A}'),
            c => out.push(c),
        }
    }
    out
}

/// A code span; empty text becomes a dash.
pub(super) fn markdown_code(text: &str) -> String {
    let text = inert_code(&clean_line(text));
    let text = if text.trim().is_empty() { "-" } else { text.trim() };
    format!("`{text}`")
}

/// HTML text without mentions and links.
pub(super) fn escape_html(text: &str) -> String {
    html_entities(&without_links(&without_mentions(&clean_line(text))))
}

/// Code within a tag.
fn html_code(text: &str) -> String {
    html_entities(&without_mentions(text))
}

fn html_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Code cannot be ended by a backtick; some receivers look for mentions, and Slack's `<…>`, in code
/// too.
fn inert_code(text: &str) -> String {
    without_mentions(text).replace('`', "\u{2CB}").replace('<', "\u{2039}")
}

/// An `@` that begins a word becomes its wide form; the one of an address stays.
fn without_mentions(text: &str) -> String {
    let mut before = ' ';
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(if c == '@' && !before.is_alphanumeric() { '\u{FF20}' } else { c });
        before = c;
    }
    out
}

/// What receivers turn into a link by itself: `://` and `www.`.
fn without_links(text: &str) -> String {
    let text = text.replace("://", "\u{2236}//");
    ["www.", "WWW.", "Www."].into_iter().fold(text, |text, start| {
        let shown = start.replace('.', "\u{2024}");
        text.replace(start, &shown)
    })
}

/// The text as `escape` writes it, clipped before escaping, so that no escape is cut.
pub(super) fn fit_text(
    text: &str,
    max: usize,
    unit: TextUnit,
    escape: impl Fn(&str) -> String,
) -> String {
    let whole = escape(text);
    if unit.length(&whole) <= max {
        return whole;
    }
    let mut best = String::new();
    let (mut fits, mut too_long) = (0, TextUnit::Utf16.length(text).min(max).saturating_add(1));
    while fits + 1 < too_long {
        let room = usize::midpoint(fits, too_long);
        let tried = escape(&clip_text(text, room));
        if unit.length(&tried) <= max {
            best = tried;
            fits = room;
        } else {
            too_long = room;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [&str; 8] = [
        "@everyone @here <@1> <!channel> <#2>",
        "[aws](https://evil.example) https://evil.example www.evil.example",
        "**b** _i_ ~~s~~ ||spoiler|| # h",
        "```\n`code`",
        "</code></pre><b>&amp;\"",
        "a\u{202e}b\u{200b}c\u{7}",
        "line\r\n# break",
        "\\*x\\*",
    ];

    #[test]
    fn nothing_of_a_value_is_markup() {
        for text in HOSTILE {
            let shown = escape_markdown(text);
            assert!(
                !shown.contains(['`', '<', '>', '\n', '\r', '\u{202e}', '\u{200b}']),
                "{shown}"
            );
            assert!(!shown.contains("://") && !shown.contains("www."), "{shown}");
            let mut before = ' ';
            for c in shown.chars() {
                assert!(!matches!(c, '*' | '_' | '~' | '|' | '[' | ']' | '#') || before == '\\');
                assert!(c != '@' || before.is_alphanumeric(), "{shown}");
                before = if c == '\\' && before == '\\' { ' ' } else { c };
            }
            assert_eq!(markdown_code(text).matches('`').count(), 2, "{text}");
            assert!(!escape_html(text).contains(['<', '>', '"']), "{text}");
            assert_eq!(TextMedium::Fenced.block(text).matches('`').count(), 0);
            let field = TextMedium::Html.field("Who", text);
            assert_eq!(field.matches('<').count(), 4, "{field}");
        }
        assert_eq!(escape_markdown("alice@example.com *x*"), "alice@example.com \\*x\\*");
        assert_eq!(markdown_code("  "), "`-`");
    }

    #[test]
    fn a_limit_holds_in_its_unit_and_cuts_no_escape() {
        let text = "é&<*".repeat(50);
        for unit in [TextUnit::Chars, TextUnit::Bytes, TextUnit::Utf16] {
            for max in [0, 1, 3, 7, 40, 199] {
                let html = fit_text(&text, max, unit, escape_html);
                assert!(unit.length(&html) <= max, "{max} {html}");
                assert_eq!(html.matches('&').count(), html.matches(';').count(), "{html}");
                let markdown = fit_text(&text, max, unit, escape_markdown);
                assert!(unit.length(&markdown) <= max && !markdown.ends_with('\\'), "{markdown}");
                assert!(max < 40 || markdown.ends_with('…'), "it says that it is cut: {markdown}");
            }
        }
        assert_eq!(fit_text("short", 5, TextUnit::Chars, str::to_owned), "short");
    }
}
