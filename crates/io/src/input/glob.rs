//! Globs: `*`, `?`, `[a-z]` and `[!a-z]` within one part of a path, and `**` for any number of
//! parts.

/// Whether a text is a glob.
pub(super) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The folder above the first glob part.
pub(super) fn root_folder(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('/').take_while(|part| !is_glob(part)).collect();
    match parts.as_slice() {
        [] => ".".to_owned(),
        [""] => "/".to_owned(),
        parts => parts.join("/"),
    }
}

/// Whether a path matches a pattern, part by part.
pub(super) fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').filter(|part| *part != ".").collect();
    let path: Vec<&str> = path.split('/').filter(|part| *part != ".").collect();
    match_parts(&pattern, &path)
}

fn match_parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), None) => match_parts(rest, path),
        (Some((&"**", rest)), Some((_, below))) => {
            match_parts(rest, path) || match_parts(pattern, below)
        }
        (Some((first, rest)), Some((name, below))) => {
            let (first, name): (Vec<char>, Vec<char>) =
                (first.chars().collect(), name.chars().collect());
            match_part(&first, &name) && match_parts(rest, below)
        }
        _ => false,
    }
}

/// Matches one part. On a mismatch only the last `*` takes one more character, so the time is at
/// most the product of the lengths.
fn match_part(pattern: &[char], name: &[char]) -> bool {
    let (mut pattern, mut name, mut star) = (pattern, name, None);
    loop {
        if let Some(('*', rest)) = pattern.split_first() {
            (pattern, star) = (rest, Some((rest, name)));
        } else if let Some((rest, below)) = match_char(pattern, name) {
            (pattern, name) = (rest, below);
        } else if pattern.is_empty() && name.is_empty() {
            return true;
        } else {
            let Some((rest, Some((_, below)))) = star.map(|(rest, at)| (rest, at.split_first()))
            else {
                return false;
            };
            (pattern, name, star) = (rest, below, Some((rest, below)));
        }
    }
}

/// What remains of both after one character, if it matches. A `[` without its `]` stands for
/// itself.
fn match_char<'a>(pattern: &'a [char], name: &'a [char]) -> Option<(&'a [char], &'a [char])> {
    let ((first, rest), (c, below)) = (pattern.split_first()?, name.split_first()?);
    let end = rest.iter().skip(1).position(|c| *c == ']').map(|at| at + 1);
    match (first, end) {
        ('?', _) => Some((rest, below)),
        ('[', Some(end)) => {
            let (set, rest) = rest.split_at(end);
            matches_set(set, *c).then_some((rest.get(1..).unwrap_or_default(), below))
        }
        _ => (first == c).then_some((rest, below)),
    }
}

fn matches_set(set: &[char], c: char) -> bool {
    match set {
        ['!' | '^', set @ ..] => !set_contains(set, c),
        set => set_contains(set, c),
    }
}

fn set_contains(set: &[char], c: char) -> bool {
    match set {
        [from, '-', to, rest @ ..] => (*from..=*to).contains(&c) || set_contains(rest, c),
        [one, rest @ ..] => *one == c || set_contains(rest, c),
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
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("[!a]b", "cb", true),
            ("[!a]b", "ab", false),
            ("[]a]b", "]b", true),
            ("a[b", "a[b", true),
            ("**", "a/b", true),
            ("ä?", "äö", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches_path(pattern, path), expected, "{pattern} {path}");
        }
        let many = "a*".repeat(40) + "b";
        assert!(!matches_path(&many, &"a".repeat(200)), "and in no time");
        assert_eq!(root_folder("a/b/*.gz"), "a/b");
        assert_eq!(root_folder("*.gz"), ".");
        assert_eq!(root_folder("/*"), "/");
    }
}
