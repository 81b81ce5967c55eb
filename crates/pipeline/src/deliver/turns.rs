//! Fair turns: everybody who waits gets one message per round, however many they have.
//!
//! Start-time fair queueing with equal weights. Source: P. Goyal, H. M. Vin, H. Cheng, "Start-time
//! Fair Queuing", SIGCOMM 1996: a newcomer starts in the current round, and whoever has been served
//! waits for the next one, even after leaving in between.

use std::collections::HashMap;

/// How many senders served in the current round are remembered.
const MAX_REMEMBERED: usize = 8192;

/// The rounds of one level.
#[derive(Debug, Default)]
pub(super) struct FairTurns {
    round: u64,
    next: HashMap<u64, u64>,
}

impl FairTurns {
    /// The round in which a sender is served next.
    pub(super) fn next_round(&self, who: u64) -> u64 {
        self.next.get(&who).copied().unwrap_or_default().max(self.round)
    }

    /// Records that a sender was served.
    pub(super) fn mark_served(&mut self, who: u64) {
        let round = self.next_round(who);
        self.round = round;
        self.next.insert(who, round.saturating_add(1));
        if self.next.len() > MAX_REMEMBERED {
            self.next.retain(|_, next| *next > round);
        }
        if self.next.len() > MAX_REMEMBERED {
            self.next.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_and_goes_takes_no_more_turns_than_who_waits() {
        let mut turns = FairTurns::default();
        let mut served = Vec::new();
        // 1 always waits; 2 is back as soon as it has been served.
        for _ in 0..6 {
            let who = if turns.next_round(1) <= turns.next_round(2) { 1 } else { 2 };
            turns.mark_served(who);
            served.push(who);
        }
        assert_eq!(served, [1, 2, 1, 2, 1, 2]);
        assert!(turns.next_round(3) <= turns.next_round(1), "who comes new is served at once");
    }
}
