//! What does not arrive when an AWS service is refused.

use aware_core::case::EventMark;
use aware_core::event::Arn;

use super::shown_names::{actor_name, shown_name};
use super::times::day_and_minute;
use super::words::short_list;
use crate::case::{ActionLine, Case};

/// What a service delivers: the service, a part of the resource's name that must be there, and the
/// words for it.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>
/// and each service's page about its logs.
const DELIVERIES: [(&str, &str, &str); 9] = [
    ("cloudtrail.amazonaws.com", "", "CloudTrail's logs"),
    ("delivery.logs.amazonaws.com", "/vpcflowlogs/", "Flow logs"),
    ("delivery.logs.amazonaws.com", "/vpcdnsquerylogs/", "DNS query logs"),
    ("delivery.logs.amazonaws.com", "/elasticloadbalancing/", "Logs of load balancers"),
    ("delivery.logs.amazonaws.com", "", "Logs of AWS services"),
    ("config.amazonaws.com", "", "Records of AWS Config"),
    ("logging.s3.amazonaws.com", "", "Access logs of S3"),
    ("guardduty.amazonaws.com", "", "GuardDuty's findings"),
    ("ssm.amazonaws.com", "", "Output of Systems Manager"),
];

/// The actions with which a service delivers to a bucket.
const WRITES: [&str; 2] = ["s3:PutObject", "s3:PutObjectAcl"];

/// `Flow logs have not reached bucket clinic-log since 26 Nov 23:58`, or what is refused where that
/// is not known.
pub(super) fn chain_headline(case: &Case) -> String {
    let refused: Vec<&ActionLine> =
        case.actions.iter().filter(|line| line.mark == EventMark::Denied).collect();
    let since = day_and_minute(case.first);
    if let (Some(what), Some(bucket)) = (delivered(case, &refused), bucket_of(case, &refused)) {
        let bucket = shown_name(&bucket);
        return format!("{what} have not reached bucket {bucket} since {since}");
    }
    let actions: Vec<String> = refused.iter().map(|line| shown_name(&line.action)).collect();
    let who = actor_name(case, 0);
    format!("{who} has been denied {} since {since}", short_list(&actions, 3))
}

/// What the service delivers. Nothing is said of deliveries that have worked since.
fn delivered(case: &Case, refused: &[&ActionLine]) -> Option<&'static str> {
    let line = refused.iter().find(|line| WRITES.contains(&line.action.as_str()))?;
    let has_worked = case.actions.iter().any(|other| {
        other.action == line.action
            && matches!(other.mark, EventMark::Changed | EventMark::Read)
            && other.last > line.first
    });
    let service = case.actors.get(line.actor)?.name.as_str();
    let all = |part: &str| line.resources.iter().all(|name| name.contains(part));
    let is_named = |part: &str| part.is_empty() || !line.resources.is_empty() && all(part);
    let known = DELIVERIES.iter().find(|(name, part, _)| *name == service && is_named(part));
    known.filter(|_| !has_worked).map(|(.., what)| *what)
}

/// The bucket, if all that is refused is one's.
fn bucket_of(case: &Case, refused: &[&ActionLine]) -> Option<String> {
    let cause = case.cause.iter().map(|cause| cause.what.as_str());
    let resources = refused.iter().flat_map(|line| &line.resources).map(String::as_str);
    let mut buckets: Vec<String> = cause.chain(resources).filter_map(bucket_name).collect();
    buckets.sort();
    buckets.dedup();
    if buckets.len() == 1 { buckets.pop() } else { None }
}

/// The bucket of an ARN of S3.
pub(super) fn bucket_name(name: &str) -> Option<String> {
    let arn = Arn::parse(name).filter(|arn| arn.service() == "s3")?;
    arn.resource().split('/').next().filter(|name| !name.is_empty()).map(str::to_owned)
}
