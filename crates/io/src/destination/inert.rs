//! Text for receivers that pass it on to media we do not know: nothing in it links, mentions or
//! embeds.
//!
//! Alertmanager's templates put annotations into Slack, Teams and mail without escaping them, and
//! Teams may read Markdown where its schema says that it does not. So what works as markup anywhere
//! is replaced by characters that look alike, which a reader sees and no parser reads.

use aware_core::text::{clean_line, clip_text};

/// What notifies everybody after an `@`, somewhere.
const CROWDS: [&str; 4] = ["everyone", "here", "channel", "all"];

/// One line of visible text without working markup, clipped to `max` characters.
///
/// Angle brackets (Slack's links and mentions, HTML, Teams' `<at>`) become look-alikes, Markdown's
/// links and images and addresses of the web fall apart, and nobody is notified.
pub(super) fn inert_line(text: &str, max: usize) -> String {
    let text = clean_line(text);
    let text = clip_text(text.trim(), max);
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => out.push('\u{2039}'),
            '>' => out.push('\u{203A}'),
            '(' if before == ']' => out.push_str(" ("),
            ':' if is_web_address(&text, at) => out.push_str("[:]"),
            '@' if !before.is_alphanumeric() && names_crowd(&text, at + 1) => out.push('\u{FF20}'),
            c => out.push(c),
        }
        before = c;
    }
    clip_text(&out, max).into_owned()
}

/// Whether a text is shown as it is: commands that are not must not be shown at all, since people
/// copy them.
pub(super) fn is_inert(text: &str) -> bool {
    text.lines().all(|line| inert_line(line, usize::MAX) == line.trim())
}

/// Whether the colon at a position is that of `https://`.
fn is_web_address(text: &str, at: usize) -> bool {
    let follows = |scheme: &str| {
        let start = at.checked_sub(scheme.len()).and_then(|from| text.get(from..at));
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let rest = text.get(at..).unwrap_or_default();
    rest.starts_with("://") && (follows("http") || follows("https"))
}

fn names_crowd(text: &str, from: usize) -> bool {
    let starts_with = |word: &str| {
        let start = text.get(from..from + word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    CROWDS.into_iter().any(starts_with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_does_not_work() {
        for (text, shown) in [
            (
                "<!channel> <@U1> <https://evil.example|AWS>",
                "‹!channel› ‹@U1› ‹https[:]//evil.example|AWS›",
            ),
            ("<at>admin</at>", "‹at›admin‹/at›"),
            ("![x](https://evil.example/p.png)", "![x] (https[:]//evil.example/p.png)"),
            ("@everyone @HERE (@channel)", "＠everyone ＠HERE (＠channel)"),
            ("HTTP://a s3://b é://c", "HTTP[:]//a s3://b é://c"),
            ("alice@allied.example", "alice@allied.example"),
            ("a\nb\u{202e}c", "a b\u{fffd}c"),
            ("Allow * on arn:aws:s3:::a_b/*", "Allow * on arn:aws:s3:::a_b/*"),
        ] {
            assert_eq!(inert_line(text, 100), shown);
        }
    }

    #[test]
    fn the_limit_holds_whatever_grows() {
        for text in ["](".repeat(50), "<".repeat(200), "é".repeat(200), "\u{1f600}".repeat(60)] {
            let shown = inert_line(&text, 40);
            assert!(shown.encode_utf16().count() <= 40 && shown.ends_with('…'), "{shown}");
        }
    }

    #[test]
    fn commands_are_shown_whole_or_not_at_all() {
        assert!(is_inert("[\n  {\n    \"Action\": \"s3:*\"\n  }\n]"));
        assert!(is_inert("aws s3 rm s3://a --profile 'a b'"));
        for changed in ["aws x > y", "a\u{202e}b", "echo [a](b)"] {
            assert!(!is_inert(changed), "{changed}");
        }
    }
}
