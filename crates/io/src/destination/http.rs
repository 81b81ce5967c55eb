//! What HTTP destinations share: the client, and which status allows a retry.

use std::time::Duration;

use aware_pipeline::port::DeliveryOutcome;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Timeout of one attempt.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of an answer's body is read, in bytes.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// The pause after a rate limit that does not say how long to wait.
pub(super) const DEFAULT_PAUSE: Duration = Duration::from_secs(5);

/// An answer, without secrets.
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    /// How long the other side asks for a pause. Only with 429 and 503 does it concern more than
    /// this message.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
}

impl HttpAnswer {
    /// Whether it is an HTML page for people. Captive portals, proxies and firewalls answer with
    /// one, with any status; an API does not.
    pub(super) fn is_page(&self) -> bool {
        let start: String = self
            .body
            .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
            .chars()
            .take(15)
            .collect();
        let start = start.to_ascii_lowercase();
        ["<!doctype html", "<html", "<head", "<body", "<!--"]
            .iter()
            .any(|tag| start.starts_with(tag))
    }

    /// Describes the answer for people.
    pub(super) fn describe(&self) -> String {
        let page = if self.is_page() {
            " and an HTML page (hint: is there a proxy or portal in between?)"
        } else {
            ""
        };
        format!("status {}{page}", self.status)
    }

    /// The outcome that retries later.
    pub(super) fn retry_as(&self, who: &str) -> DeliveryOutcome {
        DeliveryOutcome::Retry {
            after: self.retry_after,
            reason: format!("{who} answered with {}", self.describe()),
        }
    }
}

/// A client that does not follow redirects: whoever answers could send us anywhere.
pub(super) fn client_builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("aware/", env!("CARGO_PKG_VERSION")))
}

/// Sends a request and reads the answer; a network failure is retried later.
pub(super) async fn send_request(
    request: reqwest::RequestBuilder,
) -> Result<HttpAnswer, DeliveryOutcome> {
    let mut answer = request.send().await.map_err(network_failure)?;
    let status = answer.status().as_u16();
    let retry_after = pause_for(status, parse_retry_after(answer.headers(), Timestamp::now()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(network_failure)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            break;
        }
    }
    body.truncate(MAX_ANSWER_BYTES);
    Ok(HttpAnswer { status, retry_after, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The URL may itself be a secret, so it is removed from every error.
fn network_failure(error: reqwest::Error) -> DeliveryOutcome {
    let error = error.without_url();
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        reason.push_str(&format!(": {deeper}"));
        cause = deeper.source();
    }
    if error.is_timeout() {
        reason.push_str(" (it may have arrived nevertheless)");
    }
    DeliveryOutcome::Retry { after: None, reason }
}

/// `Retry-After` in seconds or as a date; anything else is ignored.
fn parse_retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(date.duration_since(now)).ok()
}

/// Source: RFC 9110, section 15.6.4, and RFC 6585, section 4.
fn pause_for(status: u16, asked: Option<Duration>) -> Option<Duration> {
    match status {
        429 => asked.or(Some(DEFAULT_PAUSE)),
        503 => asked,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_every_form() {
        let now = "2026-11-24T03:54:00Z".parse().unwrap();
        let seconds = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            parse_retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds("Tue, 24 Nov 2026 03:55:00 GMT"), Some(60));
        assert_eq!(seconds("notanumber"), None);
        assert_eq!(seconds("-3"), None);
        let minute = Some(Duration::from_secs(60));
        assert_eq!((pause_for(429, None), pause_for(429, minute)), (Some(DEFAULT_PAUSE), minute));
        assert_eq!((pause_for(503, minute), pause_for(500, minute)), (minute, None));
    }

    #[test]
    fn pages_for_people() {
        let is_page =
            |body: &str| HttpAnswer { status: 200, retry_after: None, body: body.into() }.is_page();
        for page in
            ["<!DOCTYPE html><p>Log in", "\u{feff}\n <HTML lang=en>", "<!-- portal --><html>"]
        {
            assert!(is_page(page), "{page}");
        }
        for other in
            ["ok", "", "{}", "<p>thanks</p>", "<?xml version='1.0'?><ok/>", "invalid_payload"]
        {
            assert!(!is_page(other), "{other}");
        }
    }
}
