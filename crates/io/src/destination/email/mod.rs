//! Mail, by an SMTP server or by Amazon SES.
//!
//! One renderer lays a message out as text and as HTML; both parts say the same. The mails of a
//! case are one conversation. A server may accept a mail that nobody ever reads: what mail promises
//! is that a server has taken charge of it (RFC 5321, section 4.2.5).

mod assumed_role;
mod config;
mod content;
mod escape;
mod html;
mod mime;
mod served;
mod ses;
mod smtp;
mod smtp_answer;
mod text;
mod thread;

use std::time::SystemTime;

use async_trait::async_trait;
use aware_core::message::{Message, MessageKind};
use aware_pipeline::port::{DeliveryOutcome, Destination};

pub use config::{EmailConfig, EmailConfigError, SesConfig, SmtpConfig, SmtpTls};

use content::MailContent;
use mime::{MailParties, build_mail};
use ses::SesSender;
use smtp::SmtpServer;
use thread::MailPlace;

#[cfg(test)]
#[path = "tests/smtp.rs"]
mod smtp_tests;
#[cfg(test)]
mod tests;

/// The HTML part of a message's mail.
pub fn render_html(message: &Message) -> String {
    html::render_html_part(&MailContent::new(message))
}

/// Mail from one sender to fixed recipients.
pub struct EmailDestination {
    name: String,
    parties: MailParties,
    sender: MailSender,
}

/// What takes charge of the mails.
enum MailSender {
    Smtp(Box<SmtpServer>),
    Ses(SesSender),
}

impl EmailDestination {
    fn new(name: String, parties: MailParties, sender: MailSender) -> Self {
        Self { name, parties, sender }
    }

    /// Gives a mail to the server; returns the Message-ID that the receivers see.
    async fn send_mail(
        &self,
        message: &Message,
        place: &MailPlace,
        mail: Vec<u8>,
    ) -> Result<String, DeliveryOutcome> {
        match &self.sender {
            MailSender::Ses(ses) => ses.send_mail(&self.parties, mail).await,
            MailSender::Smtp(server) => {
                let (from, to) = (&self.parties.from.email, self.parties.recipients());
                server.send_mail(&message.id, from, &to, &mail).await?;
                Ok(place.id.clone())
            }
        }
    }
}

#[async_trait]
impl Destination for EmailDestination {
    fn name(&self) -> &str {
        &self.name
    }

    /// Signs of life are for machines to count, so nobody gets a mail about them.
    async fn deliver(&self, message: &Message, thread: Option<&str>) -> DeliveryOutcome {
        if message.kind == MessageKind::Heartbeat {
            return DeliveryOutcome::Delivered(None);
        }
        let content = MailContent::new(message);
        let domain = self.parties.from.email.domain();
        let place = MailPlace::new(message, &content.headline, thread, domain);
        let mail = match build_mail(&self.parties, &place, message, &content, SystemTime::now()) {
            Ok(mail) => mail,
            Err(error) => {
                return DeliveryOutcome::Refused(format!("the mail cannot be built: {error}"));
            }
        };
        match self.send_mail(message, &place, mail).await {
            Ok(id) => DeliveryOutcome::Delivered(place.thread_after(id)),
            Err(outcome) => outcome,
        }
    }
}

#[cfg(test)]
impl EmailDestination {
    /// Mail to a test's server, without encryption.
    pub(crate) fn test_smtp(
        address: std::net::SocketAddr,
        to: &[&str],
        credentials: Option<(&str, &str)>,
        timeout: std::time::Duration,
    ) -> Self {
        use lettre::transport::smtp::authentication::Credentials;
        use lettre::transport::smtp::extension::ClientId;
        let server = SmtpServer {
            host: address.ip().to_string(),
            port: address.port(),
            security: smtp::SmtpSecurity::Plain,
            credentials: credentials
                .map(|(name, password)| Credentials::new(name.to_owned(), password.to_owned())),
            hello: ClientId::Domain("a.example".to_owned()),
            opening_timeout: timeout,
            body_timeout: timeout,
            served: served::ServedRecipients::default(),
        };
        Self::new("mail".to_owned(), Self::test_parties(to), MailSender::Smtp(Box::new(server)))
    }

    /// Mail by an SES at a test's address.
    pub(crate) fn test_ses(url: &str, region: &str, timeout: std::time::Duration) -> Self {
        use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
        let aws = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .endpoint_url(url)
            .build();
        let place = ses::SesPlace {
            region,
            role_arn: None,
            configuration_set: Some("alerts".to_owned()),
            identity_arn: None,
            timeout,
        };
        let sender = MailSender::Ses(SesSender::new(&aws, place));
        Self::new("mail".to_owned(), Self::test_parties(&["sec@a.example"]), sender)
    }

    fn test_parties(to: &[&str]) -> MailParties {
        MailParties {
            from: "Aware <aware@a.example>".parse().unwrap(),
            to: to.iter().map(|text| text.parse().unwrap()).collect(),
            reply_to: None,
        }
    }
}
