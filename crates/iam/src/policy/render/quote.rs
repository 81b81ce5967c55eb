//! Strings and names, escaped as the formats need them.

pub(super) fn capitalize_word(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// A string in double quotes in which everything but printable ASCII is escaped; `beyond` writes
/// characters that do not fit a `\u` escape.
pub(super) fn quote_ascii(text: &str, beyond: fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            '\0'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => beyond(c, &mut out),
        }
    }
    out.push('"');
    out
}

/// For JSON and TypeScript: as UTF-16 code units.
pub(super) fn escape_utf16(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// For HCL and YAML: as eight digits.
pub(super) fn escape_utf32(c: char, out: &mut String) {
    out.push_str(&format!("\\U{:08X}", u32::from(c)));
}
