//! Many new cases at once: one message that names the worst.

use std::cmp::Reverse;

use aware_core::event::Level;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::budget::later;
use super::limits::{StormLimits, TellingLimits};

/// How many cases a storm names.
const NAMED: usize = 10;

/// A case that a storm names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StormCase {
    /// The case's id.
    pub id: String,
    /// How bad it is.
    pub level: Level,
    /// Its headline.
    pub title: String,
}

/// How many cases opened lately, and what a storm of them has not reported yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseStorm {
    /// When the newest cases opened: one more than is allowed.
    opened: Vec<Timestamp>,
    /// When the storm ends, if nothing more comes.
    until: Option<Timestamp>,
    /// Its cases since it began.
    cases: u64,
    /// Their findings.
    findings: u64,
    /// The worst of them, worst first.
    worst: Vec<StormCase>,
    new_cases: u64,
    new_findings: u64,
    told: Option<Timestamp>,
    messages: u32,
}

/// What the message about a storm says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormReport {
    /// How many cases it holds since it began.
    pub cases: u64,
    /// How many findings they have.
    pub findings: u64,
    /// How many of the cases are new in this message.
    pub new_cases: u64,
    /// How many of the findings are new in this message.
    pub new_findings: u64,
    /// The worst of them, worst first.
    pub worst: Vec<StormCase>,
    /// Whether it is the first message about this storm.
    pub is_first: bool,
}

impl CaseStorm {
    /// Whether new cases are held.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Notes that a case opens. Whether it may be told by itself: high and critical ones always,
    /// the others unless there are too many. Once a storm is active, nothing is noted here, so that
    /// whoever only adds to it need not write it: see [`CaseStorm::gather_case`].
    pub fn admit_case(&mut self, level: Level, now: Timestamp, limits: &StormLimits) -> bool {
        if !self.is_active(now) {
            self.note_opened(now, limits);
        }
        level >= Level::High || !self.is_active(now)
    }

    fn note_opened(&mut self, now: Timestamp, limits: &StormLimits) {
        let since = now.checked_sub(limits.span).unwrap_or(Timestamp::MIN);
        self.opened.push(now);
        self.opened.sort();
        self.opened.retain(|time| *time > since);
        let most = limits.most as usize;
        if self.opened.len() > most {
            self.until = Some(later(now, limits.span));
            let over = self.opened.len().saturating_sub(most + 1);
            self.opened.drain(..over);
        }
    }

    /// Takes what a held case has not reported into the storm's message.
    pub fn gather_case(
        &mut self,
        case: StormCase,
        is_new: bool,
        findings: u64,
        now: Timestamp,
        limits: &StormLimits,
    ) {
        if is_new {
            self.note_opened(now, limits);
            self.cases += 1;
            self.new_cases += 1;
        }
        self.findings += findings;
        self.new_findings += findings;
        self.worst.retain(|one| one.id != case.id);
        self.worst.push(case);
        self.worst.sort_by(|a, b| (Reverse(a.level), &a.id).cmp(&(Reverse(b.level), &b.id)));
        self.worst.truncate(NAMED);
    }

    /// When its next message is due; `None` if there is nothing to report.
    pub fn next_due_at(&self, limits: &TellingLimits) -> Option<Timestamp> {
        if self.new_cases == 0 && self.new_findings == 0 {
            return None;
        }
        let Some(told) = self.told else { return Some(Timestamp::MIN) };
        let wait = match self.messages {
            0 | 1 => limits.intervals.wait,
            2 => limits.intervals.interval,
            _ => limits.intervals.repeat,
        };
        // After its end it has one last word.
        Some(later(told, wait).min(self.until.map_or(Timestamp::MIN, |until| until.max(told))))
    }

    /// What its message says, which is thereby reported. After the end of a storm it starts over.
    pub fn take_report(&mut self, now: Timestamp) -> StormReport {
        let report = StormReport {
            cases: self.cases,
            findings: self.findings,
            new_cases: std::mem::take(&mut self.new_cases),
            new_findings: std::mem::take(&mut self.new_findings),
            worst: self.worst.clone(),
            is_first: self.messages == 0,
        };
        self.told = Some(now);
        self.messages = self.messages.saturating_add(1);
        if !self.is_active(now) {
            *self = Self { opened: std::mem::take(&mut self.opened), ..Self::default() };
        }
        report
    }
}
