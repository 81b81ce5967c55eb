//! Writing items: a step is one transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use aware_pipeline::port::{SettledMessage, StepCommit, StoreError};
use aware_pipeline::retry::full_jitter;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};

use super::DynamoStore;
use super::item::{DynamoItem, ItemKey};
use super::read::{MAX_TRIES, call_failed, cannot_build};
use super::table::{RETENTION, TRANSACTION_ITEMS};

/// How long refused messages are kept.
const REFUSED_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Cancellation reasons that mean that another process was faster.
const CONFLICT_CODES: [&str; 2] = ["ConditionalCheckFailed", "TransactionConflict"];

/// Cancellation reasons that mean that an item's partition, or the table, is over its capacity.
///
/// Source: DynamoDB API reference, `TransactWriteItems`, "Cancellation reason codes".
const THROTTLE_CODES: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];
/// Errors of a whole transaction that may succeed a moment later.
const RETRYABLE_CODES: [&str; 5] = [
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "InternalServerError",
];

impl DynamoStore {
    /// Writes a commit in one transaction. One that is too large for a transaction is written in
    /// several, event ids last: writing something twice is better than losing it.
    pub(super) async fn write_commit(
        &self,
        commit: &StepCommit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let puts = self.commit_puts(commit, now)?;
        for puts in puts.chunks(TRANSACTION_ITEMS) {
            self.run_transaction(puts.to_vec()).await?;
        }
        Ok(())
    }

    /// Runs one transaction, and repeats it while the table is throttled. The SDK retries calls
    /// that are throttled as a whole, but not a transaction that was cancelled because one of its
    /// items was.
    async fn run_transaction(&self, puts: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        let mut attempt = 0;
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(puts.clone()));
            let Err(error) = request.send().await else { return Ok(()) };
            if !is_throttled(&error) || attempt >= MAX_TRIES {
                return Err(cancellation_error(&error));
            }
            tokio::time::sleep(full_jitter(Duration::from_millis(50), attempt)).await;
            attempt += 1;
        }
    }

    /// The items of a commit. If an item occurs twice, the last one counts, since a transaction
    /// holds each item once.
    fn commit_puts(
        &self,
        commit: &StepCommit,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut items = BTreeMap::new();
        for tally in &commit.tallies {
            let item = DynamoItem::from_tally(tally, now)?;
            items.insert(item.item_key(), item);
        }
        for case in &commit.cases {
            match DynamoItem::from_case(case) {
                Some(item) => drop(items.insert(item.item_key(), item)),
                None => self.note_too_large(&format!("the case {}", case.id)),
            }
        }
        for window in &commit.windows {
            match DynamoItem::from_window(window, now) {
                Some(item) => drop(items.insert(item.item_key(), item)),
                None => self.note_too_large(&format!("the memory {}", window.key)),
            }
        }
        let resume = commit.resume.iter();
        let resume =
            resume.map(|(input, place)| (ItemKey::single(format!("resume#{input}")), place));
        let notes = commit.notes.iter().map(|(name, value)| (ItemKey::of_note(name), value));
        for (key, value) in resume.chain(notes) {
            items.insert(key.clone(), DynamoItem::new(&key).with_text("value", value));
        }
        let mut puts = Vec::with_capacity(commit.len());
        let messages: BTreeMap<_, _> =
            commit.outbox.iter().map(|message| (&message.id, message)).collect();
        for message in messages.into_values() {
            puts.push(self.plain_put(DynamoItem::from_message(message, now))?);
        }
        for (key, item) in items {
            puts.push(self.versioned_put(item, self.take_version(&key))?);
        }
        for event in commit.seen.iter().collect::<std::collections::BTreeSet<_>>() {
            puts.push(self.fresh_put(DynamoItem::from_event(event, now), now)?);
        }
        Ok(puts)
    }

    /// Reports what does not fit an item, once: it is not stored, and its messages go out all the
    /// same.
    fn note_too_large(&self, what: &str) {
        if self
            .problems
            .note_once(what, &format!("{what} is too large for a DynamoDB item; not stored"))
        {
            tracing::warn!(item = what, "too large for a DynamoDB item; not stored");
        }
    }

    fn plain_put(&self, item: DynamoItem) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item.into_attributes()));
        transact_put(put)
    }

    /// Overwrites only the version that was read.
    fn versioned_put(
        &self,
        item: DynamoItem,
        read: Option<u64>,
    ) -> Result<TransactWriteItem, StoreError> {
        let next = i64::try_from(read.unwrap_or_default()).unwrap_or(i64::MAX).saturating_add(1);
        let item = item.with_number("version", next);
        let put = Put::builder().table_name(&self.table).set_item(Some(item.into_attributes()));
        transact_put(match read {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(read) => put
                .condition_expression("version = :read")
                .expression_attribute_values(":read", AttributeValue::N(read.to_string())),
        })
    }

    /// Writes an item only if it does not exist or has expired.
    fn fresh_put(&self, item: DynamoItem, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let now = AttributeValue::N(now.as_second().to_string());
        let put = Put::builder().table_name(&self.table).set_item(Some(item.into_attributes()));
        transact_put(
            put.condition_expression("attribute_not_exists(pk) OR #ttl < :now")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", now),
        )
    }

    pub(super) async fn write_settled(
        &self,
        settled: SettledMessage<'_>,
    ) -> Result<(), StoreError> {
        let SettledMessage { message, destination, thread, problem } = settled;
        let id = &message.id;
        let now = Timestamp::now();
        let until = |time| now.checked_add(time).ok();
        let arrived = ItemKey::new(format!("settled#{id}"), destination);
        let mut puts =
            vec![self.plain_put(DynamoItem::new(&arrived).with_expiry(until(RETENTION)))?];
        if let Some(thread) = thread {
            let key = ItemKey::new(format!("thread#{destination}"), message.fingerprint.as_str());
            puts.push(self.plain_put(
                DynamoItem::new(&key).with_text("thread", thread).with_expiry(until(RETENTION)),
            )?);
        }
        if let Some(problem) = problem {
            let key = ItemKey::new(format!("refused#{id}"), destination);
            let item = DynamoItem::new(&key)
                .with_text("problem", problem)
                .with_text("body", message.to_json());
            puts.push(self.plain_put(item.with_expiry(until(REFUSED_RETENTION)))?);
        }
        self.run_transaction(puts).await
    }

    /// Writes one item unconditionally.
    pub(super) async fn write_item(&self, item: DynamoItem) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.table);
        let sent = request.set_item(Some(item.into_attributes())).send().await;
        sent.map(|_| ()).map_err(|error| call_failed(&error))
    }

    pub(super) async fn delete_item(&self, key: ItemKey) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table);
        let sent = request.set_key(Some(key.attributes())).send().await;
        sent.map(|_| ()).map_err(|error| call_failed(&error))
    }
}

fn transact_put(
    put: aws_sdk_dynamodb::types::builders::PutBuilder,
) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(|error| cannot_build("an item", &error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// Whether the same transaction may succeed a moment later.
fn is_throttled(error: &SdkError<TransactWriteItemsError>) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let mut codes = cancelled.cancellation_reasons().iter().filter_map(|why| why.code());
            codes.clone().any(|code| THROTTLE_CODES.contains(&code))
                && !codes.any(|code| CONFLICT_CODES.contains(&code))
        }
        Some(other) => other.code().is_some_and(|code| RETRYABLE_CODES.contains(&code)),
        None => false,
    }
}

/// Tells a conflict with another process from a table that does not answer.
fn cancellation_error(error: &SdkError<TransactWriteItemsError>) -> StoreError {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => return call_failed(error),
    };
    let codes = || reasons.iter().filter_map(|reason| reason.code());
    if codes().any(|code| CONFLICT_CODES.contains(&code)) {
        return StoreError::Conflict;
    }
    let others: Vec<&str> = codes().filter(|code| *code != "None").collect();
    StoreError::Down(format!("DynamoDB: a step was cancelled: {}", others.join(", ")))
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    fn cancelled_for(reasons: &[&str]) -> ResponseTemplate {
        let reasons: Vec<_> =
            reasons.iter().map(|code| serde_json::json!({"Code": code})).collect();
        ResponseTemplate::new(400).set_body_json(serde_json::json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled", "CancellationReasons": reasons,
        }))
    }

    fn in_progress() -> ResponseTemplate {
        ResponseTemplate::new(400).set_body_json(serde_json::json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
            "Message": "in progress",
        }))
    }

    /// Commits to a table that gives these answers, then succeeds; returns how often it was called.
    /// No emulator is ever throttled.
    async fn committed(answers: Vec<ResponseTemplate>) -> (Result<(), StoreError>, usize) {
        let server = MockServer::start().await;
        for (number, answer) in (1..).zip(answers) {
            let mock = Mock::given(method("POST")).respond_with(answer).up_to_n_times(1);
            mock.with_priority(number).mount(&server).await;
        }
        let well = ResponseTemplate::new(200).set_body_string("{}");
        Mock::given(method("POST")).respond_with(well).with_priority(200).mount(&server).await;
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .endpoint_url(server.uri())
            .build();
        let aws = crate::aws::AwsSession::with_config(config);
        let store = DynamoStore::new(Client::new(aws.sdk_config().await), "aware");
        let commit = StepCommit { notes: vec![("n".into(), "v".into())], ..StepCommit::default() };
        let done = store.write_commit(&commit, Timestamp::now()).await;
        (done, server.received_requests().await.unwrap().len())
    }

    #[tokio::test]
    async fn a_throttled_transaction_is_taken_again() {
        let throttled = || cancelled_for(&["None", "ThrottlingError"]);
        let exceeded = cancelled_for(&["ProvisionedThroughputExceeded"]);
        let (done, asked) = committed(vec![throttled(), exceeded, in_progress()]).await;
        done.unwrap();
        assert_eq!(asked, 4);
        let (done, asked) = committed((0..20).map(|_| throttled()).collect()).await;
        let problem = done.unwrap_err().to_string();
        assert!(problem.contains("a step was cancelled: ThrottlingError"), "{problem}");
        assert_eq!(asked, 7);
    }

    #[tokio::test]
    async fn who_is_slower_is_not_throttled() {
        let faster = cancelled_for(&["ThrottlingError", "ConditionalCheckFailed"]);
        let (done, asked) = committed(vec![faster]).await;
        assert!(matches!(done, Err(StoreError::Conflict)), "{done:?}");
        assert_eq!(asked, 1);
        let (done, asked) = committed(vec![cancelled_for(&["ValidationError"])]).await;
        assert!(matches!(done, Err(StoreError::Down(_))), "{done:?}");
        assert_eq!(asked, 1);
    }
}
