//! The hours in which places were heard, as far as this process knows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aware_core::silence::Place;
use jiff::Timestamp;

/// How many recently heard places are remembered before the memory is cleared.
const KNOWN: usize = 50_000;

/// The hours in which places were heard from, so that each is written only once.
#[derive(Debug, Default)]
pub(super) struct Ears(Mutex<HashMap<(Place, i64), ()>>);

impl Ears {
    /// Records a place in this hour; true if that was not known yet.
    pub(super) fn hear(&self, place: &Place, time: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert((place.clone(), time.as_second().div_euclid(3600)), ()).is_none()
    }

    pub(super) fn forget(&self, place: &Place, time: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(place.clone(), time.as_second().div_euclid(3600)));
    }
}
