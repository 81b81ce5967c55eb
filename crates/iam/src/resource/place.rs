//! Where a call was made.

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;

use super::owner::owner_account;
use crate::region::partition_of;

/// Where a call was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallPlace<'e> {
    /// The Region, which also determines the partition; may be empty.
    pub region: &'e str,
    /// The account that was called; may be empty.
    pub account: &'e str,
}

impl<'e> CallPlace<'e> {
    /// The place of an event's call: in the account that owns what the request names, otherwise in
    /// the log's own.
    pub fn from_event(event: &'e Event) -> Self {
        let request = field::REQUEST.find_in(&event.record);
        let account = owner_account(&event.action.service, request).or(event.account.as_deref());
        Self { region: &event.region, account: account.unwrap_or_default() }
    }

    /// The partition of a region: `aws`, `aws-cn`, ….
    ///
    /// Source: AWS General Reference, "AWS partitions".
    pub fn partition(&self) -> &'static str {
        partition_of(self.region)
    }
}
