//! Accounts.

use std::collections::BTreeMap;

/// An account that the config names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAccount {
    /// What its owner calls it: `clinic-prod`.
    pub name: String,
    /// What it is for: `production`.
    pub environment: Option<String>,
    /// Who is responsible for it.
    pub owner: Option<String>,
    /// Whether it belongs to somebody else, who may have access by design.
    pub is_partner: bool,
}

/// The accounts that the config names, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAccounts {
    by_id: BTreeMap<String, KnownAccount>,
    organization: Option<String>,
}

impl KnownAccounts {
    /// These accounts, by their ids, and the id of their organization.
    pub fn new(by_id: BTreeMap<String, KnownAccount>, organization: Option<String>) -> Self {
        Self { by_id, organization }
    }

    /// An account, by its id.
    pub fn account(&self, id: &str) -> Option<&KnownAccount> {
        self.by_id.get(id)
    }

    /// The ids of all accounts that may have access: the own ones and those of partners.
    pub fn trusted_ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// All accounts, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KnownAccount)> {
        self.by_id.iter().map(|(id, account)| (id.as_str(), account))
    }

    /// The id of the organization: `o-a1b2c3d4e5`.
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }
}
