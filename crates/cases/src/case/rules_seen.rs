//! The rules that made findings of one principal, and what they say of these.

use aware_core::case::CaseReading;
use aware_core::event::Level;
use aware_core::finding::RuleSummary;
use aware_core::open::OpenEnum;
use serde::{Deserialize, Serialize};

/// A rule that made findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RuleSeen {
    pub(super) name: String,
    pub(super) level: Option<Level>,
    /// What the rule says that its findings look like.
    #[serde(default)]
    pub(super) reading: Option<OpenEnum<CaseReading>>,
    pub(super) count: u64,
}

impl RuleSeen {
    /// Records a finding of the rule.
    pub(super) fn record_rule(&mut self, name: &str, rule: &RuleSummary) {
        name.clone_into(&mut self.name);
        self.level = self.level.max(Some(rule.level));
        self.reading = worse_reading(self.reading.take(), rule.reading.clone());
        self.count += 1;
    }

    pub(super) fn merge_with(&mut self, other: &Self) {
        if self.name.is_empty() || !other.name.is_empty() && other.name < self.name {
            self.name.clone_from(&other.name);
        }
        self.level = self.level.max(other.level);
        self.reading = worse_reading(self.reading.take(), other.reading.clone());
        self.count += other.count;
    }
}

/// The worse of what rules say that their findings look like.
fn worse_reading(
    one: Option<OpenEnum<CaseReading>>,
    other: Option<OpenEnum<CaseReading>>,
) -> Option<OpenEnum<CaseReading>> {
    let rank = |reading: &Option<OpenEnum<CaseReading>>| {
        reading.as_ref().and_then(OpenEnum::known).map(told_rank)
    };
    if rank(&other) > rank(&one) { other } else { one.or(other) }
}

/// How bad it is what a rule says of its findings.
pub(super) fn told_rank(reading: CaseReading) -> u8 {
    match reading {
        CaseReading::Intrusion => 6,
        CaseReading::Exploring => 5,
        CaseReading::ReportedThreat => 4,
        CaseReading::Unclear => 3,
        CaseReading::ReportedWeakness => 2,
        CaseReading::Change | CaseReading::MisuseOfRoot | CaseReading::BrokenChain => 1,
        CaseReading::Background
        | CaseReading::LacksPermission
        | CaseReading::NotConsistentYet
        | CaseReading::ConsolePage
        | CaseReading::NotServed => 0,
    }
}
