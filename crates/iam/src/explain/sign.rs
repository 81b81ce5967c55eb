//! What a denial reveals beyond a lacking permission: a call directed at something that belongs to
//! another.

use aware_core::explanation::Sign;

use super::{Facts, policy};
use crate::call::Permission;
use crate::catalogue::ActionEntry;
use crate::denial::Layer;
use crate::principal::Kind;
use crate::resource::Found;
use crate::suggest::place::{self, Other};
use crate::suggest::{
    Foreign, carries_data, deletes, is_account_id, is_of_aws, reads, reads_alone,
};

/// Instance types with accelerators, the first thing that stolen credentials are used for.
const ACCELERATED: [&str; 9] = ["p2.", "p3", "p4", "p5", "p6", "g4", "g5", "g6", "trn"];

/// Whether the request is tempting although the action is ordinary.
pub(super) fn is_tempting(facts: &Facts<'_>, action: &str) -> bool {
    let asked = |key: &str| facts.evidence.request?.get(key)?.as_str();
    match action {
        "ec2:RunInstances" => asked("instanceType")
            .is_some_and(|kind| ACCELERATED.iter().any(|start| kind.starts_with(start))),
        "ec2:DescribeInstanceAttribute" => asked("attribute") == Some("userData"),
        _ => false,
    }
}

/// The sign of a call: from the denied action, or from anything else that the call was about.
pub(super) fn of(
    facts: &Facts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&Found>,
) -> Option<Sign> {
    let own = of_one(facts, action, entry, found);
    let of_permission = |one: &Permission| {
        let entry = facts.catalogue.action_in_brief(&one.action);
        let mut signs = one
            .resources
            .iter()
            .filter_map(|found| of_one(facts, &one.action, entry.as_ref(), Some(found)));
        signs.next()
    };
    let others = facts.touched.iter().filter_map(of_permission);
    own.into_iter().chain(others).reduce(
        |worst, next| {
            if next.is_high && !worst.is_high { next } else { worst }
        },
    )
}

/// Whatever the call was about that belongs to another account, unless that account may be a
/// partner.
pub(super) fn strangers(
    facts: &Facts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&Found>,
) -> Option<Foreign> {
    let strange = |action: &str, entry: Option<&ActionEntry>, found: Option<&Found>| {
        foreign(facts, action, entry, found).filter(|it| !may_be_partners(action, entry, it))
    };
    strange(action, entry, found).or_else(|| {
        facts.touched.iter().find_map(|one| {
            let entry = facts.catalogue.action_in_brief(&one.action);
            one.resources.iter().find_map(|found| strange(&one.action, entry.as_ref(), Some(found)))
        })
    })
}

fn of_one(
    facts: &Facts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&Found>,
) -> Option<Sign> {
    if facts.denial.layer == Layer::Authentication || action.is_empty() {
        return None;
    }
    if let Some(foreign) = foreign(facts, action, entry, found) {
        return of_foreign(facts, action, entry, &foreign);
    }
    let other = others_place(facts, found)?;
    Some(of_place(facts, action, entry, &other))
}

/// Whose place it is, if it is another's.
fn others_place(facts: &Facts<'_>, found: Option<&Found>) -> Option<Other> {
    place::others(&facts.names, &found?.pattern, facts.evidence.request)
}

fn of_place(facts: &Facts<'_>, action: &str, entry: Option<&ActionEntry>, other: &Other) -> Sign {
    let caller = &facts.names;
    let own = caller.user_id.filter(|id| id.contains(':'));
    let own = own.or(caller.user_name).or(caller.session).unwrap_or("the caller");
    Sign {
        label: other.label.to_owned(),
        text: format!("{}: the path holds {}, and the caller is {own}", other.label, other.name),
        is_high: reads(action, entry) || deletes(action),
    }
}

/// What belongs to another account; reading AWS's own buckets does not count.
fn foreign(
    facts: &Facts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&Found>,
) -> Option<Foreign> {
    let identity = facts.caller.as_ref().unwrap_or(&facts.identity);
    let caller = identity.account.as_deref().filter(|id| is_account_id(id));
    // S3's records say `anonymous`, others `ANONYMOUS_PRINCIPAL`.
    let is_nobody =
        |account: &str| account.get(..9).is_some_and(|it| it.eq_ignore_ascii_case("anonymous"));
    if identity.kind == Kind::Account && identity.account.as_deref().is_some_and(is_nobody) {
        return Some(Foreign::Anonymous);
    }
    let own = facts.accounts.own();
    if let (Some(caller), Some(own)) = (caller, own)
        && caller != own
    {
        return Some(Foreign::Caller(caller.to_owned()));
    }
    if reads(action, entry) && is_of_aws(found) {
        return None;
    }
    if let Some(account) = policy::other_account(facts, found) {
        return Some(Foreign::Resource(Some(account)));
    }
    // The record lists another account's resource that no known action is about.
    let listed = caller.and_then(|caller| facts.accounts.other_owner(caller));
    let is_partners =
        |id: &&str| may_be_partners(action, entry, &Foreign::Resource(Some((*id).to_owned())));
    if let Some(account) = listed.filter(|id| !is_partners(id)) {
        return Some(Foreign::Resource(Some(account.to_owned())));
    }
    // Another account also received copies of the event, and only the bucket can belong to it.
    let is_bucket = found.is_some_and(|found| found.name.contains(":s3:::"));
    let is_owner_known = facts.accounts.tells_owners();
    let is_shared = facts.accounts.is_shared && facts.denial.layer != Layer::VpcEndpoint;
    (is_shared && is_bucket && !is_owner_known).then_some(Foreign::Resource(None))
}

/// Whether a foreign resource may belong to a partner and be opened by both sides: a role to
/// assume, or something to read. A bucket may be anybody's, and data written to another account is
/// gone.
fn may_be_partners(action: &str, entry: Option<&ActionEntry>, foreign: &Foreign) -> bool {
    let is_known = matches!(foreign, Foreign::Resource(Some(_)));
    let is_ordinary = action.starts_with("sts:") || reads_alone(action, entry);
    is_known && is_ordinary && !action.starts_with("s3:")
}

/// The sign of a stranger at our endpoint or bucket, or of our data on its way to a stranger.
fn of_foreign(
    facts: &Facts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    foreign: &Foreign,
) -> Option<Sign> {
    let is_endpoint = facts.denial.layer == Layer::VpcEndpoint;
    let is_bucket = action.starts_with("s3:");
    let account = foreign.account();
    let (label, text) = match foreign {
        Foreign::Caller(_) | Foreign::Anonymous if is_endpoint => (
            "a stranger at our VPC endpoint",
            format!(
                "credentials of {account} are used through our VPC endpoint, as by somebody who carries data out"
            ),
        ),
        Foreign::Caller(_) | Foreign::Anonymous if is_bucket => {
            ("a stranger at our bucket", format!("{account} reaches for a bucket of ours"))
        }
        Foreign::Caller(_) | Foreign::Anonymous => return None,
        Foreign::Resource(_) if is_endpoint => (
            "towards another account",
            format!(
                "the call goes through our VPC endpoint to a resource of {account}, as by somebody who carries data out"
            ),
        ),
        Foreign::Resource(_) if carries_data(action, entry) => (
            "data towards another account",
            format!(
                "the call hands data to a resource of {account}, as by somebody who carries it out"
            ),
        ),
        Foreign::Resource(_) => return None,
    };
    Some(Sign { label: label.to_owned(), text, is_high: true })
}
