//! Sends mails by Amazon SES, API version 2.
//!
//! Sources: Amazon SES API v2 reference, "SendEmail"; Amazon SES developer guide, "Header fields",
//! <https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>: SES replaces `Message-ID` and
//! `Date` by its own. The Message-ID that receivers see is the one in the answer, at
//! `email.amazonses.com` in us-east-1 and at `REGION.amazonses.com` elsewhere.

use std::time::Duration;

use aware_pipeline::port::DeliveryOutcome;
use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::config::{Region, SharedCredentialsProvider};
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination as Recipients, EmailContent, RawMessage};

use super::assumed_role::AssumedRole;
use super::mime::MailParties;
use crate::aws::describe_error;
use crate::destination::http::DEFAULT_PAUSE;

/// The pause when a quota is used up: it is counted over a day, and frees itself little by little.
const QUOTA_PAUSE: Duration = Duration::from_secs(60);

/// Amazon SES in a region.
pub(super) struct SesSender {
    client: Client,
    region: String,
    configuration_set: Option<String>,
    identity_arn: Option<String>,
}

/// Where and how SES is called.
pub(super) struct SesPlace<'p> {
    pub(super) region: &'p str,
    pub(super) role_arn: Option<&'p str>,
    pub(super) configuration_set: Option<String>,
    pub(super) identity_arn: Option<String>,
    /// Timeout of the one attempt.
    pub(super) timeout: Duration,
}

impl SesSender {
    /// The pipeline retries, so the SDK does not.
    pub(super) fn new(aws: &SdkConfig, place: SesPlace<'_>) -> Self {
        let region = Region::new(place.region.to_owned());
        let limits = TimeoutConfig::builder().operation_timeout(place.timeout);
        let mut config = aws_sdk_sesv2::config::Builder::from(aws);
        config.set_region(Some(region.clone()));
        config.set_retry_config(Some(RetryConfig::disabled()));
        config.set_timeout_config(Some(limits.build()));
        if let Some(role) = place.role_arn {
            let provider = AssumedRole::new(aws, region, role);
            config.set_credentials_provider(Some(SharedCredentialsProvider::new(provider)));
        }
        Self {
            client: Client::from_conf(config.build()),
            region: place.region.to_owned(),
            configuration_set: place.configuration_set,
            identity_arn: place.identity_arn,
        }
    }

    /// Sends a mail; returns the Message-ID that the receivers see.
    pub(super) async fn send_mail(
        &self,
        parties: &MailParties,
        mail: Vec<u8>,
    ) -> Result<String, DeliveryOutcome> {
        let raw = RawMessage::builder().data(Blob::new(mail)).build();
        let raw = raw.map_err(|error| DeliveryOutcome::Refused(error.to_string()))?;
        let to = parties.to.iter().map(|mailbox| mailbox.email.to_string()).collect();
        let sent = self
            .client
            .send_email()
            .from_email_address(parties.from.email.to_string())
            .set_from_email_address_identity_arn(self.identity_arn.clone())
            .destination(Recipients::builder().set_to_addresses(Some(to)).build())
            .content(EmailContent::builder().raw(raw).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        let sent = sent.map_err(|error| outcome_of(&error))?;
        // An answer without an id does not come from SES.
        let id = sent.message_id.filter(|id| !id.is_empty()).ok_or_else(|| {
            let reason = "SES answered without a message id (hint: is there a proxy in between?)";
            DeliveryOutcome::Retry { after: None, reason: reason.to_owned() }
        })?;
        Ok(format!("<{id}@{}>", self.mail_host()))
    }

    fn mail_host(&self) -> String {
        match self.region.as_str() {
            "us-east-1" => "email.amazonses.com".to_owned(),
            region => format!("{region}.amazonses.com"),
        }
    }
}

fn outcome_of(error: &SdkError<SendEmailError>) -> DeliveryOutcome {
    let said = describe_error(error, "ses:SendEmail");
    let after = match error.code().unwrap_or_default() {
        "MessageRejected"
        | "MailFromDomainNotVerifiedException"
        | "AccountSuspendedException"
        | "BadRequestException" => {
            return DeliveryOutcome::Refused(format!("SES refused the mail: {said}"));
        }
        "LimitExceededException" => Some(QUOTA_PAUSE),
        "TooManyRequestsException" | "Throttling" | "ThrottlingException" => Some(DEFAULT_PAUSE),
        _ => None,
    };
    let is_unclear = match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        _ => false,
    };
    let doubt = if is_unclear { " (it may have arrived nevertheless)" } else { "" };
    DeliveryOutcome::Retry { after, reason: format!("SES: {said}{doubt}") }
}
