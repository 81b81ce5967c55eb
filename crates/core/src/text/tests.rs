//! Hostile strings through every medium.

use proptest::prelude::*;

use super::clean::is_invisible;
use super::clip::utf16_length;
use super::slack::{Mrkdwn, plain_text};
use super::*;

const HOSTILE: [&str; 14] = [
    "<!channel>",
    "<@U123>",
    "<https://evil.example|aws.amazon.com>",
    "`code` ```block``` *b* _i_",
    "\u{1b}]8;;https://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{1b}[2J\u{1b}[1;1H\u{9b}31m",
    "user\u{202e}nimda\u{202c}",
    "a\u{200b}b\u{feff}c\u{e0041}",
    "line\r\nbreak\u{2028}x\u{85}y",
    "=cmd|' /C calc'!A0",
    "\t@SUM(1)",
    "\0nul",
    "z\u{300}\u{301}\u{302}\u{303}",
    "&amp; & < >",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![prop::sample::select(&HOSTILE[..]).prop_map(str::to_owned), any::<String>()];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn check_mrkdwn(text: &Mrkdwn, max: usize) {
    let text = text.as_str();
    assert!(!text.contains(['<', '>']), "{text:?}");
    assert!(!text.contains(|c| is_invisible(c) && c != '\n'), "{text:?}");
    assert!(utf16_length(text) <= max, "{} > {max}: {text:?}", utf16_length(text));
    for (at, _) in text.match_indices('&') {
        assert!(
            ["&amp;", "&lt;", "&gt;"].iter().any(|entity| text[at..].starts_with(entity)),
            "{text:?}"
        );
    }
}

#[test]
fn known_hostile_strings() {
    for text in HOSTILE {
        check_mrkdwn(&Mrkdwn::escape_text(text, 100), 100);
        assert!(!clean_line(text).contains(is_invisible), "{text:?}");
        let code = Mrkdwn::code_span(text, 100);
        assert_eq!(code.as_str().matches('`').count(), 2, "{code}");
        assert!(
            !csv::csv_cell(text).trim_start_matches('"').starts_with(['=', '+', '-', '@']),
            "{text:?}"
        );
        assert!(!html::escape_html(text).contains(['<', '>', '"']), "{text:?}");
        let line = json::json_line(&[("k", text)]);
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["k"], text, "a log line loses nothing");
    }
}

#[test]
fn links_are_ours_only() {
    assert_eq!(
        Mrkdwn::link_to("https://a.example/x?y=1&z", "a|b", 50).as_str(),
        "<https://a.example/x?y=1&amp;z|a\u{2223}b>"
    );
    for url in [
        "http://a.example",
        "https://",
        "https://a@b/",
        "https://a b",
        "javascript:x",
        "https://a.example/\u{202e}",
    ] {
        assert_eq!(Mrkdwn::link_to(url, "label", 50).as_str(), "label", "{url}");
    }
}

#[test]
fn clipping_keeps_what_is_seen_as_one_together() {
    assert_eq!(clip_text("abcdef", 4), "abc…");
    assert_eq!(clip_text("abcd", 4), "abcd");
    assert_eq!(clip_text("ab👩‍👩‍👧‍👧", 5), "ab…");
    assert_eq!(clip_text("abc", 0), "");
    assert_eq!(clip_bytes("aé", 2), ("a", 2));
    let zalgo = format!("a{}", "\u{300}".repeat(1000));
    assert!(utf16_length(&clip_text(&zalgo, 50)) <= 50);
}

proptest! {
    #[test]
    fn slack_text_is_inert(text in hostile(), max in 1_usize..60) {
        check_mrkdwn(&Mrkdwn::escape_text(&text, max), max);
        check_mrkdwn(&Mrkdwn::code_span(&text, max), max.max(1) + 2);
        check_mrkdwn(&Mrkdwn::code_block(&text, max), max + 6);
        prop_assert!(!plain_text(&text, max).is_empty());
        prop_assert!(utf16_length(&plain_text(&text, max)) <= max);
    }

    #[test]
    fn cleaning_is_idempotent_and_seen(text in hostile()) {
        let once = clean_line(&text).into_owned();
        prop_assert_eq!(clean_line(&once), once.as_str());
        prop_assert!(!once.contains(is_invisible));
        prop_assert!(utf16_length(&clip_text(&once, 20)) <= 20);
    }

    #[test]
    fn no_cell_is_a_formula(text in hostile()) {
        let cell = csv::csv_cell(&text);
        let quoted = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
        let value = quoted.map_or(cell.clone(), |cell| cell.replace("\"\"", "\""));
        prop_assert!(!value.trim_start().starts_with(['=', '+', '-', '@', '\t']));
        prop_assert!(!cell.contains(['\n', '\r']));
    }
}
