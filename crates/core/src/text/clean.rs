//! Replaces what is invisible or deceptive: controls, bidi overrides, zero-width characters.

use std::borrow::Cow;

/// Replaces a removed character, to show that something was there.
const MARK: char = '\u{FFFD}';

/// One line of visible text. Line breaks and tabs become spaces; control, bidi, zero-width and tag
/// characters become U+FFFD.
///
/// ```
/// use aware_core::text::clean_line;
///
/// assert_eq!(clean_line("alice\nadmin"), "alice admin");
/// assert_eq!(clean_line("user\u{202e}gpj.exe"), "user\u{fffd}gpj.exe");
/// ```
pub fn clean_line(text: &str) -> Cow<'_, str> {
    replace_chars(text, |c| match c {
        '\t' | '\n' | '\r' => Some(' '),
        c if is_invisible(c) => Some(MARK),
        _ => None,
    })
}

/// The same, but keeps line breaks.
pub fn clean_multiline(text: &str) -> Cow<'_, str> {
    replace_chars(text, |c| match c {
        '\n' => None,
        '\t' | '\r' => Some(' '),
        c if is_invisible(c) => Some(MARK),
        _ => None,
    })
}

/// Replaces some characters; borrows when there are none.
pub(super) fn replace_chars(text: &str, replace: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    let untouched = |text: &str| text.chars().all(|c| replace(c).is_none());
    if text.as_bytes().iter().all(printable) && untouched(text) || untouched(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| replace(c).unwrap_or(c)).collect())
}

/// Characters that are invisible, or that change how others appear.
///
/// Sources: Unicode TR 36 "Unicode Security Considerations"; CVE-2021-42574 for bidi controls.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}')
}
