//! The queues: dead letters, and messages that nobody takes.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;

use super::super::{DeployError, Deployment};
use super::link::{Health, Link, link};
use super::seen::StackState;

/// Queues by their outputs: their name for people, and whether anything in them is bad.
const QUEUES: [(&str, &str, bool); 5] = [
    ("SourceQueue", "notices of objects", false),
    ("SourceDeadLetters", "dead letters of source", true),
    ("SourceFailures", "failed invocations", true),
    ("SlackQueue", "messages for Slack", false),
    ("SlackDeadLetters", "dead letters of slack", true),
];
/// How often it is looked whether a queue that is not empty becomes so, or at least shorter.
const LOOKS: u32 = 6;
/// The pause between looks.
const PAUSE: Duration = Duration::from_secs(3);

impl Deployment {
    pub(super) async fn queues(&self, seen: &StackState) -> Vec<Link> {
        let mut links = Vec::new();
        for (output, name, is_bad) in QUEUES {
            if let Some(url) = seen.output(output) {
                links.push(self.queue(name, url, is_bad).await);
            }
        }
        links
    }

    async fn queue(&self, name: &str, url: &str, is_bad: bool) -> Link {
        match self.waiting(url).await {
            Err(problem) => link(name, Health::Unknown, problem.0),
            Ok(0) => link(name, Health::Well, "empty"),
            Ok(count) if is_bad => {
                let hint = "(hint: `aware redrive`, when the cause is mended)";
                link(name, Health::Ill, format!("{count} waiting {hint}"))
            }
            Ok(count) => self.waits(name, url, count).await,
        }
    }

    /// Whether a queue that is not empty is worked on.
    async fn waits(&self, name: &str, url: &str, first: u64) -> Link {
        let mut last = first;
        for _ in 0..LOOKS {
            tokio::time::sleep(PAUSE.min(self.pause() * 2)).await;
            last = match self.waiting(url).await {
                Ok(0) => return link(name, Health::Well, "empty again"),
                Ok(count) => count,
                Err(problem) => return link(name, Health::Unknown, problem.0),
            };
        }
        if last < first {
            return link(
                name,
                Health::Well,
                format!("{last} waiting, {} fewer than just now", first - last),
            );
        }
        let says = format!(
            "{last} waiting, and no fewer than before: nobody takes them, or not as many as come"
        );
        link(name, Health::Ill, says)
    }

    /// How many messages wait in a queue.
    pub(in super::super) async fn waiting(&self, url: &str) -> Result<u64, DeployError> {
        let client = aws_sdk_sqs::Client::new(&self.aws);
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = client.get_queue_attributes().queue_url(url).attribute_names(name.clone());
        let sent = request.send().await;
        let answer = sent.map_err(|error| DeployError::of("sqs:GetQueueAttributes", &error))?;
        let count = answer.attributes.and_then(|all| all.get(&name)?.parse().ok());
        Ok(count.unwrap_or_default())
    }
}
