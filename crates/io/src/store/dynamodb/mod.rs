//! The store that the functions share: one DynamoDB table.
//!
//! Partition key `pk`, sort key `sk`, both strings; time-to-live attribute `ttl`; an index
//! `by-state` (`state`, `sk`) of what waits: groups with unreported findings, and messages that no
//! topic has accepted. DynamoDB deletes items up to days after their `ttl`, so times are compared
//! on reading. Sources: DynamoDB Developer Guide, "Amazon DynamoDB Transactions: How it works" (100
//! items, 4 MB), "Using time to live (TTL) in DynamoDB", "Constraints" (400 KB per item).
//!
//! A read remembers each item's version; a commit requires that it is unchanged.

mod item;
mod read;
mod table;
mod write;

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use aware_cases::group::Tally;
use aware_core::fingerprint::Fingerprint;
use aware_core::message::Message;
use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};

use super::problems::Problems;
use aware_pipeline::port::{Commit, EventKey, Settled, Store, StoreError, Window};
use item::{Item, Key};
use table::{OUTBOX, TRANSACTION, TRANSACTION_BYTES, UNTOLD, bytes};

/// How many versions are remembered. A forgotten one only means that a step is repeated.
const VERSIONS: usize = 200_000;
/// A message younger than this is most likely being published by the process that committed it.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(60);

/// The version of the items, kept in the item `schema`. A table without that item has the first
/// version.
const SCHEMA: i64 = 1;
/// How long an unreadable item is kept.
const UNREADABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A store in a DynamoDB table.
#[derive(Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
    /// Versions of what the current step has read; `None` for items that did not exist.
    versions: Mutex<HashMap<Key, Option<u64>>>,
    problems: Problems,
}

impl DynamoStore {
    /// The store in a table.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            versions: Mutex::default(),
            problems: Problems::default(),
        }
    }

    /// Checks the version of the table's items, and writes it if there is none.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a table of a newer version, which must not be touched.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let key = Key::single("schema".to_owned());
        let found = self.get(vec![key.clone()]).await?;
        match found.get(&key).map(|item| item.integer("schema").unwrap_or_default()) {
            Some(found) if found > SCHEMA => Err(StoreError::Newer { found, known: SCHEMA }),
            Some(_) => Ok(()),
            None => self.write_item(Item::new(&key).number("schema", SCHEMA)).await,
        }
    }

    /// Reads these items. One that cannot be read is copied to a key of its own and reported, so
    /// that it does not block the others.
    async fn readable<T>(
        &self,
        items: impl Iterator<Item = &Item> + Send,
        read: impl Fn(&Item) -> Result<T, StoreError> + Send,
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
            self.set_aside(&item, &problem).await;
        }
        all
    }

    async fn set_aside(&self, item: &Item, problem: &str) {
        let name = item.key().name();
        let what = format!("the item {name} cannot be read and is set aside: {problem}");
        let is_new = self.problems.push(&name, &what);
        let key = Key::single(format!("unreadable#{name}"));
        let until = Timestamp::now().checked_add(UNREADABLE).ok();
        let copy = item.clone().moved_to(&key).with("problem", problem).until(until);
        let copied = self.write_item(copy).await;
        let moved = match copied {
            Ok(()) => self.delete(item.key()).await,
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

    fn remember(&self, key: Key, version: Option<u64>) {
        if let Ok(mut versions) = self.versions.lock() {
            if versions.len() >= VERSIONS {
                versions.clear();
            }
            versions.insert(key, version);
        }
    }

    /// Gets versioned items and remembers their versions.
    async fn versioned(&self, keys: Vec<Key>) -> Result<HashMap<Key, Item>, StoreError> {
        let found = self.get(keys.clone()).await?;
        for key in keys {
            let version = found.get(&key).map(Item::version);
            self.remember(key, version);
        }
        Ok(found)
    }

    /// The version that was read; it is valid for one commit.
    fn take_version(&self, key: &Key) -> Option<u64> {
        self.versions.lock().ok()?.remove(key).flatten()
    }

    async fn text(&self, key: Key, name: &str) -> Result<Option<String>, StoreError> {
        let found = self.versioned(vec![key.clone()]).await?;
        Ok(found.get(&key).filter(|item| item.is_alive()).and_then(|item| item.text(name)))
    }
}

#[async_trait]
impl Store for DynamoStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn fits(&self, commit: &Commit) -> bool {
        commit.len() <= TRANSACTION && bytes(commit) <= TRANSACTION_BYTES
    }

    async fn seen(&self, events: &[EventKey]) -> Result<Vec<bool>, StoreError> {
        let found = self.get(events.iter().map(Key::of_event).collect()).await?;
        let is_seen = |event| found.get(&Key::of_event(event)).is_some_and(Item::is_alive);
        Ok(events.iter().map(is_seen).collect())
    }

    async fn tallies(
        &self,
        keys: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Tally>, StoreError> {
        let found = self.versioned(keys.iter().map(Key::of_tally).collect()).await?;
        let tallies =
            self.readable(found.values().filter(|item| item.is_alive()), Item::tally).await;
        Ok(tallies.into_iter().map(|tally| (tally.fingerprint.clone(), tally)).collect())
    }

    async fn untold(&self) -> Result<Vec<Tally>, StoreError> {
        let items = self.in_state(UNTOLD).await?;
        let read = |item: &Item| item.tally().map(|tally| (tally, item.version()));
        let mut tallies = Vec::new();
        for (tally, version) in self.readable(items.iter(), read).await {
            self.remember(Key::of_tally(&tally.fingerprint), Some(version));
            tallies.push(tally);
        }
        tallies.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        Ok(tallies)
    }

    async fn commit(&self, commit: Commit, now: Timestamp) -> Result<(), StoreError> {
        self.write(&commit, now).await
    }

    /// Messages that no topic has accepted within a minute.
    async fn outbox(&self) -> Result<Vec<Message>, StoreError> {
        let before = Timestamp::now().checked_sub(IN_FLIGHT).unwrap_or_default();
        let mut items = self.in_state(OUTBOX).await?;
        items.retain(|item| item.at() <= before.as_millisecond());
        items.sort_by_key(Item::at);
        Ok(self.readable(items.iter(), Item::message).await)
    }

    fn take_problems(&self) -> Vec<String> {
        self.problems.take()
    }

    async fn settled(&self, message: &str) -> Result<Vec<String>, StoreError> {
        let items = self.all_of(&format!("settled#{message}")).await?;
        Ok(items.into_iter().filter(Item::is_alive).filter_map(|item| item.text("sk")).collect())
    }

    async fn settle(&self, settled: Settled<'_>) -> Result<(), StoreError> {
        self.write_settled(settled).await
    }

    /// Removes the message from the outbox. Where it has arrived is still remembered, since a topic
    /// may deliver it again.
    async fn finish(&self, message: &str) -> Result<(), StoreError> {
        self.delete(Key::single(format!("outbox#{message}"))).await
    }

    async fn thread(
        &self,
        destination: &str,
        key: &Fingerprint,
    ) -> Result<Option<String>, StoreError> {
        let key = Key::new(format!("thread#{destination}"), key.as_str());
        let found = self.get(vec![key.clone()]).await?;
        Ok(found.get(&key).filter(|item| item.is_alive()).and_then(|item| item.text("thread")))
    }

    async fn resume(&self, input: &str) -> Result<Option<String>, StoreError> {
        self.text(Key::single(format!("resume#{input}")), "value").await
    }

    async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.text(Key::of_note(name), "value").await
    }

    async fn notes_of(&self, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
        let items = self.all_of(&Key::notes(kind)).await?;
        let note = |item: &Item| Some((item.text("sk")?, item.text("value")?));
        Ok(items.iter().filter_map(note).collect())
    }

    /// What correlations remember. What triage remembers is only read by its keys.
    async fn windows(&self) -> Result<Vec<Window>, StoreError> {
        let items = self.all_of(item::WINDOWS).await?;
        for item in &items {
            self.remember(item.key(), Some(item.version()));
        }
        Ok(self.readable(items.iter().filter(|item| item.is_alive()), Item::window).await)
    }

    async fn windows_of(&self, keys: &[String]) -> Result<Vec<Window>, StoreError> {
        let found = self.versioned(keys.iter().map(|key| Key::of_window(key)).collect()).await?;
        Ok(self.readable(found.values().filter(|item| item.is_alive()), Item::window).await)
    }

    /// DynamoDB deletes items by itself, some time after their `ttl`.
    async fn forget(&self, _before: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}
