//! Regular expressions between `%`, in the dialect of filter patterns.
//!
//! It has no groups, no characters beyond ASCII, and few symbols; `\xhh` stands for the others.

use super::ast::Regex;
use super::cursor::Cursor;
use crate::ir;
use crate::problem::Problem;

/// Maximum number of regular expressions in one pattern.
const MAX_REGEXES: usize = 2;

/// Reads a regular expression including the `%` around it.
pub(super) fn read(cursor: &mut Cursor) -> Result<Regex, Problem> {
    let start = cursor.at();
    cursor.next();
    cursor.regexes += 1;
    if cursor.regexes > MAX_REGEXES {
        let what = format!("over {MAX_REGEXES} regular expressions in one pattern");
        return Err(cursor.problem(start, what).hint("join some with `|`"));
    }
    let mut regex = String::new();
    let first = cursor.at();
    let mut text = String::new();
    loop {
        let at = cursor.at();
        match cursor.next() {
            None => return Err(cursor.problem(start, "regular expression without a closing `%`")),
            Some('%') => break,
            Some('\\') => escape(cursor, at, &mut text, &mut regex)?,
            Some(c) => plain(cursor, at, c, &mut text, &mut regex)?,
        }
    }
    if text.is_empty() {
        return Err(cursor.problem(start, "empty regular expression"));
    }
    match ir::Regex::new(&regex) {
        Ok(compiled) => Ok(Regex { text, compiled }),
        Err(what) => Err(cursor.problem(first, format!("regular expression `{text}`: {what}"))),
    }
}

fn plain(
    cursor: &mut Cursor,
    at: usize,
    c: char,
    text: &mut String,
    regex: &mut String,
) -> Result<(), Problem> {
    text.push(c);
    match c {
        // The engine's classes interpret `--`, `&&` and `~~`; filter patterns do not.
        '-' if regex.ends_with('-') => regex.push_str("\\-"),
        '{' if cursor.peek() == Some(',') => regex.push_str("{0"),
        c if allowed(c) => regex.push(c),
        '(' | ')' => {
            return Err(cursor
                .problem(at, "parenthesis in a regular expression")
                .hint("there are no groups; `\\x28` and `\\x29` are the characters"));
        }
        c if c.is_ascii_graphic() => {
            let what = format!("`{c}` in a regular expression");
            let hint = format!("write it as `\\x{:02X}`", u32::from(c));
            return Err(cursor.problem(at, what).hint(hint));
        }
        c => {
            let what = format!("`{}` in a regular expression", c.escape_debug());
            return Err(cursor.problem(at, what).hint("only ASCII is allowed"));
        }
    }
    Ok(())
}

/// Letters, digits, the symbols and the operators; also blanks, which the documentation uses.
fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ' ' || symbol(c)
}

fn symbol(c: char) -> bool {
    ":_#=@/;,-^$?[]{}|\\*+.".contains(c)
}

fn escape(
    cursor: &mut Cursor,
    at: usize,
    text: &mut String,
    regex: &mut String,
) -> Result<(), Problem> {
    text.push('\\');
    let Some(c) = cursor.next() else {
        return Err(cursor.problem(at, "backslash at the end of the pattern"));
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
                cursor.peek().filter(char::is_ascii_hexdigit).inspect(|_| {
                    cursor.next();
                })
            })
            .take(2)
            .collect();
            if digits.len() < 2 {
                return Err(cursor.problem(at, "`\\x` without two hexadecimal digits"));
            }
            text.push_str(&digits);
            regex.push_str("\\x");
            regex.push_str(&digits);
        }
        '_' => regex.push('_'),
        c if symbol(c) => {
            regex.push('\\');
            regex.push(c);
        }
        c => {
            let what = format!("unknown escape `\\{}` in a regular expression", c.escape_debug());
            return Err(cursor.problem(at, what).hint(match c {
                '(' | ')' => "`\\x28` and `\\x29` are parentheses",
                _ => "there are \\d \\D \\s \\S \\w \\W \\xhh, and operators as themselves",
            }));
        }
    }
    Ok(())
}
