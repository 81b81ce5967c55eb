//! Clips text to a length, at the boundary of what a reader sees as one character.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// At most `max` characters, ending in `…` if clipped. Length is counted in UTF-16 units, the
/// larger of the ways media count, since they do not say which they use.
///
/// ```
/// use aware_core::text::clip_text;
///
/// assert_eq!(clip_text("ListGroupsForUser", 11), "ListGroups…");
/// assert_eq!(clip_text("ListUsers", 11), "ListUsers");
/// ```
pub fn clip_text(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max || utf16_length(text) <= max {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut room = max.saturating_sub(1);
    for grapheme in text.graphemes(true) {
        let need = utf16_length(grapheme);
        if need > room {
            // A pile of combining marks longer than the whole limit is cut within itself.
            if kept.is_empty() {
                kept.extend(grapheme.chars().take(room / 2));
            }
            break;
        }
        room -= need;
        kept.push_str(grapheme);
    }
    if max > 0 {
        kept.push('…');
    }
    Cow::Owned(kept)
}

/// The length of a text as [`clip_text`] counts it.
pub(super) fn utf16_length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// At most `max` bytes, cut between characters, and how many bytes were cut.
///
/// ```
/// use aware_core::text::clip_bytes;
///
/// // An é takes two bytes: it is not cut in the middle.
/// assert_eq!(clip_bytes("caf\u{e9}", 4), ("caf", 2));
/// ```
pub fn clip_bytes(text: &str, max: usize) -> (&str, usize) {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or_default();
    (kept, text.len() - kept.len())
}
