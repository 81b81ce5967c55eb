//! Who is admitted from outside by a policy or a share.

use std::collections::BTreeSet;

use aware_core::event::{Arn, is_account_id};

use super::value::list_names;

/// What limits everybody, by the conditions of a statement.
pub(super) enum AdmissionLimit {
    /// Nothing that says who.
    Nothing,
    /// These accounts, or ARNs of theirs.
    Accounts(Vec<String>),
    /// The members of an organization.
    Organization,
    /// Who comes through a network.
    Network,
}

/// Who is admitted from outside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Admission {
    /// Everybody.
    pub(super) everybody: bool,
    /// Accounts that are not the own ones.
    pub(super) accounts: BTreeSet<String>,
    /// Everybody in an organization or a network, whose owner the policy does not say.
    pub(super) limited: bool,
    /// A canonical user id, whose account the policy does not say.
    pub(super) canonical: bool,
}

impl Admission {
    /// Adds everybody, as far as conditions do not limit it.
    pub(super) fn add_everybody(&mut self, limit: &AdmissionLimit, own: &dyn Fn(&str) -> bool) {
        match limit {
            AdmissionLimit::Nothing => self.everybody = true,
            AdmissionLimit::Organization | AdmissionLimit::Network => self.limited = true,
            AdmissionLimit::Accounts(values) => {
                values.iter().for_each(|one| self.add_account(one, own))
            }
        }
    }

    /// Adds an account id, or the account of an ARN.
    pub(super) fn add_account(&mut self, name: &str, own: &dyn Fn(&str) -> bool) {
        if name == "*" || name.eq_ignore_ascii_case("all") {
            self.everybody = true;
            return;
        }
        let arn = Arn::parse(name);
        let account = arn.as_ref().map_or(name, Arn::account);
        if account == "*" {
            self.everybody = true;
        } else if is_account_id(account) && !own(account) {
            self.accounts.insert(account.to_owned());
        } else if account.is_empty() && arn.is_none_or(|arn| arn.service() != "s3") {
            self.limited = true;
        }
    }

    /// Adds an identity provider; a public one without conditions admits everybody.
    pub(super) fn add_provider(
        &mut self,
        name: &str,
        is_limited: bool,
        own: &dyn Fn(&str) -> bool,
    ) {
        match Arn::parse(name) {
            Some(arn) if is_account_id(arn.account()) && !own(arn.account()) => {
                self.accounts.insert(arn.account().to_owned());
            }
            Some(_) => {}
            None if !is_limited => self.everybody = true,
            None => {}
        }
    }

    /// Whether strangers are admitted for certain.
    pub(super) fn is_foreign(&self) -> bool {
        self.everybody || !self.accounts.is_empty()
    }

    /// `everyone`, `account 999988887777`; `None` if nobody from outside is admitted.
    pub(super) fn words(&self) -> Option<String> {
        let accounts: Vec<String> = self.accounts.iter().cloned().collect();
        let list = list_names(&accounts);
        match accounts.len() {
            _ if self.everybody => Some("everyone".to_owned()),
            1 => Some(format!("account {list}")),
            2.. => Some(format!("accounts {list}")),
            _ if self.canonical => Some("a canonical user id".to_owned()),
            _ if self.limited => Some("an organization or a network".to_owned()),
            _ => None,
        }
    }
}
