//! What a successful call means, where that is worth telling in a case; what takes it back; and
//! whom it lets act.
//!
//! Each room of this folder has a table of calls: most rows are templates that the call's
//! parameters fill, some are read by a function. What is in no table but sensitive by its name
//! (`aware_core::event::sensitivity`) is told by its name alone.
//!
//! **Weights.** A weight belongs to an action, not to each of its repetitions: whoever sums up
//! counts an action once, at its heaviest. What deployments do every day weighs nothing or little
//! when a role's session does it that is no person's; nothing in a call's text makes it weigh
//! less.
//!
//! **Undo keys.** A fact's [`NotableFact::undo_key`] says what was changed:
//! `iam:111122223333|user/bob|key/akia…`. A later event takes it back if one of its
//! [`undo_keys`] is that key, or that key up to a `|`: deleting `user/bob` takes back everything
//! of that user, by the exact beginning `iam:111122223333|user/bob`. [`undone_by`] lists these
//! beginnings. What replaces something of the same name (a later `PutBucketPolicy`, a later
//! `UpdateAssumeRolePolicy`) takes it back too, and so an event can have its own key among its
//! undo keys: only later events count. A replacement that is itself as bad takes nothing back.

mod admission;
mod buckets;
mod call;
mod contain;
mod contain_key;
mod contain_step;
mod credentials;
mod destruction;
mod detectors;
mod document;
mod draft;
mod execution;
mod generic;
mod impact;
mod links;
mod network;
mod privileges;
mod resource_policies;
mod secrets;
mod shares;
mod shell;
mod table;
mod template;
mod trails;
mod trust;
mod undo;
mod undo_reads;
mod value;

use aware_core::enrichment::Enrichment;
use aware_core::event::Event;

use crate::case::NotableFact;
use call::{NotableCall, is_success};
use undo::UndoHow;

pub use contain::contain_actor;
pub use links::find_links;
pub use shell::quote_argument;

/// How heavy a fact must be so that its repetition doesn't count as taking it back.
const AS_BAD: u8 = 2;

/// What a successful call means, if that is worth telling: of anybody except AWS services that act
/// for themselves.
///
/// ```
/// use aware_cases::notable::find_notable;
/// use aware_core::source::decode_record;
/// # let record = serde_json::json!({
/// #     "eventVersion": "1.08", "eventTime": "2026-05-01T10:00:00Z", "eventID": "e-1",
/// #     "eventSource": "iam.amazonaws.com", "eventName": "PutUserPolicy",
/// #     "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
/// #     "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice",
/// #         "accountId": "111122223333", "userName": "alice"},
/// #     "requestParameters": {"userName": "alice", "policyName": "helpdesk", "policyDocument":
/// #         "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"},
/// # });
///
/// // Alice puts a policy on her own user.
/// let event = decode_record(record.to_string().as_bytes()).unwrap();
/// let fact = find_notable(&event).unwrap();
/// assert_eq!(fact.text, "iam:PutUserPolicy on themselves: Allow * on *");
/// assert_eq!(fact.achieved, "made themselves administrator");
/// assert_eq!(
///     fact.take_back.unwrap().command,
///     "aws iam delete-user-policy --user-name alice --policy-name helpdesk",
/// );
/// ```
pub fn find_notable(event: &Event) -> Option<NotableFact> {
    find_notable_knowing(event, Enrichment::nothing())
}

/// The same, given what is known: accounts that the config names are no strangers.
pub fn find_notable_knowing(event: &Event, known: &Enrichment) -> Option<NotableFact> {
    if !is_success(event) || event.principal.is_aws_service() {
        return None;
    }
    let call = NotableCall::knowing(event, known);
    let draft = match table::find_reader(call.service(), call.name()) {
        Some(reader) => reader.read(&call),
        None => generic::read_sensitive(&call),
    };
    Some(draft?.into_fact(&call))
}

/// The keys of what a successful call takes back, whoever made it; see [the module](self).
///
/// ```
/// use aware_cases::notable::{undo_keys, undone_by};
/// use aware_core::source::decode_record;
/// # let record = serde_json::json!({
/// #     "eventVersion": "1.08", "eventTime": "2026-05-01T10:00:00Z", "eventID": "e-1",
/// #     "eventSource": "iam.amazonaws.com", "eventName": "DeleteUser",
/// #     "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
/// #     "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice",
/// #         "accountId": "111122223333", "userName": "alice"},
/// #     "requestParameters": {"userName": "bob"},
/// # });
///
/// // Alice deletes Bob, and with him his key.
/// let event = decode_record(record.to_string().as_bytes()).unwrap();
/// let keys = undo_keys(&event);
/// assert_eq!(keys, ["iam:111122223333|user/bob"]);
/// assert!(undone_by("iam:111122223333|user/bob|key/akia1").any(|key| keys[0] == key));
/// ```
pub fn undo_keys(event: &Event) -> Vec<String> {
    if !is_success(event) {
        return Vec::new();
    }
    let call = NotableCall::new(event);
    let Some(row) = table::find_undo(call.service(), call.name()) else { return Vec::new() };
    let mut keys = match row.how {
        UndoHow::Key(template) => call.key(template).into_iter().collect(),
        UndoHow::By(read) => read(&call),
    };
    let own = find_notable(event).filter(|fact| fact.weight >= AS_BAD);
    let own = own.and_then(|fact| fact.undo_key);
    keys.retain(|key| Some(key) != own.as_ref());
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys that take back what has this key, the key itself first: its beginnings up to each `|`.
///
/// ```
/// let keys: Vec<&str> = aware_cases::notable::undone_by("iam:1|user/bob|key/k").collect();
/// assert_eq!(keys, ["iam:1|user/bob|key/k", "iam:1|user/bob"]);
/// ```
pub fn undone_by(key: &str) -> impl Iterator<Item = &str> {
    let first = key.find('|').unwrap_or(key.len());
    let ends = key.match_indices('|').map(|(at, _)| at).filter(move |at| *at > first);
    let mut beginnings: Vec<&str> = ends.filter_map(|at| key.get(..at)).collect();
    beginnings.push(key);
    beginnings.into_iter().rev()
}

/// Whether a success of this call may be worth telling, take something back or let somebody act. If
/// not, no event of it has a fact, a key or a link.
///
/// ```
/// assert!(aware_cases::notable::may_have_facts("iam", "CreateAccessKey"));
/// assert!(!aware_cases::notable::may_have_facts("ec2", "DescribeInstances"));
/// ```
pub fn may_have_facts(service: &str, name: &str) -> bool {
    table::find_reader(service, name).is_some()
        || table::find_undo(service, name).is_some()
        || links::may_lend(service, name)
        || generic::sensitive_class(service, name).is_some()
}

/// Service and name (as in an event's action) of every call that a log must always let through:
/// what [`find_notable`] reads specially, and what takes it back. Names of Lambda's API come with
/// its version too, as records have them. The frequent ones are in [`followed_calls`].
///
/// ```
/// let mut calls = aware_cases::notable::notable_calls();
/// assert!(calls.any(|call| call == ("iam", "CreateAccessKey")));
/// assert!(!calls.any(|call| call == ("secretsmanager", "GetSecretValue")));
/// ```
pub fn notable_calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    table::calls_to_watch()
}

/// Service and name of the calls that [`find_notable`] reads and that are too frequent to let
/// through for everybody: they matter once somebody is followed.
pub fn followed_calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    table::frequent_calls()
}
