//! Which rules a config enables, and how severe it says their findings are.

use std::sync::Arc;

use aware_core::event::Level;
use aware_core::finding;
use aware_rules::problem::RuleMistake;

use super::config::RulesConfig;
use super::select::{RuleSelector, SelectorError};

/// The rule that a filter pattern replaces.
const DENIED_CALLS: &str = "aws-denied-call";
/// Which rules the config enables and disables, and which levels it sets.
pub(super) struct RuleSelection {
    enable: Vec<RuleSelector>,
    disable: Vec<RuleSelector>,
    levels: Vec<(RuleSelector, Level)>,
    /// The packs that are on; `None` for those that are by default.
    packs: Option<Vec<String>>,
    /// Whether a filter pattern replaces the rule about denied calls.
    pub(super) stands_in: bool,
}

impl RuleSelection {
    pub(super) fn new(config: &RulesConfig, file: &str, problems: &mut Vec<RuleMistake>) -> Self {
        let mut parse = |text: &String| {
            let problem =
                |error: SelectorError| problems.push(RuleMistake::new(file, (0, 0), error));
            RuleSelector::parse(text).map_err(problem).ok()
        };
        Self {
            enable: config.enable.iter().filter_map(&mut parse).collect(),
            disable: config.disable.iter().filter_map(&mut parse).collect(),
            levels: config
                .levels
                .iter()
                .filter_map(|(text, level)| Some((parse(text)?, (*level).into())))
                .collect(),
            packs: config.packs.clone(),
            stands_in: false,
        }
    }

    /// Selectors that match no rule.
    pub(super) fn unmatched_selectors(
        &self,
        all: &[Arc<finding::RuleSummary>],
        file: &str,
    ) -> Vec<RuleMistake> {
        let known: Vec<&finding::RuleSummary> = all.iter().map(|rule| &**rule).collect();
        let levels = self.levels.iter().map(|(selector, _)| selector);
        let packs: Vec<RuleSelector> =
            self.packs.iter().flatten().map(|pack| RuleSelector::Pack(pack.clone())).collect();
        let selectors = self.enable.iter().chain(&self.disable).chain(levels).chain(&packs);
        let problem = |selector: &RuleSelector| {
            let what = selector.check_matches(&known).err()?;
            Some(RuleMistake::new(file, (0, 0), what))
        };
        selectors.filter_map(problem).collect()
    }

    pub(super) fn apply_level(&self, rule: &mut Arc<finding::RuleSummary>) {
        let wanted = self.levels.iter().filter(|(selector, _)| selector.matches_rule(rule));
        // An id is more specific than a tag or a level.
        let best = wanted.max_by_key(|(selector, _)| matches!(selector, RuleSelector::Id(_)));
        if let Some((_, level)) = best {
            Arc::make_mut(rule).level = *level;
        }
    }

    pub(super) fn is_on(&self, rule: &finding::RuleSummary, by_default: bool) -> bool {
        let takes = |selector: &&RuleSelector| selector.matches_rule(rule);
        let by_default = match (&self.packs, &rule.pack) {
            (Some(packs), Some(pack)) => packs.contains(pack),
            _ => by_default,
        };
        let by_default = by_default && !(self.stands_in && rule.id == DENIED_CALLS);
        let by_id = |selector: &RuleSelector| matches!(selector, RuleSelector::Id(_));
        let on = self.enable.iter().find(takes);
        let off = self.disable.iter().find(takes);
        match (on, off) {
            (Some(on), Some(off)) => by_id(on) || !by_id(off) && by_default,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => by_default,
        }
    }
}
