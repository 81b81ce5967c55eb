//! How the memory of cases is named in the store, and what a process knows of whom it follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::scan::follow::FollowFilter;

pub(in crate::source) use crate::port::CASE_PREFIX;

/// What this process follows, as it last read it.
#[derive(Debug, Default)]
pub(in crate::source) struct FollowedPrincipals {
    pub(super) texts: BTreeMap<String, Vec<String>>,
    pub(super) filter: Option<Arc<FollowFilter>>,
    pub(super) read: Option<Timestamp>,
}
