//! What a denial reveals beyond a lacking permission: a call directed at something that belongs to
//! another.

use aware_core::explanation::DenialSign;

use super::facts::DenialFacts;
use super::policy;
use crate::call::CallPermission;
use crate::catalogue::ActionEntry;
use crate::denial::DenialLayer;
use crate::principal::IdentityKind;
use crate::resource::FoundResource;
use crate::suggest::place::{self, OtherPlace};
use crate::suggest::{
    ForeignParty, carries_data, is_account_id, is_deleting, is_of_aws, is_reading, reads_alone,
};

/// Instance types with accelerators, the first thing that stolen credentials are used for.
const ACCELERATED: [&str; 9] = ["p2.", "p3", "p4", "p5", "p6", "g4", "g5", "g6", "trn"];

/// Whether the request is tempting although the action is ordinary.
pub(super) fn is_tempting(facts: &DenialFacts<'_>, action: &str) -> bool {
    let asked = |key: &str| facts.evidence.request?.get(key)?.as_str();
    match action {
        "ec2:RunInstances" => asked("instanceType")
            .is_some_and(|kind| ACCELERATED.iter().any(|start| kind.starts_with(start))),
        "ec2:DescribeInstanceAttribute" => asked("attribute") == Some("userData"),
        _ => false,
    }
}

/// The sign of a call: from the denied action, or from anything else that the call was about.
pub(super) fn find_sign(
    facts: &DenialFacts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&FoundResource>,
) -> Option<DenialSign> {
    let own = sign_of_action(facts, action, entry, found);
    let of_permission = |one: &CallPermission| {
        let entry = facts.catalogue.find_action_briefly(&one.action);
        let mut signs = one
            .resources
            .iter()
            .filter_map(|found| sign_of_action(facts, &one.action, entry.as_ref(), Some(found)));
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
pub(super) fn find_stranger(
    facts: &DenialFacts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&FoundResource>,
) -> Option<ForeignParty> {
    let strange = |action: &str, entry: Option<&ActionEntry>, found: Option<&FoundResource>| {
        find_foreign(facts, action, entry, found).filter(|it| !may_be_partners(action, entry, it))
    };
    strange(action, entry, found).or_else(|| {
        facts.touched.iter().find_map(|one| {
            let entry = facts.catalogue.find_action_briefly(&one.action);
            one.resources.iter().find_map(|found| strange(&one.action, entry.as_ref(), Some(found)))
        })
    })
}

fn sign_of_action(
    facts: &DenialFacts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&FoundResource>,
) -> Option<DenialSign> {
    if facts.denial.layer == DenialLayer::Authentication || action.is_empty() {
        return None;
    }
    if let Some(foreign) = find_foreign(facts, action, entry, found) {
        return sign_of_foreign(facts, action, entry, &foreign);
    }
    let other = others_place(facts, found)?;
    Some(sign_of_place(facts, action, entry, &other))
}

/// Whose place it is, if it is another's.
fn others_place(facts: &DenialFacts<'_>, found: Option<&FoundResource>) -> Option<OtherPlace> {
    place::find_other_place(&facts.names, &found?.pattern, facts.evidence.request)
}

fn sign_of_place(
    facts: &DenialFacts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    other: &OtherPlace,
) -> DenialSign {
    let caller = &facts.names;
    let own = caller.user_id.filter(|id| id.contains(':'));
    let own = own.or(caller.user_name).or(caller.session).unwrap_or("the caller");
    DenialSign {
        label: other.label.to_owned(),
        text: format!("{}: the path holds {}, and the caller is {own}", other.label, other.name),
        is_high: is_reading(action, entry) || is_deleting(action),
    }
}

/// What belongs to another account; reading AWS's own buckets does not count.
fn find_foreign(
    facts: &DenialFacts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    found: Option<&FoundResource>,
) -> Option<ForeignParty> {
    let identity = facts.caller.as_ref().unwrap_or(&facts.identity);
    let caller = identity.account.as_deref().filter(|id| is_account_id(id));
    // S3's records say `anonymous`, others `ANONYMOUS_PRINCIPAL`.
    let is_nobody =
        |account: &str| account.get(..9).is_some_and(|it| it.eq_ignore_ascii_case("anonymous"));
    if identity.kind == IdentityKind::Account && identity.account.as_deref().is_some_and(is_nobody)
    {
        return Some(ForeignParty::Anonymous);
    }
    let own = facts.accounts.own_account();
    if let (Some(caller), Some(own)) = (caller, own)
        && caller != own
    {
        return Some(ForeignParty::Caller(caller.to_owned()));
    }
    if is_reading(action, entry) && is_of_aws(found) {
        return None;
    }
    if let Some(account) = policy::other_account(facts, found) {
        return Some(ForeignParty::Resource(Some(account)));
    }
    // The record lists another account's resource that no known action is about.
    let listed = caller.and_then(|caller| facts.accounts.other_owner(caller));
    let is_partners =
        |id: &&str| may_be_partners(action, entry, &ForeignParty::Resource(Some((*id).to_owned())));
    if let Some(account) = listed.filter(|id| !is_partners(id)) {
        return Some(ForeignParty::Resource(Some(account.to_owned())));
    }
    // Another account also received copies of the event, and only the bucket can belong to it.
    let is_bucket = found.is_some_and(|found| found.name.contains(":s3:::"));
    let is_owner_known = facts.accounts.tells_owners();
    let is_shared = facts.accounts.is_shared && facts.denial.layer != DenialLayer::VpcEndpoint;
    (is_shared && is_bucket && !is_owner_known).then_some(ForeignParty::Resource(None))
}

/// Whether a foreign resource may belong to a partner and be opened by both sides: a role to
/// assume, or something to read. A bucket may be anybody's, and data written to another account is
/// gone.
fn may_be_partners(action: &str, entry: Option<&ActionEntry>, foreign: &ForeignParty) -> bool {
    let is_known = matches!(foreign, ForeignParty::Resource(Some(_)));
    let is_ordinary = action.starts_with("sts:") || reads_alone(action, entry);
    is_known && is_ordinary && !action.starts_with("s3:")
}

/// The sign of a stranger at our endpoint or bucket, or of our data on its way to a stranger.
fn sign_of_foreign(
    facts: &DenialFacts<'_>,
    action: &str,
    entry: Option<&ActionEntry>,
    foreign: &ForeignParty,
) -> Option<DenialSign> {
    let is_endpoint = facts.denial.layer == DenialLayer::VpcEndpoint;
    let is_bucket = action.starts_with("s3:");
    let account = foreign.account_name();
    let (label, text) = match foreign {
        ForeignParty::Caller(_) | ForeignParty::Anonymous if is_endpoint => (
            "a stranger at our VPC endpoint",
            format!(
                "credentials of {account} are used through our VPC endpoint, as by somebody who carries data out"
            ),
        ),
        ForeignParty::Caller(_) | ForeignParty::Anonymous if is_bucket => {
            ("a stranger at our bucket", format!("{account} reaches for a bucket of ours"))
        }
        ForeignParty::Caller(_) | ForeignParty::Anonymous => return None,
        ForeignParty::Resource(_) if is_endpoint => (
            "towards another account",
            format!(
                "the call goes through our VPC endpoint to a resource of {account}, as by somebody who carries data out"
            ),
        ),
        ForeignParty::Resource(_) if carries_data(action, entry) => (
            "data towards another account",
            format!(
                "the call hands data to a resource of {account}, as by somebody who carries it out"
            ),
        ),
        ForeignParty::Resource(_) => return None,
    };
    Some(DenialSign { label: label.to_owned(), text, is_high: true })
}
