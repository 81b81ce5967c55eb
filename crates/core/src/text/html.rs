//! HTML text and attribute values.

use super::clean_line;

/// Text that is safe as content and within quoted attributes.
///
/// ```
/// use aware_core::text::html::escape_html;
///
/// assert_eq!(escape_html("<b>R&D</b>"), "&lt;b&gt;R&amp;D&lt;/b&gt;");
/// ```
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
    out
}
