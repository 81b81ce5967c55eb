//! What the source looks at by itself: a call that must be denied, and the trail.

use aware_core::event::Level;
use aware_io::log;
use aware_io::pipeline::source::Source;
use aware_io::trail;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_dynamodb::operation::RequestId;
use jiff::{SignedDuration, Timestamp};

/// How often the canary flies, and the trail is looked at.
const EVERY: SignedDuration = SignedDuration::from_mins(15);
/// How often people are told of the same.
const TOLD: SignedDuration = SignedDuration::from_hours(6);

/// What is looked at, and with what.
pub(crate) struct Watch {
    /// Calls what it may not.
    canary: Option<aws_sdk_dynamodb::Client>,
    /// The trail's ARN.
    trail: Option<(aws_sdk_cloudtrail::Client, String)>,
}

/// What a look came to, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Calls that were denied as they should.
    pub(crate) canaries_sent: u64,
    /// Whether something is wrong with the trail.
    pub(crate) trail_problems: u64,
}

impl Watch {
    /// Looks at what is given.
    pub(crate) fn new(
        canary: Option<aws_sdk_dynamodb::Client>,
        trail: Option<(aws_sdk_cloudtrail::Client, String)>,
    ) -> Self {
        Self { canary, trail }
    }

    /// Looks at what is due.
    pub(crate) async fn look(&self, source: &Source) -> Looked {
        let mut looked = Looked::default();
        if let Some(client) = &self.canary
            && source.is_due("canary-called", EVERY).await
        {
            looked.canaries_sent = u64::from(canary(client, source).await);
        }
        if let Some((client, arn)) = &self.trail
            && source.is_due("trail-looked", EVERY).await
        {
            looked.trail_problems = look_at_trail(client, arn, source).await;
        }
        looked
    }
}

/// Makes the call; says whether it was denied.
async fn canary(client: &aws_sdk_dynamodb::Client, source: &Source) -> bool {
    let error = match client.list_tables().limit(1).send().await {
        Ok(_) => {
            let subject = "The canary was not denied";
            let details = [(
                "Problem",
                "the source's role may call dynamodb:ListTables, which it has no use for: somebody gave it more than the template does",
            )];
            if source.is_due("canary-allowed-told", TOLD).await {
                source.tell_system(subject, &details, Level::High).await;
            }
            return false;
        }
        Err(error) => error,
    };
    let denied = error.code().is_some_and(|code| code.starts_with("AccessDenied"));
    match error.request_id().filter(|_| denied) {
        Some(id) => {
            source.canary_called(id).await;
            true
        }
        None => {
            let problem = DisplayErrorContext(&error).to_string();
            log::warn("the canary did not fly", &[("problem", &problem)]);
            false
        }
    }
}

async fn look_at_trail(client: &aws_sdk_cloudtrail::Client, arn: &str, source: &Source) -> u64 {
    match trail::problems(client, arn, Timestamp::now()).await {
        Ok(problems) if problems.is_empty() => 0,
        Ok(problems) => {
            let problem = problems.join("; ");
            log::error("something is wrong with the trail", &[("problem", &problem)]);
            if source.is_due("trail-told", TOLD).await {
                let details = [("Trail", arn), ("Problem", problem.as_str())];
                let subject = "The trail does not deliver as it should";
                source.tell_system(subject, &details, Level::High).await;
            }
            1
        }
        Err(problem) => {
            log::warn("the trail cannot be looked at", &[("problem", &problem)]);
            0
        }
    }
}
