//! What one session reveals about the others of its role or user.
//!
//! Whoever may request a session chooses its name, so any number of names may be one intruder. Many
//! people may also share a role: their common activity makes one of them an intruder only if there
//! is much of it within an hour. Less than that withholds grants until somebody has investigated.

use super::history::PrincipalHistory;
use super::reading::{LooksLike, TriageReading};
use super::standing::self_grant_text;
use super::{score, withhold};

/// What the sessions of one issuer look like, taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SessionsReading {
    /// The reading that each of them gets.
    pub(super) exploring: Option<TriageReading>,
    /// Why none of them is granted anything.
    pub(super) withhold: Option<String>,
}

impl SessionsReading {
    /// Reads the sessions of an issuer, and what it did without such a session.
    pub(super) fn from_sessions(
        issuer: &str,
        sessions: &PrincipalHistory,
        own: Option<&PrincipalHistory>,
    ) -> Self {
        let mut all = sessions.clone();
        own.into_iter().for_each(|own| all.merge_with(own.clone()));
        let exploring = score::read_sessions(&all).or_else(|| user_reading(issuer, own));
        let withhold = withhold_reason(&all);
        Self { exploring, withhold }
    }

    /// The reading of one session, or of the role or user itself, in the light of this.
    pub(super) fn applied_to(&self, reading: TriageReading, is_session: bool) -> TriageReading {
        match (&self.exploring, &self.withhold) {
            _ if reading.looks_like == LooksLike::Exploring => reading,
            (Some(exploring), _) if is_session => exploring.clone(),
            (_, Some(why)) => reading.hold_back(why.clone()),
            (Some(_), None) => {
                reading.hold_back("some of its sessions look like somebody exploring".to_owned())
            }
            (None, None) => reading,
        }
    }
}

/// Only the user who requested a federation token owns it.
fn user_reading(issuer: &str, own: Option<&PrincipalHistory>) -> Option<TriageReading> {
    let is_user = issuer.contains(":user/") || issuer.ends_with(":root");
    let reading = own.filter(|_| is_user)?.to_reading();
    (reading.looks_like == LooksLike::Exploring).then_some(reading)
}

fn withhold_reason(all: &PrincipalHistory) -> Option<String> {
    let operation = all.self_grants.first();
    let by_grant = operation.map(|operation| {
        format!("a session of the same role or user {}", self_grant_text(operation))
    });
    let by_tool = || {
        all.tools.first().map(|tool| {
            format!("the user agent of a session of the same role or user names {tool}")
        })
    };
    let by_all = || {
        let reading = all.to_reading();
        (reading.looks_like == LooksLike::Exploring)
            .then(|| format!("the sessions of its role or user, taken together: {reading}"))
    };
    let found = by_grant.or_else(by_tool).or_else(by_all);
    found.or_else(|| {
        withhold::withhold_reason(all).map(|why| format!("{why}, in any of its sessions"))
    })
}
