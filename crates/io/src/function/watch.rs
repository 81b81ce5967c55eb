//! What the source checks by itself: a call that must be denied, the trail, and the next link of
//! the chain.

use std::collections::HashMap;

use aware_core::event::Level;
use aware_pipeline::source::SourceHalf;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::RequestId;
use jiff::{SignedDuration, Timestamp};

use crate::aws::describe_error;
use crate::trail::{self, TrailError};

/// Interval between canary calls, and between checks of the trail.
const CHECK_INTERVAL: SignedDuration = SignedDuration::from_mins(15);
/// Interval before the same problem is reported again.
const REPORT_INTERVAL: SignedDuration = SignedDuration::from_hours(6);

/// What to check, and the clients to use.
pub(crate) struct ChainWatch {
    /// Makes the call that must be denied.
    canary: Option<aws_sdk_dynamodb::Client>,
    /// The trail's ARN.
    trail: Option<(aws_sdk_cloudtrail::Client, String)>,
    /// The destination's subscription to the topic, by its ARN.
    link: Option<(aws_sdk_sns::Client, String)>,
}

/// The result of a check, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WatchResult {
    /// Calls that were denied as they should be.
    pub(crate) canaries_sent: u64,
    /// 1 if something is wrong with the trail.
    pub(crate) trail_problems: u64,
}

impl ChainWatch {
    /// Checks whatever is given.
    pub(crate) fn new(
        canary: Option<aws_sdk_dynamodb::Client>,
        trail: Option<(aws_sdk_cloudtrail::Client, String)>,
        link: Option<(aws_sdk_sns::Client, String)>,
    ) -> Self {
        Self { canary, trail, link }
    }

    /// Whether the subscription that carries findings to the destination is intact. Heartbeats use
    /// another topic, and would not show that it is gone.
    pub(crate) async fn is_link_healthy(&self) -> bool {
        let Some((client, arn)) = &self.link else { return true };
        let sent = client.get_subscription_attributes().subscription_arn(arn).send().await;
        let problem = match sent {
            Ok(answer) => subscription_problem(&answer.attributes.unwrap_or_default()),
            Err(error) => Some(describe_error(&error, "sns:GetSubscriptionAttributes")),
        };
        if let Some(problem) = &problem {
            tracing::error!(
                subscription = arn,
                problem,
                "heartbeat withheld: findings may not reach the destination"
            );
        }
        problem.is_none()
    }

    /// Runs the checks that are due.
    pub(crate) async fn run_due_checks(&self, source: &SourceHalf) -> WatchResult {
        let mut looked = WatchResult::default();
        if let Some(client) = &self.canary
            && source.claim_if_due("canary-called", CHECK_INTERVAL).await
        {
            looked.canaries_sent = u64::from(call_canary(client, source).await);
        }
        if let Some((client, arn)) = &self.trail
            && source.claim_if_due("trail-looked", CHECK_INTERVAL).await
        {
            looked.trail_problems = check_trail(client, arn, source).await;
        }
        looked
    }
}

/// What is wrong with a subscription.
///
/// Source: SNS API reference, "GetSubscriptionAttributes".
fn subscription_problem(attributes: &HashMap<String, String>) -> Option<String> {
    let is = |name: &str, value: &str| attributes.get(name).is_some_and(|text| text == value);
    let has =
        |name: &str| attributes.get(name).is_some_and(|text| !text.is_empty() && text != "{}");
    if is("PendingConfirmation", "true") {
        Some("it is not confirmed".to_owned())
    } else if has("FilterPolicy") {
        Some("it has a filter policy, which holds messages back".to_owned())
    } else if is("RawMessageDelivery", "true") {
        Some("it delivers raw messages, which do not name their topic".to_owned())
    } else {
        None
    }
}

/// Makes the canary call; returns whether it was denied.
async fn call_canary(client: &aws_sdk_dynamodb::Client, source: &SourceHalf) -> bool {
    let error = match client.list_tables().limit(1).send().await {
        Ok(_) => {
            let subject = "The canary was not denied";
            let details = [(
                "Problem",
                "the source's role may call dynamodb:ListTables, which it does not need: somebody gave it more permissions than the template does",
            )];
            if source.claim_if_due("canary-allowed-told", REPORT_INTERVAL).await {
                source.publish_system(subject, &details, Level::High).await;
            }
            return false;
        }
        Err(error) => error,
    };
    let denied = error.code().is_some_and(|code| code.starts_with("AccessDenied"));
    match error.request_id().filter(|_| denied) {
        Some(id) => {
            source.record_canary_call(id).await;
            true
        }
        None => {
            let problem = crate::aws::describe_error(&error, "dynamodb:GetItem");
            tracing::warn!(problem, "canary call failed");
            false
        }
    }
}

async fn check_trail(client: &aws_sdk_cloudtrail::Client, arn: &str, source: &SourceHalf) -> u64 {
    match find_trail_problems(client, arn).await {
        Ok(problems) if problems.is_empty() => 0,
        Ok(problems) => {
            let problem = problems.join("; ");
            tracing::error!(trail = arn, problem, "trail is not logging as it should");
            if source.claim_if_due("trail-told", REPORT_INTERVAL).await {
                let details = [("Trail", arn), ("Problem", problem.as_str())];
                let subject = "The trail has a problem";
                source.publish_system(subject, &details, Level::High).await;
            }
            1
        }
        Err(problem) => {
            tracing::warn!(trail = arn, %problem, "trail cannot be checked");
            0
        }
    }
}

/// Whether the trail logs and delivers, and its blind spots.
async fn find_trail_problems(
    client: &aws_sdk_cloudtrail::Client,
    arn: &str,
) -> Result<Vec<String>, TrailError> {
    let mut problems = trail::trail_problems(client, arn, Timestamp::now()).await?;
    match trail::read_coverage(client, arn).await {
        Ok(coverage) => problems.extend(coverage.blind),
        // If the trail is gone, that is already in the list.
        Err(problem) if problems.is_empty() => return Err(problem),
        Err(_) => {}
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::aws::AwsSession;
    use crate::topic::local::LocalTopic;
    use aware_cases::message::CANARY;
    use aware_core::message::MessageKind;
    use aware_pipeline::port::{SystemClock, Topic};
    use aware_pipeline::store::fallback::FallbackStore;
    use aware_pipeline::store::memory::MemoryStore;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
    use wiremock::matchers::header;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    /// A DynamoDB that gives this answer to the call: no emulator gives a denied call a request id.
    async fn answering(answer: ResponseTemplate) -> (MockServer, aws_sdk_dynamodb::Client) {
        let server = MockServer::start().await;
        let call = header("x-amz-target", "DynamoDB_20120810.ListTables");
        Mock::given(call).respond_with(answer).expect(1).mount(&server).await;
        let keys = Credentials::for_tests();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .endpoint_url(server.uri())
            .build();
        let client =
            aws_sdk_dynamodb::Client::new(AwsSession::with_config(config).sdk_config().await);
        (server, client)
    }

    fn source() -> (SourceHalf, Arc<dyn Topic>) {
        let store = Arc::new(FallbackStore::new(Arc::new(MemoryStore::default())));
        let topic: Arc<dyn Topic> = Arc::new(LocalTopic::new(8));
        let clock = Arc::new(SystemClock);
        let source =
            SourceHalf::new(store, Arc::clone(&topic), clock, Default::default(), Arc::default());
        (source, topic)
    }

    #[test]
    fn a_subscription_that_keeps_messages_back_is_ill() {
        let said = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            subscription_problem(&pairs.collect())
        };
        let well = [("PendingConfirmation", "false"), ("RawMessageDelivery", "false")];
        assert_eq!(said(&well), None);
        for (name, value, what) in [
            ("PendingConfirmation", "true", "not confirmed"),
            ("RawMessageDelivery", "true", "raw"),
            ("FilterPolicy", r#"{"kind":["none"]}"#, "filter policy"),
        ] {
            let mut pairs = well.to_vec();
            pairs.insert(0, ("Owner", "1"));
            pairs.retain(|pair| pair.0 != name);
            pairs.push((name, value));
            assert!(said(&pairs).unwrap().contains(what));
        }
    }

    #[tokio::test]
    async fn a_call_that_is_denied_is_known_when_it_comes_back() {
        let denied = ResponseTemplate::new(403)
            .insert_header("x-amzn-requestid", "REQUEST")
            .set_body_string(r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#);
        let (server, client) = answering(denied).await;
        let (source, topic) = source();
        let watch = ChainWatch::new(Some(client), None, None);
        assert_eq!(watch.run_due_checks(&source).await.canaries_sent, 1);
        assert_eq!(watch.run_due_checks(&source).await.canaries_sent, 0, "it is not due again");
        let record = r#"{"eventVersion":"1.11","eventTime":"2026-11-24T03:54:00Z","eventSource":"dynamodb.amazonaws.com","eventName":"ListTables","awsRegion":"eu-west-1","errorCode":"AccessDenied","requestID":"REQUEST","eventID":"1","recipientAccountId":"111122223333"}"#;
        let mut input = crate::input::pushed::PushedInput::new(
            &SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
        );
        let body = aware_pipeline::port::Delivery {
            origin: "test".to_owned(),
            kind: aware_core::envelope::EnvelopeKind::Any,
            body: record.as_bytes().to_vec(),
            token: "1".to_owned(),
            resume: None,
        };
        input.push_bodies(vec![body], None);
        source.drain_input(&mut input).await;
        let told = topic.receive().await.unwrap();
        assert!(
            told.kind == MessageKind::Heartbeat && told.tag_value(CANARY).is_some(),
            "{told:?}"
        );
        drop(server);
    }

    #[tokio::test]
    async fn a_call_that_is_allowed_is_told() {
        let allowed = ResponseTemplate::new(200).set_body_string(r#"{"TableNames":[]}"#);
        let (_server, client) = answering(allowed).await;
        let (source, topic) = source();
        assert_eq!(
            ChainWatch::new(Some(client), None, None).run_due_checks(&source).await.canaries_sent,
            0
        );
        assert_eq!(topic.receive().await.unwrap().subject, "The canary was not denied");
    }
}
