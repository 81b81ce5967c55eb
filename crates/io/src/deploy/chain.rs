//! How the chain is: every link, from the trail to the last message.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use jiff::Timestamp;

use super::{DeployError, Deployment, LOG_GROUP};
use crate::pipeline::source::{LAST_EVENT, LAST_MESSAGE};
use crate::port::Store;
use crate::store::dynamodb::DynamoStore;
use crate::trail;

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Well,
    /// It cannot be told.
    Unknown,
    /// Somebody must look.
    Ill,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// The same in words.
    pub says: String,
}

/// Queues by their outputs: their name for people, and whether anything in them is bad.
const QUEUES: [(&str, &str, bool); 5] = [
    ("SourceQueue", "notices of objects", false),
    ("SourceDeadLetters", "dead letters of source", true),
    ("SourceFailures", "failed invocations", true),
    ("SlackQueue", "messages for Slack", false),
    ("SlackDeadLetters", "dead letters of slack", true),
];

fn link(name: &str, health: Health, says: impl Into<String>) -> Link {
    Link { name: name.to_owned(), health, says: says.into() }
}

impl Deployment {
    /// Looks at every link.
    ///
    /// # Errors
    /// When there is no such stack, or AWS cannot be asked at all.
    pub async fn links(&self) -> Result<Vec<Link>, DeployError> {
        let outputs = self.outputs().await?;
        let mut links = vec![self.stack_link().await?];
        links.extend(self.trails().await);
        links.extend(self.filter(&outputs).await);
        for (output, name, is_bad) in QUEUES {
            if let Some(url) = outputs.get(output) {
                links.push(self.queue(name, url, is_bad).await);
            }
        }
        if let Some(table) = outputs.get("Table") {
            links.extend(self.lasts(table).await);
        }
        Ok(links)
    }

    async fn stack_link(&self) -> Result<Link, DeployError> {
        let stack = self.found().await?;
        let status = stack.as_ref().and_then(|stack| stack.stack_status());
        let status = status.map(|status| status.as_str()).unwrap_or("gone");
        let well = matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE");
        let health = if well { Health::Well } else { Health::Ill };
        Ok(link("stack", health, format!("{} is {status}", self.stack)))
    }

    /// The account's trails, and whether they log.
    async fn trails(&self) -> Vec<Link> {
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        let trails = match client.describe_trails().send().await {
            Ok(answer) => answer.trail_list.unwrap_or_default(),
            Err(error) => {
                let problem = DeployError::of("cloudtrail:DescribeTrails", &error);
                return vec![link("trail", Health::Unknown, problem.0)];
            }
        };
        let mut links = Vec::new();
        for arn in trails.into_iter().filter_map(|trail| trail.trail_arn) {
            let name = format!("trail {}", arn.rsplit('/').next().unwrap_or(&arn));
            links.push(match trail::problems(&client, &arn, Timestamp::now()).await {
                Ok(problems) if problems.is_empty() => link(&name, Health::Well, "logs"),
                Ok(problems) => link(&name, Health::Ill, problems.join("; ")),
                Err(problem) => {
                    let says = format!("cloudtrail:GetTrailStatus: {problem}");
                    link(&name, Health::Unknown, says)
                }
            });
        }
        if links.is_empty() {
            links.push(link(
                "trail",
                Health::Unknown,
                "none in this account and region; the organization may have one",
            ));
        }
        links
    }

    /// The subscription filter of the log group, if the stack has one.
    async fn filter(&self, outputs: &BTreeMap<String, String>) -> Option<Link> {
        let stack = self.found().await.ok().flatten()?;
        let group = stack
            .parameters()
            .iter()
            .find(|one| one.parameter_key() == Some(LOG_GROUP))?
            .parameter_value()
            .filter(|group| !group.is_empty())?;
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.aws);
        let sent = client.describe_subscription_filters().log_group_name(group).send().await;
        let name = format!("filter of {group}");
        Some(match sent {
            Err(error) => link(&name, Health::Ill, DeployError::of("it cannot be seen", &error).0),
            Ok(answer) => {
                let function = outputs.get("SourceFunction")?;
                let ours = answer.subscription_filters().iter().any(|filter| {
                    filter.destination_arn().is_some_and(|arn| arn.ends_with(function.as_str()))
                });
                match ours {
                    true => link(&name, Health::Well, "calls the source"),
                    false => {
                        link(&name, Health::Ill, "does not call the source (hint: `aware deploy`)")
                    }
                }
            }
        })
    }

    async fn queue(&self, name: &str, url: &str, is_bad: bool) -> Link {
        match self.waiting(url).await {
            Err(problem) => link(name, Health::Unknown, problem.0),
            Ok(0) => link(name, Health::Well, "empty"),
            Ok(count) => {
                let health = if is_bad { Health::Ill } else { Health::Well };
                let hint =
                    if is_bad { " (hint: `aware redrive`, when the cause is mended)" } else { "" };
                link(name, health, format!("{count} waiting{hint}"))
            }
        }
    }

    /// How many messages wait in a queue.
    pub(super) async fn waiting(&self, url: &str) -> Result<u64, DeployError> {
        let client = aws_sdk_sqs::Client::new(&self.aws);
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = client.get_queue_attributes().queue_url(url).attribute_names(name.clone());
        let sent = request.send().await;
        let answer = sent.map_err(|error| DeployError::of("sqs:GetQueueAttributes", &error))?;
        let count = answer.attributes.and_then(|all| all.get(&name)?.parse().ok());
        Ok(count.unwrap_or_default())
    }

    /// When events were last taken, and messages published.
    async fn lasts(&self, table: &str) -> Vec<Link> {
        let store = DynamoStore::new(aws_sdk_dynamodb::Client::new(&self.aws), table);
        let mut links = Vec::new();
        for (note, name) in [(LAST_EVENT, "last event"), (LAST_MESSAGE, "last message")] {
            links.push(match store.note(note).await {
                Err(problem) => link(name, Health::Unknown, problem.to_string()),
                Ok(None) => link(name, Health::Unknown, "none yet"),
                Ok(Some(time)) => {
                    let ago = time
                        .parse::<Timestamp>()
                        .ok()
                        .map(|time| Timestamp::now().duration_since(time).as_secs() / 60);
                    let ago = ago.map_or_else(String::new, |ago| format!(", {ago} min ago"));
                    link(name, Health::Well, format!("{time}{ago}"))
                }
            });
        }
        links
    }
}
