//! Escaping for the two parts of a mail. No value becomes a link.
//!
//! Mail clients turn what looks like an address into a link by themselves, and a user name or a
//! user agent may look like one. In HTML, tags inside the text keep a client from recognizing it:
//! dots and at signs within a word, and the colon of `://`, are wrapped into an element of their
//! own. Selecting and copying still gives the value as it was, which characters of zero width would
//! spoil. The text part has no tags; there `://` is written `[:]//`, and `www.` becomes `www[.]`.
//! Other names stay as they are in it, since a reader must be able to trust them.

use aware_core::text::html::escape_html;
use aware_core::text::{clean_line, clean_multiline};

/// Any text as the content of an HTML element, on one line.
pub(super) fn html_line(text: &str) -> String {
    break_links(&clean_line(text))
}

/// The same with its line breaks, for elements that keep them.
pub(super) fn html_lines(text: &str) -> String {
    let text = clean_multiline(text);
    let lines: Vec<String> = text.split('\n').map(break_links).collect();
    lines.join("\n")
}

fn break_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut buffer = [0; 4];
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        let is_inside = before.is_alphanumeric() && rest.starts_with(char::is_alphanumeric);
        let breaks = matches!(c, '.' | '@') && is_inside || c == ':' && rest.starts_with("//");
        if breaks {
            out.push_str("<span>");
            out.push(c);
            out.push_str("</span>");
        } else {
            out.push_str(&escape_html(c.encode_utf8(&mut buffer)));
        }
        before = c;
    }
    out
}

/// Any text for the text part, with its line breaks.
pub(super) fn plain_lines(text: &str) -> String {
    let text = clean_multiline(text).replace("://", "[:]//");
    text.replace("www.", "www[.]").replace("WWW.", "WWW[.]")
}

/// The same on one line.
pub(super) fn plain_line(text: &str) -> String {
    plain_lines(&clean_line(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_html_is_markup_or_a_link() {
        for (text, html) in [
            (
                "<b>R&D</b> \"x\" 'y' `z`",
                "&lt;b&gt;R&amp;D&lt;/b&gt; &quot;x&quot; &#39;y&#39; &#96;z&#96;",
            ),
            ("evil.example", "evil<span>.</span>example"),
            ("a@b.c", "a<span>@</span>b<span>.</span>c"),
            ("https://x", "https<span>:</span>//x"),
            ("The end. arn:aws:s3:::a", "The end. arn:aws:s3:::a"),
            ("a\nb\u{202e}c", "a b\u{fffd}c"),
        ] {
            assert_eq!(html_line(text), html);
        }
        assert_eq!(html_lines("a\n<b>\r"), "a\n&lt;b&gt; ");
    }

    #[test]
    fn addresses_fall_apart_in_text() {
        assert_eq!(
            plain_line("see https://www.evil.example\n"),
            "see https[:]//www[.]evil.example "
        );
        assert_eq!(plain_lines("a\nb\u{2028}c"), "a\nb\u{fffd}c");
    }
}
