//! When to retry: a message's own pauses, what the other side asks for, and a circuit breaker.
//!
//! A message that fails while others arrive waits on its own. If several messages fail in a row and
//! none arrives, the destination is down.
//!
//! Source of the jitter: AWS Architecture Blog, "Exponential Backoff And Jitter".

use std::time::Duration;

/// The longest pause of a message while it is unknown whether the destination works at all.
const MAX_PAUSE: Duration = Duration::from_secs(300);
/// The longest pause of a message that fails while others arrive.
const MAX_SUSPECT_PAUSE: Duration = Duration::from_secs(3600);
/// The longest pause that the other side may ask for.
const MAX_ASKED_PAUSE: Duration = Duration::from_secs(3600);
/// The base of the exponential backoff.
const BASE_PAUSE: Duration = Duration::from_millis(500);
/// After this many different messages fail in a row, the circuit is open.
const OPEN_AFTER: usize = 5;
/// After this many failures in a row, they are reported.
const REPORT_AFTER: u32 = 5;
/// The pause before the first probe of an open circuit.
const FIRST_PROBE: Duration = Duration::from_secs(30);

/// Tracks the consecutive failures of one destination.
///
/// ```
/// use aware_pipeline::retry::CircuitBreaker;
///
/// let mut breaker = CircuitBreaker::default();
/// for message in ["a", "b", "c", "d", "e"] {
///     breaker.record_failure(message, None, 0.5);
/// }
/// assert!(breaker.is_open());
/// breaker.record_success();
/// assert!(!breaker.is_open());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// Failed attempts since something last arrived.
    failures: u32,
    /// The first messages that failed since something last arrived.
    messages: Vec<String>,
    /// Failed attempts while the circuit was open.
    probes: u32,
}

impl CircuitBreaker {
    /// Records that a message arrived, or was refused, which is an answer too. True if the
    /// destination was failing as a whole: what was delayed for that reason need not wait any
    /// longer.
    pub fn record_success(&mut self) -> bool {
        let was_failing = self.messages.len() > 1;
        *self = Self::default();
        was_failing
    }

    /// Records a failed attempt; returns how long to leave the destination alone. `random` is
    /// between 0 and 1.
    pub fn record_failure(
        &mut self,
        message: &str,
        asked: Option<Duration>,
        random: f64,
    ) -> Duration {
        self.failures = self.failures.saturating_add(1);
        if self.messages.len() < OPEN_AFTER && self.messages.iter().all(|known| known != message) {
            self.messages.push(message.to_owned());
        }
        let own = if self.is_open() { self.next_probe(random) } else { Duration::ZERO };
        own.max(capped_request(asked))
    }

    /// Whether the circuit is open: the destination is only probed now and then.
    pub fn is_open(&self) -> bool {
        self.messages.len() >= OPEN_AFTER
    }

    /// True exactly once in a row of failures, when it is long enough to report.
    pub fn is_newly_failing(&self) -> bool {
        self.failures == REPORT_AFTER
    }

    fn next_probe(&mut self, random: f64) -> Duration {
        let pause = FIRST_PROBE.saturating_mul(1 << self.probes.min(8)).min(MAX_PAUSE);
        self.probes = self.probes.saturating_add(1);
        spread_pause(pause, random)
    }
}

/// The pause of a message after this many failures (1 for the first). `is_suspect` says that other
/// messages arrived meanwhile, so the fault is its own.
///
/// ```
/// use std::time::Duration;
///
/// use aware_pipeline::retry::retry_pause;
///
/// assert_eq!(retry_pause(1, false, 1.0), Duration::from_secs(1));
/// assert_eq!(retry_pause(1, false, 0.0), Duration::from_millis(500));
/// // At most five minutes, but an hour if the message itself is at fault.
/// assert_eq!(retry_pause(20, false, 1.0), Duration::from_secs(300));
/// assert_eq!(retry_pause(20, true, 1.0), Duration::from_secs(3600));
/// ```
pub fn retry_pause(failures: u32, is_suspect: bool, random: f64) -> Duration {
    let longest = if is_suspect { MAX_SUSPECT_PAUSE } else { MAX_PAUSE };
    spread_pause(BASE_PAUSE.saturating_mul(1 << failures.min(16)).min(longest), random)
}

/// What the other side asks for, up to a limit.
pub fn capped_request(asked: Option<Duration>) -> Duration {
    asked.unwrap_or_default().min(MAX_ASKED_PAUSE)
}

/// A pause between half and all of the given one.
fn spread_pause(pause: Duration, random: f64) -> Duration {
    pause.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

/// A wait before something is tried again that others were faster at: anything up to a pause that
/// doubles with each attempt (0 for the first).
pub fn full_jitter(first: Duration, attempt: u32) -> Duration {
    first.saturating_mul(1 << attempt.min(16)).mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_of_a_message_grow_to_an_hour_when_others_arrive() {
        let seconds = |is_suspect| -> Vec<u64> {
            (1..=14).map(|failures| retry_pause(failures, is_suspect, 1.0).as_secs()).collect()
        };
        assert_eq!(seconds(false), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300]);
        assert_eq!(seconds(true)[10..], [1024, 2048, 3600, 3600]);
        assert_eq!(retry_pause(1, false, 0.0).as_millis(), 500);
    }

    #[test]
    fn one_message_alone_never_opens_the_circuit() {
        let mut breaker = CircuitBreaker::default();
        for attempt in 1..100 {
            assert_eq!(breaker.record_failure("a", None, 1.0), Duration::ZERO);
            assert_eq!(breaker.is_newly_failing(), attempt == 5);
        }
        assert!(!breaker.is_open() && !breaker.record_success());
    }

    #[test]
    fn several_messages_open_it_and_probes_grow() {
        let mut breaker = CircuitBreaker::default();
        let waits: Vec<u64> = (0..12)
            .map(|number| breaker.record_failure(&format!("m{number}"), None, 1.0).as_secs())
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 300, 300, 300, 300]);
        assert!(breaker.is_open() && breaker.record_success() && !breaker.is_open());
    }

    #[test]
    fn what_the_other_side_asks_for_is_kept_within_reason() {
        let mut breaker = CircuitBreaker::default();
        assert_eq!(breaker.record_failure("a", Some(Duration::from_secs(7)), 0.0).as_secs(), 7);
        assert_eq!(
            breaker.record_failure("a", Some(Duration::from_secs(1 << 40)), 0.0),
            MAX_ASKED_PAUSE
        );
    }

    #[test]
    fn waits_of_those_who_were_too_slow_differ() {
        let first = Duration::from_millis(10);
        let waits: Vec<Duration> = (0..64).map(|_| full_jitter(first, 3)).collect();
        assert!(waits.iter().all(|wait| *wait <= first * 8));
        assert!(waits.iter().any(|wait| *wait > first * 2), "the pause has grown");
        assert!(waits.iter().any(|wait| wait != &waits[0]));
    }
}
