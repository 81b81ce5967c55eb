//! Which exception would quieten a case, as a table of a config.

use std::collections::BTreeSet;

use aware_cases::case::{Case, KnownActor};
use aware_core::case::{CaseKind, CaseReading};
use aware_core::event::Level;
use aware_io::rules::{KnownConfig, RulesConfig, SuppressionConfig};
use jiff::{Span, Timestamp};
use serde::Serialize;

/// More actions than this of one service are written as `service:*`.
const MAX_ACTIONS: usize = 8;
/// For how many days an exception is proposed.
const DAYS: i64 = 90;

/// What would quieten a case.
pub(super) enum TuneAdvice {
    /// Its principal is refused what is known.
    Known(KnownConfig),
    /// Its rules' findings about its principal are hidden.
    Suppress(SuppressionConfig),
    /// It looks hostile: nothing.
    Look,
}

#[derive(Serialize)]
struct KnownTable {
    known: [KnownConfig; 1],
}

#[derive(Serialize)]
struct SuppressTable {
    suppress: [SuppressionConfig; 1],
}

impl TuneAdvice {
    /// The exception for a case that logs up to this time show.
    pub(super) fn for_case(case: &Case, now: Timestamp) -> Self {
        let is_hostile = case.kind == CaseKind::Intruder
            || case.level >= Level::High
            || matches!(case.reading, CaseReading::Intrusion | CaseReading::MisuseOfRoot);
        let until = TimeEnd::after(now);
        match known_entry(case, &until).or_else(|| suppress_entry(case, &until)) {
            Some(advice) if !is_hostile => advice,
            _ => Self::Look,
        }
    }

    /// The table, as TOML.
    pub(super) fn to_toml(&self) -> Option<String> {
        match self {
            Self::Known(entry) => toml::to_string(&KnownTable { known: [entry.clone()] }).ok(),
            Self::Suppress(entry) => {
                toml::to_string(&SuppressTable { suppress: [entry.clone()] }).ok()
            }
            Self::Look => None,
        }
    }
}

/// When an exception ends.
struct TimeEnd {
    time: Timestamp,
    date: String,
}

impl TimeEnd {
    fn after(now: Timestamp) -> Self {
        let time = now.checked_add(Span::new().hours(24 * DAYS)).unwrap_or(now);
        Self { time, date: time.strftime("%Y-%m-%d").to_string() }
    }
}

/// Only if it would cover the case.
fn known_entry(case: &Case, until: &TimeEnd) -> Option<TuneAdvice> {
    let [actor] = case.actors.as_slice() else { return None };
    let what = actions_of(case);
    let principal = actor.arn.clone().unwrap_or_else(|| actor.name.clone());
    let known = KnownActor {
        principal: principal.clone(),
        what: what.clone(),
        owner: String::new(),
        reason: String::new(),
        until: until.time,
    };
    (!what.is_empty() && known.covers(case)).then(|| {
        TuneAdvice::Known(KnownConfig {
            principal,
            what,
            owner: OWNER.to_owned(),
            reason: REASON.to_owned(),
            until: until.date.clone(),
        })
    })
}

const OWNER: &str = "YOUR TEAM";
const REASON: &str = "WHY IT IS EXPECTED";

fn suppress_entry(case: &Case, until: &TimeEnd) -> Option<TuneAdvice> {
    let [actor] = case.actors.as_slice() else { return None };
    let arn = actor.arn.as_deref().filter(|arn| !arn.contains('"'))?;
    let field = match actor.kind.as_str() {
        "AssumedRole" => "userIdentity.sessionContext.sessionIssuer.arn",
        "IAMUser" => "userIdentity.arn",
        _ => return None,
    };
    let rules: Vec<String> = case.rules.iter().map(|(id, _)| id.clone()).collect();
    (!rules.is_empty()).then(|| {
        TuneAdvice::Suppress(SuppressionConfig {
            name: format!("{}, expected", actor.name),
            rules,
            pattern: format!("{{ $.{field} = \"{arn}\" }}"),
            owner: OWNER.to_owned(),
            reason: REASON.to_owned(),
            until: until.date.clone(),
        })
    })
}

/// What was denied; of a service with many actions all of it.
fn actions_of(case: &Case) -> Vec<String> {
    let actions: BTreeSet<&str> = case.refused_actions().collect();
    let service = |action: &str| action.split(':').next().unwrap_or_default().to_owned();
    let mut what = BTreeSet::new();
    for action in &actions {
        let service = service(action);
        let of_service = actions.iter().filter(|one| one.split(':').next() == Some(&service));
        let is_many = of_service.count() > MAX_ACTIONS;
        what.insert(if is_many { format!("{service}:*") } else { (*action).to_owned() });
    }
    what.into_iter().collect()
}

#[derive(Serialize)]
struct RulesTable {
    rules: RulesConfig,
}

/// The table that switches rules off.
pub(super) fn disabling(rules: &[String]) -> Option<String> {
    let rules = RulesConfig { disable: rules.to_vec(), ..RulesConfig::default() };
    toml::to_string(&RulesTable { rules }).ok()
}
