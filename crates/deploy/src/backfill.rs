//! Backfill: puts stored objects into the source's queue, as if they were new.

use std::time::Duration;

use aware_io::input::s3::parse_s3_url;
use aware_pipeline::retry::full_jitter;
use aws_sdk_s3::types::Object;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinSet;

use super::{BUCKET, DeployError, Deployment, MoveCounts};

/// Messages per request.
const BATCH_SIZE: usize = 10;
/// Concurrent requests.
const MAX_REQUESTS: usize = 16;
/// How often messages that the queue did not take are sent.
const MAX_SENDS: u32 = 6;

/// Which objects to read again.
#[derive(Clone, Debug, Default)]
pub struct BackfillRange {
    /// `s3://bucket/prefix`.
    pub url: String,
    /// Only objects written at this time or later.
    pub since: Option<Timestamp>,
    /// Only keys after this one, where an earlier run ended.
    pub after: Option<String>,
}

impl Deployment {
    /// Queues the objects under a prefix. Calls `tell` after each page of keys.
    ///
    /// # Errors
    /// The URL is invalid, or AWS refuses a call; the error names the key to continue after. What
    /// was queued before stays queued.
    pub async fn backfill(
        &self,
        history: &BackfillRange,
        mut tell: impl FnMut(MoveCounts),
    ) -> Result<MoveCounts, DeployError> {
        let (bucket, prefix) = parse_s3_url(&history.url).ok_or_else(|| {
            DeployError(format!("{}: not a location in S3 (hint: s3://bucket/prefix)", history.url))
        })?;
        let seen = self.stack_outputs().await?;
        let queue = seen
            .get("SourceQueue")
            .ok_or_else(|| DeployError("the stack has no queue for notices".to_owned()))?;
        let owner = self.owner_of(&bucket).await?;
        let list = self.s3_client().list_objects_v2().bucket(&bucket).prefix(&prefix);
        let list = list.expected_bucket_owner(owner).set_start_after(history.after.clone());
        let mut pages = list.into_paginator().send();
        let (mut moved, mut done) = (MoveCounts::default(), history.after.clone());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| DeployError::call_failed("s3:ListBucket", &error));
            let page = page.map_err(|error| with_resume_hint(error, done.as_deref()))?;
            let last = page.contents().last().and_then(Object::key).map(str::to_owned);
            let all = page.contents().iter();
            let keys: Vec<String> =
                all.filter_map(|object| wanted_key(object, history.since)).collect();
            moved.skipped += (page.contents().len() - keys.len()) as u64;
            moved.count += keys.len() as u64;
            let queued = self.queue_objects(queue, &bucket, keys).await;
            queued.map_err(|error| with_resume_hint(error, done.as_deref()))?;
            done = last.or(done);
            tell(moved);
        }
        Ok(moved)
    }

    /// The account that must own the bucket: the owner of the trail's bucket, or this account.
    async fn owner_of(&self, bucket: &str) -> Result<String, DeployError> {
        let stack = self.require_stack().await?;
        let value = |name: &str| {
            let mut named = stack.parameters().iter().filter(|it| it.parameter_key() == Some(name));
            named.next()?.parameter_value().filter(|value| !value.is_empty())
        };
        let other = value("TrailBucketAccount").filter(|_| value(BUCKET) == Some(bucket));
        match other {
            Some(account) => Ok(account.to_owned()),
            None => Ok(self.account_and_region().await?.0),
        }
    }

    /// Tells the source that these objects exist, in the form of CloudTrail's own notice.
    async fn queue_objects(
        &self,
        queue: &str,
        bucket: &str,
        keys: Vec<String>,
    ) -> Result<(), DeployError> {
        let client = Client::new(&self.aws);
        let mut requests = JoinSet::new();
        for keys in keys.chunks(BATCH_SIZE) {
            while requests.len() >= MAX_REQUESTS {
                requests
                    .join_next()
                    .await
                    .map_or(Ok(Ok(())), |ended| ended)
                    .map_err(broken_request)??;
            }
            let (client, queue) = (client.clone(), queue.to_owned());
            let bodies: Vec<String> = keys
                .iter()
                .map(|key| json!({ "s3Bucket": bucket, "s3ObjectKey": [key] }).to_string())
                .collect();
            requests.spawn(async move { send_batch(&client, &queue, bodies).await });
        }
        while let Some(ended) = requests.join_next().await {
            ended.map_err(broken_request)??;
        }
        Ok(())
    }
}

/// Sends a batch, and sends again what the queue did not take.
async fn send_batch(client: &Client, queue: &str, bodies: Vec<String>) -> Result<(), DeployError> {
    let mut left: Vec<(String, String)> =
        bodies.into_iter().enumerate().map(|(id, body)| (id.to_string(), body)).collect();
    let mut problem = String::new();
    for attempt in 0..MAX_SENDS {
        let entry = |(id, body): &(String, String)| {
            SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().ok()
        };
        let entries = left.iter().filter_map(entry).collect();
        let sent = client.send_message_batch().queue_url(queue).set_entries(Some(entries));
        let answer = sent.send().await;
        let answer = answer.map_err(|error| DeployError::call_failed("sqs:SendMessage", &error))?;
        left.retain(|(id, _)| answer.failed.iter().any(|failed| failed.id == *id));
        if left.is_empty() {
            return Ok(());
        }
        problem = answer.failed.first().map(|failed| failed.code.clone()).unwrap_or_default();
        tokio::time::sleep(full_jitter(Duration::from_millis(100), attempt)).await;
    }
    Err(DeployError(format!("sqs:SendMessage: {problem}")))
}

/// The key of an object that is a log and is not too old.
fn wanted_key(object: &Object, since: Option<Timestamp>) -> Option<String> {
    let changed = object.last_modified().map(|time| time.secs());
    let is_old = since.is_some_and(|since| changed < Some(since.as_second()));
    let key = object.key().unwrap_or_default();
    let is_log = !key.ends_with('/') && !key.contains("/CloudTrail-Digest/");
    (is_log && !is_old).then(|| key.to_owned())
}

fn with_resume_hint(DeployError(problem): DeployError, done: Option<&str>) -> DeployError {
    let hint = done.map_or_else(String::new, |key| {
        format!(" (hint: `--after '{key}'` continues where this ended)")
    });
    DeployError(format!("{problem}{hint}"))
}

fn broken_request(error: tokio::task::JoinError) -> DeployError {
    DeployError(format!("a request was aborted: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    use super::*;
    use crate::test_aws::sdk_config;

    /// A queue that accepts only the first entry of each request.
    async fn greedy() -> (MockServer, Client) {
        let server = MockServer::start().await;
        let answer = |request: &Request| {
            let asked: Value = serde_json::from_slice(&request.body).unwrap();
            let entries = asked["Entries"].as_array().unwrap();
            let taken = json!({"Id": entries[0]["Id"], "MessageId": "m", "MD5OfMessageBody": "x"});
            let failed: Vec<Value> = entries[1..]
                .iter()
                .map(|entry| json!({"Id": entry["Id"], "Code": "Throttled", "SenderFault": false}))
                .collect();
            ResponseTemplate::new(200)
                .set_body_json(json!({"Successful": [taken], "Failed": failed}))
        };
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let config = sdk_config(&server);
        let client = Client::new(aware_io::aws::AwsSession::with_config(config).sdk_config().await);
        (server, client)
    }

    #[tokio::test]
    async fn what_the_queue_did_not_take_is_sent_again() {
        let (server, client) = greedy().await;
        let bodies = |count: u32| (0..count).map(|number| format!("b{number}")).collect::<Vec<_>>();
        send_batch(&client, "https://sqs/1/q", bodies(4)).await.unwrap();
        let asked = server.received_requests().await.unwrap();
        let sizes: Vec<usize> = asked
            .iter()
            .map(|request| serde_json::from_slice::<Value>(&request.body).unwrap())
            .map(|body| body["Entries"].as_array().unwrap().len())
            .collect();
        assert_eq!(sizes, [4, 3, 2, 1], "each is sent until it is taken, and none twice");
        let problem = send_batch(&client, "https://sqs/1/q", bodies(9)).await.unwrap_err();
        assert_eq!(problem.to_string(), "sqs:SendMessage: Throttled");
    }

    #[test]
    fn where_to_go_on_is_said() {
        let said = |done| with_resume_hint(DeployError("no".to_owned()), done).to_string();
        assert_eq!(said(None), "no");
        assert_eq!(said(Some("a/b")), "no (hint: `--after 'a/b'` continues where this ended)");
    }
}
