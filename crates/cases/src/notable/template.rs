//! Templates of sentences, commands and undo keys.

use aware_core::fingerprint::Fingerprint;
use aware_core::text::clip_bytes;

/// From this length on a part of an undo key is shortened to its beginning and a digest.
const MAX_PART: usize = 160;

/// A part of an undo key: what separates parts is escaped, and its length is bounded.
pub(super) fn key_part(text: &str) -> String {
    bounded_part(&text.replace('%', "%25").replace('|', "%7C").replace(',', "%2C"))
}

/// A part that is escaped already, with a bounded length.
pub(super) fn bounded_part(part: &str) -> String {
    if part.len() <= MAX_PART {
        return part.to_owned();
    }
    let (start, _) = clip_bytes(part, MAX_PART / 2);
    format!("{start}…{}", Fingerprint::from_parts(&["undo", part]).as_str())
}

/// A placeholder of a template.
pub(super) struct TemplateSlot<'t> {
    /// The parameter, or several of which the first that is there counts.
    pub(super) paths: &'t str,
    /// It is a list: `{name&}`.
    pub(super) is_list: bool,
    /// It is a key id: `{name#}`.
    pub(super) is_key: bool,
}

/// Fills each placeholder with its value; `None` if one has none.
pub(super) fn fill_template(
    template: &str,
    value: &mut dyn FnMut(TemplateSlot<'_>) -> Option<String>,
) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, tail) = after.split_once('}')?;
        let paths = slot.trim_end_matches(['&', '#']);
        let slot =
            TemplateSlot { paths, is_list: slot.ends_with('&'), is_key: slot.ends_with('#') };
        filled.push_str(before);
        filled.push_str(&value(slot)?);
        rest = tail;
    }
    filled.push_str(rest);
    Some(filled)
}
