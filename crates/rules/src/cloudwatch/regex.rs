//! Regular expressions between `%`, in the dialect of filter patterns.
//!
//! It has no groups, no characters beyond ASCII, and few symbols; `\xhh` stands for the others.

use super::ast::FilterRegex;
use super::cursor::PatternCursor;
use crate::ir;
use crate::problem::RuleMistake;

/// Maximum number of regular expressions in one pattern.
const MAX_REGEXES: usize = 2;

/// Reads a regular expression including the `%` around it.
pub(super) fn read_regex(cursor: &mut PatternCursor) -> Result<FilterRegex, RuleMistake> {
    let start = cursor.position();
    cursor.next_char();
    cursor.regexes += 1;
    if cursor.regexes > MAX_REGEXES {
        let what = format!("over {MAX_REGEXES} regular expressions in one pattern");
        return Err(cursor.problem_at(start, what).with_hint("join some with `|`"));
    }
    let mut regex = String::new();
    let first = cursor.position();
    let mut text = String::new();
    loop {
        let at = cursor.position();
        match cursor.next_char() {
            None => {
                return Err(cursor.problem_at(start, "regular expression without a closing `%`"));
            }
            Some('%') => break,
            Some('\\') => read_escape(cursor, at, &mut text, &mut regex)?,
            Some(c) => read_plain_char(cursor, at, c, &mut text, &mut regex)?,
        }
    }
    if text.is_empty() {
        return Err(cursor.problem_at(start, "empty regular expression"));
    }
    match ir::LinearRegex::compile_text(&regex) {
        Ok(compiled) => Ok(FilterRegex { text, compiled }),
        Err(what) => Err(cursor.problem_at(first, format!("regular expression `{text}`: {what}"))),
    }
}

fn read_plain_char(
    cursor: &mut PatternCursor,
    at: usize,
    c: char,
    text: &mut String,
    regex: &mut String,
) -> Result<(), RuleMistake> {
    text.push(c);
    match c {
        // The engine's classes interpret `--`, `&&` and `~~`; filter patterns do not.
        '-' if regex.ends_with('-') => regex.push_str("\\-"),
        '{' if cursor.peek_char() == Some(',') => regex.push_str("{0"),
        c if is_allowed(c) => regex.push(c),
        '(' | ')' => {
            return Err(cursor
                .problem_at(at, "parenthesis in a regular expression")
                .with_hint("there are no groups; `\\x28` and `\\x29` are the characters"));
        }
        c if c.is_ascii_graphic() => {
            let what = format!("`{c}` in a regular expression");
            let hint = format!("write it as `\\x{:02X}`", u32::from(c));
            return Err(cursor.problem_at(at, what).with_hint(hint));
        }
        c => {
            let what = format!("`{}` in a regular expression", c.escape_debug());
            return Err(cursor.problem_at(at, what).with_hint("only ASCII is allowed"));
        }
    }
    Ok(())
}

/// Letters, digits, the symbols and the operators; also blanks, which the documentation uses.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ' ' || is_symbol(c)
}

fn is_symbol(c: char) -> bool {
    ":_#=@/;,-^$?[]{}|\\*+.".contains(c)
}

fn read_escape(
    cursor: &mut PatternCursor,
    at: usize,
    text: &mut String,
    regex: &mut String,
) -> Result<(), RuleMistake> {
    text.push('\\');
    let Some(c) = cursor.next_char() else {
        return Err(cursor.problem_at(at, "backslash at the end of the pattern"));
    };
    text.push(c);
    match c {
        'd' => regex.push_str("[0-9]"),
        'D' => regex.push_str("[^0-9]"),
        's' => regex.push_str(r"[ \t\n\r\x0B\x0C]"),
        'S' => regex.push_str(r"[^ \t\n\r\x0B\x0C]"),
        'w' => regex.push_str("[a-zA-Z_0-9]"),
        'W' => regex.push_str("[^a-zA-Z_0-9]"),
        'x' => {
            let digits: String = std::iter::from_fn(|| {
                cursor.peek_char().filter(char::is_ascii_hexdigit).inspect(|_| {
                    cursor.next_char();
                })
            })
            .take(2)
            .collect();
            if digits.len() < 2 {
                return Err(cursor.problem_at(at, "`\\x` without two hexadecimal digits"));
            }
            text.push_str(&digits);
            regex.push_str("\\x");
            regex.push_str(&digits);
        }
        '_' => regex.push('_'),
        c if is_symbol(c) => {
            regex.push('\\');
            regex.push(c);
        }
        c => {
            let what = format!("unknown escape `\\{}` in a regular expression", c.escape_debug());
            return Err(cursor.problem_at(at, what).with_hint(match c {
                '(' | ')' => "`\\x28` and `\\x29` are parentheses",
                _ => "there are \\d \\D \\s \\S \\w \\W \\xhh, and operators as themselves",
            }));
        }
    }
    Ok(())
}
