//! What cases left to the daily digest.

use aware_cases::group::{DailyDigest, OpenCaseSums};
use aware_cases::tell::TellingChannel;
use aware_cases::view::CaseView;
use jiff::Timestamp;

use super::telling::read_record;
use crate::case_record::CaseRecord;
use crate::port::{CaseFilter, StepCommit, Store, StoreError};
use crate::source::SourceHalf;

/// How many cases are read at once.
const PAGE_CASES: usize = 200;
/// How many cases one digest takes: what a commit of it holds.
const MAX_HELD: usize = 80;

impl SourceHalf {
    /// Adds what cases left to the digest, and marks it as reported in the commit; what is too much
    /// for one digest waits for the next. Names what the open cases have in common.
    pub(in crate::source) async fn add_held_cases(
        &self,
        digest: &mut DailyDigest,
        commit: &mut StepCommit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let limits = self.telling_limits().await;
        let (mut after, mut open) = (None::<String>, OpenCaseSums::default());
        loop {
            let filter = CaseFilter::default();
            let page = self.store.list_cases(&filter, after.as_deref(), PAGE_CASES).await?;
            for mut record in page.cases.iter().filter_map(read_record) {
                if is_held(&record) && commit.cases.len() < MAX_HELD {
                    let line = CaseView::new(&record.case).headline;
                    digest.add_held(line, record.telling.take_untold());
                    commit.cases.extend(record.to_stored(now, &limits));
                }
                if record.telling.status.is_open() {
                    open.add_case(&record.case);
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        digest.name_open_cases(open);
        Ok(())
    }
}

fn is_held(record: &CaseRecord) -> bool {
    record.telling.channel == TellingChannel::Digest && record.telling.untold() > 0
}
