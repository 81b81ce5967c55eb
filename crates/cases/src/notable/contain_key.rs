//! What contains whoever has an access key of which nobody says whose it is.

use super::contain_step::Step;
use super::shell::quote_argument;
use super::value::{list_names, short_key};
use crate::case::ContainStep;

/// How many keys get a command.
const MAX_KEYS: usize = 20;

/// Whether one of the keys is a user's or root's, rather than a session's.
///
/// Source: IAM user guide, "IAM identifiers".
pub(super) fn has_lasting_key(keys: &[String]) -> bool {
    keys.iter().any(|key| key.starts_with("AKIA"))
}

/// First whose the keys are, and then the keys.
///
/// Source: IAM API reference, `GetAccessKeyLastUsed`: its answer names the user.
pub(super) fn contain_key_owner(keys: &[String]) -> Vec<ContainStep> {
    let mut lasting: Vec<&String> = keys.iter().filter(|key| key.starts_with("AKIA")).collect();
    lasting.sort_unstable();
    lasting.dedup();
    lasting.truncate(MAX_KEYS);
    let shown: Vec<String> = lasting.iter().map(|key| short_key(key)).collect();
    let (noun, is) = if lasting.len() == 1 { ("key", "is") } else { ("keys", "are") };
    let names = list_names(&shown);
    let for_each = |command: &dyn Fn(String) -> String| {
        lasting.iter().map(|key| quote_argument(key).map(command)).collect::<Vec<_>>()
    };
    let find = |key| format!("aws iam get-access-key-last-used --access-key-id {key}");
    let switch = |status: &'static str| {
        for_each(&move |key| {
            format!(
                "aws iam update-access-key --user-name USER_NAME --access-key-id {key} --status {status}"
            )
        })
    };
    vec![
        Step {
            title: format!(
                "Find out whose access {noun} {names} {is}: the answer has the user's name"
            ),
            commands: for_each(&find),
            breaks: "Nothing.",
            undo: Vec::new(),
        }
        .finish(),
        Step {
            title: format!("Deactivate access {noun} {names} of that user"),
            commands: switch("Inactive"),
            breaks: "Anything that uses the key.",
            undo: switch("Active"),
        }
        .finish(),
    ]
}
