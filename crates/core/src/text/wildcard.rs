//! Patterns with wildcards.

/// Whether a text matches a pattern: `*` is any text, `?` any one character.
///
/// ```
/// use aware_core::text::wildcard_matches;
/// assert!(wildcard_matches("role/github-*", "role/github-deploy"));
/// assert!(wildcard_matches("user/?nna", "user/anna"));
/// assert!(!wildcard_matches("role/github", "role/github-deploy"));
/// ```
pub fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where the last `*` stands, and what it has swallowed.
    let mut star: Option<(usize, usize)> = None;
    while let Some(found) = text.get(read) {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, read));
                at += 1;
            }
            (Some(wanted), _) if *wanted == '?' || wanted == found => {
                at += 1;
                read += 1;
            }
            (_, Some((of_star, swallowed))) => {
                star = Some((of_star, swallowed + 1));
                at = of_star + 1;
                read = swallowed + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::wildcard_matches;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("a*b*c", "aXbXbYc", true),
            ("a*b*c", "aXbXbY", false),
            ("**a", "ba", true),
            ("*-?", "ü-é", true),
            ("user/*", "role/x", false),
        ] {
            assert_eq!(wildcard_matches(pattern, text), expected, "{pattern} {text}");
        }
        let (long, text) = ("a*".repeat(60), "a".repeat(4_000));
        assert!(!wildcard_matches(&format!("{long}b"), &text), "and that takes no time");
    }
}
