//! What could not be read: counted, kept for inspection, and reported.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aware_core::event::Level;
use jiff::SignedDuration;

use super::{DeliverySafety, SourceHalf};
use crate::detect::DetectedBody;
use crate::port::{Delivery, Input, RejectedBodies};

/// Interval between messages about unreadable logs.
const REPORT_INTERVAL: SignedDuration = SignedDuration::from_mins(15);
/// The note with the time of the last such message.
const REPORTED_NOTE: &str = "rejects-told";

impl SourceHalf {
    /// Keeps unreadable bodies in `bodies` if their input does not keep them.
    #[must_use]
    pub fn with_rejected_bodies(mut self, bodies: Arc<dyn RejectedBodies>) -> Self {
        self.rejects.bodies = Some(bodies);
        self
    }

    /// Counts and logs what could not be read of a body, for the next message about rejects: one
    /// line, whatever the body holds.
    pub(super) fn record_unreadable(&self, origin: &str, problem: &str, count: u64) {
        self.counts.rejects.fetch_add(count, Ordering::Relaxed);
        let rejects = (count > 1).then_some(count);
        tracing::warn!(origin, problem, rejects, "record rejected");
        self.rejects.change_untold(|untold| {
            untold.count += count;
            (untold.origin, untold.problem) = (origin.to_owned(), problem.to_owned());
        });
    }

    /// Keeps a copy of a body with rejects, unless its input keeps it. `DeliverySafety::No` if it
    /// could not be kept: the delivery must come again.
    pub(super) async fn keep_if_rejected(
        &self,
        input: &mut dyn Input,
        delivery: &Delivery,
        detected: &DetectedBody,
    ) -> DeliverySafety {
        let Some(first) = detected.rejects.first_named() else { return DeliverySafety::Yes };
        self.keep_body(input, delivery, &first.to_string(), detected.is_unread()).await
    }

    /// Keeps a copy of a body, unless its input keeps it; `whole` says that none of it was read.
    pub(super) async fn keep_body(
        &self,
        input: &mut dyn Input,
        delivery: &Delivery,
        problem: &str,
        whole: bool,
    ) -> DeliverySafety {
        let Some(bodies) = &self.rejects.bodies else { return DeliverySafety::Yes };
        if input.keeps_rejected(whole).await {
            return DeliverySafety::Yes;
        }
        match bodies.keep_body(&delivery.origin, problem, &delivery.body) {
            Ok(place) => {
                self.rejects.change_untold(|untold| untold.kept = Some(place));
                DeliverySafety::Yes
            }
            Err(problem) => {
                tracing::error!(
                    origin = delivery.origin,
                    %problem,
                    "rejected body cannot be kept; it will be redelivered"
                );
                DeliverySafety::No
            }
        }
    }

    /// Reports what could not be read, at most every quarter of an hour.
    pub async fn report_rejects(&self) {
        if self.rejects.has_untold() && self.claim_if_due(REPORTED_NOTE, REPORT_INTERVAL).await {
            self.report_rejects_now().await;
        }
    }

    /// Reports what could not be read since the last report.
    pub async fn report_rejects_now(&self) {
        let Some(untold) = self.rejects.take_untold() else { return };
        let count = untold.count.to_string();
        let mut details = vec![
            ("Rejects", count.as_str()),
            ("Latest Origin", untold.origin.as_str()),
            ("Latest Problem", untold.problem.as_str()),
        ];
        if let Some(place) = &untold.kept {
            details.push(("Kept In", place));
        }
        self.publish_system("A log could not be read", &details, Level::High).await;
    }
}
