//! The principal that a command is about: a role or user, by ARN or by name.

use std::collections::BTreeMap;

use aware_core::event::{Arn, Event};
use aware_iam::principal::PrincipalIdentity;
use memchr::memmem::Finder;

use crate::exit::CommandFailure;

/// How many principals one name may match; further ones are ignored.
const MAX_MATCHES: usize = 100;

/// A role or user as named on the command line.
#[derive(Clone, Debug)]
pub(super) struct PrincipalSelector {
    /// As given.
    pub(super) given: String,
    /// Its ARN; without the path if a session's ARN was given.
    arn: Option<String>,
    has_path: bool,
    /// `role` or `user`, if given.
    kind: Option<String>,
    name: String,
    needle: Finder<'static>,
}

impl PrincipalSelector {
    /// Parses `role/app`, `user/team/alice`, `alice`, `root`, or an ARN of a role, user or session.
    ///
    /// # Errors
    /// If it is none of these.
    pub(super) fn parse(given: &str) -> Result<Self, CommandFailure> {
        let wrong = |what: &str, hint: &str| {
            CommandFailure::Usage(format!("--principal `{given}` {what} (hint: {hint})"))
        };
        let hint = "write role/checkout-fn, user/alice, or arn:aws:iam::111122223333:role/app";
        let arn = if given.starts_with("arn:") {
            let parsed = Arn::parse(given).ok_or_else(|| wrong("is not an ARN", hint))?;
            let is_one = matches!(parsed.service(), "iam" | "sts") && !parsed.account().is_empty();
            let identity = PrincipalIdentity::from_name(given);
            let arn = identity.arn.filter(|_| is_one);
            Some((arn.ok_or_else(|| wrong("is not a role or user", hint))?, !identity.path_unknown))
        } else {
            None
        };
        let resource = match &arn {
            Some((arn, _)) => arn.splitn(6, ':').nth(5).unwrap_or_default(),
            None => given,
        };
        let (kind, name) = match resource.split_once('/') {
            Some((kind @ ("role" | "user" | "federated-user"), name)) => (Some(kind), name),
            Some(_) => return Err(wrong("is neither a role nor a user", hint)),
            None => (None, resource),
        };
        let last = name.rsplit('/').next().unwrap_or(name);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
        if last.is_empty() || last.len() > 128 || !last.chars().all(is_name) {
            return Err(wrong("is not the name of a role or user", hint));
        }
        Ok(Self {
            given: given.to_owned(),
            has_path: arn.as_ref().is_some_and(|(_, has_path)| *has_path),
            kind: kind.map(str::to_owned),
            name: last.to_owned(),
            needle: Finder::new(last).into_owned(),
            arn: arn.map(|(arn, _)| arn),
        })
    }

    /// Whether a record's bytes contain the name.
    pub(super) fn name_occurs_in(&self, record: &[u8]) -> bool {
        self.needle.find(record).is_some()
    }

    /// The ARN of an event's principal, if it is this one.
    pub(super) fn match_event(&self, event: &Event) -> Option<String> {
        let identity = PrincipalIdentity::from_event(event);
        let arn = identity.arn?;
        self.matches_arn(&arn, identity.path_unknown).then_some(arn)
    }

    fn matches_arn(&self, arn: &str, path_unknown: bool) -> bool {
        let Some(parsed) = Arn::parse(arn) else { return false };
        let (kind, name) = parsed.resource().split_once('/').unwrap_or(("", parsed.resource()));
        let last = name.rsplit('/').next().unwrap_or(name);
        let is_named =
            last == self.name && self.kind.as_deref().is_none_or(|wanted| wanted == kind);
        match self.arn.as_deref().and_then(Arn::parse) {
            None => is_named,
            Some(_) if self.has_path && !path_unknown => self.arn.as_deref() == Some(arn),
            Some(wanted) => {
                is_named
                    && wanted.account() == parsed.account()
                    && wanted.partition() == parsed.partition()
            }
        }
    }
}

/// The principals that a name matched, each with its most complete ARN. A session whose role path
/// is not logged belongs to the same role, since names are unique in an account.
#[derive(Debug)]
pub(super) struct PrincipalMatches<T> {
    by_owner: BTreeMap<String, (String, T)>,
}

impl<T> Default for PrincipalMatches<T> {
    fn default() -> Self {
        Self { by_owner: BTreeMap::new() }
    }
}

impl<T> PrincipalMatches<T> {
    /// The entry for the principal of an ARN; `None` if there are too many.
    pub(super) fn entry_for(&mut self, arn: String, new: impl FnOnce() -> T) -> Option<&mut T> {
        let owner = owner_of(&arn);
        if self.by_owner.len() >= MAX_MATCHES && !self.by_owner.contains_key(&owner) {
            return None;
        }
        let (fullest, kept) = self.by_owner.entry(owner).or_insert_with(|| (arn.clone(), new()));
        if arn.len() > fullest.len() {
            *fullest = arn;
        }
        Some(kept)
    }

    /// The only principal, if there is one: several must not be mixed.
    ///
    /// # Errors
    /// If there are several.
    pub(super) fn single_match(
        mut self,
        whom: &PrincipalSelector,
    ) -> Result<Option<(String, T)>, CommandFailure> {
        if self.by_owner.len() <= 1 {
            return Ok(self.by_owner.pop_first().map(|(_, found)| found));
        }
        let named: Vec<&str> = self.by_owner.values().take(5).map(|(arn, _)| &**arn).collect();
        let more = if self.by_owner.len() > 5 { ", …" } else { "" };
        Err(CommandFailure::Usage(format!(
            "--principal `{}` matches several: {}{more} (hint: give the ARN)",
            whom.given,
            named.join(", ")
        )))
    }
}

/// Account, kind and name of an ARN, without the path.
fn owner_of(arn: &str) -> String {
    let (head, resource) = arn.rsplit_once(':').unwrap_or(("", arn));
    let kind = resource.split('/').next().unwrap_or_default();
    let name = resource.rsplit('/').next().unwrap_or_default();
    format!("{head}:{kind}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(given: &str, arn: &str) -> bool {
        PrincipalSelector::parse(given).unwrap().matches_arn(arn, false)
    }

    #[test]
    fn names_and_arns() {
        let role = "arn:aws:iam::111122223333:role/svc/app";
        for given in [
            "app",
            "role/app",
            "role/svc/app",
            role,
            "arn:aws:sts::111122223333:assumed-role/app/session",
        ] {
            assert!(is(given, role), "{given}");
        }
        for given in [
            "user/app",
            "role/ap",
            "arn:aws:iam::111122223333:role/app",
            "arn:aws:sts::444455556666:assumed-role/app/session",
        ] {
            assert!(!is(given, role), "{given}");
        }
        assert!(is("root", "arn:aws:iam::111122223333:root"));
    }

    #[test]
    fn sessions_without_a_path_are_of_the_same_role() {
        let whom = PrincipalSelector::parse("app").unwrap();
        let (short, full) =
            ("arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/svc/app");
        let mut matches = PrincipalMatches::default();
        for arn in [short, full, short] {
            *matches.entry_for(arn.to_owned(), || 0).unwrap() += 1;
        }
        assert_eq!(matches.single_match(&whom).unwrap(), Some((full.to_owned(), 3)));
        let mut several = PrincipalMatches::default();
        for arn in [full, "arn:aws:iam::444455556666:role/app"] {
            several.entry_for(arn.to_owned(), || 0);
        }
        let problem = several.single_match(&whom).unwrap_err().to_string();
        assert!(problem.contains("444455556666"), "{problem}");
    }

    #[test]
    fn what_is_nobody() {
        for given in ["", "role/", "arn:aws:s3:::b", "arn:x", "group/a", "a b", "role/a\u{202e}b"] {
            assert!(PrincipalSelector::parse(given).is_err(), "{given}");
        }
    }
}
