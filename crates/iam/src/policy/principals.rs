//! Whether the `Principal` of a resource-based policy names a caller, and how directly.

use std::collections::BTreeMap;

use super::request::RequestCaller;
use super::statement::PrincipalClause;
use super::truth::Truth;

/// How a statement's principal names a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallerNaming {
    /// Whether it names the caller at all.
    pub(super) is_meant: Truth,
    /// Whether it names the caller itself, and not only its account: an `Allow` for an account
    /// leaves the decision to that account's identity-based policies.
    pub(super) is_direct: bool,
    /// Whether it names the user or the role session itself: a permissions boundary or session
    /// policy does not limit such an `Allow`.
    pub(super) is_final: bool,
}

/// Source: IAM user guide, "AWS JSON policy elements: Principal".
pub(super) fn match_caller(
    principals: Option<&PrincipalClause>,
    caller: &RequestCaller,
) -> CallerNaming {
    match principals {
        None => CallerNaming { is_meant: Truth::True, is_direct: true, is_final: false },
        Some(PrincipalClause::Is(kinds)) => match_kinds(kinds, caller),
        Some(PrincipalClause::Not(kinds)) => {
            let inner = match_kinds(kinds, caller);
            CallerNaming { is_meant: !inner.is_meant, is_direct: true, is_final: false }
        }
    }
}

fn match_kinds(kinds: &BTreeMap<String, Vec<String>>, caller: &RequestCaller) -> CallerNaming {
    let mut sum = CallerNaming { is_meant: Truth::False, is_direct: false, is_final: false };
    for (kind, names) in kinds {
        for name in names {
            let one = match_name(kind, name, caller);
            sum.is_direct |= one.is_meant != Truth::False && one.is_direct;
            sum.is_final |= one.is_meant == Truth::True && one.is_final;
            sum.is_meant = sum.is_meant.or(one.is_meant);
        }
    }
    sum
}

fn match_name(kind: &str, name: &str, caller: &RequestCaller) -> CallerNaming {
    let is = |is_meant: Truth, is_direct: bool, is_final: bool| CallerNaming {
        is_meant,
        is_direct,
        is_final,
    };
    let equals = |known: Option<&str>| known.map_or(Truth::Unknown, |known| (known == name).into());
    match kind {
        "AWS" if name == "*" => is(Truth::True, true, false),
        "AWS" => match account_of(name) {
            Some(account) => {
                let known = caller.account.as_deref();
                let meant = known.map_or(Truth::Unknown, |known| (known == account).into());
                is(if caller.service.is_some() { Truth::False } else { meant }, false, false)
            }
            None if caller.service.is_some() => is(Truth::False, false, false),
            None => match_aws_name(name, caller),
        },
        "Service" => match (&caller.service, &caller.arn) {
            (Some(service), _) => is(Truth::from(service == name), true, false),
            (None, Some(_)) => is(Truth::False, false, false),
            (None, None) => is(equals(None), true, false),
        },
        // What is known about a caller does not include web identities, SAML providers and
        // canonical ids.
        _ => is(Truth::Unknown, true, false),
    }
}

/// A user, a role, or a session of a role.
fn match_aws_name(name: &str, caller: &RequestCaller) -> CallerNaming {
    let is_user = name.contains(":user/");
    let is_session = name.contains(":assumed-role/");
    let known = if is_session { &caller.session_arn } else { &caller.arn };
    let is_meant = match known {
        Some(known) => Truth::from(known == name),
        None if is_session && caller.arn.as_deref().is_some_and(|arn| arn.contains(":user/")) => {
            Truth::False
        }
        None => Truth::Unknown,
    };
    CallerNaming { is_meant, is_direct: true, is_final: is_user || is_session }
}

/// The account of `111122223333` or `arn:aws:iam::111122223333:root`.
fn account_of(name: &str) -> Option<&str> {
    let is_id = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let of_arn = || {
        let mut parts = name.splitn(6, ':').skip(4);
        let account = parts.next()?;
        (parts.next()? == "root").then_some(account)
    };
    if is_id(name) { Some(name) } else { of_arn() }
}
