//! Messages about one destination, sent to all the others.

use std::sync::Arc;

use aware_cases::message;
use aware_core::event::Level;
use aware_core::message::{Message, MessageKind};

use super::DestinationHalf;
use crate::port::StepCommit;

impl DestinationHalf {
    /// Reports a problem with a destination, unless the failed message was itself such a report.
    pub(super) async fn report_problem(
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
            details.push(("Repeats Not Reported", count.as_str()));
        }
        let now = self.clock.now();
        let message = message::system_message(subject, &details, Level::High, now);
        let commit = StepCommit { outbox: vec![message.clone()], ..StepCommit::default() };
        if let Err(error) = self.store.commit(commit, now).await {
            tracing::warn!(problem = %error, "message about a failing destination not stored");
        }
        self.dispatch(Arc::new(message)).await;
    }
}
