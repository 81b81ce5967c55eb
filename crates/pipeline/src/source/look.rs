//! One delivery: its body and the objects that it announces are inspected, their findings kept a
//! page at a time, and the delivery acknowledged last.

use std::sync::atomic::Ordering;

use aware_core::envelope::{Kind, S3Object};
use aware_core::event::Level;

use super::{Safe, Source};
use crate::detect::{Came, Detected, Detector};
use crate::found::Found;
use crate::port::{Delivery, Input, InputError};
use crate::stable_hash::stable_hash;

impl Source {
    /// Processes a delivery, unless the process has died under it repeatedly.
    pub(super) async fn watched(
        &self,
        detector: &mut Detector,
        input: &mut dyn Input,
        delivery: Delivery,
    ) {
        let Some(progress) = &self.progress else {
            return self.delivery(detector, input, delivery).await;
        };
        let body = identity(input.name(), &delivery);
        if !progress.begin(&body) {
            return self.set_aside(input, delivery).await;
        }
        self.delivery(detector, input, delivery).await;
        progress.end(&body);
    }

    /// Skips a body and reports it.
    async fn set_aside(&self, input: &mut dyn Input, delivery: Delivery) {
        let problem = "the program died repeatedly while it read this \
                       (hint: `aware scan` reads it apart from the daemon; please report it)";
        self.unreadable(&delivery.origin, problem, 1);
        let details = [("Body", delivery.origin.as_str()), ("Input", input.name())];
        self.tell_system(
            "A body was set aside because the program died while reading it",
            &details,
            Level::High,
        )
        .await;
        let resume = delivery.resume.clone().map(|place| (input.name().to_owned(), place));
        let kept = self.keep_body(input, &delivery, problem, true).await;
        match kept.and(self.findings(Vec::new(), resume).await) {
            Safe::Yes => {
                let _ = input.reject(&delivery.token).await;
            }
            Safe::InMemory | Safe::No => input.release(&delivery.token).await,
        }
    }

    async fn delivery(&self, detector: &mut Detector, input: &mut dyn Input, delivery: Delivery) {
        self.counts.deliveries.fetch_add(1, Ordering::Relaxed);
        let looked = self.look(detector, &delivery.origin, delivery.kind, &delivery.body).await;
        let mut done = Done { safe: looked.safe, is_unread: looked.detected.is_unread() };
        done.safe = done.safe.and(self.keep_rejected(input, &delivery, &looked.detected).await);
        self.fetch(detector, input, &delivery, looked.detected.objects, &mut done).await;
        let resume = delivery.resume.clone().filter(|_| done.safe != Safe::No);
        let resume = resume.map(|place| (input.name().to_owned(), place));
        let safe = match done.safe.and(self.findings(looked.last, resume).await) {
            // An input whose place is kept in the store continues: both reach the store together.
            Safe::InMemory if input.keeps_place_in_store() => Safe::Yes,
            other => other,
        };
        if safe != Safe::Yes {
            return input.release(&delivery.token).await;
        }
        let told = match done.is_unread {
            true => input.reject(&delivery.token).await,
            false => input.ack(&delivery.token).await,
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
    async fn look(&self, detector: &mut Detector, origin: &str, kind: Kind, body: &[u8]) -> Looked {
        let mut looked = Looked::default();
        let mut skip = 0;
        loop {
            let mut page = Page { skip, ..Page::default() };
            let mut detected = detector.detect_each(kind, body, &mut |came| page.take(came));
            if skip == 0 {
                detected.skip_other_log();
                self.count(origin, &detected);
                if let Some((place, time)) = detected.heard.take() {
                    self.heard(&place, time).await;
                }
                looked.detected = detected;
            }
            if !page.has_more {
                looked.last = page.found;
                return looked;
            }
            skip += page.found.len();
            looked.safe = looked.safe.and(self.findings(page.found, None).await);
        }
    }

    /// Reads the objects that notices announced. An object that is gone is a reject; for one that
    /// cannot be read now, the notice is delivered again.
    async fn fetch(
        &self,
        detector: &mut Detector,
        input: &dyn Input,
        delivery: &Delivery,
        objects: Vec<S3Object>,
        done: &mut Done,
    ) {
        for object in objects {
            let origin = format!("s3://{}/{}", object.bucket, object.key);
            match input.fetch(&object).await {
                Ok(body) => {
                    let looked = self.look(detector, &origin, Kind::Any, &body).await;
                    done.is_unread |= looked.detected.is_unread();
                    let kept = self.findings(looked.last, None).await;
                    done.safe = done.safe.and(looked.safe).and(kept);
                }
                Err(InputError::Later(problem)) => {
                    done.safe = Safe::No;
                    tracing::warn!(
                        origin,
                        notice = delivery.origin,
                        problem,
                        "object cannot be read now; its notice will be redelivered"
                    );
                }
                Err(error) => {
                    done.is_unread |= matches!(error, InputError::Unreadable { .. });
                    self.unreadable(&origin, &error.to_string(), 1);
                }
            }
        }
    }
}

/// What identifies a body after a restart: its origin, its length, and both of its ends.
fn identity(input: &str, delivery: &Delivery) -> String {
    const END: usize = 4096;
    let body = delivery.body.as_slice();
    let head = body.get(..END).unwrap_or(body);
    let tail = body.get(body.len().saturating_sub(END)..);
    let hash = stable_hash((body.len(), head, tail));
    format!("{hash:016x} {input} {}", delivery.origin)
}

/// How many events' findings are grouped and kept in one step.
const PAGE: usize = 10_000;
/// The most bytes that the records of these events may have together.
const PAGE_BYTES: usize = 16 << 20;

/// The result of inspecting a body.
#[derive(Default)]
struct Looked {
    safe: Safe,
    /// Its counts, rejects and objects.
    detected: Detected,
    /// Matched events that are not kept yet.
    last: Vec<Found>,
}

/// The state of a delivery.
struct Done {
    safe: Safe,
    is_unread: bool,
}

/// The findings of some events of a body.
#[derive(Default)]
struct Page {
    /// How many events with findings come before it.
    skip: usize,
    found: Vec<Found>,
    bytes: usize,
    /// Whether others follow it.
    has_more: bool,
}

impl Page {
    fn take(&mut self, came: Came) {
        let Came::To(found, bytes) = came else { return };
        if let Some(skip) = self.skip.checked_sub(1) {
            self.skip = skip;
        } else if self.has_more || self.found.len() >= PAGE || self.bytes >= PAGE_BYTES {
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

    fn came(number: usize, bytes: usize) -> Came {
        let found = Found {
            key: EventKey { account: String::new(), id: number.to_string() },
            denied: true,
            findings: Vec::new(),
            hidden: Vec::new(),
            hits: Vec::new(),
            face: None,
            observed: None,
            canary: None,
        };
        Came::To(Box::new(found), bytes)
    }

    /// All pages of a body, as the numbers of their events.
    fn pages(count: usize, bytes: usize) -> Vec<Vec<usize>> {
        let (mut pages, mut skip) = (Vec::new(), 0);
        loop {
            let mut page = Page { skip, ..Page::default() };
            (0..count).for_each(|number| page.take(came(number, bytes)));
            skip += page.found.len();
            pages.push(page.found.iter().map(|found| found.key.id.parse().unwrap()).collect());
            if !page.has_more {
                return pages;
            }
        }
    }

    #[test]
    fn pages_hold_each_event_once() {
        for (count, bytes, pages_needed) in
            [(0, 1, 1), (1, 1, 1), (PAGE, 1, 1), (2 * PAGE + 1, 1, 3), (100, PAGE_BYTES / 10, 10)]
        {
            let pages = pages(count, bytes);
            assert_eq!(pages.len(), pages_needed, "{count} of {bytes} bytes");
            assert_eq!(pages.concat(), (0..count).collect::<Vec<_>>());
        }
    }
}
