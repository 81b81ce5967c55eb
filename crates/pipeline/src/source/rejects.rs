//! What could not be read: counted, kept for inspection, and reported.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aware_core::event::Level;
use jiff::SignedDuration;

use super::{Safe, Source};
use crate::detect::Detected;
use crate::port::{Delivery, Input, RejectedBodies};

/// Interval between messages about unreadable logs.
const TELL_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// The note with the time of the last such message.
const TOLD_NOTE: &str = "rejects-told";

impl Source {
    /// Keeps unreadable bodies in `bodies` if their input does not keep them.
    #[must_use]
    pub fn keeping_rejected(mut self, bodies: Arc<dyn RejectedBodies>) -> Self {
        self.rejects.bodies = Some(bodies);
        self
    }

    /// Counts and logs what could not be read of a body, for the next message about rejects: one
    /// line, whatever the body holds.
    pub(super) fn unreadable(&self, origin: &str, problem: &str, count: u64) {
        self.counts.rejects.fetch_add(count, Ordering::Relaxed);
        let rejects = (count > 1).then_some(count);
        tracing::warn!(origin, problem, rejects, "record rejected");
        self.rejects.change(|untold| {
            untold.count += count;
            (untold.origin, untold.problem) = (origin.to_owned(), problem.to_owned());
        });
    }

    /// Keeps a copy of a body with rejects, unless its input keeps it. `Safe::No` if it could not
    /// be kept: the delivery must come again.
    pub(super) async fn keep_rejected(
        &self,
        input: &mut dyn Input,
        delivery: &Delivery,
        detected: &Detected,
    ) -> Safe {
        let Some(first) = detected.rejects.first() else { return Safe::Yes };
        self.keep_body(input, delivery, &first.to_string(), detected.is_unread()).await
    }

    /// Keeps a copy of a body, unless its input keeps it; `whole` says that none of it was read.
    pub(super) async fn keep_body(
        &self,
        input: &mut dyn Input,
        delivery: &Delivery,
        problem: &str,
        whole: bool,
    ) -> Safe {
        let Some(bodies) = &self.rejects.bodies else { return Safe::Yes };
        if input.keeps_rejected(whole).await {
            return Safe::Yes;
        }
        match bodies.keep(&delivery.origin, problem, &delivery.body) {
            Ok(place) => {
                self.rejects.change(|untold| untold.kept = Some(place));
                Safe::Yes
            }
            Err(problem) => {
                tracing::error!(
                    origin = delivery.origin,
                    %problem,
                    "rejected body cannot be kept; it will be redelivered"
                );
                Safe::No
            }
        }
    }

    /// Reports what could not be read, at most every quarter of an hour.
    pub async fn tell_rejects(&self) {
        if self.rejects.any() && self.is_due(TOLD_NOTE, TELL_EVERY).await {
            self.tell_rejects_now().await;
        }
    }

    /// Reports what could not be read since the last report.
    pub async fn tell_rejects_now(&self) {
        let Some(untold) = self.rejects.take() else { return };
        let count = untold.count.to_string();
        let mut details = vec![
            ("Rejects", count.as_str()),
            ("Latest Origin", untold.origin.as_str()),
            ("Latest Problem", untold.problem.as_str()),
        ];
        if let Some(place) = &untold.kept {
            details.push(("Kept In", place));
        }
        self.tell_system("A log could not be read", &details, Level::High).await;
    }
}
