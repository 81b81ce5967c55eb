//! Mail's part of the config.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mime::MailParties;
use super::served::ServedRecipients;
use super::ses::{SesPlace, SesSender};
use super::smtp::{SmtpSecurity, SmtpServer};
use super::{EmailDestination, MailSender};
use crate::aws::AwsSession;
use crate::destination::http::ATTEMPT_TIMEOUT;
use crate::secret::{SecretError, SecretRef};

/// The most recipients of a mail. Source: Amazon SES developer guide, "Service quotas".
const MAX_RECIPIENTS: usize = 50;
/// Timeout of the mail itself, which servers look through before they answer.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Mail, by an SMTP server or by Amazon SES. Exactly one of `smtp` and `ses` is needed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// The sender: `aware@example.com`, or `Aware <aware@example.com>`.
    pub from: String,
    /// The recipients, at most 50.
    pub to: Vec<String>,
    /// Where answers go. Default: to the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The SMTP server that mails are given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<SmtpConfig>,
    /// Amazon SES.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ses: Option<SesConfig>,
}

/// An SMTP server.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Its name, which its certificate must hold.
    pub host: String,
    /// Its port. Default: `587`; with `tls = "tls"`, `465`; with `tls = "none"`, `25`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The user name, if the server wants one. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Where to read the password from. Needed with `username`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretRef>,
    /// How the connection is encrypted: `starttls`, `tls` or `none`. Default: `starttls`.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Allow `tls = "none"`: anybody on the network path can then read the mails. Default: `false`.
    #[serde(default)]
    pub allow_plain: bool,
}

/// How a connection to an SMTP server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Before anything else is said; a server that cannot is not used.
    #[default]
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}

/// Amazon SES.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SesConfig {
    /// The region in which the sender is verified.
    pub region: String,
    /// The ARN of a role to assume, if SES belongs to another account. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The configuration set that mails are sent with. Default: the identity's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_set: Option<String>,
    /// The ARN of another account's identity whose policy lets us send as it. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_arn: Option<String>,
}

/// Why a mail destination cannot be built. Never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum EmailConfigError {
    /// Neither, or both.
    #[error("exactly one of `smtp` and `ses` is needed")]
    OneWay,
    /// The value is not an address.
    #[error("`{key}`: `{text}` is not a mail address (hint: aware@example.com, in ASCII)")]
    NotAnAddress {
        /// The key of the config.
        key: &'static str,
        /// The value.
        text: String,
    },
    /// Nobody would get the mails, or too many for one mail.
    #[error("`to` has {0} addresses (hint: 1 to 50; a mailing list takes more)")]
    Recipients(usize),
    /// Anybody on the network path could read the mails.
    #[error("`smtp.tls` is `none` (hint: `allow_plain = true` allows it)")]
    PlainText,
    /// Anybody on the network path could read the password.
    #[error("`smtp.tls` is `none`, which would show the password (hint: remove `username`)")]
    PlainPassword,
    /// A user name without a password, or the reverse.
    #[error("`smtp.username` and `smtp.password` belong together (hint: give both or neither)")]
    HalfCredentials,
    /// The value is not a host.
    #[error("`smtp.host`: `{0}` is not a host (hint: smtp.example.com, without a scheme or port)")]
    NotAHost(String),
    /// The value is not an ARN of a role.
    #[error("`ses.role_arn`: `{0}` is not a role (hint: arn:aws:iam::111122223333:role/NAME)")]
    NotARole(String),
    /// The value is not a region.
    #[error("`ses.region`: `{0}` is not a region (hint: such as eu-west-1)")]
    NotARegion(String),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Encryption cannot be set up, such as for lack of root certificates.
    #[error("TLS cannot be set up: {0} (hint: are root certificates installed?)")]
    Tls(#[source] lettre::transport::smtp::Error),
}

impl EmailConfig {
    /// Builds the destination.
    ///
    /// # Errors
    /// [`EmailConfigError`] if a value is invalid or not allowed, or the password cannot be read.
    pub async fn build(
        self,
        name: String,
        aws: &AwsSession,
    ) -> Result<EmailDestination, EmailConfigError> {
        let parties = MailParties {
            from: parse_mailbox("from", &self.from)?,
            to: self.to.iter().map(|text| parse_mailbox("to", text)).collect::<Result<_, _>>()?,
            reply_to: self
                .reply_to
                .as_ref()
                .map(|text| parse_mailbox("reply_to", text))
                .transpose()?,
        };
        if !(1..=MAX_RECIPIENTS).contains(&parties.to.len()) {
            return Err(EmailConfigError::Recipients(parties.to.len()));
        }
        let sender = match (self.smtp, self.ses) {
            (Some(smtp), None) => {
                let domain = parties.from.email.domain();
                MailSender::Smtp(Box::new(smtp.build_server(domain, aws).await?))
            }
            (None, Some(ses)) => MailSender::Ses(ses.build_sender(aws).await?),
            _ => return Err(EmailConfigError::OneWay),
        };
        Ok(EmailDestination::new(name, parties, sender))
    }
}

impl SmtpConfig {
    async fn build_server(
        self,
        domain: &str,
        aws: &AwsSession,
    ) -> Result<SmtpServer, EmailConfigError> {
        let host = url::Host::parse(&self.host)
            .map_err(|_| EmailConfigError::NotAHost(self.host.clone()))?;
        let host = host.to_string().trim_matches(['[', ']']).to_owned();
        let is_plain = self.tls == SmtpTls::None;
        if is_plain && !self.allow_plain {
            return Err(EmailConfigError::PlainText);
        }
        let credentials = match (self.username, &self.password) {
            (None, None) => None,
            (Some(_), Some(_)) if is_plain => return Err(EmailConfigError::PlainPassword),
            (Some(name), Some(place)) => {
                let secret = place.read_secret(aws).await?;
                Some(Credentials::new(name, secret.expose().to_owned()))
            }
            _ => return Err(EmailConfigError::HalfCredentials),
        };
        let parameters = || TlsParameters::new(host.clone()).map_err(EmailConfigError::Tls);
        let (port, security) = match self.tls {
            SmtpTls::StartTls => (587, SmtpSecurity::StartTls(parameters()?)),
            SmtpTls::Tls => (465, SmtpSecurity::Tls(parameters()?)),
            SmtpTls::None => (25, SmtpSecurity::Plain),
        };
        Ok(SmtpServer {
            host,
            port: self.port.unwrap_or(port),
            security,
            credentials,
            hello: ClientId::Domain(domain.to_owned()),
            opening_timeout: ATTEMPT_TIMEOUT,
            body_timeout: BODY_TIMEOUT,
            served: ServedRecipients::default(),
        })
    }
}

impl SesConfig {
    async fn build_sender(self, aws: &AwsSession) -> Result<SesSender, EmailConfigError> {
        let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.region.is_empty() || !self.region.chars().all(is_region) {
            return Err(EmailConfigError::NotARegion(self.region));
        }
        if let Some(role) = &self.role_arn
            && !(role.starts_with("arn:") && role.contains(":iam::") && role.contains(":role/"))
        {
            return Err(EmailConfigError::NotARole(role.clone()));
        }
        let place = SesPlace {
            region: &self.region,
            role_arn: self.role_arn.as_deref(),
            configuration_set: self.configuration_set.clone(),
            identity_arn: self.identity_arn.clone(),
            timeout: ATTEMPT_TIMEOUT,
        };
        Ok(SesSender::new(aws.sdk_config().await, place))
    }
}

/// An address with or without a name. Controls would end a header, and few servers take addresses
/// that are not ASCII.
fn parse_mailbox(key: &'static str, text: &str) -> Result<Mailbox, EmailConfigError> {
    let wrong = || EmailConfigError::NotAnAddress { key, text: text.to_owned() };
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    let is_ascii = mailbox.email.user().is_ascii() && mailbox.email.domain().is_ascii();
    if is_ascii { Ok(mailbox) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn problem(text: &str) -> String {
        let config: EmailConfig = toml::from_str(text).unwrap();
        let built = config.build("mail".to_owned(), &AwsSession::for_function()).await;
        built.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[tokio::test]
    async fn what_a_config_must_not_say() {
        let ends = "from = \"aware@a.example\"\nto = [\"b@a.example\"]\n";
        for (text, expected) in [
            (ends.to_owned(), "exactly one of"),
            (
                format!("{ends}[ses]\nregion = \"eu-west-1\"\n[smtp]\nhost = \"a\""),
                "exactly one of",
            ),
            (format!("{ends}[smtp]\nhost = \"a\"\ntls = \"none\""), "allow_plain"),
            (format!("{ends}[smtp]\nhost = \"a\"\nusername = \"u\""), "belong together"),
            (format!("{ends}[smtp]\nhost = \"https://a/\""), "is not a host"),
            (format!("{ends}[ses]\nregion = \"eu west\""), "is not a region"),
            (format!("{ends}[ses]\nregion = \"eu-west-1\"\nrole_arn = \"x\""), "is not a role"),
            (format!("{ends}[ses]\nregion = \"eu-west-1\""), ""),
            (format!("{ends}[smtp]\nhost = \"10.0.0.2\"\ntls = \"none\"\nallow_plain = true"), ""),
        ] {
            let said = problem(&text).await;
            assert!(
                said.contains(expected) && expected.is_empty() == said.is_empty(),
                "{text}: {said}"
            );
        }
        let plain = format!(
            "{ends}[smtp]\nhost = \"a\"\ntls = \"none\"\nallow_plain = true\nusername = \"u\"\npassword = \"env:X\""
        );
        assert!(problem(&plain).await.contains("show the password"));
        let ses = "[ses]\nregion = \"eu-west-1\"";
        for (from, to, expected) in [
            ("aware", "[\"b@a.example\"]", "`from`: `aware` is not"),
            ("aware@a.example", "[]", "`to` has 0"),
            ("aware@a.example", "[\"b@ä.example\"]", "`to`: "),
            ("aware@a.example", "[\"b@a.example\\r\\nBcc: c@d.example\"]", "`to`: "),
        ] {
            let said = problem(&format!("from = \"{from}\"\nto = {to}\n{ses}")).await;
            assert!(said.contains(expected), "{said}");
        }
    }
}
