//! The view itself.

use aware_core::case::{CaseKind, CaseReading, ContainStep, EventMark, MarkCounts};
use aware_core::event::Level;
use aware_core::source::contract::AccessDecider;
use aware_core::text::clean_line;

use super::cure_view::CureText;
use super::headline::headline_of;
use super::in_force::InForce;
use super::row_texts::{
    denied_because, denied_text, from_text, measured_text, when_text, who_text,
};
use super::shown_names::shell_word;
use super::timeline::CaseTimeline;
use super::why_text::WhyText;
use super::words::with_commas;
use crate::case::{Case, Refuser};

/// How many characters of an id people see: `c5b1e`.
const SHORT_ID: usize = 5;

/// A case, ready to render. The order of its parts is the order in which people read them: how
/// bad, what was achieved, whether it still holds, who, from where, how much, when.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseView {
    /// How bad it is.
    pub level: Level,
    /// The whole id.
    pub id: String,
    /// Its first characters, for people.
    pub short_id: String,
    /// Whom it is about.
    pub kind: CaseKind,
    /// What it looks like.
    pub reading: CaseReading,
    /// The actor, and the worst that they achieved.
    pub headline: String,
    /// Whether that still holds.
    pub in_force: Option<InForce>,
    /// Who acted, and where.
    pub who: String,
    /// From which addresses, with which tools and keys.
    pub from: String,
    /// From when to when.
    pub when: String,
    /// How many events have each mark; those that occur.
    pub counts: Vec<CountText>,
    /// Who knows it, why and until when.
    pub known: Option<String>,
    /// Why they were denied.
    pub denied_because: Option<String>,
    /// What Insights and aggregated events count.
    pub measured: Option<String>,
    /// The denied actions, where they are too many for the timeline.
    pub denied: Option<String>,
    /// What happened.
    pub timeline: CaseTimeline,
    /// What it looks like, and why.
    pub why: WhyText,
    /// What would cure it.
    pub cure: CureText,
    /// What contains an intruder.
    pub contain: Vec<ContainStep>,
    /// What these logs do not tell about it.
    pub not_seen: Option<String>,
    /// An event of a denial, to explain.
    explained_event: Option<String>,
    /// The principal whose policy could be generated.
    policy_principal: Option<String>,
}

/// A mark with its count in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountText {
    /// The mark.
    pub mark: EventMark,
    /// How many events have it.
    pub number: u64,
    /// `4 denied`.
    pub text: String,
}

impl CaseView {
    /// The view of a case.
    pub fn new(case: &Case) -> Self {
        let contain = case.contain.iter().map(clean_step).collect();
        Self {
            level: case.level,
            id: clean_line(&case.id).into_owned(),
            short_id: clean_line(&case.id).chars().take(SHORT_ID).collect(),
            kind: case.kind,
            reading: case.reading,
            headline: headline_of(case),
            in_force: InForce::of_case(case),
            who: who_text(case),
            from: from_text(case),
            when: when_text(case),
            counts: count_texts(&case.counts),
            known: case.known.as_deref().map(|known| clean_line(known).into_owned()),
            denied_because: denied_because(case),
            measured: measured_text(case),
            denied: denied_text(case),
            timeline: CaseTimeline::of_case(case),
            why: WhyText::of_case(case),
            cure: CureText::of_case(case),
            contain: if case.kind == CaseKind::Intruder { contain } else { Vec::new() },
            not_seen: not_seen(case),
            explained_event: explained_event(case),
            policy_principal: policy_principal(case),
        }
    }

    /// The commands to type next. `logs` is what stands for the logs in them, as the user typed
    /// it.
    pub fn next_commands(&self, logs: &str) -> Vec<String> {
        let explain = self.explained_event.as_deref();
        let explain = explain.map(|id| format!("aware explain {} {logs}", shell_word(id)));
        let policy = self.policy_principal.as_deref();
        let policy =
            policy.map(|name| format!("aware policy --principal {} {logs}", shell_word(name)));
        policy.into_iter().chain(explain).collect()
    }

    /// The counts in one line: `✕ 4 denied  ◆ 2 changed  ○ 31 read`.
    pub fn counts_line(&self) -> String {
        let counts = self.counts.iter();
        let texts = counts.map(|count| format!("{} {}", count.mark.sign(), count.text));
        texts.collect::<Vec<_>>().join("  ")
    }
}

fn clean_step(step: &ContainStep) -> ContainStep {
    let clean_all =
        |lines: &[String]| lines.iter().map(|line| clean_line(line).into_owned()).collect();
    ContainStep {
        title: clean_line(&step.title).into_owned(),
        commands: clean_all(&step.commands),
        breaks: clean_line(&step.breaks).into_owned(),
        undo: clean_all(&step.undo),
    }
}

fn count_texts(counts: &MarkCounts) -> Vec<CountText> {
    let marks = [
        EventMark::Denied,
        EventMark::Changed,
        EventMark::Read,
        EventMark::Failed,
        EventMark::Reported,
    ];
    let counted = marks.into_iter().map(|mark| (mark, counts.number_of(mark)));
    let counted = counted.filter(|(_, number)| *number > 0);
    counted
        .map(|(mark, number)| {
            let text = format!("{} {}", with_commas(number), mark.word());
            CountText { mark, number, text }
        })
        .collect()
}

/// Only of callers that IAM knows there are other events to look for.
fn not_seen(case: &Case) -> Option<String> {
    let is_followed = case.followed
        || matches!(case.kind, CaseKind::Workload | CaseKind::Chain)
        || matches!(case.reading, CaseReading::ReportedWeakness | CaseReading::Background);
    let is_of_iam =
        case.decided_by() == AccessDecider::Iam || case.refused_by.contains(&Refuser::Iam);
    (!is_followed && is_of_iam).then(|| {
        "aware did not look for what else they did: only denials and sensitive calls are counted."
            .to_owned()
    })
}

fn explained_event(case: &Case) -> Option<String> {
    let mut denied = case.actions.iter().filter(|line| line.mark == EventMark::Denied);
    denied.next().map(|line| line.event_id.clone()).filter(|id| !id.is_empty())
}

/// Policies are generated for workloads and people, not for AWS services, and not for intruders.
fn policy_principal(case: &Case) -> Option<String> {
    let mut changes = case.cure.iter().flat_map(|cure| &cure.changes);
    let is_offered = changes.any(|change| !change.statements.is_empty());
    let actor = case.actors.first().filter(|_| case.kind == CaseKind::Workload && is_offered)?;
    let is_named = ["role/", "user/"].iter().any(|start| actor.name.starts_with(start));
    if is_named { Some(actor.name.clone()) } else { actor.arn.clone() }
}
