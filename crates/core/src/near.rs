//! Guesses what an unknown name was meant to be: one rule for the whole program.

use std::fmt::Display;

/// The known name nearest to `name`, if one is near enough to be meant: at most one slip in a name
/// of two or three letters, two in longer ones, three from twelve letters on. Case does not count.
/// Of equally near names, the alphabetically first.
///
/// ```
/// use aware_core::near::nearest;
///
/// assert_eq!(nearest("webhok_url", ["url", "webhook_url"]), Some("webhook_url"));
/// assert_eq!(nearest("channel", ["url", "webhook_url"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = match name.chars().count() {
        0 | 1 => 0,
        2 | 3 => 1,
        4..=11 => 2,
        _ => 3,
    };
    nearest_within(name, known, most)
}

/// The same with at most `most` slips.
///
/// ```
/// use aware_core::near::nearest_within;
///
/// assert_eq!(nearest_within("Efect", ["Effect", "Sid"], 1), Some("Effect"));
/// assert_eq!(nearest_within("Efct", ["Effect", "Sid"], 1), None);
/// ```
pub fn nearest_within<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Option<&'a str> {
    let length = name.chars().count();
    let known = known.into_iter();
    // There may be many names: most differ by their lengths alone.
    let near = known.filter(|known| known.chars().count().abs_diff(length) <= most);
    let scored = near.map(|known| (slips(name, known), known));
    scored.filter(|(slips, _)| *slips <= most).min().map(|(_, known)| known)
}

/// How many slips lie between two names: letters left out, added, changed, or swapped with their
/// neighbour. Case does not count.
///
/// Source: the optimal string alignment distance, as the crate `strsim` computes it.
///
/// ```
/// use aware_core::near::slips;
///
/// assert_eq!(slips("kitten", "Sitting"), 3);
/// assert_eq!(slips("meduim", "medium"), 1);
/// ```
pub fn slips(a: &str, b: &str) -> usize {
    strsim::osa_distance(&a.to_lowercase(), &b.to_lowercase())
}

/// The hint that names what was probably meant.
///
/// ```
/// assert_eq!(aware_core::near::did_you_mean("slack"), "did you mean `slack`?");
/// ```
pub fn did_you_mean(near: impl Display) -> String {
    format!("did you mean `{near}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_must_be_nearer_than_long_ones() {
        for (name, known, near) in [
            ("", "a", None),
            ("x", "y", None),
            ("asw", "aws", Some("aws")),
            ("axx", "aws", None),
            ("meduim", "medium", Some("medium")),
            ("midiom", "medium", Some("medium")),
            ("mxdxxm", "medium", None),
            ("EU-WEST-1", "eu-west-1", Some("eu-west-1")),
            ("useridentityarnxyz", "userIdentity.arn", None),
            ("requestparametrs.x", "requestParameters.x", Some("requestParameters.x")),
        ] {
            assert_eq!(nearest(name, [known]), near, "{name}");
        }
    }

    #[test]
    fn of_equally_near_names_the_order_decides_nothing() {
        assert_eq!(nearest("read", ["reap", "bead"]), Some("bead"));
        assert_eq!(nearest("read", ["bead", "reap"]), Some("bead"));
    }
}
