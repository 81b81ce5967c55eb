//! The rules in force: those that ship with the program, the owner's, and what he silences.

mod config;
mod files;
mod left_out;
mod load;
pub mod reload;
mod select;
mod silent;

use std::sync::Arc;

use aware_core::event::Event;
use aware_core::finding;
use aware_core::source::SourceId;
use aware_rules::correlate::{Plan, Settings};
use aware_rules::ir::Expr;
use aware_rules::oracle;
use aware_rules::rule::Rule;
use jiff::{SignedDuration, Timestamp};

pub use config::{FILTER_PATTERN, RulesConfig, SuppressionConfig, WatchConfig};
pub use left_out::LeftOut;
pub use load::{Loaded, Wanted, load};
pub use select::{Selector, has_tag};

/// Everything that is looked for.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, and behind them what triage asks for.
    events: Arc<[Rule]>,
    /// How many of them are rules.
    rules: usize,
    /// For each rule what becomes of its matches.
    roles: Vec<Role>,
    suppressions: Vec<Suppression>,
    correlations: Arc<Plan>,
    lateness: Option<SignedDuration>,
}

/// What becomes of a rule's matches.
#[derive(Clone, Debug, Default)]
struct Role {
    /// They make no findings: they only feed correlations.
    silent: bool,
    /// The rule as correlations know it.
    feeds: Option<usize>,
    /// The suppressions that may hide them, by their places.
    suppressions: Vec<usize>,
}

/// Something known that is not to be told.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// What it is called.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub reason: String,
    /// When it ends.
    pub until: Timestamp,
    /// The source whose events it is about; `None` for all.
    source: Option<SourceId>,
    /// What has to hold of an event for a finding not to be hidden.
    expr: Expr,
    /// The file it is written in.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl RuleSet {
    /// The rules that look at one event by itself.
    pub fn events(&self) -> &[Rule] {
        self.events.get(..self.rules).unwrap_or_default()
    }

    /// What the engine runs: the rules, and what is looked for whatever they are.
    pub fn watched(&self) -> &Arc<[Rule]> {
        &self.events
    }

    /// What the findings of a rule carry; `None` for a rule that only feeds correlations.
    pub fn about(&self, rule: u32) -> Option<&Arc<finding::Rule>> {
        let silent = self.roles.get(rule as usize).is_some_and(|role| role.silent);
        self.events.get(rule as usize).filter(|_| !silent).map(|rule| &rule.about)
    }

    /// The rule as correlations know it, if any asks for its matches.
    pub fn feeds(&self, rule: u32) -> Option<usize> {
        self.roles.get(rule as usize)?.feeds
    }

    /// Whether what a match comes to is known without looking into the event.
    pub fn is_plain(&self, rule: u32) -> bool {
        let role = self.roles.get(rule as usize);
        role.is_some_and(|role| {
            !role.silent && role.feeds.is_none() && role.suppressions.is_empty()
        })
    }

    /// The suppression that hides a rule's finding about an event, if one does.
    pub fn hides(&self, rule: u32, event: &Event) -> Option<&Suppression> {
        let role = self.roles.get(rule as usize)?;
        let mut suppressions = role.suppressions.iter().filter_map(|at| self.suppressions.get(*at));
        suppressions.find(|one| one.hides(event))
    }

    /// All suppressions, those that have ended included.
    pub fn suppressions(&self) -> &[Suppression] {
        &self.suppressions
    }

    /// How correlations run.
    pub fn settings(&self) -> Settings {
        let default = Settings::default();
        let seconds = self.lateness.and_then(|span| u64::try_from(span.as_secs()).ok());
        Settings { horizon_seconds: seconds.unwrap_or(default.horizon_seconds), ..default }
    }

    /// The correlations, ready to run.
    pub fn correlations(&self) -> &Arc<Plan> {
        &self.correlations
    }
}

impl Default for RuleSet {
    /// The rules that ship, as they are by default.
    fn default() -> Self {
        load(&Wanted::default()).rules
    }
}

impl Suppression {
    /// Its name and owner, for digests.
    pub fn label(&self) -> String {
        format!("hidden by {} ({})", self.name, self.owner)
    }

    /// Whether it hides findings about an event. One that has ended by the time of the event does
    /// not. Patterns of a line of text see the record as it is written again.
    fn hides(&self, event: &Event) -> bool {
        event.time < self.until
            && self.source.is_none_or(|source| source == event.source)
            && !oracle::matches(&self.expr, event.source, &event.record, &event.record.to_string())
    }
}
