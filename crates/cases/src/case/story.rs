//! A case as it is told: the facts from which every form of it is rendered.

use std::collections::{BTreeMap, BTreeSet};

use aware_core::case::{CaseKind, CaseReading, EventMark};
pub use aware_core::case::{ContainStep, MarkCounts};
use aware_core::enrichment::Enrichment;
use aware_core::event::Level;
use aware_core::explanation::Cure;
use aware_core::source::contract::AccessDecider;
use aware_core::source::{self, SourceId, cloudtrail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{FirstFinding, NotableFact};
use super::refuser::Refuser;

/// How many lines of actions a shortened case has.
const SHORT_ACTIONS: usize = 512;
/// How many successes and steps a shortened case has.
const SHORT_NOTABLE: usize = 128;

/// One line in place of several.
fn counting_line(lines: &[NotableLine], undo: UndoState) -> Option<NotableLine> {
    let heaviest = lines.iter().max_by_key(|line| line.fact.weight)?;
    let count = lines.iter().map(|line| line.count).sum();
    let fact = heaviest.fact.counting("sensitive calls that are not listed".to_owned());
    Some(NotableLine { fact, undo, first_used: None, count, ..heaviest.clone() })
}

/// What speaks for a reading, with its points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CaseSign {
    /// Positive for an intruder, negative for a missing permission.
    pub points: i32,
    /// A sentence.
    pub text: String,
    /// An event that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// One of the principals of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseActor {
    /// The key under which it is remembered.
    pub key: String,
    /// The display name: `user/alice`.
    pub name: String,
    /// The ARN of the user or role, if known.
    pub arn: Option<String>,
    /// AWS's name of its kind: `IAMUser`.
    pub kind: String,
    /// Its account.
    pub account: Option<String>,
    /// Whether it is a person.
    pub is_person: bool,
    /// The access keys that it used, whole, in the order of first use.
    pub keys: Vec<String>,
    /// Its sessions.
    pub sessions: Vec<String>,
}

/// One action with one mark, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionLine {
    /// The action.
    pub action: String,
    /// How it ended.
    pub mark: EventMark,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// The first event's id.
    pub event_id: String,
    /// Resources, as far as they are remembered.
    pub resources: Vec<String>,
    /// Which of the case's actors.
    pub actor: usize,
}

/// What is known about whether a change still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum UndoState {
    /// Nothing takes it back in these logs.
    InForce,
    /// It was taken back.
    Undone {
        /// By whom.
        by: String,
        /// When.
        time: Timestamp,
        /// The event's id.
        event_id: String,
    },
    /// It is nothing that can be taken back: something was read or run.
    Final,
    /// Too much was taken back in these logs to remember all of it, or something happened to it in
    /// the same second, or the line counts several things.
    NotKnown,
}

/// A success that is worth telling, in its case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotableLine {
    /// When.
    pub time: Timestamp,
    /// The event's id.
    pub event_id: String,
    /// The action.
    pub action: String,
    /// Whether it changed something or only read.
    pub mark: EventMark,
    /// What it is.
    pub fact: NotableFact,
    /// How often the same was done to different things.
    pub count: u64,
    /// Whether it still holds.
    pub undo: UndoState,
    /// Which of the case's actors.
    pub actor: usize,
    /// When what it created was first used, and by which event.
    pub first_used: Option<(Timestamp, String)>,
}

/// What another service reports, in its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedLine {
    /// When it was first reported.
    pub first: Timestamp,
    /// When it was last updated.
    pub last: Timestamp,
    /// The first event's id.
    pub event_id: String,
    /// The service's id of the finding.
    pub finding_id: String,
    /// The service: `GuardDuty`.
    pub product: String,
    /// The service's name for its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// How severe the service calls it.
    pub level: Level,
    /// Whether it reports an attack, rather than a weakness.
    pub is_threat: bool,
    /// How often the service saw it.
    pub count: u64,
    /// Which of the case's actors.
    pub actor: usize,
}

/// Denied, then the own permissions changed, then the same call went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseTurn {
    /// The actions that were denied, and then went through.
    pub actions: Vec<String>,
    /// When the first of them was denied.
    pub denied: Timestamp,
    /// When the permissions changed.
    pub changed: Timestamp,
    /// When the first of them went through.
    pub allowed: Timestamp,
    /// The event that went through.
    pub event_id: String,
}

/// One cause that refuses many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCause {
    /// What refuses: a policy's ARN, a bucket, a key.
    pub what: String,
    /// The last change of it before the first refusal, if the logs have it.
    pub changed_by: Option<String>,
    /// When that was.
    pub changed_at: Option<Timestamp>,
    /// The event of the change.
    pub event_id: Option<String>,
    /// How many principals it refuses.
    pub principals: u64,
}

/// A case, with everything that any form of it shows. Strings are as the log had them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id: `c` and 16 hexadecimal digits.
    pub id: String,
    /// Whom it is about.
    pub kind: CaseKind,
    /// How bad it is.
    pub level: Level,
    /// What it looks like.
    pub reading: CaseReading,
    /// Why, the heaviest first.
    pub signs: Vec<CaseSign>,
    /// The accounts that were called.
    pub accounts: Vec<String>,
    /// Who acted; the first one began.
    pub actors: Vec<CaseActor>,
    /// How many events of each mark are known.
    pub counts: MarkCounts,
    /// How many findings are in it.
    pub findings: u64,
    /// The earliest finding, as version 1 of the message tells it.
    #[serde(default)]
    pub first_finding: Option<FirstFinding>,
    /// The first event.
    pub first: Timestamp,
    /// The last event.
    pub last: Timestamp,
    /// What was done, by action and mark: denied, changed, read, failed, each by time.
    pub actions: Vec<ActionLine>,
    /// Successes worth telling, by time.
    pub notable: Vec<NotableLine>,
    /// What other services report, the worst first.
    #[serde(default)]
    pub reported: Vec<ReportedLine>,
    /// Turns.
    pub turns: Vec<CaseTurn>,
    /// The cause, where one cause refuses many.
    pub cause: Option<CaseCause>,
    /// Why it was denied, each reason in a sentence.
    #[serde(default)]
    pub denied_because: Vec<String>,
    /// What refused it.
    #[serde(default)]
    pub refused_by: BTreeSet<Refuser>,
    /// Endpoints of VPCs whose policies denied it.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// What would cure it, or why that is withheld.
    pub cure: Option<Cure>,
    /// How many of the denied actions have worked since, of how many.
    pub cured: (u64, u64),
    /// Since when a workload has been refused the same from the same networks, if for days.
    pub steady_since: Option<Timestamp>,
    /// Who knows it, why and until when.
    pub known: Option<String>,
    /// What will probably be denied next.
    pub likely_next: Vec<String>,
    /// What contains it, in order.
    pub contain: Vec<ContainStep>,
    /// AWS services that passed calls on, as CloudFormation does.
    pub through: Vec<String>,
    /// Stacks for which CloudFormation made calls that were denied.
    #[serde(default)]
    pub stacks: Vec<String>,
    /// What Insights and aggregated events say of the calls that they count, each in a sentence.
    #[serde(default)]
    pub measured: Vec<String>,
    /// Source addresses.
    pub sources: Vec<String>,
    /// Regions.
    pub regions: Vec<String>,
    /// Families of user agents.
    pub agents: Vec<String>,
    /// The rules that made its findings, the most severe first: id and name.
    pub rules: Vec<(String, String)>,
    /// The earliest events, to look up.
    pub event_ids: Vec<String>,
    /// Until when the logs reach.
    pub logs_until: Timestamp,
    /// Whether the principals' other events were looked for.
    pub followed: bool,
    /// What its accounts are called, by their ids, as far as anybody has said.
    #[serde(default)]
    pub account_names: BTreeMap<String, String>,
    /// What is known of its addresses.
    #[serde(default)]
    pub address_notes: BTreeMap<String, String>,
}

impl Case {
    /// Adds what is known of its accounts and addresses.
    pub fn add_known(&mut self, known: &Enrichment) {
        let name = |id: &String| Some((id.clone(), known.accounts.account(id)?.name.clone()));
        let owners = self.actors.iter().filter_map(|actor| actor.account.as_ref());
        self.account_names = self.accounts.iter().chain(owners).filter_map(name).collect();
        let note =
            |source: &String| Some((source.clone(), known.networks.facts_of(source).note()?));
        self.address_notes = self.sources.iter().filter_map(note).collect();
        // Of many addresses only the first are shown.
        self.sources.sort_by_key(|source| known.networks.facts_of(source).lists.is_empty());
    }

    /// The kind of log that its earliest finding is from.
    pub fn log_source(&self) -> SourceId {
        let name = self.first_finding.as_ref().and_then(|first| first.log_source.as_deref());
        name.and_then(source::id_of).unwrap_or(cloudtrail::ID)
    }

    /// What decides about access in that log.
    pub fn decided_by(&self) -> AccessDecider {
        source::source_of(self.log_source()).decided_by()
    }

    /// Whether something that permissions decide about was denied: what somebody who looks around is
    /// denied. Cases that were stored before this was kept count as that.
    pub fn is_refused_permission(&self) -> bool {
        let is_of_old = self.refused_by.is_empty() && self.counts.denied > 0;
        is_of_old || self.refused_by.iter().any(|refuser| refuser.is_permission())
    }

    /// The same with fewer details, for a store that takes no more: without the request and the
    /// resources of its calls, with the first lines of each kind, and with a line that counts what
    /// else went through.
    pub fn shortened(&self) -> Self {
        let mut short = self.clone();
        short.first_finding.iter_mut().for_each(|first| first.request = None);
        short.actions.iter_mut().for_each(|line| line.resources.clear());
        short.actions.truncate(SHORT_ACTIONS);
        short.contain.truncate(SHORT_NOTABLE);
        short.reported.truncate(SHORT_NOTABLE);
        let left_out = short.notable.split_off(short.notable.len().min(SHORT_NOTABLE));
        let (last, open): (Vec<NotableLine>, Vec<NotableLine>) =
            left_out.into_iter().partition(|line| line.undo == UndoState::Final);
        short.notable.extend(counting_line(&open, UndoState::NotKnown));
        short.notable.extend(counting_line(&last, UndoState::Final));
        short
    }

    /// What was refused, each action once for each principal.
    pub fn refused_actions(&self) -> impl Iterator<Item = &str> {
        let refused = self.actions.iter().filter(|line| line.mark == EventMark::Denied);
        refused.map(|line| line.action.as_str())
    }
}
