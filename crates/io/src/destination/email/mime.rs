//! Builds the mail: headers, and both parts as `multipart/alternative`.
//!
//! Sources: RFC 3834 for `Auto-Submitted`, RFC 2919 for `List-Id`, and Microsoft's [MS-OXCMAIL] for
//! `X-Auto-Response-Suppress`, which keep absence notices from answering.
//!
//! Bodies are always quoted-printable or base64, so that they hold ASCII lines that end in CRLF, and
//! nothing else. A body with bare line feeds could end the mail early and smuggle commands to the
//! server (RUSTSEC-2026-0561).

use std::time::SystemTime;

use aware_core::message::Message;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::content::MailContent;
use super::html::render_html_part;
use super::text::render_text;
use super::thread::MailPlace;

/// Who writes to whom.
#[derive(Clone, Debug)]
pub(super) struct MailParties {
    pub(super) from: Mailbox,
    pub(super) to: Vec<Mailbox>,
    pub(super) reply_to: Option<Mailbox>,
}

impl MailParties {
    /// The addresses without names.
    pub(super) fn recipients(&self) -> Vec<Address> {
        self.to.iter().map(|mailbox| mailbox.email.clone()).collect()
    }
}

/// Builds the mail as it is sent.
///
/// # Errors
/// A part of it is missing, such as a recipient.
pub(super) fn build_mail(
    parties: &MailParties,
    place: &MailPlace,
    message: &Message,
    content: &MailContent,
    now: SystemTime,
) -> Result<Vec<u8>, lettre::error::Error> {
    let mut mail = lettre::Message::builder()
        .date(now)
        .from(parties.from.clone())
        .message_id(Some(place.id.clone()))
        .subject(place.subject.clone());
    for mailbox in &parties.to {
        mail = mail.to(mailbox.clone());
    }
    if let Some(mailbox) = &parties.reply_to {
        mail = mail.reply_to(mailbox.clone());
    }
    if let Some(id) = place.in_reply_to() {
        mail = mail.in_reply_to(id.to_owned());
    }
    let references = place.root.as_deref().into_iter().chain(place.in_reply_to());
    let references: Vec<&str> = references.collect();
    if !references.is_empty() {
        mail = mail.references(references.join(" "));
    }
    for (name, value) in own_headers(message, parties.from.email.domain()) {
        mail = mail.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    let parts = MultiPart::alternative()
        .singlepart(encoded_part(ContentType::TEXT_PLAIN, render_text(content)))
        .singlepart(encoded_part(ContentType::TEXT_HTML, render_html_part(content)));
    Ok(mail.multipart(parts)?.formatted())
}

/// Headers for the receivers' filters.
fn own_headers(message: &Message, domain: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-Auto-Response-Suppress", "All".to_owned()),
        ("List-Id", format!("Activity Aware <aware.{domain}>")),
        ("X-Aware-Kind", message.kind.as_str().to_owned()),
        ("X-Aware-Level", message.severity_name().to_owned()),
    ];
    if let Some(case) = &message.case {
        let id = case.id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        headers.push(("X-Aware-Case", id));
    }
    headers
}

fn encoded_part(content_type: ContentType, text: String) -> SinglePart {
    let special = text.bytes().filter(|byte| !byte.is_ascii() || *byte == b'=').count();
    // Quoted-printable takes three bytes for each of these, base64 four for any three.
    let encoding = if special * 6 > text.len() {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    SinglePart::builder().header(content_type).header(encoding).body(text)
}
