//! Reads Rust source well enough to measure it: code without comments, literals and tests; items.
//!
//! Braces decide where an item ends, so the source has to be formatted by no particular tool.

/// The code of a file: comments and the contents of literals are blanked, and so is code marked
/// `#[cfg(test)]`. Its length and lines are those of the text.
pub fn code_of(text: &str) -> String {
    blank_tests(&blank_literals(text))
}

/// One function or type of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceItem {
    /// `fn`, `struct`, `enum`, `trait`, `type`, `const`, `static`, `union` or `mod`.
    pub keyword: String,
    /// Its name.
    pub name: String,
    /// Its first line, from 1.
    pub line: usize,
    /// How many lines it has.
    pub lines: usize,
    /// Where its signature begins and ends in the code, in bytes.
    pub signature: std::ops::Range<usize>,
}

const KEYWORDS: [&str; 9] =
    ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "mod"];

/// The items of a file's code, in order, methods and nested ones included.
pub fn items_of(code: &str) -> Vec<SourceItem> {
    let mut items = Vec::new();
    let words = words_of(code);
    for pair in words.windows(2) {
        let [(at, keyword), (name_at, name)] = pair else { continue };
        let between = code.get(at + keyword.len()..*name_at).unwrap_or_default();
        let is_item = KEYWORDS.contains(keyword)
            && between.chars().all(char::is_whitespace)
            && !between.is_empty()
            && !KEYWORDS.contains(name)
            && !["async", "unsafe", "mut", "for", "extern"].contains(name);
        if !is_item || is_raw_pointer(code, *at) {
            continue;
        }
        let (head, end) = item_end(code, name_at + name.len());
        let count = |range: &str| range.bytes().filter(|byte| *byte == b'\n').count();
        items.push(SourceItem {
            keyword: (*keyword).to_owned(),
            name: (*name).to_owned(),
            line: count(code.get(..*at).unwrap_or_default()) + 1,
            lines: count(code.get(*at..end).unwrap_or_default()) + 1,
            signature: *at..head,
        });
    }
    items
}

/// `*const T` names no item.
fn is_raw_pointer(code: &str, at: usize) -> bool {
    code.get(..at).unwrap_or_default().ends_with('*')
}

/// Every identifier and keyword with its offset.
pub fn words_of(code: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut begin = None;
    for (at, letter) in code.char_indices().chain([(code.len(), ' ')]) {
        let is_word = letter == '_' || letter.is_alphanumeric();
        match (is_word, begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                words.push((from, code.get(from..at).unwrap_or_default()));
                begin = None;
            }
            _ => {}
        }
    }
    words
}

/// Where the head of an item ends, and where the item does.
fn item_end(code: &str, from: usize) -> (usize, usize) {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b';' if depth == 0 => return (at, at + 1),
            b'{' if depth == 0 => return (at, closing_brace(code, at)),
            b'}' if depth == 0 => return (at, at),
            _ => {}
        }
    }
    (code.len(), code.len())
}

/// The offset behind the brace that closes the one at `open`.
fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn blank_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let (mut kept, mut rest) = (String::with_capacity(code.len()), code);
    while let Some((before, after)) = rest.split_once(MARK) {
        let (_, end) = item_end(after, 0);
        let (item, behind) = after.split_at(end.min(after.len()));
        kept.push_str(before);
        kept.push_str(&blank(MARK));
        kept.push_str(&blank(item));
        rest = behind;
    }
    kept + rest
}

/// As many spaces as there are bytes; lines stay.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// Blanks comments and the insides of literals.
fn blank_literals(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let hidden = if before.is_alphanumeric() || before == '_' {
            hidden_len(rest, letter, false)
        } else {
            hidden_len(rest, letter, true)
        };
        let (open, len) = hidden.unwrap_or((letter.len_utf8(), letter.len_utf8()));
        let (taken, behind) = rest.split_at(len.min(rest.len()));
        kept.push_str(taken.get(..open).unwrap_or_default());
        kept.push_str(&blank(taken.get(open..).unwrap_or_default()));
        before = if hidden.is_some() { ' ' } else { letter };
        rest = behind;
    }
    kept
}

/// For a comment or a literal at the start of `rest`: how many bytes stay, and how many it has.
fn hidden_len(rest: &str, letter: char, may_prefix: bool) -> Option<(usize, usize)> {
    match letter {
        '/' if rest.starts_with("//") => Some((0, rest.find('\n').unwrap_or(rest.len()))),
        '/' if rest.starts_with("/*") => Some((0, rest.find("*/").map_or(rest.len(), |at| at + 2))),
        '"' => Some((1, quoted_len(rest))),
        '\'' => char_len(rest).map(|len| (1, len)),
        'r' | 'b' if may_prefix => raw_len(rest),
        _ => None,
    }
}

/// The length of a string that begins with a quotation mark.
fn quoted_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal; `None` for a lifetime.
fn char_len(rest: &str) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1);
    let (_, first) = letters.next()?;
    if first == '\\' {
        return rest.get(3..)?.find('\'').map(|at| at + 4);
    }
    let (at, second) = letters.next()?;
    (second == '\'').then_some(at + 1)
}

/// The length of a raw string.
fn raw_len(rest: &str) -> Option<(usize, usize)> {
    let body = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inside = body.get(hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let open = rest.len() - inside.len();
    Some((open, open + inside.find(&close).map_or(inside.len(), |at| at + close.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blank() {
        let text =
            "let a = \"fn no() {\"; // fn no\nlet b = r#\"\"fn\"\"#; let c = '{'; fn yes<'a>() {}";
        let code = code_of(text);
        assert_eq!(code.len(), text.len());
        let names: Vec<_> = items_of(&code).into_iter().map(|item| item.name).collect();
        assert_eq!(names, ["yes"]);
        assert_eq!(code_of(r"'\'' '\u{7f}' 'x'").matches('\'').count(), 3);
    }

    #[test]
    fn tests_do_not_count() {
        let text = "fn a() {\n    b();\n}\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\npub(crate) struct S;\n";
        let items = items_of(&code_of(text));
        let seen: Vec<_> =
            items.iter().map(|item| (item.name.as_str(), item.line, item.lines)).collect();
        assert_eq!(seen, [("a", 1, 3), ("S", 8, 1)]);
    }

    #[test]
    fn signatures_end_before_the_body() {
        let code = "pub async fn read(a: [u8; 2]) -> Result<(), String>\nwhere\n    A: B,\n{\n}\n";
        let item = items_of(code).remove(0);
        assert!(code.get(item.signature).unwrap().ends_with("A: B,\n"));
    }
}
