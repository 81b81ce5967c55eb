//! When to try again: full jitter, what the other side asked for, and a circuit breaker.
//!
//! Source of the jitter: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// The longest wait that is of our own choice.
const LONGEST: Duration = Duration::from_secs(300);
/// The longest wait that the other side may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
/// The base of the exponential.
const BASE: Duration = Duration::from_millis(500);
/// After so many failures in a row the circuit is open.
const OPEN_AFTER: u32 = 5;
/// The first probe of an open circuit.
const FIRST_PROBE: Duration = Duration::from_secs(30);

/// The failures in a row of one destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
}

impl Breaker {
    /// A delivery succeeded (or was refused, which is an answer too).
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A delivery failed; how long to wait. `random` is between 0 and 1.
    pub fn failed(&mut self, asked: Option<Duration>, random: f64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let own = if self.is_open() { self.probe() } else { self.backoff(random) };
        own.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// Whether the circuit is open: the destination is only probed now and then.
    pub fn is_open(&self) -> bool {
        self.failures >= OPEN_AFTER
    }

    /// True just once, when the circuit opens.
    pub fn has_just_opened(&self) -> bool {
        self.failures == OPEN_AFTER
    }

    fn backoff(&self, random: f64) -> Duration {
        let exponential = BASE.saturating_mul(1 << self.failures.min(16));
        exponential.min(LONGEST).mul_f64(random.clamp(0.0, 1.0))
    }

    fn probe(&self) -> Duration {
        let probes = self.failures.saturating_sub(OPEN_AFTER).min(8);
        FIRST_PROBE.saturating_mul(1 << probes).min(LONGEST)
    }
}

/// A number between 0 and 1 that is good enough to spread retries.
pub fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    #[allow(clippy::cast_precision_loss)]
    let fraction = bits as f64 / (1_u64 << 53) as f64;
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_the_circuit_opens() {
        let mut breaker = Breaker::default();
        let waits: Vec<_> = (0..12).map(|_| breaker.failed(None, 1.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 30, 60, 120, 240, 300, 300, 300, 300]);
        breaker.succeeded();
        assert!(!breaker.is_open());
    }

    #[test]
    fn what_the_other_side_asks_for_is_kept_within_reason() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.failed(Some(Duration::from_secs(7)), 0.0).as_secs(), 7);
        assert_eq!(breaker.failed(Some(Duration::from_secs(1 << 40)), 0.0), LONGEST_ASKED);
        assert!((0.0..1.0).contains(&random()));
    }
}
