//! Names that Kubernetes accepts, and how they are written for a shell and in YAML.
//!
//! Source: Kubernetes documentation, "Object Names and IDs".

/// Whether it is a kind of resource or a verb, as far as they can exist: `deployments.apps/scale`.
pub(super) fn is_resource(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| is_label_byte(byte) || matches!(byte, b'.' | b'/'))
}

/// Whether it is a label of RFC 1123, as namespaces and service accounts' namespaces are.
pub(super) fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_bounded(text) && text.bytes().all(is_label_byte)
}

/// Whether it is a subdomain of RFC 1123, as the names of most objects are.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253
        && is_bounded(text)
        && text.bytes().all(|byte| is_label_byte(byte) || byte == b'.')
}

/// Whether it may be a user's name in a command: what IAM's ARNs and addresses of mail consist of.
pub(super) fn is_plain_user(text: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_/:-".contains(&byte);
    (1..=253).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(may_stand)
}

/// A word that a POSIX shell passes on unchanged.
pub(super) fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_/:-".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// A text in quotes, which YAML reads as JSON does.
pub(super) fn yaml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn is_bounded(text: &str) -> bool {
    let is_end = |end: Option<char>| end.is_some_and(|end| end.is_ascii_alphanumeric());
    is_end(text.chars().next()) && is_end(text.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "prod", "kube-system", "0-a"] {
            assert!(is_label(good) && is_subdomain(good), "{good}");
        }
        for bad in
            ["", "-a", "a-", "a b", "A", "a;id", "$(id)", "a\n", "ä", "a/b", &"a".repeat(254)]
        {
            assert!(!is_label(bad) && !is_subdomain(bad), "{bad}");
        }
        assert!(is_subdomain("a.example.com") && !is_label("a.example.com"));
        assert!(is_resource("pods/exec") && is_resource("deployments.apps/scale"));
        assert!(!is_resource("pods exec") && !is_resource("") && !is_resource("*"));
        assert!(is_plain_user("arn:aws:sts::111122223333:assumed-role/dev/alice@example.com"));
        assert!(!is_plain_user("a b") && !is_plain_user("a'b") && !is_plain_user("-x"));
    }

    #[test]
    fn words() {
        assert_eq!(shell_word("prod:web"), "prod:web");
        assert_eq!(shell_word("it's $(id)"), r"'it'\''s $(id)'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(yaml_text("a\"b\n"), r#""a\"b\n""#);
    }
}
