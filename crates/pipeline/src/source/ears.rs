//! The hours in which places were heard, as far as this process knows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aware_core::silence::AccountRegion;
use jiff::Timestamp;

/// How many recently heard places are remembered before the memory is cleared.
const MAX_KNOWN: usize = 50_000;

/// The hours in which places were heard from, so that each is written only once.
#[derive(Debug, Default)]
pub(super) struct RecentlySeenPlaces(Mutex<HashMap<(AccountRegion, i64), ()>>);

impl RecentlySeenPlaces {
    /// Records a place in this hour; true if that was not known yet.
    pub(super) fn record_place(&self, place: &AccountRegion, time: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert((place.clone(), time.as_second().div_euclid(3600)), ()).is_none()
    }

    pub(super) fn forget_place(&self, place: &AccountRegion, time: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(place.clone(), time.as_second().div_euclid(3600)));
    }
}
