//! What a config says about Microsoft Teams.
//!
//! Hosts of workflows: <https://learn.microsoft.com/en-us/troubleshoot/power-platform/power-automate/flow-run-issues/triggers-troubleshoot>
//! and, of government and Chinese clouds,
//! <https://learn.microsoft.com/en-us/power-platform/admin/online-requirements>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::TeamsDestination;
use super::card::CardWidth;
use crate::aws::AwsSession;
use crate::destination::endpoint::{EndpointError, EndpointUrl};
use crate::destination::http;
use crate::secret::SecretRef;

/// Domains below which Power Automate and Logic Apps receive requests.
const WORKFLOW_DOMAINS: [&str; 10] = [
    "logic.azure.com",
    "logic.azure.us",
    "logic.azure.cn",
    "powerplatform.com",
    "powerplatform.microsoft.us",
    "api.appsplatform.us",
    "powerplatform.partner.microsoftonline.cn",
    "powerautomate.com",
    "powerautomate.us",
    "powerautomate.cn",
];

/// Where connectors of Microsoft 365 received messages, until Microsoft retired them.
const CONNECTOR_DOMAIN: &str = "webhook.office.com";

/// A channel or chat of Microsoft Teams, by a workflow that receives webhook requests.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamsConfig {
    /// Where to read the workflow's URL from (`env:NAME`, `file:/path`, an ARN). Its signature lets
    /// anybody post, so a URL that contains one cannot be written here itself.
    pub url: String,
    /// The host of the URL, if it does not belong to Power Automate or Logic Apps, such as a gateway
    /// of your own. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_host: Option<String>,
    /// The width of cards: `full`, or `narrow` as other cards are. Default: `full`.
    #[serde(default)]
    pub width: CardWidth,
}

/// Why Teams cannot be used. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum TeamsConfigError {
    /// The URL is not allowed, or cannot be read.
    #[error(transparent)]
    Url(#[from] EndpointError),
    /// Whoever reads the config could post.
    #[error(
        "`url` contains a signature, which is a secret (hint: put the URL into the environment and write `env:NAME`, or into a file and write `file:/path`)"
    )]
    SignatureInConfig,
    /// Microsoft has retired connectors.
    #[error(
        "`url` is a connector of Microsoft 365, and Microsoft has retired those (hint: create a workflow from the template for webhook alerts, and copy its URL)"
    )]
    RetiredConnector,
    /// It leads elsewhere.
    #[error(
        "`url` does not lead to Power Automate or Logic Apps (hint: copy the URL of the workflow's trigger, or name your own gateway in `allow_host`)"
    )]
    NotAWorkflow,
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

impl TeamsConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`TeamsConfigError`] if the URL cannot be read, or does not lead to a workflow.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<TeamsDestination, TeamsConfigError> {
        let endpoint = EndpointUrl::read(&self.url, false, aws).await?;
        let is_literal = SecretRef::parse(&self.url).is_err();
        if is_literal && endpoint.as_url().query_pairs().any(|(key, _)| key == "sig") {
            return Err(TeamsConfigError::SignatureInConfig);
        }
        check_host(endpoint.as_url(), self.allow_host.as_deref())?;
        let client = endpoint.client(http::ATTEMPT_TIMEOUT)?;
        Ok(TeamsDestination { name, client, endpoint, width: self.width })
    }
}

fn check_host(url: &Url, allowed: Option<&str>) -> Result<(), TeamsConfigError> {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let is_below = |domain: &&str| {
        let labels = host.strip_suffix(*domain);
        labels.is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
    };
    if allowed.is_some_and(|allowed| allowed.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    if is_below(&CONNECTOR_DOMAIN) {
        return Err(TeamsConfigError::RetiredConnector);
    }
    if WORKFLOW_DOMAINS.iter().any(is_below) {
        return Ok(());
    }
    Err(TeamsConfigError::NotAWorkflow)
}
