//! Which exception would quieten a case, as a table of a config.

use std::collections::BTreeSet;

use aware_cases::case::{Case, CaseActor, KnownActor};
use aware_core::case::{CaseKind, CaseReading};
use aware_core::event::Level;
use aware_core::text::clean_line;
use aware_io::rules::{KnownConfig, RulesConfig, SuppressionConfig};
use jiff::{Span, Timestamp};
use serde::Serialize;

/// An exception for more actions than this would be for what nobody has looked at.
const MAX_ACTIONS: usize = 20;
/// For how many days an exception is proposed.
const DAYS: i64 = 90;

/// What would quieten a case.
pub(super) enum TuneAdvice {
    /// Its principal is refused what is known.
    Known(KnownConfig),
    /// Its rules' findings about its principal are hidden.
    Suppress(SuppressionConfig),
    /// It looks hostile or is bad: no exception.
    Look,
    /// No exception would be for it alone.
    TooWide,
}

#[derive(Serialize)]
struct KnownTable {
    known: [KnownConfig; 1],
}

#[derive(Serialize)]
struct SuppressTable {
    suppress: [SuppressionConfig; 1],
}

/// Whether nobody should be told to look away.
pub(super) fn is_hostile(case: &Case) -> bool {
    case.kind == CaseKind::Intruder
        || case.level >= Level::High
        || matches!(case.reading, CaseReading::Intrusion | CaseReading::MisuseOfRoot)
}

impl TuneAdvice {
    /// The exception for a case that logs up to this time show.
    pub(super) fn for_case(case: &Case, now: Timestamp) -> Self {
        if is_hostile(case) {
            return Self::Look;
        }
        let until = TimeEnd::after(now);
        known_entry(case, &until).or_else(|| suppress_entry(case, &until)).unwrap_or(Self::TooWide)
    }

    /// The table, as TOML.
    pub(super) fn to_toml(&self) -> Option<String> {
        match self {
            Self::Known(entry) => toml::to_string(&KnownTable { known: [entry.clone()] }).ok(),
            Self::Suppress(entry) => {
                toml::to_string(&SuppressTable { suppress: [entry.clone()] }).ok()
            }
            Self::Look | Self::TooWide => None,
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

/// Whether a text stands for itself alone in patterns, and in a terminal.
fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?', '"', '\\', '{', '}', '$']) && clean_line(text) == text
}

/// The ARN of the case's only principal, if exceptions by it are about nobody else: whoever assumes
/// a role chooses a session's name, and behind it another person may come.
fn sole_arn(case: &Case) -> Option<(&CaseActor, &str)> {
    let [actor] = case.actors.as_slice() else { return None };
    let arn = actor.arn.as_deref().filter(|arn| is_literal(arn))?;
    (actor.key == arn).then_some((actor, arn))
}

/// Only if it would cover the case.
fn known_entry(case: &Case, until: &TimeEnd) -> Option<TuneAdvice> {
    let (_, arn) = sole_arn(case)?;
    let what: BTreeSet<&str> = case.refused_actions().collect();
    let what: Vec<String> = what.into_iter().map(str::to_owned).collect();
    if what.is_empty() || what.len() > MAX_ACTIONS || !what.iter().all(|one| is_literal(one)) {
        return None;
    }
    let known = KnownActor {
        principal: arn.to_owned(),
        what: what.clone(),
        owner: String::new(),
        reason: String::new(),
        until: until.time,
    };
    known.covers(case).then(|| {
        TuneAdvice::Known(KnownConfig {
            principal: arn.to_owned(),
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
    let (actor, arn) = sole_arn(case)?;
    let field = match actor.kind.as_str() {
        "AssumedRole" => "userIdentity.sessionContext.sessionIssuer.arn",
        "IAMUser" => "userIdentity.arn",
        _ => return None,
    };
    let rules: Vec<String> = case.rules.iter().map(|(id, _)| id.clone()).collect();
    (!rules.is_empty()).then(|| {
        TuneAdvice::Suppress(SuppressionConfig {
            name: format!("{}, expected", clean_line(&actor.name)),
            rules,
            pattern: format!("{{ $.{field} = \"{arn}\" }}"),
            owner: OWNER.to_owned(),
            reason: REASON.to_owned(),
            until: until.date.clone(),
        })
    })
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
