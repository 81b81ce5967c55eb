//! One delivery: its body and the objects that it announces are inspected, their findings kept a
//! page at a time, and the delivery acknowledged last.

use std::sync::atomic::Ordering;

use aware_core::envelope::{EnvelopeKind, S3Object};
use aware_core::event::Level;

use super::case::BodyLook;
use super::{DeliverySafety, SourceHalf};
use crate::detect::{DetectedBody, DetectedEvent, Detector};
use crate::matched_event::MatchedEvent;
use crate::port::{Delivery, Input, InputError};
use crate::stable_hash::stable_hash;

impl SourceHalf {
    /// Processes a delivery, unless the process has died under it repeatedly.
    pub(super) async fn process_guarded(
        &self,
        detector: &mut Detector,
        input: &mut dyn Input,
        delivery: Delivery,
    ) {
        let Some(progress) = &self.progress else {
            return self.process_delivery(detector, input, delivery).await;
        };
        let body = body_identity(input.name(), &delivery);
        if !progress.begin_body(&body) {
            return self.set_aside_body(input, delivery).await;
        }
        self.process_delivery(detector, input, delivery).await;
        progress.end_body(&body);
    }

    /// Skips a body and reports it.
    async fn set_aside_body(&self, input: &mut dyn Input, delivery: Delivery) {
        let problem = "the program died repeatedly while it read this \
                       (hint: `aware scan` reads it apart from the daemon; please report it)";
        self.record_unreadable(&delivery.origin, problem, 1);
        let details = [("Body", delivery.origin.as_str()), ("Input", input.name())];
        self.publish_system(
            "A body was set aside because the program died while reading it",
            &details,
            Level::High,
        )
        .await;
        let resume = delivery.resume.clone().map(|place| (input.name().to_owned(), place));
        let kept = self.keep_body(input, &delivery, problem, true).await;
        match kept.less_safe(self.keep_findings(Vec::new(), resume).await) {
            DeliverySafety::Yes => {
                let _ = input.reject_delivery(&delivery.token).await;
            }
            DeliverySafety::InMemory | DeliverySafety::No => {
                input.release_delivery(&delivery.token).await
            }
        }
    }

    async fn process_delivery(
        &self,
        detector: &mut Detector,
        input: &mut dyn Input,
        delivery: Delivery,
    ) {
        self.counts.deliveries.fetch_add(1, Ordering::Relaxed);
        let looked =
            self.inspect_body(detector, &delivery.origin, delivery.kind, &delivery.body).await;
        let mut done = DeliveryState { safe: looked.safe, is_unread: looked.detected.is_unread() };
        done.safe =
            done.safe.less_safe(self.keep_if_rejected(input, &delivery, &looked.detected).await);
        self.fetch_objects(detector, input, &delivery, looked.detected.objects, &mut done).await;
        let resume = delivery.resume.clone().filter(|_| done.safe != DeliverySafety::No);
        let resume = resume.map(|place| (input.name().to_owned(), place));
        let body = (delivery.kind, delivery.body.as_slice());
        let kept = self.keep_last(looked.last, looked.look, body, resume).await;
        let safe = match done.safe.less_safe(kept) {
            // An input whose place is kept in the store continues: both reach the store together.
            DeliverySafety::InMemory if input.keeps_place_in_store() => DeliverySafety::Yes,
            other => other,
        };
        if safe != DeliverySafety::Yes {
            return input.release_delivery(&delivery.token).await;
        }
        let told = match done.is_unread {
            true => input.reject_delivery(&delivery.token).await,
            false => input.ack_delivery(&delivery.token).await,
        };
        if let Err(error) = told {
            tracing::warn!(
                origin = delivery.origin,
                problem = %error,
                "delivery not acknowledged; it may be redelivered"
            );
        }
    }

    /// Inspects a body and keeps its findings a page at a time, except for the last page: the place
    /// to resume at is kept with that. A body of more than one page is inspected again for each, so
    /// that memory does not grow with its content.
    async fn inspect_body(
        &self,
        detector: &mut Detector,
        origin: &str,
        kind: EnvelopeKind,
        body: &[u8],
    ) -> InspectedBody {
        let look = BodyLook::new(detector.rule_set().enrichment());
        let mut looked = InspectedBody { look, ..InspectedBody::default() };
        let mut skip = 0;
        loop {
            let mut page = FindingsPage { skip, ..FindingsPage::default() };
            let mut detected = detector.detect_each(kind, body, &mut |came| page.add_event(came));
            if skip == 0 {
                detected.skip_other_log();
                self.add_counts(origin, &detected);
                if let Some((place, time)) = detected.place.take() {
                    self.record_heard(&place, time).await;
                }
                looked.detected = detected;
            }
            if !page.has_more {
                looked.last = page.found;
                return looked;
            }
            skip += page.found.len();
            page.found.iter().for_each(|found| looked.look.note_known(&found.key));
            looked.safe = looked.safe.less_safe(self.keep_findings(page.found, None).await);
        }
    }

    /// Keeps the last page of a body, then what followed principals did in it, and the place to
    /// resume at with the last of it.
    async fn keep_last(
        &self,
        mut last: Vec<MatchedEvent>,
        mut look: BodyLook,
        body: (EnvelopeKind, &[u8]),
        resume: Option<(String, String)>,
    ) -> DeliverySafety {
        if last.is_empty() && self.follow_filter().await.is_none() {
            return self.keep_findings(last, resume).await;
        }
        last.iter().for_each(|found| look.note_known(&found.key));
        self.add_followed(&mut last, body, &mut look).await;
        let mut safe = self.keep_findings(last, None).await;
        safe = safe.less_safe(self.follow_body(body, &mut look).await);
        let resume = resume.filter(|_| safe != DeliverySafety::No);
        safe.less_safe(self.keep_findings(Vec::new(), resume).await)
    }

    /// Reads the objects that notices announced. An object that is gone is a reject; for one that
    /// cannot be read now, the notice is delivered again.
    async fn fetch_objects(
        &self,
        detector: &mut Detector,
        input: &dyn Input,
        delivery: &Delivery,
        objects: Vec<S3Object>,
        done: &mut DeliveryState,
    ) {
        for object in objects {
            let origin = format!("s3://{}/{}", object.bucket, object.key);
            match input.fetch_object(&object).await {
                Ok(body) => {
                    let looked =
                        self.inspect_body(detector, &origin, EnvelopeKind::Any, &body).await;
                    done.is_unread |= looked.detected.is_unread();
                    let body = (EnvelopeKind::Any, body.as_slice());
                    let kept = self.keep_last(looked.last, looked.look, body, None).await;
                    done.safe = done.safe.less_safe(looked.safe).less_safe(kept);
                }
                Err(InputError::Later(problem)) => {
                    done.safe = DeliverySafety::No;
                    tracing::warn!(
                        origin,
                        notice = delivery.origin,
                        problem,
                        "object cannot be read now; its notice will be redelivered"
                    );
                }
                Err(error) => {
                    done.is_unread |= matches!(error, InputError::Unreadable { .. });
                    self.record_unreadable(&origin, &error.to_string(), 1);
                }
            }
        }
    }
}

/// What identifies a body after a restart: its origin, its length, and both of its ends.
fn body_identity(input: &str, delivery: &Delivery) -> String {
    const END: usize = 4096;
    let body = delivery.body.as_slice();
    let head = body.get(..END).unwrap_or(body);
    let tail = body.get(body.len().saturating_sub(END)..);
    let hash = stable_hash((body.len(), head, tail));
    format!("{hash:016x} {input} {}", delivery.origin)
}

/// How many events' findings are grouped and kept in one step.
const PAGE_EVENTS: usize = 10_000;
/// The most bytes that the records of these events may have together.
const PAGE_BYTES: usize = 16 << 20;

/// The result of inspecting a body.
#[derive(Default)]
struct InspectedBody {
    safe: DeliverySafety,
    /// Its counts, rejects and objects.
    detected: DetectedBody,
    /// Matched events that are not kept yet.
    last: Vec<MatchedEvent>,
    /// Which of its events are kept.
    look: BodyLook,
}

/// The state of a delivery.
struct DeliveryState {
    safe: DeliverySafety,
    is_unread: bool,
}

/// The findings of some events of a body.
#[derive(Default)]
struct FindingsPage {
    /// How many events with findings come before it.
    skip: usize,
    found: Vec<MatchedEvent>,
    bytes: usize,
    /// Whether others follow it.
    has_more: bool,
}

impl FindingsPage {
    fn add_event(&mut self, came: DetectedEvent) {
        let DetectedEvent::Matched(found, bytes) = came else { return };
        if let Some(skip) = self.skip.checked_sub(1) {
            self.skip = skip;
        } else if self.has_more || self.found.len() >= PAGE_EVENTS || self.bytes >= PAGE_BYTES {
            self.has_more = true;
        } else {
            self.bytes += bytes;
            self.found.push(*found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::EventKey;

    fn came(number: usize, bytes: usize) -> DetectedEvent {
        let found = MatchedEvent {
            key: EventKey { account: String::new(), id: number.to_string() },
            denied: true,
            time: jiff::Timestamp::UNIX_EPOCH,
            candidates: Vec::new(),
            findings: Vec::new(),
            hidden: Vec::new(),
            hits: Vec::new(),
            summary: None,
            observed: None,
            canary: Some(number.to_string()),
            case_event: None,
        };
        DetectedEvent::Matched(Box::new(found), bytes)
    }

    /// All pages of a body, as the numbers of their events.
    fn pages(count: usize, bytes: usize) -> Vec<Vec<usize>> {
        let (mut pages, mut skip) = (Vec::new(), 0);
        loop {
            let mut page = FindingsPage { skip, ..FindingsPage::default() };
            (0..count).for_each(|number| page.add_event(came(number, bytes)));
            skip += page.found.len();
            pages.push(page.found.iter().map(|found| found.key.id.parse().unwrap()).collect());
            if !page.has_more {
                return pages;
            }
        }
    }

    #[test]
    fn pages_hold_each_event_once() {
        for (count, bytes, pages_needed) in [
            (0, 1, 1),
            (1, 1, 1),
            (PAGE_EVENTS, 1, 1),
            (2 * PAGE_EVENTS + 1, 1, 3),
            (100, PAGE_BYTES / 10, 10),
        ] {
            let pages = pages(count, bytes);
            assert_eq!(pages.len(), pages_needed, "{count} of {bytes} bytes");
            assert_eq!(pages.concat(), (0..count).collect::<Vec<_>>());
        }
    }
}
