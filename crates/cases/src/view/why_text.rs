//! What a case looks like, with each sign and its points.

use aware_core::case::CaseReading;
use aware_core::source::contract::AccessDecider;

use super::broken_chain::bucket_name;
use super::refused::refused_sentence;
use super::shown_names::{shown_name, shown_text};
use super::times::full_minute;
use super::words::with_commas;
use crate::case::Case;

/// The most characters of a sign.
const MAX_SIGN: usize = 300;

/// What a case looks like, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyText {
    /// What the sentence follows: `looks like`, or `unclear`.
    pub label: &'static str,
    /// The reading in words: `an intrusion`.
    pub sentence: String,
    /// The sum of the points.
    pub points: i32,
    /// Every sign, the heaviest first.
    pub lines: Vec<WhyLine>,
    /// The cause, where one cause refuses many.
    pub cause: Option<WhyLine>,
}

/// A reason with its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyLine {
    /// Positive for an intruder, negative for a missing permission; of causes zero.
    pub points: i32,
    /// The reason.
    pub text: String,
    /// An event that shows it.
    pub event_id: Option<String>,
}

impl WhyText {
    pub(super) fn of_case(case: &Case) -> Self {
        let is_unclear = case.reading == CaseReading::Unclear;
        let lines = case.signs.iter().map(|sign| WhyLine {
            points: sign.points,
            text: shown_text(&sign.text, MAX_SIGN),
            event_id: sign.event_id.clone(),
        });
        let is_person = case.actors.first().is_some_and(|actor| actor.is_person);
        Self {
            label: if is_unclear { "unclear" } else { "looks like" },
            sentence: reading_sentence(case, is_person).to_owned(),
            points: case.signs.iter().map(|sign| sign.points).sum(),
            lines: lines.collect(),
            cause: cause_line(case),
        }
    }
}

/// What a reading is called, as it follows [`WhyText::label`].
fn reading_sentence(case: &Case, is_person: bool) -> &'static str {
    match (case.reading, is_person) {
        (CaseReading::Intrusion, _) => "an intrusion",
        (CaseReading::Exploring, _) if case.is_refused_permission() => "somebody exploring",
        (CaseReading::Exploring, _) => "an attack, or somebody preparing one",
        (CaseReading::MisuseOfRoot, _) => "root doing what other users should do",
        (CaseReading::BrokenChain, _) => "an AWS service that cannot do its work",
        (CaseReading::ReportedThreat, _) if case.reported.is_empty() => "an attack",
        (CaseReading::ReportedThreat, _) => "an attack, in the words of another service",
        (CaseReading::ReportedWeakness, _) if case.reported.is_empty() => {
            "a weakness that an attack could use"
        }
        (CaseReading::ReportedWeakness, _) => {
            "a weakness that an attack could use, in the words of another service"
        }
        (CaseReading::Background, _) => "the background noise of the internet",
        (CaseReading::Change, _) => {
            "activity that a rule matched, with too little to call it hostile"
        }
        (CaseReading::Unclear, _) if case.counts.denied == 0 || !knows_permissions(case) => {
            "too little seen to tell an attack from what belongs there"
        }
        (CaseReading::Unclear, _) => {
            "too little seen to tell an intruder from a missing permission"
        }
        (CaseReading::LacksPermission, is_person) => refused_sentence(case, is_person),
        (CaseReading::NotConsistentYet, _) => {
            "IAM's eventual consistency: no permission is missing"
        }
        (CaseReading::ConsolePage, _) => "a console page that asks for more than its user may see",
        (CaseReading::NotServed, _) => {
            "a service that AWS does not offer there, or that is not enabled"
        }
    }
}

/// Whether permissions decide what its log is about.
fn knows_permissions(case: &Case) -> bool {
    match case.decided_by() {
        AccessDecider::Iam | AccessDecider::Bucket | AccessDecider::Kubernetes => true,
        AccessDecider::Network | AccessDecider::Others => false,
    }
}

/// `bucket clinic-log denies 3 principals; the last change before that was by root, at …`.
fn cause_line(case: &Case) -> Option<WhyLine> {
    let cause = case.cause.as_ref()?;
    let what = match bucket_name(&cause.what) {
        Some(bucket) => format!("bucket {}", shown_name(&bucket)),
        None => shown_name(&cause.what),
    };
    let refuses = match cause.principals {
        0 | 1 => "denies it".to_owned(),
        many => format!("denies {} principals", with_commas(many)),
    };
    let changed = cause.changed_by.as_ref().map(|by| {
        let when = cause.changed_at.map(|at| format!(", at {} UTC", full_minute(at)));
        format!(
            "; the last change before that was by {}{}",
            shown_name(by),
            when.unwrap_or_default()
        )
    });
    let unknown = || "; these logs show no change of it before that".to_owned();
    Some(WhyLine {
        points: 0,
        text: format!("{what} {refuses}{}", changed.unwrap_or_else(unknown)),
        event_id: cause.event_id.clone(),
    })
}
