//! What is put into the chain's queues by hand: dead letters once more, and history.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{DeployError, Deployment};
use crate::input::s3::parse_url;

/// Messages in one request.
const BATCH: usize = 10;

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// How many.
    pub count: u64,
    /// What was left where it is: digest files, folders, what is older than asked for, letters that
    /// hold no records.
    pub skipped: u64,
    /// Ticks, which were deleted: the next one has come long ago.
    pub ticks: u64,
}

impl Deployment {
    /// Puts dead letters back into their queue: `slack`, `source`, or `failures`, which holds what
    /// the source was invoked with. Each is deleted only when it is in the queue again, so that one
    /// may come twice, and none is lost.
    ///
    /// # Errors
    /// When there is no such queue, or AWS refuses.
    pub async fn redrive(&self, name: &str) -> Result<Moved, DeployError> {
        let outputs = self.outputs().await?;
        let (from, to) = match name {
            "slack" => ("SlackDeadLetters", "SlackQueue"),
            "source" => ("SourceDeadLetters", "SourceQueue"),
            "failures" => ("SourceFailures", "SourceQueue"),
            other => {
                return Err(DeployError(format!(
                    "nothing is called `{other}` (hint: slack, source, failures)"
                )));
            }
        };
        let (Some(from), Some(to)) = (outputs.get(from), outputs.get(to)) else {
            return Err(DeployError(format!("the stack has no queue for `{name}`")));
        };
        let client = aws_sdk_sqs::Client::new(&self.aws);
        let mut moved = Moved::default();
        // What comes back while this runs is left for another time.
        let most = self.waiting(from).await?;
        while moved.count + moved.skipped + moved.ticks < most {
            let receive = client.receive_message().queue_url(from).max_number_of_messages(10);
            let received = receive.wait_time_seconds(2).send().await;
            let received =
                received.map_err(|error| DeployError::of("sqs:ReceiveMessage", &error))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let Some(bodies) = bodies(message.body.unwrap_or_default()) else {
                    moved.skipped += 1;
                    continue;
                };
                let is_tick = bodies.is_empty();
                for body in bodies {
                    let send = client.send_message().queue_url(to).message_body(body);
                    send.send()
                        .await
                        .map_err(|error| DeployError::of("sqs:SendMessage", &error))?;
                }
                let delete = client.delete_message().queue_url(from);
                let delete = delete.receipt_handle(message.receipt_handle.unwrap_or_default());
                delete
                    .send()
                    .await
                    .map_err(|error| DeployError::of("sqs:DeleteMessage", &error))?;
                moved.count += u64::from(!is_tick);
                moved.ticks += u64::from(is_tick);
            }
        }
        Ok(moved)
    }

    /// Queues the objects under a prefix as if they were new.
    ///
    /// # Errors
    /// A URL that is none, or what AWS refuses; what was queued before stays queued.
    pub async fn backfill(
        &self,
        url: &str,
        since: Option<Timestamp>,
        mut tell: impl FnMut(Moved),
    ) -> Result<Moved, DeployError> {
        let (bucket, prefix) = parse_url(url).ok_or_else(|| {
            DeployError(format!("{url}: no place in S3 (hint: s3://bucket/prefix)"))
        })?;
        let outputs = self.outputs().await?;
        let queue = outputs
            .get("SourceQueue")
            .ok_or_else(|| DeployError("the stack has no queue for notices".to_owned()))?;
        let s3 = self.s3();
        let mut pages =
            s3.list_objects_v2().bucket(&bucket).prefix(&prefix).into_paginator().send();
        let mut moved = Moved::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| DeployError::of("s3:ListBucket", &error))?;
            let mut keys = Vec::new();
            for object in page.contents() {
                let changed = object.last_modified().map(|time| time.secs());
                let is_old = since.is_some_and(|since| changed < Some(since.as_second()));
                let key = object.key().unwrap_or_default();
                let is_log = !key.ends_with('/') && !key.contains("/CloudTrail-Digest/");
                if is_log && !is_old { keys.push(key) } else { moved.skipped += 1 }
            }
            for keys in keys.chunks(BATCH) {
                self.notify(queue, &bucket, keys).await?;
                moved.count += keys.len() as u64;
                tell(moved);
            }
        }
        Ok(moved)
    }

    /// Says to the source that these objects are there, as CloudTrail's own notice says it.
    async fn notify(&self, queue: &str, bucket: &str, keys: &[&str]) -> Result<(), DeployError> {
        let entry = |(id, key): (usize, &&str)| {
            let notice = json!({ "s3Bucket": bucket, "s3ObjectKey": [key] });
            let entry = SendMessageBatchRequestEntry::builder().id(id.to_string());
            entry.message_body(notice.to_string()).build().ok()
        };
        let entries = keys.iter().enumerate().filter_map(entry).collect();
        let client = aws_sdk_sqs::Client::new(&self.aws);
        let sent =
            client.send_message_batch().queue_url(queue).set_entries(Some(entries)).send().await;
        let answer = sent.map_err(|error| DeployError::of("sqs:SendMessage", &error))?;
        match answer.failed.first() {
            None => Ok(()),
            Some(failed) => Err(DeployError(format!("sqs:SendMessage: {}", failed.code))),
        }
    }
}

/// What a dead letter is in its queue: itself, or what an invocation that failed was about. `None`
/// for a batch of a stream, of which the letter tells nothing but the place. Of a tick nothing is
/// left.
///
/// Source: Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" and
/// "Retaining discarded records for a Kinesis event source".
fn bodies(body: String) -> Option<Vec<String>> {
    let Ok(letter) = serde_json::from_str::<Value>(&body) else { return Some(vec![body]) };
    if letter.get("KinesisBatchInfo").is_some() {
        return None;
    }
    let Some(payload) = letter.get("requestPayload") else {
        return Some(if is_tick(&letter) { Vec::new() } else { vec![body] });
    };
    if is_tick(payload) {
        return Some(Vec::new());
    }
    // A function that the topic calls directly gets what a queue would hold.
    let records = payload.get("Records").and_then(Value::as_array).into_iter().flatten();
    let told: Vec<String> =
        records.filter_map(|record| record.get("Sns")).map(Value::to_string).collect();
    Some(if told.is_empty() { vec![payload.to_string()] } else { told })
}

fn is_tick(event: &Value) -> bool {
    event.get("aware").and_then(Value::as_str) == Some("tick")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_become_what_they_were() {
        for (letter, wanted) in [
            ("no JSON", Some(vec!["no JSON"])),
            (r#"{"s3Bucket":"b"}"#, Some(vec![r#"{"s3Bucket":"b"}"#])),
            (
                r#"{"requestPayload":{"awslogs":{"data":"x"}}}"#,
                Some(vec![r#"{"awslogs":{"data":"x"}}"#]),
            ),
            (
                r#"{"requestPayload":{"Records":[{"Sns":{"Message":"1"}},{"Sns":{"Message":"2"}}]}}"#,
                Some(vec![r#"{"Message":"1"}"#, r#"{"Message":"2"}"#]),
            ),
            (r#"{"requestPayload":{"aware":"tick"}}"#, Some(vec![])),
            (r#"{"aware":"tick"}"#, Some(vec![])),
            (r#"{"KinesisBatchInfo":{"shardId":"1"}}"#, None),
        ] {
            let wanted = wanted.map(|all| all.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(bodies(letter.to_owned()), wanted, "{letter}");
        }
    }
}
