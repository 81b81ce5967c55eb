//! Reports problems before anything is created.

use aws_sdk_cloudformation::types::Stack;
use aws_sdk_cloudtrail::types::Trail;
use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use super::chain::log_group_name;
use super::stack::status_of;
use super::template::template_parameters;
use super::{BUCKET, DeployError, DeployRequest, Deployment, LOG_GROUP, WEBHOOK, bootstrap};

/// The parameter that names the bootstraps' architecture.
const ARCHITECTURE: &str = "Architecture";
/// The concurrency that the template reserves by default, for the source and for Slack.
const SOURCE_CONCURRENCY: i32 = 10;
const SLACK_CONCURRENCY: i32 = 3;
/// The concurrency that AWS keeps for the account's functions without a reservation.
///
/// Source: Lambda Developer Guide, "Configuring reserved concurrency for a function".
const MIN_UNRESERVED: i32 = 100;

/// What is wrong with a bucket.
enum BucketFault {
    /// It is not of this account, or the caller may not access it.
    Refused(String),
    Missing,
    OtherRegion,
    /// S3 answers otherwise.
    Unchecked(String),
}

impl BucketFault {
    fn text(self, bucket: &str, hint: &str) -> String {
        match self {
            Self::Refused(owner) => format!(
                "bucket `{bucket}` does not belong to account {owner}, or you may not access it{hint}"
            ),
            Self::Missing => format!("bucket `{bucket}` does not exist"),
            Self::OtherRegion => format!(
                "bucket `{bucket}` is in another region, so that its events do not reach this stack (hint: deploy a stack in that region)"
            ),
            Self::Unchecked(problem) => problem,
        }
    }
}

impl Deployment {
    /// Checks a request before anything is created; returns every problem with a hint.
    ///
    /// # Errors
    /// If AWS cannot be reached.
    pub async fn check_request(&self, wanted: &DeployRequest) -> Result<Vec<String>, DeployError> {
        let stack = self.find_stack().await?;
        if let Some(problem) = stack.as_ref().map(status_of).and_then(unready_hint) {
            return Ok(vec![format!("stack {}: {problem}", self.stack)]);
        }
        let mut problems = Vec::new();
        let given = |name: &str| wanted.parameters.get(name).filter(|value| !value.is_empty());
        problems.extend(self.zip_problems(wanted, stack.as_ref()));
        for name in
            wanted.parameters.keys().filter(|name| !template_parameters().contains(name.as_str()))
        {
            problems.push(format!(
                "the template has no parameter `{name}` (hint: docs/deploying.md lists them)"
            ));
        }
        if given(WEBHOOK).is_some_and(|url| !url.starts_with("https://")) {
            problems.push("the Slack webhook must start with https://".to_owned());
        }
        if let Some(group) = given(LOG_GROUP) {
            problems.extend(self.log_group_problem(group).await?);
        }
        if let Some(bucket) = given(BUCKET) {
            let hint =
                " (hint: --parameter TrailBucketAccount=ACCOUNT for a bucket of another account)";
            let owner = given("TrailBucketAccount");
            let problem = match self.bucket_fault(bucket, owner).await? {
                // Whoever deploys need not have access to another account's bucket.
                Some(BucketFault::Refused(_)) if owner.is_some() => None,
                // Its notifications reach other regions, by a queue or a topic.
                Some(BucketFault::OtherRegion) | None => None,
                Some(fault) => Some(fault.text(bucket, hint)),
            };
            problems.extend(problem);
        }
        if let Some(bucket) = given("LogBucket") {
            let hint = " (hint: the stack reads a bucket of its own account; of another one, let an input of `aware run` read it)";
            let fault = self.bucket_fault(bucket, None).await?;
            problems.extend(fault.map(|fault| fault.text(bucket, hint)));
        }
        if stack.is_none() {
            problems.extend(self.concurrency_problem(wanted).await);
        }
        problems.extend(self.named_problems(wanted).await?);
        Ok(problems)
    }

    /// Checks the zips for the architecture that is requested, else the stack's, else the default.
    fn zip_problems(&self, wanted: &DeployRequest, stack: Option<&Stack>) -> Vec<String> {
        let had = || {
            let parameters = stack.map(Stack::parameters).unwrap_or_default().iter();
            let mut had = parameters.filter(|one| one.parameter_key() == Some(ARCHITECTURE));
            had.next()?.parameter_value().map(str::to_owned)
        };
        let architecture = wanted.parameters.get(ARCHITECTURE).cloned().or_else(had);
        let architecture = architecture.unwrap_or_else(|| "x86_64".to_owned());
        // An emulator runs its functions on this machine.
        let here = self.aws.endpoint_url().is_some();
        let problem = |name: &&str| {
            let zip = wanted.zips.join(name);
            if zip.is_file() {
                return bootstrap::zip_problem(&zip, &architecture, here);
            }
            Some(format!(
                "{} is missing (hint: `cargo xtask functions` builds it into dist/; --zips names the folder)",
                zip.display()
            ))
        };
        super::ZIPS.iter().filter_map(problem).collect()
    }

    /// What is wrong with a bucket of this account, or of another one.
    async fn bucket_fault(
        &self,
        bucket: &str,
        other: Option<&String>,
    ) -> Result<Option<BucketFault>, DeployError> {
        let (account, _) = self.account_and_region().await?;
        let owner = other.unwrap_or(&account);
        let head = self.s3_client().head_bucket().bucket(bucket).expected_bucket_owner(owner);
        let Err(error) = head.send().await else { return Ok(None) };
        Ok(Some(match error.raw_response().map(|response| response.status().as_u16()) {
            Some(403) => BucketFault::Refused(owner.clone()),
            Some(404) => BucketFault::Missing,
            Some(301) => BucketFault::OtherRegion,
            _ => {
                let problem = format!("bucket `{bucket}` cannot be checked");
                BucketFault::Unchecked(DeployError::call_failed(&problem, &error).0)
            }
        }))
    }

    /// Whether the account's concurrency is enough for what a new stack reserves. If the caller may
    /// not ask, the deployment itself reports it.
    async fn concurrency_problem(&self, wanted: &DeployRequest) -> Option<String> {
        let given = |name: &str| wanted.parameters.get(name).map(String::as_str);
        if given("ReserveConcurrency") == Some("false") {
            return None;
        }
        let source = given("SourceConcurrency").and_then(|number| number.parse().ok());
        let reserved = source.unwrap_or(SOURCE_CONCURRENCY).saturating_add(SLACK_CONCURRENCY);
        let client = aws_sdk_lambda::Client::new(&self.aws);
        let limit = client.get_account_settings().send().await.ok()?.account_limit?;
        let (all, free) = (limit.concurrent_executions, limit.unreserved_concurrent_executions?);
        (free < reserved.saturating_add(MIN_UNRESERVED)).then(|| {
            format!("the account may run {all} functions at once, {free} of them unreserved; the stack reserves {reserved}, and {MIN_UNRESERVED} must stay unreserved (hint: --parameter ReserveConcurrency=false, or raise the quota `Concurrent executions`)")
        })
    }

    /// The trail of this account that writes to the requested log group or bucket.
    pub async fn trail_for(&self, wanted: &DeployRequest, account: &str) -> Option<String> {
        let given = |name: &str| {
            wanted.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
        };
        let trails = self.list_trails().await.ok()?;
        let writes = |trail: &Trail| {
            let group = trail.cloud_watch_logs_log_group_arn().and_then(log_group_name);
            let to_group = group.is_some() && group == given(LOG_GROUP);
            let bucket = trail.s3_bucket_name();
            to_group || bucket.is_some() && bucket == given(BUCKET)
        };
        let mut found = trails.iter().filter(|trail| writes(trail));
        let arn = found.find_map(|trail| trail.trail_arn())?;
        // AWS refuses requests about a trail of another account.
        (arn.split(':').nth(4) == Some(account)).then(|| arn.to_owned())
    }

    /// The log group in this account and region that a trail writes to, with that trail's ARN. A
    /// multi-region trail comes first, then the first by name.
    pub async fn log_group_of_trails(
        &self,
        account: &str,
        region: &str,
    ) -> Option<(String, String)> {
        let mut trails = self.list_trails().await.ok()?;
        trails.sort_by(|a, b| {
            let order = |trail: &Trail| trail.is_multi_region_trail() != Some(true);
            order(a).cmp(&order(b)).then_with(|| a.trail_arn().cmp(&b.trail_arn()))
        });
        trails.iter().find_map(|trail| {
            let arn = trail.cloud_watch_logs_log_group_arn()?;
            let is_here = super::named::arn_location(arn) == Some((region, account));
            let group = log_group_name(arn).filter(|_| is_here)?;
            Some((group.to_owned(), trail.trail_arn()?.to_owned()))
        })
    }

    /// Whether a log group is missing or does not accept a subscription filter.
    async fn log_group_problem(&self, name: &str) -> Result<Option<String>, DeployError> {
        let client = aws_sdk_cloudwatchlogs::Client::new(&self.aws);
        let request = client.describe_log_groups().log_group_name_prefix(name);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| DeployError::call_failed("log groups", &error))?;
            let mut groups = page.log_groups().iter();
            let Some(group) = groups.find(|group| group.log_group_name() == Some(name)) else {
                continue;
            };
            return Ok(group.log_group_class().and_then(|class| log_class_problem(name, class)));
        }
        Ok(Some(format!(
            "there is no log group `{name}` here (hint: name the trail's group, or `--log-group ''` for none; is this its region?)"
        )))
    }
}

/// Only log groups of the standard class accept a subscription filter.
///
/// Source: CloudWatch Logs User Guide, "Log classes".
fn log_class_problem(name: &str, class: &LogGroupClass) -> Option<String> {
    (class != &LogGroupClass::Standard).then(|| {
        let class = class.as_str();
        format!("log group `{name}` has the class {class}, which does not support subscription filters, and the class cannot be changed (hint: read the trail's bucket: `--log-group '' --trail-bucket NAME`, or let the trail write to a new group)")
    })
}

/// Why a stack with this status accepts no change.
fn unready_hint(status: &str) -> Option<String> {
    let hint = match status {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
            "a failed deployment left it: run `aware destroy`, then deploy again"
        }
        "UPDATE_ROLLBACK_FAILED" => "aws cloudformation continue-update-rollback",
        going if going.ends_with("_IN_PROGRESS") => "wait until it is done",
        _ => return None,
    };
    Some(format!("{status} (hint: {hint})"))
}
