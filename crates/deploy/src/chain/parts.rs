//! The parts of the chain: functions, mappings, rules, keys, secrets, the topic's subscription. A
//! part that is disabled, missing or about to be deleted is broken.

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_kms::types::KeyState;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use super::super::{DeployError, Deployment};
use super::link::{ChainLink, LinkHealth, link_from_problems, new_link};
use super::stack_state::StackState;

/// The error codes for something that does not exist.
const MISSING: [&str; 3] = ["ResourceNotFoundException", "NotFoundException", "NotFound"];

/// A part that AWS does not show: it is gone, or we may not see it.
fn unseen_link<E>(name: &str, call: &str, error: &SdkError<E>) -> ChainLink
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match error.code() {
        Some(code) if MISSING.contains(&code) => {
            new_link(name, LinkHealth::Broken, "is gone (hint: `aware deploy` finds what differs)")
        }
        _ => new_link(name, LinkHealth::Unknown, DeployError::call_failed(call, error).0),
    }
}

impl Deployment {
    /// Each function: whether it can run.
    pub(super) async fn function_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let client = aws_sdk_lambda::Client::new(&self.aws);
        let mut links = Vec::new();
        for (logical, id) in seen.resources_of("AWS::Lambda::Function") {
            let name = format!("function {logical}");
            let about = client.get_function_configuration().function_name(id).send().await;
            let about = match about {
                Ok(about) => about,
                Err(error) => {
                    links.push(unseen_link(&name, "lambda:GetFunctionConfiguration", &error));
                    continue;
                }
            };
            let mut problems = Vec::new();
            if about.state().is_some_and(|state| state.as_str() == "Failed") {
                let why = about.state_reason().unwrap_or("AWS gives no reason");
                problems.push(format!("cannot run: {why}"));
            }
            let concurrency = client.get_function_concurrency().function_name(id).send().await;
            let reserved = match concurrency {
                Ok(answer) => answer.reserved_concurrent_executions,
                Err(error) => {
                    links.push(unseen_link(&name, "lambda:GetFunctionConcurrency", &error));
                    continue;
                }
            };
            if reserved == Some(0) {
                problems.push("its reserved concurrency is 0, so it never runs (hint: aws lambda put-function-concurrency, or `aware deploy`)".to_owned());
            }
            links.push(link_from_problems(&name, "can run", &problems));
        }
        links
    }

    /// Each mapping of a queue or stream to a function: whether it is enabled.
    pub(super) async fn mapping_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let client = aws_sdk_lambda::Client::new(&self.aws);
        let mut links = Vec::new();
        for (logical, id) in seen.resources_of("AWS::Lambda::EventSourceMapping") {
            let name = format!("mapping {logical}");
            links.push(match client.get_event_source_mapping().uuid(id).send().await {
                Err(error) => unseen_link(&name, "lambda:GetEventSourceMapping", &error),
                Ok(about) => {
                    let mut problems = Vec::new();
                    let state = about.state().unwrap_or("unknown");
                    if matches!(state, "Disabled" | "Disabling" | "Deleting") {
                        problems.push(format!("is {state}, so its queue is not read (hint: aws lambda update-event-source-mapping --uuid {id} --enabled)"));
                    }
                    let result = about.last_processing_result().unwrap_or_default();
                    if result.starts_with("PROBLEM") {
                        problems.push(result.to_owned());
                    }
                    link_from_problems(&name, format!("is {state}"), &problems)
                }
            });
        }
        links
    }

    /// The rules that bring events and ticks, and those that watch the chain.
    pub(super) async fn rule_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let all = || seen.resources_of("AWS::Events::Rule");
        let watching = all().filter(|(logical, _)| logical.starts_with("Watch"));
        let others = all().filter(|(logical, _)| !logical.starts_with("Watch"));
        vec![
            self.rules_link("rules that bring events", others).await,
            self.rules_link("rules that watch the chain", watching).await,
        ]
    }

    async fn rules_link<'a>(
        &self,
        name: &str,
        rules: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> ChainLink {
        let (mut problems, mut count) = (Vec::new(), 0);
        for (logical, id) in rules {
            count += 1;
            match self.rule_problem(id).await {
                Ok(None) => {}
                Ok(Some(problem)) => problems.push(format!("{logical} {problem}")),
                Err(problem) => return new_link(name, LinkHealth::Unknown, problem.0),
            }
        }
        link_from_problems(name, format!("{count} are on"), &problems)
    }

    async fn rule_problem(&self, id: &str) -> Result<Option<String>, DeployError> {
        // The id of a rule on another bus starts with the bus's name.
        let id = id.rsplit('|').next().unwrap_or(id);
        let client = aws_sdk_eventbridge::Client::new(&self.aws);
        let about = match client.describe_rule().name(id).send().await {
            Ok(about) => about,
            Err(error) if error.code().is_some_and(|code| MISSING.contains(&code)) => {
                return Ok(Some("is gone".to_owned()));
            }
            Err(error) => return Err(DeployError::call_failed("events:DescribeRule", &error)),
        };
        if about.state() == Some(&RuleState::Disabled) {
            return Ok(Some(format!("is off (hint: aws events enable-rule --name {id})")));
        }
        // One page is enough to see whether there is a target.
        let targets = client.list_targets_by_rule().rule(id).send().await;
        let targets = targets
            .map_err(|error| DeployError::call_failed("events:ListTargetsByRule", &error))?;
        Ok(targets.targets().is_empty().then(|| "has no target".to_owned()))
    }

    /// The KMS keys of the topics.
    pub(super) async fn key_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let client = aws_sdk_kms::Client::new(&self.aws);
        let mut links = Vec::new();
        for (logical, id) in seen.resources_of("AWS::KMS::Key") {
            let name = format!("key {logical}");
            links.push(match client.describe_key().key_id(id).send().await {
                Err(error) => unseen_link(&name, "kms:DescribeKey", &error),
                Ok(answer) => {
                    let state = answer.key_metadata.and_then(|about| about.key_state);
                    let state = state.unwrap_or(KeyState::Unavailable);
                    let problem = format!("is {}: nothing can be published (hint: aws kms enable-key, or cancel-key-deletion)", state.as_str());
                    let is_on = matches!(state, KeyState::Enabled | KeyState::Creating);
                    link_from_problems(&name, "is on", if is_on { &[] } else { std::slice::from_ref(&problem) })
                }
            });
        }
        links
    }

    /// The secrets of the stack.
    pub(super) async fn secret_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let client = aws_sdk_secretsmanager::Client::new(&self.aws);
        let mut links = Vec::new();
        for (logical, id) in seen.resources_of("AWS::SecretsManager::Secret") {
            let name = format!("secret {logical}");
            links.push(match client.describe_secret().secret_id(id).send().await {
                Err(error) => unseen_link(&name, "secretsmanager:DescribeSecret", &error),
                Ok(about) if about.deleted_date().is_some() => new_link(
                    &name,
                    LinkHealth::Broken,
                    "is deleted (hint: aws secretsmanager restore-secret)",
                ),
                Ok(_) => new_link(&name, LinkHealth::Healthy, "is there"),
            });
        }
        links
    }

    /// The subscription that carries messages from the topic to Slack, if the stack has Slack.
    pub(super) async fn slack_subscription_link(&self, seen: &StackState) -> Option<ChainLink> {
        let topic = seen.output("SNSTopic")?;
        let ends = ["SlackQueue", "SlackFunction"].map(|output| seen.output(output));
        let names: Vec<&str> =
            ends.into_iter().flatten().filter_map(|id| id.rsplit(['/', ':']).next()).collect();
        if names.is_empty() {
            return None;
        }
        let name = "subscription of Slack";
        let subscriptions = match self.topic_subscriptions(topic).await {
            Ok(subscriptions) => subscriptions,
            Err(problem) => return Some(new_link(name, LinkHealth::Unknown, problem.0)),
        };
        let is_ours = subscriptions.iter().any(|(_, endpoint, _)| {
            endpoint.rsplit(':').next().is_some_and(|end| names.contains(&end))
        });
        let gone = "is gone, so messages do not reach Slack (hint: deploy with SlackWiring changed and changed back, or delete the stack and deploy again)".to_owned();
        Some(link_from_problems(
            name,
            "receives what is published",
            if is_ours { &[] } else { std::slice::from_ref(&gone) },
        ))
    }

    /// The subscriptions of a topic: protocol, endpoint, ARN.
    pub(super) async fn topic_subscriptions(
        &self,
        topic: &str,
    ) -> Result<Vec<(String, String, String)>, DeployError> {
        let client = aws_sdk_sns::Client::new(&self.aws);
        let mut pages =
            client.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                DeployError::call_failed("sns:ListSubscriptionsByTopic", &error)
            })?;
            for one in page.subscriptions.unwrap_or_default() {
                let text = Option::unwrap_or_default;
                all.push((text(one.protocol), text(one.endpoint), text(one.subscription_arn)));
            }
        }
        Ok(all)
    }
}
