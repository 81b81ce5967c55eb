//! Whether a trail logs and delivers, and what it leaves out, according to CloudTrail.

mod coverage;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::error::ProvideErrorMetadata;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use jiff::{SignedDuration, Timestamp};

pub use coverage::TrailCoverage;

use crate::aws::describe_error;

/// A trail that has delivered nothing for this long is reported: it delivers every few minutes.
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(2);

/// Why it cannot be told how a trail is.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// CloudTrail did not say.
    #[error("{0}")]
    Aws(String),
    /// CloudTrail answered without the trail.
    #[error("cloudtrail:GetTrail returned no trail")]
    Empty,
}

/// What is wrong with a trail, one sentence for each problem; empty if nothing is.
///
/// # Errors
/// If its status cannot be read. A trail that does not exist is a problem, not an error.
pub async fn trail_problems(
    client: &Client,
    trail: &str,
    now: Timestamp,
) -> Result<Vec<String>, TrailError> {
    match client.get_trail_status().name(trail).send().await {
        Ok(status) => Ok(status_problems(&status, now)),
        Err(error) if error.code() == Some("TrailNotFoundException") => {
            Ok(vec!["there is no such trail".to_owned()])
        }
        Err(error) => Err(TrailError::Aws(describe_error(&error, "cloudtrail:GetTrailStatus"))),
    }
}

/// What a trail leaves out.
///
/// # Errors
/// If it cannot be read, for example because another account owns the trail, whose selectors nobody
/// here may see.
pub async fn read_coverage(client: &Client, trail: &str) -> Result<TrailCoverage, TrailError> {
    let about = client.get_trail().name(trail).send().await;
    let about =
        about.map_err(|error| TrailError::Aws(describe_error(&error, "cloudtrail:GetTrail")))?;
    let selectors = client.get_event_selectors().trail_name(trail).send().await;
    let refused = |error| TrailError::Aws(describe_error(&error, "cloudtrail:GetEventSelectors"));
    let selectors = selectors.map_err(refused)?;
    let about = about.trail.ok_or(TrailError::Empty)?;
    let (basic, advanced) = (selectors.event_selectors(), selectors.advanced_event_selectors());
    Ok(coverage::trail_coverage(&about, basic, advanced))
}

fn status_problems(status: &GetTrailStatusOutput, now: Timestamp) -> Vec<String> {
    if status.is_logging() != Some(true) {
        return vec!["it does not log (hint: aws cloudtrail start-logging)".to_owned()];
    }
    let errors = [
        ("its bucket", status.latest_delivery_error()),
        ("its log group", status.latest_cloud_watch_logs_delivery_error()),
        ("its topic", status.latest_notification_error()),
        ("its digests", status.latest_digest_delivery_error()),
    ];
    let mut problems: Vec<String> = errors
        .into_iter()
        .filter_map(|(place, error)| Some((place, error.filter(|error| !error.is_empty())?)))
        .map(|(place, error)| format!("delivery to {place} fails: {error}"))
        .collect();
    let started = status.start_logging_time().map(|time| time.secs());
    let delivered = status.latest_delivery_time().map(|time| time.secs());
    let last = delivered.max(started).and_then(|time| Timestamp::from_second(time).ok());
    if let Some(last) =
        last.filter(|last| now.duration_since(*last) > LATE_AFTER && delivered.is_some())
    {
        problems.push(format!("nothing has been delivered since {last}"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::primitives::DateTime;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn told(status: &GetTrailStatusOutput) -> String {
        status_problems(status, Timestamp::from_second(NOW).unwrap()).join("; ")
    }

    #[test]
    fn a_trail_that_logs_and_delivers_is_well() {
        let logs = GetTrailStatusOutput::builder().is_logging(true);
        assert_eq!(told(&logs.clone().build()), "", "it has not delivered anything yet");
        let recent = DateTime::from_secs(NOW - 600);
        assert_eq!(told(&logs.latest_delivery_time(recent).build()), "");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(told(&GetTrailStatusOutput::builder().build()).contains("does not log"));
        let logs = GetTrailStatusOutput::builder().is_logging(true);
        let refused = logs.clone().latest_delivery_error("AccessDenied");
        assert_eq!(told(&refused.build()), "delivery to its bucket fails: AccessDenied");
        let started = DateTime::from_secs(NOW - 90_000);
        let late =
            logs.start_logging_time(started).latest_delivery_time(DateTime::from_secs(NOW - 7300));
        assert!(
            told(&late.clone().build()).starts_with("nothing has been delivered since 2026-09-21")
        );
        let again = late.start_logging_time(DateTime::from_secs(NOW - 60));
        assert_eq!(told(&again.build()), "", "it was only just started again");
    }
}
