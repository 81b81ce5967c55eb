//! Checks what the parameters name: the config, a trail, topics, regions, the log group's filter
//! quota.

use aws_sdk_cloudwatchlogs::types::SubscriptionFilter;
use aws_sdk_sns::config::Region;
use aws_sdk_sns::error::ProvideErrorMetadata;

use super::{CONFIG, CONFIG_PARAMETER, DeployError, Deployment, LOG_GROUP, TRAIL, Wanted};
use aware_io::aws::Aws;
use aware_io::config;
use aware_io::rules;
use aware_io::secret::SecretRef;

/// The number of subscription filters that a log group supports.
///
/// Source: CloudWatch Logs User Guide, "CloudWatch Logs quotas".
const FILTERS: usize = 2;
/// The template's name for our filter.
const FILTER: &str = "CloudWatchLogsSubscriptionFilter";
/// Parameters that name topics outside the stack.
const TOPICS: [&str; 2] = ["TrailTopicArn", "OtherTopicArn"];
/// Parameters whose resource must be in the stack's region.
const HERE: [&str; 3] = ["KinesisStreamArn", "KinesisKeyArn", "SecretsKeyArn"];
/// The destination that the template makes from a webhook.
const SLACK: &str = "\n\n[destination.slack]\ntype = \"slack\"\nwebhook_url = \"env:WEBHOOK\"\n";

impl Deployment {
    /// Every problem of what the parameters name.
    pub(super) async fn problems_of_named(
        &self,
        wanted: &Wanted,
    ) -> Result<Vec<String>, DeployError> {
        let (account, region) = self.place().await?;
        let given = |name: &str| {
            let value = wanted.parameters.get(name).filter(|value| !value.is_empty());
            value.map(|value| (name.to_owned(), value.as_str()))
        };
        let mut problems = Vec::new();
        for (name, arn) in HERE.into_iter().filter_map(given) {
            if place(arn).is_some_and(|(there, _)| there != region) {
                problems.push(format!("{name}: {arn} is not in {region}, where the stack is"));
            }
        }
        if let Some((name, text)) = given(CONFIG) {
            problems.extend(of_config(&format!("{text}{SLACK}"), &name));
        }
        if let Some((_, parameter)) = given(CONFIG_PARAMETER) {
            problems.extend(self.of_parameter(parameter, &account, &region).await);
        }
        for (name, arn) in TOPICS.into_iter().filter_map(given) {
            if place(arn).is_some_and(|(_, of)| of == account) && !self.has_topic(arn).await {
                problems.push(format!("{name}: there is no topic {arn}"));
            }
        }
        if let Some((name, arn)) = given(TRAIL)
            && !self.has_trail(arn).await
        {
            problems.push(format!("{name}: there is no trail {arn}"));
        }
        if let Some((_, group)) = given(LOG_GROUP) {
            problems.extend(self.lack_of_room(group).await);
        }
        Ok(problems)
    }

    async fn of_parameter(&self, name: &str, account: &str, region: &str) -> Vec<String> {
        let arn =
            format!("arn:{}:ssm:{region}:{account}:parameter{name}", super::partition(region));
        match SecretRef::Ssm(arn).read(&Aws::of(self.aws.clone())).await {
            Ok(text) => of_config(text.expose(), name),
            Err(problem) if problem.to_string().contains("ParameterNotFound") => {
                vec![format!("{CONFIG_PARAMETER}: there is no parameter {name} in {region}")]
            }
            // Whoever deploys need not have access to it; the functions have.
            Err(_) => Vec::new(),
        }
    }

    /// Whether the topic exists, as far as we may ask.
    async fn has_topic(&self, arn: &str) -> bool {
        let region = place(arn).map(|(region, _)| Region::new(region.to_owned()));
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
    async fn lack_of_room(&self, group: &str) -> Option<String> {
        // If the caller may not look, the deployment itself reports it.
        let filters = self.filters(group).await.ok()?;
        let ours = format!("{}-{FILTER}-", self.stack);
        let names: Vec<String> = filters
            .into_iter()
            .filter_map(|filter| filter.filter_name)
            .filter(|name| !name.starts_with(&ours))
            .collect();
        (names.len() >= FILTERS).then(|| {
            format!(
                "log group `{group}` already has its {FILTERS} subscription filters: {} (hint: delete one, or read the trail's bucket: `--log-group '' --trail-bucket NAME`)",
                names.join(", ")
            )
        })
    }
}

impl Deployment {
    /// The subscription filters of a log group.
    pub(super) async fn filters(
        &self,
        group: &str,
    ) -> Result<Vec<SubscriptionFilter>, DeployError> {
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.aws);
        let request = client.describe_subscription_filters().log_group_name(group);
        let mut pages = request.into_paginator().send();
        let mut filters = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                DeployError::of("cannot read the log group's subscription filters", &error)
            })?;
            filters.extend(page.subscription_filters.unwrap_or_default());
        }
        Ok(filters)
    }
}

/// Region and account of an ARN.
pub(super) fn place(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    Some((parts.next()?, parts.next()?))
}

/// What is wrong with a config and the rules that it names.
fn of_config(text: &str, name: &str) -> Vec<String> {
    let config = match config::parse(text, name) {
        Ok(config) => config,
        Err(error) => return vec![error.to_string()],
    };
    let mut problems: Vec<String> = Vec::new();
    if !config.destination.contains_key("slack") {
        problems.push(format!("{name}: it has no [destination.slack]"));
    }
    let loaded = rules::load(&rules::Wanted::of(&config, name));
    problems.extend(loaded.problems.iter().map(ToString::to_string));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_are_looked_at() {
        let said = |text: &str| of_config(text, "Config").join("\n");
        assert_eq!(said(SLACK), "");
        let wrong = said(&format!("[ruls]{SLACK}"));
        assert!(wrong.contains("unknown key `ruls`") && wrong.contains("Config:1"), "{wrong}");
        let pattern = format!("[[watch]]\nname = \"x\"\npattern = \"{{ ($.a = \"\n{SLACK}");
        let wrong = said(&pattern);
        assert!(wrong.contains("[[watch]]"), "{wrong}");
        assert!(said("[rules]\n").contains("no [destination.slack]"));
        // What the template's own table does not set may precede it.
        let more = "[destination.slack.channels]\n\"#deploys\" = \"env:X\"\n\n[[destination.slack.publisher]]\ntopic = \"arn:aws:sns:eu-west-1:111122223333:t\"\nsource = \"CodePipeline: *\"\nhosts = [\"github.com\"]\n";
        assert_eq!(said(&format!("{more}{SLACK}")), "");
    }

    #[test]
    fn places_of_arns() {
        assert_eq!(place("arn:aws:sns:eu-west-1:1:t"), Some(("eu-west-1", "1")));
        assert_eq!(place("x"), None);
    }
}
