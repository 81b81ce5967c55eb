//! Resource patterns, whose wildcards stay within the parts of an ARN.

use super::glob::{Glob, VariableValue};
use super::truth::Truth;

/// The number of parts of an ARN: `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

/// A resource pattern.
///
/// A wildcard in one of the first five parts does not cross a colon; in the last part, the
/// resource, it does. A pattern with fewer parts has `*` for the missing ones, so `arn:aws:sqs:*`
/// is every queue. Source: IAM user guide, "IAM JSON policy elements: Resource".
#[derive(Clone, Debug)]
pub(super) enum ResourcePattern {
    Everything,
    Arn(Vec<Glob>),
    Other(Glob),
}

impl ResourcePattern {
    /// A pattern without variables.
    pub(super) fn new(text: &str) -> Self {
        Self::from_glob(Glob::new(text), text)
    }

    /// A pattern with policy variables; `None` if one of them is known to be absent.
    pub(super) fn with_variables(text: &str, fill: &dyn Fn(&str) -> VariableValue) -> Option<Self> {
        Some(Self::from_glob(Glob::with_variables(text, fill)?, text))
    }

    fn from_glob(glob: Glob, text: &str) -> Self {
        if glob.is_everything() {
            return Self::Everything;
        }
        if !text.starts_with("arn:") {
            return Self::Other(glob);
        }
        let mut parts = glob.split_segments(PARTS - 1);
        parts.resize_with(PARTS, || Glob::new("*"));
        Self::Arn(parts)
    }

    /// Whether a resource matches.
    pub(super) fn matches_resource(&self, resource: &str) -> Truth {
        match self {
            Self::Everything => Truth::True,
            Self::Other(glob) => glob.matches_text(resource),
            Self::Arn(parts) => {
                let texts: Vec<&str> = resource.splitn(PARTS, ':').collect();
                if texts.len() < PARTS {
                    return Truth::False;
                }
                Truth::all(parts.iter().zip(texts).map(|(part, text)| part.matches_text(text)))
            }
        }
    }

    /// Whether this pattern matches everything that `inner` matches; a yes is certain.
    pub(super) fn contains_pattern(&self, inner: &Self) -> bool {
        match (self, inner) {
            (Self::Everything, _) => true,
            (Self::Arn(outer), Self::Arn(inner)) => {
                outer.iter().zip(inner).all(|(outer, inner)| outer.contains_glob(inner))
            }
            (Self::Other(outer), Self::Other(inner)) => outer.contains_glob(inner),
            _ => false,
        }
    }

    /// Whether both match some common resource.
    pub(super) fn meets_pattern(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => true,
            (Self::Arn(a), Self::Arn(b)) => a.iter().zip(b).all(|(a, b)| a.meets_glob(b)),
            (Self::Other(a), Self::Other(b)) => a.meets_glob(b),
            _ => false,
        }
    }
}

/// Whether `Resource` may contain a text: `*`, an ARN, or an ARN cut short by a wildcard.
pub fn is_resource_pattern(text: &str) -> bool {
    let mut parts = text.splitn(PARTS, ':');
    let is_whole = |rest: Vec<&str>| {
        let [partition, service, .., last] = rest.as_slice() else { return false };
        let is_short = rest.len() < PARTS - 1;
        !partition.is_empty()
            && !service.is_empty()
            && !last.is_empty()
            && (!is_short || last.ends_with('*'))
    };
    text == "*" || parts.next() == Some("arn") && is_whole(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_within_their_part() {
        for (pattern, resource, expected) in [
            ("*", "*", Truth::True),
            ("arn:aws:s3:::b/*", "*", Truth::False),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b/c", Truth::True),
            ("arn:aws:sqs:*:1:jobs", "arn:aws:sqs:eu-west-1:1:jobs", Truth::True),
            ("arn:aws:sqs:*:jobs", "arn:aws:sqs:eu-west-1:1:jobs", Truth::False),
            ("arn:aws:sqs:*", "arn:aws:sqs:eu-west-1:1:jobs", Truth::True),
            (
                "arn:aws:logs:*:*:log-group:x:*",
                "arn:aws:logs:r:1:log-group:x:log-stream:y",
                Truth::True,
            ),
            ("arn:aws:s3:::B", "arn:aws:s3:::b", Truth::False),
        ] {
            assert_eq!(
                ResourcePattern::new(pattern).matches_resource(resource),
                expected,
                "{pattern} {resource}"
            );
        }
    }

    #[test]
    fn what_may_stand_in_resource() {
        for (text, expected) in [
            ("*", true),
            ("arn:aws:s3:::bucket", true),
            ("arn:aws:sqs:*", true),
            ("arn:*:iam::${aws:PrincipalAccount}:role/x", true),
            ("bucket", false),
            ("arn:aws:s3", false),
            ("arn:aws:s3:::", false),
            ("arn:aws:sqs:eu-west-1:jobs", false),
            ("", false),
        ] {
            assert_eq!(is_resource_pattern(text), expected, "{text}");
        }
    }
}
