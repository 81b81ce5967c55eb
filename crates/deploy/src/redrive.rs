//! Redrive: puts dead letters back into their queues.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::Message;
use serde_json::Value;

use super::{DeployError, Deployment};

/// What a redrive or a backfill moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoveCounts {
    /// Messages moved.
    pub count: u64,
    /// What was left in place: digest files, folders, objects older than requested, letters without
    /// records.
    pub skipped: u64,
    /// Ticks, which were deleted: the next one came long ago.
    pub ticks: u64,
}

impl Deployment {
    /// Puts dead letters back into their queue: `slack`, `source`, or `failures`, which holds what
    /// the source was invoked with. A letter is deleted only once it is in the queue again, so one
    /// may arrive twice, and none is lost.
    ///
    /// # Errors
    /// If there is no such queue, or AWS refuses.
    pub async fn redrive(&self, name: &str) -> Result<MoveCounts, DeployError> {
        let outputs = self.stack_outputs().await?;
        let (from, to) = match name {
            "slack" => ("SlackDeadLetters", "SlackQueue"),
            "source" => ("SourceDeadLetters", "SourceQueue"),
            "failures" => ("SourceFailures", "SourceQueue"),
            other => {
                return Err(DeployError(format!(
                    "there is no queue called `{other}` (hint: slack, source, failures)"
                )));
            }
        };
        let (Some(from), Some(to)) = (outputs.get(from), outputs.get(to)) else {
            return Err(DeployError(format!("the stack has no queue for `{name}`")));
        };
        let client = Client::new(&self.aws);
        let mut moved = MoveCounts::default();
        // What comes back meanwhile is left for the next run.
        let most = self.waiting_count(from).await?;
        while moved.count + moved.skipped + moved.ticks < most {
            let receive = client.receive_message().queue_url(from).max_number_of_messages(10);
            let received = receive.wait_time_seconds(2).send().await;
            let received =
                received.map_err(|error| DeployError::call_failed("sqs:ReceiveMessage", &error))?;
            let messages = received.messages.unwrap_or_default();
            if messages.is_empty() {
                break;
            }
            for message in messages {
                put_back(&client, (from, to), message, &mut moved).await?;
            }
        }
        Ok(moved)
    }
}

/// Puts one dead letter back, from a queue to another, and counts it.
async fn put_back(
    client: &Client,
    (from, to): (&str, &str),
    message: Message,
    moved: &mut MoveCounts,
) -> Result<(), DeployError> {
    let Some(bodies) = queue_bodies(message.body.unwrap_or_default()) else {
        moved.skipped += 1;
        return Ok(());
    };
    let is_tick = bodies.is_empty();
    for body in bodies {
        let send = client.send_message().queue_url(to).message_body(body);
        send.send().await.map_err(|error| DeployError::call_failed("sqs:SendMessage", &error))?;
    }
    let delete = client.delete_message().queue_url(from);
    let delete = delete.receipt_handle(message.receipt_handle.unwrap_or_default());
    delete.send().await.map_err(|error| DeployError::call_failed("sqs:DeleteMessage", &error))?;
    moved.count += u64::from(!is_tick);
    moved.ticks += u64::from(is_tick);
    Ok(())
}

/// What a dead letter becomes in its queue: itself, or the payload of a failed invocation. `None`
/// for a batch of a stream, whose letter names only its position. Empty for a tick.
///
/// Source: Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" and
/// "Retaining discarded records for a Kinesis event source".
fn queue_bodies(body: String) -> Option<Vec<String>> {
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
    // A function that the topic invokes directly gets what a queue would hold.
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
            assert_eq!(queue_bodies(letter.to_owned()), wanted, "{letter}");
        }
    }
}
