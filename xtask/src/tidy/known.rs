//! The known untidiness: a list that may only shrink.

use std::collections::BTreeSet;
use std::fs;

use crate::run::{XtaskError, repository_root};

const FILE: &str = "xtask/known_untidy.txt";
const HEAD: &str = "\
# Known untidiness, one item per line. `cargo xtask tidy` fails for anything that is not listed here, and for
# a listed item that is tidy now. `cargo xtask tidy --update` rewrites the file: review the difference.
";

/// Something untidy that may be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UntidyThing {
    /// A name that does not change when lines are added elsewhere in the file: `function PATH
    /// NAME`.
    pub(super) key: String,
    /// What is wrong, with the place.
    pub(super) problem: String,
}

/// What is untidy but not known, and what is known but tidy now.
///
/// # Errors
/// When the list cannot be read or, with `update`, written.
pub(super) fn unknown(found: &[UntidyThing], update: bool) -> Result<Vec<String>, XtaskError> {
    let path = repository_root().join(FILE);
    if update {
        let keys: BTreeSet<&str> = found.iter().map(|thing| thing.key.as_str()).collect();
        let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
        fs::write(&path, format!("{HEAD}{lines}")).map_err(|error| format!("{FILE}: {error}"))?;
    }
    let text = fs::read_to_string(&path).map_err(|error| format!("{FILE}: {error}"))?;
    Ok(compare(found, &text))
}

fn compare(found: &[UntidyThing], text: &str) -> Vec<String> {
    let known: BTreeSet<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let keys: BTreeSet<&str> = found.iter().map(|thing| thing.key.as_str()).collect();
    let new = found.iter().filter(|thing| !known.contains(thing.key.as_str()));
    let stale = known.iter().filter(|line| !keys.contains(*line)).map(|line| {
        format!("{FILE}: `{line}` is tidy now (hint: `cargo xtask tidy --update` takes it out)")
    });
    new.map(|thing| thing.problem.clone()).chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_and_what_is_tidy_again_are_told() {
        let thing = |key: &str| UntidyThing { key: key.to_owned(), problem: format!("bad {key}") };
        let known = "# head\nfile a.rs\nfile b.rs\n";
        let problems = compare(&[thing("file a.rs"), thing("file c.rs")], known);
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0], "bad file c.rs");
        assert!(problems[1].contains("`file b.rs` is tidy now"));
    }
}
