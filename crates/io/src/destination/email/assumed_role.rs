//! Credentials of a role, for a service of another account.
//!
//! The SDK's own provider needs the shared files' code, which the functions do not link.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::config::Region;

use crate::aws::describe_error;

/// The session's name, as the other account's trail shows it.
const SESSION_NAME: &str = "aware-mail";

/// A role, assumed anew whenever its credentials are about to expire.
#[derive(Debug)]
pub(super) struct AssumedRole {
    client: aws_sdk_sts::Client,
    role: String,
}

impl AssumedRole {
    pub(super) fn new(aws: &SdkConfig, region: Region, role: &str) -> Self {
        let mut config = aws_sdk_sts::config::Builder::from(aws);
        config.set_region(Some(region));
        Self { client: aws_sdk_sts::Client::from_conf(config.build()), role: role.to_owned() }
    }

    async fn assume_role(&self) -> provider::Result {
        let call = self.client.assume_role().role_arn(&self.role).role_session_name(SESSION_NAME);
        let sent = call.send().await.map_err(|error| {
            CredentialsError::provider_error(describe_error(&error, "sts:AssumeRole"))
        })?;
        let missing = || CredentialsError::provider_error("STS returned no credentials");
        let given = sent.credentials.ok_or_else(missing)?;
        let expires = SystemTime::try_from(given.expiration).ok();
        let (key, secret) = (given.access_key_id, given.secret_access_key);
        Ok(Credentials::new(key, secret, Some(given.session_token), expires, "AssumedRole"))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume_role())
    }
}
