//! Globs: `*`, `?`, `[a-z]` within a path's part, and `**` for any number of parts.

/// Whether a text is a glob.
pub(super) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The folder above the first part that is a glob.
pub(super) fn root(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('/').take_while(|part| !is_glob(part)).collect();
    match parts.as_slice() {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        parts => parts.join("/"),
    }
}

/// Whether a path matches a pattern, part by part.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').filter(|part| *part != ".").collect();
    let path: Vec<&str> = path.split('/').filter(|part| *part != ".").collect();
    parts(&pattern, &path)
}

fn parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => parts(rest, path),
        (Some((&"**", rest)), Some((_, below))) => parts(rest, path) || parts(pattern, below),
        (Some((first, rest)), Some((name, below))) => {
            let (first, name): (Vec<char>, Vec<char>) =
                (first.chars().collect(), name.chars().collect());
            part(&first, &name) && parts(rest, below)
        }
        _ => false,
    }
}

fn part(pattern: &[char], name: &[char]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), None) => part(rest, name),
        (Some(('*', rest)), Some((_, below))) => part(rest, name) || part(pattern, below),
        (Some(('?', rest)), Some((_, below))) => part(rest, below),
        (Some(('[', rest)), Some((c, below))) => {
            let Some(end) = rest.iter().position(|c| *c == ']') else { return false };
            let (set, rest) = rest.split_at(end);
            in_set(set, *c) && part(rest.get(1..).unwrap_or_default(), below)
        }
        (Some((p, rest)), Some((c, below))) => p == c && part(rest, below),
        _ => false,
    }
}

fn in_set(set: &[char], c: char) -> bool {
    match set {
        [from, '-', to, rest @ ..] => (*from..=*to).contains(&c) || in_set(rest, c),
        [one, rest @ ..] => *one == c || in_set(rest, c),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let cases = [
            ("a/*.gz", "a/b.gz", true),
            ("a/*.gz", "a/b/c.gz", false),
            ("a/**/*.gz", "a/b/c/d.gz", true),
            ("a/**/*.gz", "a/d.gz", true),
            ("?[0-9x].json", "a7.json", true),
            ("?[0-9x].json", "ay.json", false),
            ("./a*", "abc", true),
            ("*.json", ".json", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert_eq!(root("a/b/*.gz"), "a/b");
        assert_eq!(root("*.gz"), ".");
        assert_eq!(root("/*"), "/");
    }
}
