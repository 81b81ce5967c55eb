//! Decides whether a finding is reported now or counted.

use aware_core::finding::Finding;
use jiff::Timestamp;

use super::{FindingGroup, GroupClass};

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyDecision {
    /// Report it now.
    Notify(NotifyCause),
    /// Count it; a later update reports it.
    Count,
}

/// Why a group is reported now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyCause {
    /// The group is new.
    NewGroup,
    /// Repeats have been counted and the interval has ended.
    IntervalEnded,
    /// A network, region or agent new to the group: `network 203.0.113.0/24`.
    Novelty(String),
    /// A service is denied far more often than usual.
    RateJump,
    /// The earlier reading of its principal no longer holds: it looks like exploration.
    ReadingChanged,
}

impl FindingGroup {
    /// Counts a finding and decides whether to report it now.
    ///
    /// ```
    /// use aware_cases::group::{FindingGroup, NotifyCause, NotifyDecision};
    /// use aware_core::finding::{Finding, RuleSummary};
    /// use aware_core::source::decode_record;
    ///
    /// let event = decode_record(br#"{"eventTime": "2026-11-24T03:54:07Z", "errorCode": "AccessDenied",
    ///     "eventSource": "iam.amazonaws.com", "eventName": "ListUsers"}"#)
    /// .unwrap();
    /// let finding = Finding::from_event(&RuleSummary::denied_call(), &event);
    /// let mut group = FindingGroup::for_finding(&finding);
    /// let first = group.record_and_decide(&finding, event.time);
    /// assert_eq!(first, NotifyDecision::Notify(NotifyCause::NewGroup));
    /// // The repeat waits for an update.
    /// assert_eq!(group.record_and_decide(&finding, event.time), NotifyDecision::Count);
    /// assert_eq!(group.count, 2);
    /// ```
    pub fn record_and_decide(&mut self, finding: &Finding, now: Timestamp) -> NotifyDecision {
        let novelty = self.new_sign(finding).or_else(|| self.find_novelty(finding));
        let is_first = self.count == 0;
        self.record(finding);
        let jumped = self.rate.count_and_detect_jump(now);
        match self.class {
            GroupClass::Service if jumped => NotifyDecision::Notify(NotifyCause::RateJump),
            GroupClass::Service | GroupClass::Suppressed => NotifyDecision::Count,
            GroupClass::Finding if is_first => NotifyDecision::Notify(NotifyCause::NewGroup),
            GroupClass::Finding => novelty.map_or(NotifyDecision::Count, |new| {
                NotifyDecision::Notify(NotifyCause::Novelty(new))
            }),
        }
    }

    /// What this finding reveals, if that is new to the group: it raises the level.
    fn new_sign(&self, finding: &Finding) -> Option<String> {
        let sign = finding.explanation.as_ref()?.sign.as_ref()?;
        let is_known = self
            .signs
            .iter()
            .any(|known| known.label == sign.label && known.is_high >= sign.is_high);
        (!is_known && self.count > 0).then(|| format!("sign: {}", sign.label))
    }

    /// What this finding brings that is new to the group.
    fn find_novelty(&self, finding: &Finding) -> Option<String> {
        let dimensions = [
            ("network", &self.networks, finding.network.as_deref()),
            ("region", &self.regions, Some(finding.region.as_str())),
            ("user agent", &self.agents, finding.agent_family.as_deref()),
            ("action", &self.actions, Some(finding.action.as_str())),
        ];
        let new = dimensions.into_iter().find_map(|(name, seen, value)| {
            let value = value.filter(|value| seen.is_new_value(value))?;
            Some(format!("{name} {value}"))
        })?;
        (self.count > 0).then_some(new)
    }
}
