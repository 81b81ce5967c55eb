//! Stored cases, as people list, close and reopen them.

use aware_cases::case::CaseAddition;
use aware_cases::tell::{CaseFactsForTelling, CaseStatus, TellingLimits, important_things};
use jiff::Timestamp;

use crate::case_record::CaseRecord;
use crate::port::{CaseFilter, StepCommit, Store, StoreError, StoredCase};

/// How many cases are read at once.
const PAGE_CASES: usize = 200;
/// How often a change is tried again when something else changes the case.
const MAX_TRIES: usize = 4;
/// How many cases are followed from one to the case that it became part of.
const MAX_MERGES: usize = 8;

/// Why a case cannot be shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum CaseAdminError {
    /// There is none with this id.
    #[error("no case `{0}` (hint: `aware cases --all` lists those that are closed, too)")]
    Unknown(String),
    /// Several ids begin like this.
    #[error("`{id}` is the beginning of several cases: {} (hint: give more digits)", ids.join(", "))]
    Ambiguous {
        /// What was given.
        id: String,
        /// What it may mean.
        ids: Vec<String>,
    },
    /// Its body is not understood.
    #[error("case `{0}` cannot be read (hint: a newer version may have written it)")]
    Unreadable(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a person does to a case.
#[derive(Clone, Copy, Debug)]
pub enum CaseChange<'a> {
    /// It needs nobody any more: it stays closed while it looks the same.
    Close {
        /// Who says so.
        by: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// It needs somebody after all.
    Reopen {
        /// Who says so.
        by: &'a str,
        /// Why.
        reason: &'a str,
    },
}

/// The cases that a filter wants, worst first.
///
/// # Errors
/// If the store cannot be read.
pub async fn list_records(
    store: &dyn Store,
    filter: &CaseFilter,
) -> Result<Vec<CaseRecord>, StoreError> {
    let (mut records, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = store.list_cases(filter, after.as_deref(), PAGE_CASES).await?;
        records.extend(page.cases.iter().filter_map(|one| CaseRecord::from_stored(one).ok()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    records.sort_by(|a, b| {
        let key = |one: &CaseRecord| (one.case.level, one.case.last);
        key(b).cmp(&key(a)).then_with(|| a.case.id.cmp(&b.case.id))
    });
    Ok(records)
}

/// The case whose id is or begins with a text; if it is part of another one, that one.
///
/// # Errors
/// [`CaseAdminError`].
pub async fn find_record(store: &dyn Store, id: &str) -> Result<CaseRecord, CaseAdminError> {
    let filter = CaseFilter { id_prefix: id.to_owned(), ..CaseFilter::default() };
    let found = store.list_cases(&filter, None, 10).await?.cases;
    let mut stored = match <[StoredCase; 1]>::try_from(found) {
        Ok([one]) => one,
        Err(none) if none.is_empty() => return Err(CaseAdminError::Unknown(id.to_owned())),
        Err(many) => match many.iter().find(|one| one.id == id) {
            Some(exact) => exact.clone(),
            None => {
                let ids = many.into_iter().map(|one| one.id).collect();
                return Err(CaseAdminError::Ambiguous { id: id.to_owned(), ids });
            }
        },
    };
    for _ in 0..MAX_MERGES {
        let record = CaseRecord::from_stored(&stored)
            .map_err(|_| CaseAdminError::Unreadable(stored.id.clone()))?;
        let CaseStatus::Merged { into } = &record.telling.status else { return Ok(record) };
        let mut next = store.load_cases(std::slice::from_ref(into)).await?;
        stored = next.pop().ok_or_else(|| CaseAdminError::Unknown(into.clone()))?;
    }
    Err(CaseAdminError::Unknown(id.to_owned()))
}

/// Closes or reopens a case. Returns it in its new state.
///
/// # Errors
/// [`CaseAdminError`].
pub async fn change_record(
    store: &dyn Store,
    id: &str,
    change: CaseChange<'_>,
    now: Timestamp,
) -> Result<CaseRecord, CaseAdminError> {
    let mut tries = 0;
    loop {
        let found = find_record(store, id).await?;
        // Read by its id, so that a shared store knows what this change builds on.
        let ids = [found.case.id.clone()];
        let stored = store.load_cases(&ids).await?;
        let record = stored.first().and_then(|stored| CaseRecord::from_stored(stored).ok());
        let mut record = record.ok_or_else(|| CaseAdminError::Unreadable(id.to_owned()))?;
        apply_change(&mut record, change, now);
        let stored = record
            .to_stored(now, &TellingLimits::default())
            .map_err(|_| CaseAdminError::Unreadable(id.to_owned()))?;
        let commit = StepCommit { cases: vec![stored], ..StepCommit::default() };
        match store.commit(commit, now).await {
            Ok(()) => return Ok(record),
            Err(StoreError::Conflict) if tries < MAX_TRIES => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn apply_change(record: &mut CaseRecord, change: CaseChange<'_>, now: Timestamp) {
    let important = important_things(&record.case);
    let facts = CaseFactsForTelling::from_case(&record.case, &important, CaseAddition::default());
    match change {
        CaseChange::Close { by, reason } => {
            record.telling.close_by_person(by, reason, &facts, now);
        }
        CaseChange::Reopen { .. } if record.telling.status.is_open() => {}
        CaseChange::Reopen { by, reason } => record.telling.open_by_person(by, reason, now),
    }
}
