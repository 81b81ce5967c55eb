//! Sends mails to an SMTP server, one connection each.
//!
//! Each recipient is asked for by itself: one whose mailbox is gone does not keep the others from
//! their mail. If a recipient is only turned away for now, the others get the mail at once, and the
//! next attempt is for that recipient alone.
//!
//! Source: RFC 5321, section 3.3; RFC 3207 for STARTTLS, RFC 8314 for TLS from the start. lettre's
//! `tracing` feature must stay off, since it logs what is sent, passwords included.

use std::time::Duration;

use aware_pipeline::port::DeliveryOutcome;
use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::served::ServedRecipients;
use super::smtp_answer::{SmtpStage, describe_answer, outcome_of, pause_for, timed_out};

/// How long a polite goodbye may take, once the mail is accepted.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// How the connection is encrypted.
pub(super) enum SmtpSecurity {
    Plain,
    /// Encrypted before anything else is said; a server that cannot is not used.
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

/// An SMTP server.
pub(super) struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: SmtpSecurity,
    pub(super) credentials: Option<Credentials>,
    /// What we call ourselves: the sender's domain, since some relays turn away address literals.
    pub(super) hello: ClientId,
    /// Timeout until the mail itself is sent.
    pub(super) opening_timeout: Duration,
    /// Timeout of the mail itself. Servers look for spam before they answer.
    pub(super) body_timeout: Duration,
    pub(super) served: ServedRecipients,
}

/// What became of the recipients.
#[derive(Default)]
struct RecipientAnswers {
    accepted: Vec<Address>,
    /// Turned away for now, with what the server said.
    deferred: Vec<String>,
    refused: Vec<String>,
    pause: Option<Duration>,
}

impl SmtpServer {
    /// Sends a mail; `id` is the message's.
    pub(super) async fn send_mail(
        &self,
        id: &str,
        from: &Address,
        to: &[Address],
        mail: &[u8],
    ) -> Result<(), DeliveryOutcome> {
        let served = self.served.of_mail(id);
        let waiting: Vec<Address> =
            to.iter().filter(|address| !served.contains(address)).cloned().collect();
        let opening = timeout(self.opening_timeout, self.open_mail(from, &waiting));
        let Ok(opened) = opening.await else { return Err(timed_out(SmtpStage::Connect)) };
        let (mut connection, answers) = opened?;
        if !answers.accepted.is_empty() {
            self.send_body(&mut connection, mail).await?;
        }
        let _ = timeout(GOODBYE_TIMEOUT, connection.quit()).await;
        self.settle_answers(id, &answers, !served.is_empty())
    }

    /// Connects, and says from whom and to whom. If anybody is accepted, the mail itself is next.
    async fn open_mail(
        &self,
        from: &Address,
        to: &[Address],
    ) -> Result<(AsyncSmtpConnection, RecipientAnswers), DeliveryOutcome> {
        let mut connection = self.connect().await?;
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, credentials).await;
            signed_in.map_err(|error| outcome_of(SmtpStage::SignIn, &error))?;
        }
        let begun = connection.command(Mail::new(Some(from.clone()), Vec::new())).await;
        begun.map_err(|error| outcome_of(SmtpStage::Sender, &error))?;
        let mut answers = RecipientAnswers::default();
        for address in to {
            answers.ask_recipient(&mut connection, address).await?;
        }
        if !answers.accepted.is_empty() {
            let ready = connection.command(Data).await;
            ready.map_err(|error| outcome_of(SmtpStage::Data, &error))?;
        }
        Ok((connection, answers))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, DeliveryOutcome> {
        let place = (self.host.as_str(), self.port);
        let parameters = match &self.security {
            SmtpSecurity::Tls(parameters) => Some(parameters.clone()),
            SmtpSecurity::StartTls(_) | SmtpSecurity::Plain => None,
        };
        let limit = Some(self.opening_timeout);
        let failed = |error: SmtpError| outcome_of(SmtpStage::Connect, &error);
        let connected =
            AsyncSmtpConnection::connect_tokio1(place, limit, &self.hello, parameters, None).await;
        let mut connection = connected.map_err(failed)?;
        if let SmtpSecurity::StartTls(parameters) = &self.security {
            connection.starttls(parameters.clone(), &self.hello).await.map_err(failed)?;
        }
        Ok(connection)
    }

    async fn send_body(
        &self,
        connection: &mut AsyncSmtpConnection,
        mail: &[u8],
    ) -> Result<(), DeliveryOutcome> {
        let sent = timeout(self.body_timeout, connection.message(mail)).await;
        let sent = sent.map_err(|_| timed_out(SmtpStage::Body))?;
        sent.map(|_| ()).map_err(|error| outcome_of(SmtpStage::Body, &error))
    }

    /// The outcome, once those who were accepted have the mail.
    fn settle_answers(
        &self,
        id: &str,
        answers: &RecipientAnswers,
        was_served: bool,
    ) -> Result<(), DeliveryOutcome> {
        let has_any = was_served || !answers.accepted.is_empty();
        if !answers.deferred.is_empty() {
            if !answers.accepted.is_empty() {
                self.served.record_recipients(id, &answers.accepted);
            }
            let others = if has_any { "; the other recipients have it" } else { "" };
            let reason = format!(
                "the SMTP server did not accept it for {}{others}",
                answers.deferred.join(", ")
            );
            return Err(DeliveryOutcome::Retry { after: answers.pause, reason });
        }
        self.served.forget_mail(id);
        if answers.refused.is_empty() {
            return Ok(());
        }
        let refused = answers.refused.join(", ");
        if !has_any {
            return Err(DeliveryOutcome::Refused(format!("the SMTP server refused {refused}")));
        }
        tracing::warn!(recipients = %refused, "the SMTP server refused a mail for some of its recipients");
        Ok(())
    }
}

impl RecipientAnswers {
    /// Asks for one recipient. Only a fault of the conversation itself is an error.
    async fn ask_recipient(
        &mut self,
        connection: &mut AsyncSmtpConnection,
        address: &Address,
    ) -> Result<(), DeliveryOutcome> {
        let Err(error) = connection.command(Rcpt::new(address.clone(), Vec::new())).await else {
            self.accepted.push(address.clone());
            return Ok(());
        };
        // 421 announces that the connection ends.
        let code = error.status().map(u16::from).filter(|code| *code != 421);
        let Some(code) = code else { return Err(outcome_of(SmtpStage::Sender, &error)) };
        let said = format!("{address} ({})", describe_answer(&error));
        if error.is_transient() {
            self.pause = self.pause.or(pause_for(code));
            self.deferred.push(said);
        } else {
            self.refused.push(said);
        }
        Ok(())
    }
}
