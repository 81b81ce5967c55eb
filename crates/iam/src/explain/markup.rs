//! Removes the marks of Markdown, HTML and AWS's own documents around a word:
//! `**ec2:RunInstances**`.

use crate::steps::scan;

/// Marks that are never part of a name.
const MARKS: [&str; 13] = [
    "``",
    "{{",
    "}}",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<em>",
    "</em>",
    "<strong>",
    "</strong>",
    "<code>",
    "</code>",
];

/// A text without marks. Stars are marks if they open at a word's beginning and close at its end;
/// other stars are patterns (`instance/*`) or masks (`***`).
pub(super) fn strip_markup(text: &str) -> String {
    let mut text = text.to_owned();
    for mark in MARKS {
        if scan(&text).contains(mark) {
            text = text.replace(mark, "");
        }
    }
    if text.contains('*') { without_stars(&text) } else { text }
}

fn without_stars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open = 0;
    let mut rest = text;
    while let Some(at) = rest.find('*') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(scan(before));
        let behind = after.trim_start_matches('*');
        let stars = after.len() - behind.len();
        let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let (last, next) = (out.chars().next_back(), behind.chars().next());
        let opens = last.is_none_or(char::is_whitespace) && is_word(next) && stars <= 2;
        let closes = open == stars && is_word(last) && !is_word(next);
        if opens {
            open = stars;
        } else if closes {
            open = 0;
        } else {
            out.push_str(after.get(..stars).unwrap_or_default());
        }
        rest = behind;
    }
    out.push_str(scan(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_and_patterns_stay() {
        let cases = [
            ("perform: **ec2:RunInstances** on", "perform: ec2:RunInstances on"),
            ("perform: *s3:GetObject*, on", "perform: s3:GetObject, on"),
            ("iot:``ListThings`` on {{thing}}", "iot:ListThings on thing"),
            ("<code>arn:aws:s3:::a/*</code>", "arn:aws:s3:::a/*"),
            ("arn:aws:sts::**:role on instance/*", "arn:aws:sts::**:role on instance/*"),
            ("* one\n* two: s3:Get* is", "* one\n* two: s3:Get* is"),
            (
                "User: *** is s3:* on arn:aws:s3:::a* because",
                "User: *** is s3:* on arn:aws:s3:::a* because",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(strip_markup(text), expected);
        }
    }
}
