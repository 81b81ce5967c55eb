//! Arguments of commands, quoted so that a shell passes them on unchanged.

/// How long an argument may be; a longer one is in no command.
const MAX_ARGUMENT: usize = 1024;

/// Quotes an argument for a POSIX shell. `None` for what no command should have: nothing at all,
/// control and invisible characters, which a screen would change, what aws-cli would take for an
/// option or for the name of a file to read, and excessive length.
///
/// ```
/// use aware_cases::notable::quote_argument;
///
/// assert_eq!(quote_argument("AKIAIOSFODNN7EXAMPLE").as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
/// assert_eq!(quote_argument("x; rm -rf ~").as_deref(), Some("'x; rm -rf ~'"));
/// assert_eq!(quote_argument("it's").as_deref(), Some(r"'it'\''s'"));
/// assert_eq!(quote_argument("--endpoint-url"), None);
/// assert_eq!(quote_argument("file:///etc/passwd"), None);
/// ```
pub fn quote_argument(text: &str) -> Option<String> {
    let is_read_as_file = ["file://", "fileb://"].iter().any(|start| text.starts_with(start));
    let is_unfit = text.is_empty()
        || text.len() > MAX_ARGUMENT
        || text.starts_with('-')
        || is_read_as_file
        || aware_core::text::clean_line(text) != text;
    if is_unfit {
        return None;
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_/:-".contains(c);
    if text.chars().all(is_plain) {
        return Some(text.to_owned());
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::quote_argument;

    #[test]
    fn arguments_reach_the_command_unchanged() {
        for (text, quoted) in [
            ("plain-Name_1.x@y+z=,:/", Some("plain-Name_1.x@y+z=,:/")),
            ("two words", Some("'two words'")),
            ("$(id)", Some("'$(id)'")),
            ("`id`", Some("'`id`'")),
            ("a\"b", Some("'a\"b'")),
            ("a\\b", Some("'a\\b'")),
            ("*", Some("'*'")),
            ("~root", Some("'~root'")),
            ("'; curl x | sh; '", Some(r"''\''; curl x | sh; '\'''")),
            ("", None),
            ("a\nb", None),
            ("a\u{202e}b", None),
            ("-x", None),
            ("fileb://x", None),
        ] {
            assert_eq!(quote_argument(text).as_deref(), quoted, "{text:?}");
        }
        assert_eq!(quote_argument(&"a".repeat(1025)), None);
    }
}
