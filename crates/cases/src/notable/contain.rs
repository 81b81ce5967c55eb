//! What contains an intruder, in order, as commands that somebody can copy.

use core::net::IpAddr;

use aware_core::enrichment::is_private_address;
use aware_core::event::Arn;
use jiff::Timestamp;

use super::contain_key::{contain_key_owner, has_lasting_key};
use super::contain_step::Step;
use super::shell::quote_argument;
use super::value::short_key;
use crate::case::{CaseActor, ContainStep};

/// How many keys get a command.
const MAX_KEYS: usize = 20;

/// AWS's own policy that denies everything.
///
/// Source: AWS managed policy reference guide, "AWSDenyAll".
const DENY_ALL: &str = "policy/AWSDenyAll";

/// The name that IAM's console gives to the policy that revokes sessions.
///
/// Source: IAM user guide, "Revoke IAM role temporary security credentials".
const REVOKE: &str = "AWSRevokeOlderSessions";

/// The steps that stop an actor: first what denies everything at once, then what makes its keys,
/// password and sessions useless. `keys` are the keys that it used or made for itself; sessions
/// that began before `until` are revoked. A name that fits no command safely gives a step in
/// words only.
///
/// ```
/// use aware_cases::case::CaseActor;
/// use aware_cases::notable::contain_actor;
///
/// let actor = CaseActor {
///     key: "arn:aws:iam::111122223333:user/alice".to_owned(),
///     name: "user/alice".to_owned(),
///     arn: Some("arn:aws:iam::111122223333:user/alice".to_owned()),
///     kind: "IAMUser".to_owned(),
///     account: Some("111122223333".to_owned()),
///     is_person: true,
///     keys: Vec::new(),
///     sessions: Vec::new(),
/// };
/// let steps = contain_actor(&actor, &["AKIAIOSFODNN7EXAMPLE".to_owned()], jiff::Timestamp::UNIX_EPOCH);
/// assert_eq!(
///     steps[0].commands,
///     ["aws iam attach-user-policy --user-name alice --policy-arn arn:aws:iam::aws:policy/AWSDenyAll"],
/// );
/// ```
pub fn contain_actor(actor: &CaseActor, keys: &[String], until: Timestamp) -> Vec<ContainStep> {
    let arn = actor.arn.as_deref().and_then(Arn::parse);
    match (actor.kind.as_str(), &arn) {
        ("Root", _) => contain_root(keys),
        ("IAMUser", Some(arn)) => contain_user(arn, keys),
        ("FederatedUser", _) => contain_federated(actor),
        ("AssumedRole" | "Role", Some(arn)) => contain_role(actor, arn, until),
        ("IdentityCenterUser", _) => vec![contain_directory_user(&actor.name)],
        ("AWSAccount", _) => vec![contain_account(actor)],
        ("Address", _) => vec![contain_address(&actor.name)],
        ("ApplicationUser", _) => vec![contain_application_user(&actor.name)],
        ("Instance", _) => vec![contain_instance(&actor.name)],
        // A resource does nothing by itself.
        ("Endpoint" | "Resource", _) => Vec::new(),
        (_, None) if has_lasting_key(keys) => contain_key_owner(keys),
        _ => vec![contain_unknown(actor)],
    }
}

fn last_name(arn: &Arn) -> String {
    arn.resource().rsplit('/').next().unwrap_or_default().to_owned()
}

fn managed(arn: &Arn) -> String {
    format!("arn:{}:iam::aws:{DENY_ALL}", arn.partition())
}

fn contain_user(arn: &Arn, keys: &[String]) -> Vec<ContainStep> {
    let name = last_name(arn);
    let quoted = quote_argument(&name);
    let deny = |verb: &str| {
        let user = quoted.as_ref()?;
        Some(format!("aws iam {verb}-user-policy --user-name {user} --policy-arn {}", managed(arn)))
    };
    let mut steps = vec![
        Step {
            title: format!("Deny everything to user/{name}"),
            commands: vec![deny("attach")],
            breaks: "Anything that acts as this user, including sessions requested with its keys.",
            undo: vec![deny("detach")],
        }
        .finish(),
    ];
    steps.extend(keys_step(&name, quoted.as_deref(), keys));
    steps.push(
        Step {
            title: format!("Delete the console password of user/{name}"),
            commands: vec![quoted.as_ref().map(|user| format!("aws iam delete-login-profile --user-name {user}"))],
            breaks: "Their console sign-in. If they have no password, the command fails and says so.",
            undo: vec![quoted.as_ref().map(|user| {
                format!("aws iam create-login-profile --user-name {user} --password-reset-required --password NEW_PASSWORD")
            })],
        }
        .finish(),
    );
    steps
}

/// Long-term keys; the temporary ones end with what they come from.
fn keys_step(name: &str, user: Option<&str>, keys: &[String]) -> Option<ContainStep> {
    let mut lasting: Vec<&String> = keys.iter().filter(|key| key.starts_with("AKIA")).collect();
    lasting.sort_unstable();
    lasting.dedup();
    lasting.truncate(MAX_KEYS);
    if lasting.is_empty() {
        return None;
    }
    let shown: Vec<String> = lasting.iter().map(|key| short_key(key)).collect();
    let switch = |status: &str| {
        let command = |key: &&String| {
            let key = quote_argument(key)?;
            Some(format!(
                "aws iam update-access-key --user-name {} --access-key-id {key} --status {status}",
                user?
            ))
        };
        lasting.iter().map(command).collect::<Vec<_>>()
    };
    let noun = if lasting.len() == 1 { "access key" } else { "access keys" };
    let step = Step {
        title: format!("Deactivate {noun} {} of user/{name}", super::value::list_names(&shown)),
        commands: switch("Inactive"),
        breaks: "Anything that uses these keys.",
        undo: switch("Active"),
    };
    Some(step.finish())
}

fn contain_role(actor: &CaseActor, arn: &Arn, until: Timestamp) -> Vec<ContainStep> {
    let name = last_name(arn);
    if arn.resource().starts_with("role/aws-reserved/sso.amazonaws.com/") {
        return vec![contain_permission_set(actor), contain_directory_user(&actor.name)];
    }
    let role = quote_argument(&name);
    let policy = revoking_policy(until);
    let deny = |verb: &str| {
        let role = role.as_ref()?;
        Some(format!("aws iam {verb}-role-policy --role-name {role} --policy-arn {}", managed(arn)))
    };
    let revoke = role.as_ref().map(|role| {
        format!("aws iam put-role-policy --role-name {role} --policy-name {REVOKE} --policy-document '{policy}'")
    });
    let restore = role.as_ref().map(|role| {
        format!("aws iam delete-role-policy --role-name {role} --policy-name {REVOKE}")
    });
    vec![
        Step {
            title: format!("Revoke the sessions of role/{name} that began before {until}"),
            commands: vec![revoke],
            breaks: "Every earlier session of the role, including legitimate ones, until it is assumed again.",
            undo: vec![restore],
        }
        .finish(),
        Step {
            title: format!("If the intruder can assume role/{name} again: deny everything to it"),
            commands: vec![deny("attach")],
            breaks: "Anything that runs with the role.",
            undo: vec![deny("detach")],
        }
        .finish(),
    ]
}

/// Denies everything to sessions that were issued before a time.
///
/// Source: IAM user guide, "Revoke IAM role temporary security credentials".
fn revoking_policy(until: Timestamp) -> String {
    let time = until.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Deny\",\"Action\":[\"*\"],\"Resource\":[\"*\"],\"Condition\":{{\"DateLessThan\":{{\"aws:TokenIssueTime\":\"{time}\"}}}}}}]}}"
    )
}

fn contain_permission_set(actor: &CaseActor) -> ContainStep {
    let set = actor.name.split(" as ").next().unwrap_or_default();
    Step {
        title: format!("Revoke the sessions of {set}: add a deny on aws:TokenIssueTime to the permission set, from the organization's management account"),
        commands: Vec::new(),
        breaks: "Everyone who works with this permission set, until they sign in again. Nobody can change the role itself: Identity Center manages it.",
        undo: Vec::new(),
    }
    .finish()
}

fn contain_directory_user(name: &str) -> ContainStep {
    let person = name.rsplit(" as ").next().unwrap_or(name);
    Step {
        title: format!("Disable {person} in Identity Center and delete their active sessions (in its console: Users, the user, Active sessions)"),
        commands: Vec::new(),
        breaks: "Their sign-in to every account. Role sessions that they already have last until they expire, at most 12 hours.",
        undo: Vec::new(),
    }
    .finish()
}

fn contain_federated(actor: &CaseActor) -> Vec<ContainStep> {
    let name = &actor.name;
    vec![Step {
        title: format!("Deny everything to the user whose key requested session {name}: the session cannot do more than that user"),
        commands: Vec::new(),
        breaks: "Anything that acts as that user. Deactivating its key is not enough: the session lasts until it expires, at most 36 hours.",
        undo: Vec::new(),
    }
    .finish()]
}

fn contain_account(actor: &CaseActor) -> ContainStep {
    let account = match &actor.account {
        Some(id) => format!("account {id}"),
        None => format!("the account of {}", actor.name),
    };
    Step {
        title: format!(
            "Remove {account} from the policies of the resources that it used, and tell its owner"
        ),
        commands: Vec::new(),
        breaks: "Legitimate use by that account.",
        undo: Vec::new(),
    }
    .finish()
}

/// A user whom only an application knows: nothing in AWS stops them.
fn contain_application_user(name: &str) -> ContainStep {
    Step {
        title: format!("Suspend {name} in the application, and end their sessions"),
        commands: Vec::new(),
        breaks: "Their legitimate use of the application.",
        undo: Vec::new(),
    }
    .finish()
}

/// An address on the internet, or one in a network of one's own, which has more than the address in
/// its name: `10.0.4.8 behind egress`.
fn contain_address(name: &str) -> ContainStep {
    let (title, breaks) = match name.parse::<IpAddr>() {
        Ok(address) if !is_private_address(address) => (
            format!(
                "Block {name} where it comes in: AWS WAF, a network ACL, or a policy that denies the address"
            ),
            "Everybody else behind that address.",
        ),
        _ => (
            format!("Find the workload with the address {name}, and take it off the network"),
            "What runs on it.",
        ),
    };
    Step { title, commands: Vec::new(), breaks, undo: Vec::new() }.finish()
}

/// Takes an instance off the network: what runs on it, and its memory, stay as evidence.
///
/// Source: GuardDuty user guide, "Remediating a potentially compromised Amazon EC2 instance".
fn contain_instance(name: &str) -> ContainStep {
    let id = quote_argument(name).filter(|_| name.starts_with("i-"));
    let groups = |groups: &str| {
        let id = id.as_ref()?;
        Some(format!(
            "aws ec2 modify-instance-attribute --region REGION --instance-id {id} --groups {groups}"
        ))
    };
    Step {
        title: format!("Isolate {name} by a security group without rules, and keep its disk"),
        commands: vec![groups("SECURITY_GROUP_WITHOUT_RULES")],
        breaks: "What runs on it; connections that are open may stay.",
        undo: vec![groups("SECURITY_GROUPS_BEFORE")],
    }
    .finish()
}

fn contain_unknown(actor: &CaseActor) -> ContainStep {
    Step {
        title: format!("Find out where {} gets its credentials, and revoke them there", actor.name),
        commands: Vec::new(),
        breaks: "Its legitimate work.",
        undo: Vec::new(),
    }
    .finish()
}

fn contain_root(keys: &[String]) -> Vec<ContainStep> {
    let lasting = keys.iter().filter(|key| key.starts_with("AKIA")).take(MAX_KEYS);
    let delete = |key: &String| {
        Some(format!("aws iam delete-access-key --access-key-id {}", quote_argument(key)?))
    };
    vec![
        Step {
            title: "Change root's password in the console, signed in as root: no command does it".to_owned(),
            commands: Vec::new(),
            breaks: "Anyone else who knows the password. If it no longer works, recover it through the account's e-mail address.",
            undo: Vec::new(),
        }
        .finish(),
        Step {
            title: "Delete root's access keys, using root's own credentials".to_owned(),
            commands: lasting.map(delete).chain([Some("aws iam get-account-summary --query SummaryMap.AccountAccessKeysPresent".to_owned())]).collect(),
            breaks: "Anything that uses root's keys; nothing should.",
            undo: Vec::new(),
        }
        .finish(),
        Step {
            title: "Check root's e-mail address, phone number and MFA devices".to_owned(),
            commands: Vec::new(),
            breaks: "Nothing.",
            undo: Vec::new(),
        }
        .finish(),
        Step {
            title: "In an organization: deny everything to root with a service control policy on aws:PrincipalArn arn:aws:iam::*:root; it does not apply in the management account".to_owned(),
            commands: Vec::new(),
            breaks: "Tasks that only root can do, until the policy is detached.",
            undo: Vec::new(),
        }
        .finish(),
    ]
}
