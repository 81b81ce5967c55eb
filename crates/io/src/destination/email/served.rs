//! Who already has a mail that not every recipient's server has accepted yet.
//!
//! It is in memory only: after a restart a recipient may get a mail twice, with the same
//! Message-ID.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lettre::Address;

/// For how many mails it is remembered.
const MAX_MAILS: usize = 256;

/// Recipients by the message's id, the oldest first.
#[derive(Default)]
pub(super) struct ServedRecipients(Mutex<VecDeque<(String, Vec<Address>)>>);

impl ServedRecipients {
    /// Those who have the mail.
    pub(super) fn of_mail(&self, id: &str) -> Vec<Address> {
        let served = self.lock_served();
        let found = served.iter().find(|(mail, _)| mail == id);
        found.map(|(_, addresses)| addresses.clone()).unwrap_or_default()
    }

    /// Records that these have it too.
    pub(super) fn record_recipients(&self, id: &str, addresses: &[Address]) {
        let mut served = self.lock_served();
        if let Some((_, known)) = served.iter_mut().find(|(mail, _)| mail == id) {
            known.extend_from_slice(addresses);
            return;
        }
        if served.len() >= MAX_MAILS {
            served.pop_front();
        }
        served.push_back((id.to_owned(), addresses.to_vec()));
    }

    /// Forgets a mail that nobody waits for.
    pub(super) fn forget_mail(&self, id: &str) {
        self.lock_served().retain(|(mail, _)| mail != id);
    }

    fn lock_served(&self) -> MutexGuard<'_, VecDeque<(String, Vec<Address>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
