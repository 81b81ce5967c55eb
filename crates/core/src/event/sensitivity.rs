//! What a call can do to an account's security, judged by its name alone.
//!
//! The tables are our own: `data/sensitive.tsv` and `data/effects.tsv` mark IAM actions,
//! `data/exceptions.tsv` lists calls that require actions other than the one of their own name, and
//! `data/eventsource.tsv` lists sources whose actions have another prefix.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// IAM actions and their marks, separated by a tab.
pub const SENSITIVE: &str = include_str!("../../data/sensitive.tsv");
/// Actions that run something or do damage, with what they do, separated by a tab.
const EFFECTS_TABLE: &str = include_str!("../../data/effects.tsv");
/// The prefix of a service's actions, a call, and the actions that it requires.
pub const EXCEPTIONS: &str = include_str!("../../data/exceptions.tsv");
/// A source without `.amazonaws.com`, and the prefix of its actions.
pub const SOURCES: &str = include_str!("../../data/eventsource.tsv");

/// The marks that say what an action can do.
pub const MARKS: [&str; 4] = ["privileges", "credentials", "exposure", "defences"];
/// What else an action can do: run code or commands, or cost money, destroy or encrypt data, or stop
/// services.
pub const EFFECTS: [&str; 2] = ["execution", "impact"];
/// Means that an action has no mark.
pub const NONE: &str = "none";

/// Marks by action, in lower case.
static ACTIONS: LazyLock<BTreeMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let rows = SENSITIVE.lines().chain(EFFECTS_TABLE.lines());
    rows.filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(action, marks)| {
            let all = MARKS.into_iter().chain(EFFECTS);
            let marks: Vec<&str> =
                all.filter(|mark| marks.split(',').any(|m| m == *mark)).collect();
            (action.to_ascii_lowercase(), marks)
        })
        .collect()
});

/// Actions that ordinary workloads need, in lower case.
static EVERYDAY: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let rows = SENSITIVE.lines().filter_map(|line| line.split_once('\t'));
    rows.filter(|(_, marks)| marks.split(',').any(|mark| mark == "everyday"))
        .map(|(action, _)| action.to_ascii_lowercase())
        .collect()
});

/// Actions by call, `s3:putbucketlifecycle`, in lower case.
static NEEDED: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut parts = line.splitn(3, '\t');
        let (prefix, name, actions) = (parts.next()?, parts.next()?, parts.next()?);
        Some((format!("{prefix}:{name}").to_ascii_lowercase(), actions))
    };
    EXCEPTIONS.lines().filter_map(row).collect()
});

/// Prefixes by source.
static PREFIXES: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| SOURCES.lines().filter_map(|line| line.split_once('\t')).collect());

/// What a call can do, from [`MARKS`] and [`EFFECTS`]; only [`NONE`] for every other call, including
/// unknown ones.
///
/// `service` and `name` are those of an [`super::Action`]. A call has the marks of the action of
/// its own name, or else those of the first action that it requires.
///
/// ```
/// use aware_core::event::sensitivity::sensitivity_marks;
///
/// assert!(sensitivity_marks("iam", "CreateAccessKey").contains(&"credentials"));
/// assert_eq!(sensitivity_marks("s3", "ListBuckets"), ["none"]);
/// ```
pub fn sensitivity_marks(service: &str, name: &str) -> &'static [&'static str] {
    let prefix = PREFIXES.get(service).copied().unwrap_or(service);
    let call = format!("{prefix}:{name}").to_ascii_lowercase();
    let needed = || {
        let first = NEEDED.get(&call)?.split(',').next()?;
        ACTIONS.get(&first.to_ascii_lowercase())
    };
    let marks = ACTIONS.get(&call).or_else(needed);
    marks.map_or(&[NONE], |marks| if marks.is_empty() { &[NONE] } else { marks.as_slice() })
}

/// Whether ordinary workloads need a call on their own resources, by its name; see
/// [`sensitivity_marks`].
///
/// ```
/// use aware_core::event::sensitivity::is_everyday;
///
/// assert!(is_everyday("secretsmanager", "GetSecretValue"));
/// assert!(!is_everyday("cloudtrail", "StopLogging"));
/// ```
pub fn is_everyday(service: &str, name: &str) -> bool {
    let prefix = PREFIXES.get(service).copied().unwrap_or(service);
    let call = format!("{prefix}:{name}").to_ascii_lowercase();
    let needed = || NEEDED.get(&call)?.split(',').next().map(str::to_ascii_lowercase);
    EVERYDAY.contains(&call) || needed().is_some_and(|action| EVERYDAY.contains(&action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calls_can_do() {
        for (service, name, marks) in [
            ("iam", "CreateAccessKey", "credentials"),
            ("cloudtrail", "StopLogging", "defences"),
            ("s3", "PutBucketPolicy", "exposure"),
            ("ssm", "SendCommand", "execution"),
            ("bedrock", "InvokeModel", "impact"),
            ("s3", "PutBucketEncryption", "impact"),
            ("s3", "ListBuckets", "none"),
            ("odd", "Thing", "none"),
        ] {
            assert!(sensitivity_marks(service, name).contains(&marks), "{service}:{name}");
        }
        // By the action that the call requires, and by the prefix of the source's actions.
        assert!(sensitivity_marks("s3", "PutBucketLifecycle").contains(&"defences"));
        assert_eq!(
            sensitivity_marks("monitoring", "DeleteAlarms"),
            sensitivity_marks("cloudwatch", "DeleteAlarms")
        );
        assert_ne!(sensitivity_marks("monitoring", "DeleteAlarms"), ["none"]);
    }
}
