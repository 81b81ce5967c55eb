//! Cases, and what is due: an index with sharded times and keys only.

use std::collections::HashMap;

use aware_cases::tell::CaseStatusKind;
use aware_core::event::Level;
use aware_core::open::NamedSet;
use aware_pipeline::port::{CaseFilter, CasePage, StoreError, StoredCase};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::DynamoStore;
use super::item::{DynamoItem, ItemKey, MAX_BODY_BYTES};
use super::packed::deflate;
use super::read::call_failed;
use super::table::{CASE_SHARDS, DUE_INDEX, DUE_SHARD, DUE_TIME, NEVER_DUE, due_shards};

/// How many cases are read at once while they are listed.
const LIST_BATCH: usize = 50;

/// An item of the index: its key, and when it is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DueKey {
    /// When, in milliseconds.
    pub(super) due: i64,
    /// The item in the table.
    pub(super) key: ItemKey,
}

impl DynamoStore {
    /// Which items of a kind are due, at most `most` of each shard, the longest due first. What
    /// changed within the last moments may be missing or outdated.
    pub(super) async fn due_keys(
        &self,
        kind: &str,
        until: i64,
        most: usize,
    ) -> Result<Vec<DueKey>, StoreError> {
        let mut due = Vec::new();
        for shard in due_shards(kind) {
            self.due_keys_of_shard(shard, until, most, &mut due).await?;
        }
        due.sort();
        Ok(due)
    }

    async fn due_keys_of_shard(
        &self,
        shard: String,
        until: i64,
        most: usize,
        due: &mut Vec<DueKey>,
    ) -> Result<(), StoreError> {
        let (mut start, mut found) = (None, 0);
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(DUE_INDEX)
                .key_condition_expression("#shard = :shard and #due <= :until")
                .expression_attribute_names("#shard", DUE_SHARD)
                .expression_attribute_names("#due", DUE_TIME)
                .expression_attribute_values(":shard", AttributeValue::S(shard.clone()))
                .expression_attribute_values(":until", AttributeValue::N(until.to_string()))
                .set_limit(i32::try_from(most).ok())
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| call_failed(&error))?;
            let items = page.items.unwrap_or_default().into_iter().map(DynamoItem::from);
            let keys = items.filter_map(|item| {
                Some(DueKey { due: item.integer_of(DUE_TIME)?, key: item.item_key() })
            });
            let before = due.len();
            due.extend(keys);
            found += due.len() - before;
            start = page.last_evaluated_key.filter(|key| !key.is_empty() && found < most);
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads items by key, consistently, and remembers their versions.
    pub(super) async fn load_due(
        &self,
        due: Vec<DueKey>,
    ) -> Result<HashMap<ItemKey, DynamoItem>, StoreError> {
        self.get_versioned(due.into_iter().map(|due| due.key).collect()).await
    }

    /// The cases with these keys. What cannot be read is set aside.
    async fn cases_with_keys(&self, keys: Vec<ItemKey>) -> Result<Vec<StoredCase>, StoreError> {
        let found = self.get_versioned(keys).await?;
        let alive = found.values().filter(|item| item.is_alive());
        let mut cases = self.read_or_set_aside(alive, DynamoItem::to_case).await;
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(cases)
    }

    /// The cases with these ids.
    pub(super) async fn cases_by_id(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        self.cases_with_keys(ids.iter().map(|id| ItemKey::of_case(id)).collect()).await
    }

    /// The cases that are due.
    pub(super) async fn read_due_cases(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<StoredCase>, StoreError> {
        let mut keys = self.due_keys(CASE_SHARDS, now.as_millisecond(), most).await?;
        keys.truncate(most);
        let mut cases = self.cases_with_keys(keys.into_iter().map(|due| due.key).collect()).await?;
        // The index may be behind the table.
        cases.retain(|case| case.due.is_some_and(|due| due <= now));
        cases.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
        Ok(cases)
    }

    /// A page of cases by id. The index lists every case; only those of the page are read.
    pub(super) async fn read_case_page(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError> {
        let all = self.due_keys(CASE_SHARDS, NEVER_DUE, usize::MAX).await?;
        let ids = all.iter().filter_map(|due| due.key.case_id());
        let mut ids: Vec<String> = ids
            .filter(|id| id.starts_with(&filter.id_prefix) && after.is_none_or(|after| *id > after))
            .map(str::to_owned)
            .collect();
        ids.sort();
        let mut cases: Vec<StoredCase> = Vec::new();
        for ids in ids.chunks(LIST_BATCH) {
            let batch = self.cases_by_id(ids).await?;
            cases.extend(batch.into_iter().filter(|case| filter.accepts(case)));
            if cases.len() > most {
                break;
            }
        }
        Ok(CasePage::of_sorted(cases, filter, most))
    }
}

impl ItemKey {
    /// The id of the case whose key this is.
    pub(super) fn case_id(&self) -> Option<&str> {
        self.partition().strip_prefix("case#")
    }
}

impl DynamoItem {
    /// A case; `None` if it is too large for an item.
    pub(super) fn from_case(case: &StoredCase) -> Option<Self> {
        let body = deflate(&case.body);
        let is_small = body.len() <= MAX_BODY_BYTES;
        let item = Self::new(&ItemKey::of_case(&case.id))
            .with_text("id", case.id.as_str())
            .with_text("status", case.status.name())
            .with_text("level", case.level.name())
            .with_number("last", case.last.as_millisecond())
            .with_number("weight", case.weight.into())
            .with_bytes("bytes", body)
            .with_due(CASE_SHARDS, &case.id, case.due)
            .with_expiry(case.expires);
        is_small.then_some(item)
    }

    /// Reads a case.
    pub(super) fn to_case(&self) -> Result<StoredCase, StoreError> {
        let problem = "a case cannot be read: its attributes are missing or have unexpected values";
        self.case_if_whole().ok_or_else(|| StoreError::Down(problem.to_owned()))
    }

    fn case_if_whole(&self) -> Option<StoredCase> {
        Some(StoredCase {
            id: self.text_of("id")?,
            status: CaseStatusKind::named(&self.text_of("status")?)?,
            level: Level::named(&self.text_of("level")?)?,
            last: self.time_of("last")?,
            due: self.time_of(DUE_TIME).filter(|due| due.as_millisecond() < NEVER_DUE),
            expires: self.integer_of("ttl").and_then(|ttl| Timestamp::from_second(ttl).ok()),
            weight: u32::try_from(self.integer_of("weight")?).ok()?,
            body: self.bytes_of("bytes")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::table::due_shard;
    use super::*;

    #[test]
    fn no_shard_takes_more_than_its_share() {
        let mut shards: HashMap<String, usize> = HashMap::new();
        for number in 0..30_000_u64 {
            let id = format!("c{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            *shards.entry(due_shard(CASE_SHARDS, &id)).or_default() += 1;
        }
        let known: Vec<String> = due_shards(CASE_SHARDS).collect();
        assert!(shards.keys().all(|shard| known.contains(shard)));
        assert!(
            shards.len() == known.len() && shards.values().all(|items| *items < 4_500),
            "{shards:?}"
        );
    }

    #[test]
    fn a_case_survives_its_item() {
        let now = Timestamp::from_second(1_795_927_640).unwrap();
        let mut case = StoredCase {
            id: "c5b1e90ab12cd34ef".to_owned(),
            status: CaseStatusKind::Open,
            level: Level::High,
            last: now,
            due: Some(now),
            expires: None,
            weight: 7,
            body: vec![0, 1, 255],
        };
        assert_eq!(DynamoItem::from_case(&case).unwrap().to_case().unwrap(), case);
        (case.due, case.expires, case.status) = (None, Some(now), CaseStatusKind::Closed);
        assert_eq!(DynamoItem::from_case(&case).unwrap().to_case().unwrap(), case);
        case.body = vec![0; 4 * MAX_BODY_BYTES];
        assert_eq!(DynamoItem::from_case(&case).unwrap().to_case().unwrap(), case, "compressed");
        let mut random = 7_u64;
        case.body.fill_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random.to_be_bytes()[0]
        });
        assert_eq!(DynamoItem::from_case(&case), None);
    }
}
