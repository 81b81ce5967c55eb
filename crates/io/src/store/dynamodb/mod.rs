//! The store that the functions share: one DynamoDB table.
//!
//! Partition key `pk`, sort key `sk`, both strings; time-to-live attribute `ttl`; an index
//! `by-state` (`state`, `sk`) of what waits: groups with unreported findings, and messages that no
//! topic has accepted; and an index `by-due` (`due_shard`, `due`; keys only) of cases and groups by
//! the time when they must be looked at again, so that a tick reads what is due and nothing else.
//! DynamoDB deletes items up to days after their `ttl`, so times are compared
//! on reading. Sources: DynamoDB Developer Guide, "Amazon DynamoDB Transactions: How it works" (100
//! items, 4 MB), "Using time to live (TTL) in DynamoDB", "Constraints" (400 KB per item).
//!
//! A read remembers each item's version; a commit requires that it is unchanged.

mod cases;
mod item;
mod packed;
mod read;
mod table;
mod write;

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use aware_cases::group::FindingGroup;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aware_pipeline::port::{
    CaseFilter, CasePage, EventKey, MemoryWindow, SettledMessage, StepCommit, Store, StoreError,
    StoredCase,
};
use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};

use super::problems::StoreProblems;
use item::{DynamoItem, ItemKey};
use table::{
    OUTBOX_STATE, TALLY_SHARDS, TRANSACTION_BYTES, TRANSACTION_ITEMS, UNTOLD_STATE, estimated_bytes,
};

/// How many versions are remembered. A forgotten one only means that a step is repeated.
const MAX_VERSIONS: usize = 200_000;
/// A message younger than this is most likely being published by the process that committed it.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(60);

/// The version of the items, kept in the item `schema`. A table without that item has the first
/// version.
const SCHEMA_VERSION: i64 = 1;
/// How long an unreadable item is kept.
const UNREADABLE_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A store in a DynamoDB table.
#[derive(Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
    /// Versions of what the current step has read; `None` for items that did not exist.
    versions: Mutex<HashMap<ItemKey, Option<u64>>>,
    problems: StoreProblems,
}

impl DynamoStore {
    /// The store in a table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            versions: Mutex::default(),
            problems: StoreProblems::default(),
        }
    }

    /// Checks the version of the table's items, and writes it if there is none.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a table of a newer version, which must not be touched.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let key = ItemKey::single("schema".to_owned());
        let found = self.get_items(vec![key.clone()]).await?;
        match found.get(&key).map(|item| item.integer_of("schema").unwrap_or_default()) {
            Some(found) if found > SCHEMA_VERSION => {
                Err(StoreError::Newer { found, known: SCHEMA_VERSION })
            }
            Some(_) => Ok(()),
            None => {
                self.write_item(DynamoItem::new(&key).with_number("schema", SCHEMA_VERSION)).await
            }
        }
    }

    /// Reads these items. One that cannot be read is copied to a key of its own and reported, so
    /// that it does not block the others.
    async fn read_or_set_aside<T>(
        &self,
        items: impl Iterator<Item = &DynamoItem> + Send,
        read: impl Fn(&DynamoItem) -> Result<T, StoreError> + Send,
    ) -> Vec<T>
    where
        T: Send,
    {
        let (mut all, mut bad) = (Vec::new(), Vec::new());
        for item in items {
            match read(item) {
                Ok(one) => all.push(one),
                Err(error) => bad.push((item.clone(), error.to_string())),
            }
        }
        for (item, problem) in bad {
            self.set_aside_item(&item, &problem).await;
        }
        all
    }

    async fn set_aside_item(&self, item: &DynamoItem, problem: &str) {
        let name = item.item_key().display_name();
        let what = format!("the item {name} cannot be read and is set aside: {problem}");
        let is_new = self.problems.note_once(&name, &what);
        let key = ItemKey::single(format!("unreadable#{name}"));
        let until = Timestamp::now().checked_add(UNREADABLE_RETENTION).ok();
        let copy = item.clone().moved_to(&key).with_text("problem", problem).with_expiry(until);
        let copied = self.write_item(copy).await;
        let moved = match copied {
            Ok(()) => self.delete_item(item.item_key()).await,
            Err(error) => Err(error),
        };
        let moved = moved.err().map(|error| error.to_string()).unwrap_or_default();
        if is_new {
            tracing::error!(
                item = name,
                problem,
                not_moved = moved,
                "item cannot be read; it is set aside"
            );
        }
    }

    fn remember_version(&self, key: ItemKey, version: Option<u64>) {
        if let Ok(mut versions) = self.versions.lock() {
            if versions.len() >= MAX_VERSIONS {
                versions.clear();
            }
            versions.insert(key, version);
        }
    }

    /// Gets versioned items and remembers their versions.
    async fn get_versioned(
        &self,
        keys: Vec<ItemKey>,
    ) -> Result<HashMap<ItemKey, DynamoItem>, StoreError> {
        let found = self.get_items(keys.clone()).await?;
        for key in keys {
            let version = found.get(&key).map(DynamoItem::version);
            self.remember_version(key, version);
        }
        Ok(found)
    }

    /// The version that was read; it is valid for one commit.
    fn take_version(&self, key: &ItemKey) -> Option<u64> {
        self.versions.lock().ok()?.remove(key).flatten()
    }

    async fn read_text(&self, key: ItemKey, name: &str) -> Result<Option<String>, StoreError> {
        let found = self.get_versioned(vec![key.clone()]).await?;
        Ok(found.get(&key).filter(|item| item.is_alive()).and_then(|item| item.text_of(name)))
    }
}

#[async_trait]
impl Store for DynamoStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn fits_commit(&self, commit: &StepCommit) -> bool {
        commit.len() <= TRANSACTION_ITEMS && estimated_bytes(commit) <= TRANSACTION_BYTES
    }

    async fn seen_events(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let found = self.get_items(events.iter().map(ItemKey::of_event).collect()).await?;
        let is_seen =
            |event| found.get(&ItemKey::of_event(event)).is_some_and(DynamoItem::is_alive);
        Ok(events.iter().map(is_seen).collect())
    }

    async fn load_tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, FindingGroup>, StoreError> {
        let found = self.get_versioned(keys.iter().map(ItemKey::of_tally).collect()).await?;
        let tallies = self
            .read_or_set_aside(found.values().filter(|item| item.is_alive()), DynamoItem::to_tally)
            .await;
        Ok(tallies.into_iter().map(|tally| (tally.fingerprint.clone(), tally)).collect())
    }

    async fn untold_tallies(&self) -> Result<Vec<FindingGroup>, StoreError> {
        let items = self.items_in_state(UNTOLD_STATE).await?;
        let read = |item: &DynamoItem| item.to_tally().map(|tally| (tally, item.version()));
        let mut tallies = Vec::new();
        for (tally, version) in self.read_or_set_aside(items.iter(), read).await {
            self.remember_version(ItemKey::of_tally(&tally.fingerprint), Some(version));
            tallies.push(tally);
        }
        tallies.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        Ok(tallies)
    }

    async fn due_tallies(&self, now: Timestamp) -> Result<Vec<FindingGroup>, StoreError> {
        let due = self.due_keys(TALLY_SHARDS, now.as_millisecond(), usize::MAX).await?;
        let found = self.load_due(due).await?;
        let mut tallies = self.read_or_set_aside(found.values(), DynamoItem::to_tally).await;
        tallies.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        Ok(tallies)
    }

    async fn load_cases(&self, ids: &[String]) -> Result<Vec<StoredCase>, StoreError> {
        self.cases_by_id(ids).await
    }

    async fn due_cases(&self, now: Timestamp, most: usize) -> Result<Vec<StoredCase>, StoreError> {
        self.read_due_cases(now, most).await
    }

    async fn list_cases(
        &self,
        filter: &CaseFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, StoreError> {
        self.read_case_page(filter, after, most).await
    }

    async fn commit(&self, commit: StepCommit, now: Timestamp) -> Result<(), StoreError> {
        self.write_commit(&commit, now).await
    }

    /// Messages that no topic has accepted within a minute.
    async fn list_outbox(&self) -> Result<Vec<Message>, StoreError> {
        let before = Timestamp::now().checked_sub(IN_FLIGHT).unwrap_or_default();
        let mut items = self.items_in_state(OUTBOX_STATE).await?;
        items.retain(|item| item.written_at() <= before.as_millisecond());
        items.sort_by_key(DynamoItem::written_at);
        Ok(self.read_or_set_aside(items.iter(), DynamoItem::to_message).await)
    }

    fn take_problems(&self) -> Vec<String> {
        self.problems.take_all()
    }

    async fn settled_destinations(&self, message: &str) -> Result<Vec<String>, StoreError> {
        let items = self.items_in_partition(&format!("settled#{message}")).await?;
        Ok(items
            .into_iter()
            .filter(DynamoItem::is_alive)
            .filter_map(|item| item.text_of("sk"))
            .collect())
    }

    async fn settle_message(&self, settled: SettledMessage<'_>) -> Result<(), StoreError> {
        self.write_settled(settled).await
    }

    /// Removes the message from the outbox. Where it has arrived is still remembered, since a topic
    /// may deliver it again.
    async fn finish_message(&self, message: &str) -> Result<(), StoreError> {
        self.delete_item(ItemKey::single(format!("outbox#{message}"))).await
    }

    async fn last_thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        let key = ItemKey::new(format!("thread#{destination}"), key.as_str());
        let found = self.get_items(vec![key.clone()]).await?;
        Ok(found.get(&key).filter(|item| item.is_alive()).and_then(|item| item.text_of("thread")))
    }

    async fn resume_place(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.read_text(ItemKey::single(format!("resume#{input}")), "value").await
    }

    async fn read_note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read_text(ItemKey::of_note(name), "value").await
    }

    async fn list_notes(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let items = self.items_in_partition(&ItemKey::notes_partition(kind)).await?;
        let note = |item: &DynamoItem| Some((item.text_of("sk")?, item.text_of("value")?));
        Ok(items.iter().filter_map(note).collect())
    }

    /// What correlations remember. What triage remembers is only read by its keys.
    async fn list_windows(&self) -> Result<Vec<MemoryWindow>, StoreError> {
        let items = self.items_in_partition(item::WINDOW_PARTITION).await?;
        for item in &items {
            self.remember_version(item.item_key(), Some(item.version()));
        }
        Ok(self
            .read_or_set_aside(items.iter().filter(|item| item.is_alive()), DynamoItem::to_window)
            .await)
    }

    async fn load_windows(&self, keys: &[String]) -> Result<Vec<MemoryWindow>, StoreError> {
        let found =
            self.get_versioned(keys.iter().map(|key| ItemKey::of_window(key)).collect()).await?;
        Ok(self
            .read_or_set_aside(found.values().filter(|item| item.is_alive()), DynamoItem::to_window)
            .await)
    }

    /// DynamoDB deletes items by itself, some time after their `ttl`.
    async fn forget_before(&self, _before: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}
