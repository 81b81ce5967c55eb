//! Checks what the parameters name: the config, a trail, topics, regions, the log group's filter
//! quota.

use aware_io::aws::AwsSession;
use aware_io::config;
use aware_io::rules;
use aware_io::secret::SecretRef;
use aws_sdk_cloudwatchlogs::types::SubscriptionFilter;
use aws_sdk_sns::config::Region;
use aws_sdk_sns::error::ProvideErrorMetadata;

use super::{CONFIG, CONFIG_PARAMETER, DeployError, DeployRequest, Deployment, LOG_GROUP, TRAIL};

/// The number of subscription filters that a log group supports.
///
/// Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas".
const MAX_FILTERS: usize = 2;
/// The template's name for our filter.
const FILTER_RESOURCE: &str = "CloudWatchLogsSubscriptionFilter";
/// Parameters that name topics outside the stack.
const TOPIC_PARAMETERS: [&str; 2] = ["TrailTopicArn", "OtherTopicArn"];
/// Parameters whose resource must be in the stack's region.
const REGIONAL_PARAMETERS: [&str; 3] = ["KinesisStreamArn", "KinesisKeyArn", "SecretsKeyArn"];
/// The destination that the template makes from a webhook.
const SLACK_DESTINATION: &str =
    "\n\n[destination.slack]\ntype = \"slack\"\nwebhook_url = \"env:WEBHOOK\"\n";

impl Deployment {
    /// Every problem of what the parameters name.
    pub(super) async fn named_problems(
        &self,
        wanted: &DeployRequest,
    ) -> Result<Vec<String>, DeployError> {
        let (account, region) = self.account_and_region().await?;
        let given = |name: &str| {
            let value = wanted.parameters.get(name).filter(|value| !value.is_empty());
            value.map(|value| (name.to_owned(), value.as_str()))
        };
        let mut problems = Vec::new();
        for (name, arn) in REGIONAL_PARAMETERS.into_iter().filter_map(given) {
            if arn_location(arn).is_some_and(|(there, _)| there != region) {
                problems.push(format!("{name}: {arn} is not in {region}, where the stack is"));
            }
        }
        if let Some((name, text)) = given(CONFIG) {
            problems.extend(config_problems(&format!("{text}{SLACK_DESTINATION}"), &name));
        }
        if let Some((_, parameter)) = given(CONFIG_PARAMETER) {
            problems.extend(self.config_parameter_problems(parameter, &account, &region).await);
        }
        for (name, arn) in TOPIC_PARAMETERS.into_iter().filter_map(given) {
            if arn_location(arn).is_some_and(|(_, of)| of == account) && !self.has_topic(arn).await
            {
                problems.push(format!("{name}: there is no topic {arn}"));
            }
        }
        if let Some((name, arn)) = given(TRAIL)
            && !self.has_trail(arn).await
        {
            problems.push(format!("{name}: there is no trail {arn}"));
        }
        if let Some((_, group)) = given(LOG_GROUP) {
            problems.extend(self.filter_quota_problem(group).await);
        }
        Ok(problems)
    }

    async fn config_parameter_problems(
        &self,
        name: &str,
        account: &str,
        region: &str,
    ) -> Vec<String> {
        let arn =
            format!("arn:{}:ssm:{region}:{account}:parameter{name}", super::partition_name(region));
        match SecretRef::Ssm(arn).read_secret(&AwsSession::with_config(self.aws.clone())).await {
            Ok(text) => config_problems(text.expose(), name),
            Err(problem) if problem.to_string().contains("ParameterNotFound") => {
                vec![format!("{CONFIG_PARAMETER}: there is no parameter {name} in {region}")]
            }
            // Whoever deploys need not have access to it; the functions have.
            Err(_) => Vec::new(),
        }
    }

    /// Whether the topic exists, as far as we may ask.
    async fn has_topic(&self, arn: &str) -> bool {
        let region = arn_location(arn).map(|(region, _)| Region::new(region.to_owned()));
        let mut config = aws_sdk_sns::config::Builder::from(&self.aws);
        config.set_region(region);
        let client = aws_sdk_sns::Client::from_conf(config.build());
        let sent = client.get_topic_attributes().topic_arn(arn).send().await;
        sent.err().is_none_or(|error| error.code() != Some("NotFound"))
    }

    /// Whether the trail exists, as far as we may ask.
    async fn has_trail(&self, arn: &str) -> bool {
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        let sent = client.get_trail_status().name(arn).send().await;
        sent.err().is_none_or(|error| error.code() != Some("TrailNotFoundException"))
    }

    /// Whether other filters use up the log group's quota.
    async fn filter_quota_problem(&self, group: &str) -> Option<String> {
        // If the caller may not look, the deployment itself reports it.
        let filters = self.list_filters(group).await.ok()?;
        let ours = format!("{}-{FILTER_RESOURCE}-", self.stack);
        let names: Vec<String> = filters
            .into_iter()
            .filter_map(|filter| filter.filter_name)
            .filter(|name| !name.starts_with(&ours))
            .collect();
        (names.len() >= MAX_FILTERS).then(|| {
            format!(
                "log group `{group}` already has its {MAX_FILTERS} subscription filters: {} (hint: delete one, or read the trail's bucket: `--log-group '' --trail-bucket NAME`)",
                names.join(", ")
            )
        })
    }
}

impl Deployment {
    /// The subscription filters of a log group.
    pub(super) async fn list_filters(
        &self,
        group: &str,
    ) -> Result<Vec<SubscriptionFilter>, DeployError> {
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.aws);
        let request = client.describe_subscription_filters().log_group_name(group);
        let mut pages = request.into_paginator().send();
        let mut filters = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                DeployError::call_failed("cannot read the log group's subscription filters", &error)
            })?;
            filters.extend(page.subscription_filters.unwrap_or_default());
        }
        Ok(filters)
    }
}

/// Region and account of an ARN.
pub(super) fn arn_location(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    Some((parts.next()?, parts.next()?))
}

/// What is wrong with a config and the rules that it names.
fn config_problems(text: &str, name: &str) -> Vec<String> {
    let config = match config::parse_config(text, name) {
        Ok(config) => config,
        Err(error) => return vec![error.to_string()],
    };
    let mut problems: Vec<String> = Vec::new();
    if !config.destination.contains_key("slack") {
        problems.push(format!("{name}: it has no [destination.slack]"));
    }
    let loaded = rules::load_rules(&rules::RuleRequest::from_config(&config, name));
    problems.extend(loaded.problems.iter().map(ToString::to_string));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_are_looked_at() {
        let said = |text: &str| config_problems(text, "Config").join("\n");
        assert_eq!(said(SLACK_DESTINATION), "");
        let wrong = said(&format!("[ruls]{SLACK_DESTINATION}"));
        assert!(wrong.contains("unknown key `ruls`") && wrong.contains("Config:1"), "{wrong}");
        let pattern =
            format!("[[watch]]\nname = \"x\"\npattern = \"{{ ($.a = \"\n{SLACK_DESTINATION}");
        let wrong = said(&pattern);
        assert!(wrong.contains("[[watch]]"), "{wrong}");
        assert!(said("[rules]\n").contains("no [destination.slack]"));
        // What the template's own table does not set may precede it.
        let more = "[destination.slack.channels]\n\"#deploys\" = \"env:X\"\n\n[[destination.slack.publisher]]\ntopic = \"arn:aws:sns:eu-west-1:111122223333:t\"\nsource = \"CodePipeline: *\"\nhosts = [\"github.com\"]\n";
        assert_eq!(said(&format!("{more}{SLACK_DESTINATION}")), "");
    }

    #[test]
    fn places_of_arns() {
        assert_eq!(arn_location("arn:aws:sns:eu-west-1:1:t"), Some(("eu-west-1", "1")));
        assert_eq!(arn_location("x"), None);
    }
}
