//! A case, as the source half keeps it in a store.

use aware_cases::case::Case;
use aware_cases::tell::{CaseTelling, TellingLimits, next_due_at};
use aware_core::case::CaseReading;
use aware_core::event::Level;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Error;

use crate::port::StoredCase;

/// The longest record that is stored whole, in bytes: an item of DynamoDB takes 400 KB, compressed.
const WHOLE_RECORD: usize = 1 << 20;

/// How long a case is kept once it is closed.
const CLOSED_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A case, what was told of it, and when it was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// What was told of it.
    pub telling: CaseTelling,
    /// When it was first stored.
    pub opened: Timestamp,
    /// The case, when it was last built.
    pub case: Case,
}

impl CaseRecord {
    /// A case that is new.
    pub fn new(case: Case, now: Timestamp) -> Self {
        Self { telling: CaseTelling::default(), opened: now, case }
    }

    /// Reads a stored case.
    ///
    /// # Errors
    /// If its body is not understood.
    pub fn from_stored(stored: &StoredCase) -> Result<Self, Error> {
        serde_json::from_slice(&stored.body)
    }

    /// The case for a store.
    ///
    /// # Errors
    /// If it cannot be written as JSON, which no case of ours does.
    pub fn to_stored(&self, now: Timestamp, limits: &TellingLimits) -> Result<StoredCase, Error> {
        let is_open = self.telling.status.is_open();
        Ok(StoredCase {
            id: self.case.id.clone(),
            status: self.telling.status.kind(),
            level: self.case.level,
            last: self.case.last,
            due: next_due_at(&self.telling, limits),
            expires: now.checked_add(CLOSED_RETENTION).ok().filter(|_| !is_open),
            weight: case_weight(&self.case),
            body: self.to_body()?,
        })
    }

    /// The record as JSON. What is too long is stored without what a reader of the message has.
    fn to_body(&self) -> Result<Vec<u8>, Error> {
        let whole = serde_json::to_vec(self)?;
        if whole.len() <= WHOLE_RECORD {
            return Ok(whole);
        }
        serde_json::to_vec(&Self { case: self.case.shortened(), ..self.clone() })
    }
}

/// How much a case matters, by its level first.
fn case_weight(case: &Case) -> u32 {
    let by_level = match case.level {
        Level::Informational => 0,
        Level::Low => 10,
        Level::Medium => 20,
        Level::High => 30,
        Level::Critical => 40,
    };
    let is_hostile = matches!(case.reading, CaseReading::Intrusion | CaseReading::Exploring);
    by_level + if is_hostile { 5 } else { 0 }
}
