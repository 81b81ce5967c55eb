//! Messages about destinations, to all the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aware_cases::message;
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};
use tokio::time::Instant;

use super::Deliver;
use crate::port::Commit;

/// How often the same is told of one destination.
const AGAIN: Duration = Duration::from_secs(600);

/// What was told of destinations: when, and how often it would have been since.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<HashMap<(String, String), (Instant, u64)>>);

impl Told {
    /// Whether to tell it now, and how often it was not told since it last was.
    fn claim_if_due(&self, subject: &str, destination: &str) -> Option<u64> {
        let mut told = self.0.lock().ok()?;
        let key = (subject.to_owned(), destination.to_owned());
        let now = Instant::now();
        match told.get_mut(&key) {
            Some((at, more)) if now.duration_since(*at) < AGAIN => {
                *more += 1;
                None
            }
            before => {
                let more = before.map_or(0, |(_, more)| *more);
                told.insert(key, (now, 0));
                Some(more)
            }
        }
    }
}

impl Deliver {
    /// Tells about a destination, unless what failed was such a message itself.
    pub(super) async fn tell(
        &self,
        subject: &str,
        destination: &str,
        problem: &str,
        about: &Message,
    ) {
        if about.kind == MessageKind::System {
            return;
        }
        let Some(more) = self.told.claim_if_due(subject, destination) else { return };
        let count = more.to_string();
        let mut details = vec![
            ("Destination", destination),
            ("Problem", problem),
            ("Message", about.subject.as_str()),
        ];
        if more > 0 {
            details.push(("Not Told Before", count.as_str()));
        }
        let now = self.clock.now();
        let message = message::system(subject, &details, Level::High, now);
        let commit = Commit { outbox: vec![message.clone()], ..Commit::default() };
        if let Err(error) = self.store.commit(commit, now).await {
            tracing::warn!(problem = %error, "message about a failing destination not stored");
        }
        self.dispatch(Arc::new(message)).await;
    }
}
