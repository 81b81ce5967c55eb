//! Reading items.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aware_pipeline::port::StoreError;
use aware_pipeline::retry::full_jitter;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::DynamoStore;
use super::item::{DynamoItem, ItemKey};
use super::table::STATE_INDEX;
use crate::aws::describe_error;

/// Keys per request.
const BATCH_KEYS: usize = 100;
/// How often a throttled request is made.
pub(super) const MAX_TRIES: u32 = 6;

impl DynamoStore {
    /// Items by key, read consistently.
    pub(super) async fn get_items(
        &self,
        keys: Vec<ItemKey>,
    ) -> Result<HashMap<ItemKey, DynamoItem>, StoreError> {
        let keys: Vec<ItemKey> = keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut found = HashMap::new();
        for keys in keys.chunks(BATCH_KEYS) {
            self.get_batch(keys, &mut found).await?;
        }
        Ok(found)
    }

    async fn get_batch(
        &self,
        keys: &[ItemKey],
        found: &mut HashMap<ItemKey, DynamoItem>,
    ) -> Result<(), StoreError> {
        let keys = keys.iter().map(ItemKey::attributes).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let wanted = wanted.build().map_err(|error| cannot_build("a request", &error))?;
        let mut wanted = Some(HashMap::from([(self.table.clone(), wanted)]));
        for attempt in 0..MAX_TRIES {
            let answer = self.client.batch_get_item().set_request_items(wanted.take()).send().await;
            let answer = answer.map_err(|error| call_failed(&error))?;
            let items = answer.responses.unwrap_or_default().into_values().flatten();
            found.extend(items.map(DynamoItem::from).map(|item| (item.item_key(), item)));
            wanted = answer.unprocessed_keys.filter(|left| !left.is_empty());
            if wanted.is_none() {
                return Ok(());
            }
            let wait = full_jitter(Duration::from_millis(20), attempt);
            tokio::time::sleep(wait).await;
        }
        Err(StoreError::Down("the table is throttled".to_owned()))
    }

    /// All items of a partition.
    pub(super) async fn items_in_partition(&self, pk: &str) -> Result<Vec<DynamoItem>, StoreError> {
        self.query_items(None, "pk", pk).await
    }

    /// All items in a state; what changed within the last moments may be missing or outdated.
    pub(super) async fn items_in_state(&self, state: &str) -> Result<Vec<DynamoItem>, StoreError> {
        self.query_items(Some(STATE_INDEX), "state", state).await
    }

    async fn query_items(
        &self,
        index: Option<&str>,
        name: &str,
        value: &str,
    ) -> Result<Vec<DynamoItem>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .set_index_name(index.map(str::to_owned))
                .consistent_read(index.is_none())
                .key_condition_expression("#name = :value")
                .expression_attribute_names("#name", name)
                .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| call_failed(&error))?;
            items.extend(page.items.unwrap_or_default().into_iter().map(DynamoItem::from));
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

/// What AWS answered: only the code for errors that may repeat what was sent.
pub(super) fn call_failed<E>(error: &SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    StoreError::Down(match error.code() {
        Some(code @ "ValidationException") => format!("DynamoDB: {code}"),
        _ => format!("DynamoDB: {}", describe_error(error, "the table's permissions")),
    })
}

/// A request that cannot be built.
pub(super) fn cannot_build(what: &str, error: &dyn std::error::Error) -> StoreError {
    StoreError::Down(format!("{what} cannot be built: {error}"))
}
