//! The parts of a domain name.

/// Second levels below which countries register names: `example.co.uk`.
const SECOND_LEVELS: [&str; 9] = ["ac", "co", "com", "edu", "gob", "gov", "net", "or", "org"];

/// A name without its trailing dot.
pub(super) fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The registered name that a name belongs to, in lower case: `example.com` of `a.b.example.com.`,
/// `example.co.uk` of `a.example.co.uk`. Determined without a list of public suffixes: the last two
/// parts, or three below a few countries' second levels.
pub(super) fn parent(name: &str) -> String {
    let name = without_dot(name).to_ascii_lowercase();
    let parts: Vec<&str> = name.split('.').collect();
    let is_country = |at: usize| parts.get(at).is_some_and(|part| part.len() == 2);
    let is_second = |at: usize| parts.get(at).is_some_and(|part| SECOND_LEVELS.contains(part));
    let last = parts.len().saturating_sub(1);
    let is_deep = last >= 2 && is_country(last) && is_second(last - 1);
    let from = parts.len().saturating_sub(if is_deep { 3 } else { 2 });
    parts.get(from..).unwrap_or_default().join(".")
}

/// The top-level domain of a name, in lower case; `None` for a name of one part.
pub(super) fn top_level(name: &str) -> Option<String> {
    let (_, last) = without_dot(name).rsplit_once('.')?;
    (!last.is_empty()).then(|| last.to_ascii_lowercase())
}

/// The longest part of a name, not counting its parent's: `a8f3kd92ls` of
/// `a8f3kd92ls.example.com.`. Empty for a name that is itself a parent.
pub(super) fn longest_label(name: &str) -> &str {
    let own = without_dot(name);
    let parent = parent(name).len();
    let below = own.get(..own.len().saturating_sub(parent)).unwrap_or_default();
    below.split('.').max_by_key(|label| label.len()).unwrap_or_default()
}

/// The entropy of a text's letters, in bits per letter: 0 for `aaaa`, 4 for sixteen different ones
/// (Shannon 1948).
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte.to_ascii_lowercase())) {
            *count += 1;
        }
    }
    let all = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    let shares = counts.into_iter().filter(|count| *count > 0).map(|count| f64::from(count) / all);
    shares.map(|share| -share * share.log2()).sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_their_parents() {
        for (name, expected) in [
            ("example.com.", "example.com"),
            ("a.B.Example.com", "example.com"),
            ("a.example.co.uk.", "example.co.uk"),
            ("co.uk", "co.uk"),
            ("t.co", "t.co"),
            ("x.t.co", "t.co"),
            ("localhost", "localhost"),
            (".", ""),
            ("", ""),
        ] {
            assert_eq!(parent(name), expected, "{name}");
        }
    }

    #[test]
    fn labels() {
        assert_eq!(longest_label("a8f3kd92ls.www.tunnel.example."), "a8f3kd92ls");
        assert_eq!(longest_label("example.com."), "");
        assert_eq!(longest_label("longest-of-all.com"), "");
        assert_eq!(longest_label("ünï.example.com"), "ünï");
        assert_eq!(longest_label("\u{130}.example.com"), "\u{130}");
    }

    #[test]
    fn top_levels() {
        for (name, expected) in [
            ("www.Example.COM.", Some("com")),
            ("localhost", None),
            (".", None),
            ("", None),
            ("a..", None),
        ] {
            assert_eq!(top_level(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn entropies() {
        for (text, expected) in [("", 0.0), ("aaaa", 0.0), ("abab", 1.0), ("0123456789abcdef", 4.0)]
        {
            assert!((entropy(text) - expected).abs() < 1e-9, "{text}: {}", entropy(text));
        }
    }
}
