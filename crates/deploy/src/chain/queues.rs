//! The queues: dead letters, and messages that are not consumed.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;

use super::super::{DeployError, Deployment};
use super::link::{ChainLink, LinkHealth, new_link};
use super::stack_state::StackState;

/// Queues by output: the name for people, and whether any message in it is bad.
const QUEUES: [(&str, &str, bool); 5] = [
    ("SourceQueue", "notices of objects", false),
    ("SourceDeadLetters", "dead letters of source", true),
    ("SourceFailures", "failed invocations", true),
    ("SlackQueue", "messages for Slack", false),
    ("SlackDeadLetters", "dead letters of Slack", true),
];
/// How often a queue that is not empty is checked for progress.
const LOOKS: u32 = 6;
/// The pause between checks.
const PAUSE: Duration = Duration::from_secs(3);

impl Deployment {
    pub(super) async fn queue_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let mut links = Vec::new();
        for (output, name, is_bad) in QUEUES {
            if let Some(url) = seen.output(output) {
                links.push(self.queue_link(name, url, is_bad).await);
            }
        }
        links
    }

    async fn queue_link(&self, name: &str, url: &str, is_bad: bool) -> ChainLink {
        match self.waiting_count(url).await {
            Err(problem) => new_link(name, LinkHealth::Unknown, problem.0),
            Ok(0) => new_link(name, LinkHealth::Healthy, "empty"),
            Ok(count) if is_bad => {
                let hint = "(hint: `aware redrive`, once the cause is fixed)";
                new_link(name, LinkHealth::Broken, format!("{count} waiting {hint}"))
            }
            Ok(count) => self.watch_queue(name, url, count).await,
        }
    }

    /// Checks whether a queue that is not empty gets shorter.
    async fn watch_queue(&self, name: &str, url: &str, first: u64) -> ChainLink {
        let mut last = first;
        for _ in 0..LOOKS {
            tokio::time::sleep(PAUSE.min(self.poll_interval() * 2)).await;
            last = match self.waiting_count(url).await {
                Ok(0) => return new_link(name, LinkHealth::Healthy, "empty again"),
                Ok(count) => count,
                Err(problem) => return new_link(name, LinkHealth::Unknown, problem.0),
            };
        }
        if last < first {
            return new_link(
                name,
                LinkHealth::Healthy,
                format!("{last} waiting, {} fewer than a moment ago", first - last),
            );
        }
        let says = format!(
            "{last} waiting, and no fewer than before: they are not consumed, or not as fast as they arrive"
        );
        new_link(name, LinkHealth::Broken, says)
    }

    /// How many messages wait in a queue.
    pub(in super::super) async fn waiting_count(&self, url: &str) -> Result<u64, DeployError> {
        let client = aws_sdk_sqs::Client::new(&self.aws);
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = client.get_queue_attributes().queue_url(url).attribute_names(name.clone());
        let sent = request.send().await;
        let answer =
            sent.map_err(|error| DeployError::call_failed("sqs:GetQueueAttributes", &error))?;
        let count = answer.attributes.and_then(|all| all.get(&name)?.parse().ok());
        Ok(count.unwrap_or_default())
    }
}
