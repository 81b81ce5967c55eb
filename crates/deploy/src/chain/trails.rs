//! The trails: whether they log, whether the one that feeds the chain sees everything, and the log
//! group's filter.

use aware_io::trail;
use aws_sdk_cloudtrail::types::Trail;
use jiff::Timestamp;

use super::super::{BUCKET, DeployError, DeployRequest, Deployment, LOG_GROUP, TRAIL};
use super::link::{ChainLink, LinkHealth, link_from_problems, new_link};
use super::stack_state::StackState;

/// Where the chain reads from.
struct ChainInputs<'a> {
    group: Option<&'a str>,
    bucket: Option<&'a str>,
    trail: Option<&'a str>,
}

impl ChainInputs<'_> {
    /// Whether a trail writes to where the chain reads.
    fn fed_by(&self, trail: &Trail) -> bool {
        let group = trail.cloud_watch_logs_log_group_arn().and_then(log_group_name);
        let is_named = self.trail.is_some() && trail.trail_arn() == self.trail;
        is_named
            || group.is_some() && group == self.group
            || trail.s3_bucket_name().is_some() && trail.s3_bucket_name() == self.bucket
    }
}

/// The name in a log group's ARN, which ends in `:*`.
pub(in super::super) fn log_group_name(arn: &str) -> Option<&str> {
    let rest = arn.splitn(7, ':').nth(6)?;
    Some(rest.strip_suffix(":*").unwrap_or(rest)).filter(|name| !name.is_empty())
}

impl Deployment {
    /// The account's trails: whether they log and deliver. For those that feed the chain, also what
    /// they leave out.
    pub(super) async fn trail_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        let trails = match self.list_trails().await {
            Ok(trails) => trails,
            Err(problem) => return vec![new_link("trail", LinkHealth::Unknown, problem.0)],
        };
        let fed = ChainInputs {
            group: seen.parameter(LOG_GROUP),
            bucket: seen.parameter(BUCKET),
            trail: seen.parameter(TRAIL),
        };
        let mut links = Vec::new();
        for about in &trails {
            let Some(arn) = about.trail_arn() else { continue };
            let name = format!("trail {}", arn.rsplit('/').next().unwrap_or(arn));
            links.push(match trail::trail_problems(&client, arn, Timestamp::now()).await {
                Ok(problems) => link_from_problems(&name, "logs", &problems),
                Err(problem) => new_link(&name, LinkHealth::Unknown, problem.to_string()),
            });
            if fed.fed_by(about) {
                let name = format!("what {} logs", arn.rsplit('/').next().unwrap_or(arn));
                links.push(self.coverage_link(arn, &name).await);
            }
        }
        if links.is_empty() {
            links.push(new_link(
                "trail",
                LinkHealth::Unknown,
                "no trail in this account and region; the organization may have one",
            ));
        } else if (fed.group.is_some() || fed.bucket.is_some())
            && !trails.iter().any(|it| fed.fed_by(it))
        {
            let says = "no trail visible from here writes to the log group or bucket of the stack";
            links.push(new_link("the trail to read", LinkHealth::Unknown, says));
        }
        links
    }

    async fn coverage_link(&self, arn: &str, name: &str) -> ChainLink {
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        match trail::read_coverage(&client, arn).await {
            Err(problem) => new_link(name, LinkHealth::Unknown, problem.to_string()),
            Ok(coverage) if coverage.without.is_empty() => {
                link_from_problems(name, "all management events of all regions", &coverage.blind)
            }
            Ok(coverage) => {
                let but = coverage.without.join(", ");
                let well = format!("all management events of all regions except those of {but}");
                link_from_problems(name, well, &coverage.blind)
            }
        }
    }

    pub(in super::super) async fn list_trails(&self) -> Result<Vec<Trail>, DeployError> {
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        // One answer holds all of them.
        let answer = client.describe_trails().send().await;
        let answer = answer
            .map_err(|error| DeployError::call_failed("cloudtrail:DescribeTrails", &error))?;
        Ok(answer.trail_list.unwrap_or_default())
    }

    /// The blind spots of the trails that would feed the requested stack, or that feed the existing
    /// one: one sentence each.
    ///
    /// Empty if the caller may not look: the deployment does not depend on it.
    pub async fn blind_spots(&self, wanted: &DeployRequest) -> Vec<String> {
        let seen = self.stack_state().await.ok();
        let given = |name: &str| {
            let value = wanted.parameters.get(name).map(String::as_str);
            let had = || seen.as_ref().and_then(|seen| seen.parameter(name));
            value.or_else(had).filter(|value| !value.is_empty())
        };
        let fed =
            ChainInputs { group: given(LOG_GROUP), bucket: given(BUCKET), trail: given(TRAIL) };
        let client = aws_sdk_cloudtrail::Client::new(&self.aws);
        let mut blind = Vec::new();
        for about in self.list_trails().await.unwrap_or_default().iter().filter(|it| fed.fed_by(it))
        {
            let Some(arn) = about.trail_arn() else { continue };
            let left_out = trail::read_coverage(&client, arn).await.map(|it| it.blind);
            let left_out = left_out.unwrap_or_default();
            blind.extend(left_out.into_iter().map(|what| format!("{arn}: {what}")));
        }
        blind
    }

    /// The subscription filter of the log group, if the stack has one.
    pub(super) async fn filter_link(&self, seen: &StackState) -> Option<ChainLink> {
        let group = seen.parameter(LOG_GROUP)?;
        let name = format!("filter of {group}");
        let function = seen.output("SourceFunction")?;
        Some(match self.list_filters(group).await {
            Err(problem) => new_link(&name, LinkHealth::Broken, problem.0),
            Ok(filters) => {
                let ours = filters.iter().any(|filter| {
                    let arn = filter.destination_arn();
                    arn.and_then(|arn| arn.rsplit(':').next()) == Some(function)
                });
                let gone = "does not call the source (hint: `aware deploy`)".to_owned();
                link_from_problems(
                    &name,
                    "calls the source",
                    if ours { &[] } else { std::slice::from_ref(&gone) },
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_arns_of_log_groups() {
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:aws-cloudtrail-logs:*";
        assert_eq!(log_group_name(arn), Some("aws-cloudtrail-logs"));
        assert_eq!(log_group_name("arn:aws:logs:eu-west-1:111122223333:log-group:"), None);
        assert_eq!(log_group_name(""), None);
    }

    #[test]
    fn which_trail_feeds() {
        let trail = Trail::builder().s3_bucket_name("logs").trail_arn("arn:t").build();
        let fed = |group, bucket, trail| ChainInputs { group, bucket, trail };
        assert!(fed(None, Some("logs"), None).fed_by(&trail));
        assert!(fed(None, None, Some("arn:t")).fed_by(&trail));
        assert!(!fed(Some("g"), Some("other"), None).fed_by(&trail));
        assert!(!fed(None, None, None).fed_by(&Trail::builder().build()));
    }
}
