//! What is wrong is said before anything is made.

use std::collections::BTreeSet;

use super::stack::status_of;
use super::{BUCKET, DeployError, Deployment, LOG_GROUP, TEMPLATE, WEBHOOK, Wanted};

impl Deployment {
    /// Looks at what is wanted before anything is made: every problem, each with a hint.
    ///
    /// # Errors
    /// When AWS cannot be asked.
    pub async fn problems(&self, wanted: &Wanted) -> Result<Vec<String>, DeployError> {
        let stack = self.found().await?;
        if let Some(problem) = stack.as_ref().map(status_of).and_then(unready) {
            return Ok(vec![format!("stack {}: {problem}", self.stack)]);
        }
        let mut problems = Vec::new();
        let given = |name: &str| wanted.parameters.get(name).filter(|value| !value.is_empty());
        for name in ["source.zip", "destination.zip"] {
            if !wanted.zips.join(name).is_file() {
                let folder = wanted.zips.display();
                problems.push(format!("{folder}/{name} is missing (hint: `cargo xtask functions` builds it into dist/; --zips names the folder)"));
            }
        }
        for name in wanted.parameters.keys().filter(|name| !parameters().contains(name.as_str())) {
            problems.push(format!(
                "the template has no parameter `{name}` (hint: docs/deploying.md lists them)"
            ));
        }
        if given(WEBHOOK).is_some_and(|url| !url.starts_with("https://")) {
            problems.push("the Slack webhook must begin with https://".to_owned());
        }
        if let Some(group) = given(LOG_GROUP)
            && !self.has_log_group(group).await?
        {
            problems.push(format!("there is no log group `{group}` here (hint: the trail's group, or `--log-group ''` for none; is this its region?)"));
        }
        if let Some(bucket) = given(BUCKET)
            && let Err(error) = self.s3().head_bucket().bucket(bucket).send().await
        {
            // Who deploys need not be allowed to look into another account's bucket.
            let status = error.raw_response().map(|response| response.status().as_u16());
            if !(status == Some(403) && given("TrailBucketAccount").is_some()) {
                problems.push(DeployError::of(&format!("bucket `{bucket}`"), &error).0);
            }
        }
        problems.extend(self.problems_of_named(wanted).await?);
        Ok(problems)
    }

    /// The trail of this account that writes to the log group or the bucket that is wanted.
    pub async fn trail_of(&self, wanted: &Wanted, account: &str) -> Option<String> {
        let given = |name: &str| wanted.parameters.get(name).filter(|value| !value.is_empty());
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        let trails = client.describe_trails().send().await.ok()?.trail_list?;
        let group = given(LOG_GROUP).map(|group| format!(":log-group:{group}:"));
        let writes = |trail: &aws_sdk_cloudtrail::types::Trail| {
            let to_group = trail.cloud_watch_logs_log_group_arn();
            let to_group = to_group.zip(group.as_ref()).is_some_and(|(arn, g)| arn.contains(g));
            let to_bucket = trail.s3_bucket_name();
            to_group || to_bucket.is_some() && to_bucket == given(BUCKET).map(String::as_str)
        };
        let mut found = trails.iter().filter(|trail| writes(trail));
        let arn = found.find_map(|trail| trail.trail_arn())?;
        // Who asks about a trail of another account is refused.
        (arn.split(':').nth(4) == Some(account)).then(|| arn.to_owned())
    }

    async fn has_log_group(&self, name: &str) -> Result<bool, DeployError> {
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.aws);
        let sent = client.describe_log_groups().log_group_name_prefix(name).send().await;
        let groups = sent.map_err(|error| DeployError::of("log groups", &error))?;
        Ok(groups.log_groups().iter().any(|group| group.log_group_name() == Some(name)))
    }
}

/// Why a stack of this status takes no change.
fn unready(status: &str) -> Option<String> {
    let hint = match status {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
            "it is what a deployment that failed has left: `aware destroy`, then deploy again"
        }
        "UPDATE_ROLLBACK_FAILED" => "aws cloudformation continue-update-rollback",
        going if going.ends_with("_IN_PROGRESS") => "wait until it is done",
        _ => return None,
    };
    Some(format!("{status} (hint: {hint})"))
}

/// The names of the template's parameters.
pub(super) fn parameters() -> BTreeSet<&'static str> {
    let section = TEMPLATE.split("\nParameters:\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let name = |line: &'static str| {
        line.strip_prefix("  ")?.strip_suffix(':').filter(|name| !name.starts_with([' ', '#']))
    };
    lines.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_the_template() {
        let names = parameters();
        for name in [LOG_GROUP, BUCKET, WEBHOOK, "CloudTrailCloudWatchLogsFilterPattern"] {
            assert!(names.contains(name), "{names:?}");
        }
        assert!(!names.contains("Type") && !names.contains("Resources"));
    }
}
