//! The rules in force: those that ship with the program, the owner's, and what he switches off.

use std::sync::Arc;

use aware_core::finding;
use aware_rules::ir::{Case, Expr, Field, Match, Op, Pattern, Reach, Types};
use aware_rules::rule::{Language, Rule};

/// Everything that is looked for.
#[derive(Clone, Debug)]
pub struct RuleSet {
    events: Arc<[Rule]>,
}

impl RuleSet {
    /// The rules that look at one event by itself.
    pub fn events(&self) -> &Arc<[Rule]> {
        &self.events
    }

    /// What the findings of a rule carry.
    pub fn about(&self, rule: u32) -> Option<&Arc<finding::Rule>> {
        self.events.get(rule as usize).map(|rule| &rule.about)
    }
}

impl Default for RuleSet {
    fn default() -> Self {
        let denied = Match::Text(Pattern::exact("denied", Case::Insensitive), Types::Scalars);
        let expr = Expr::test(Field::dotted("aware.outcome", Reach::Leaves), Op::Is(denied));
        let rule = Rule {
            about: finding::Rule::denied_call(),
            language: Language::Sigma,
            source: "cloudtrail".to_owned(),
            file: String::new(),
            line: 1,
            expr,
        };
        Self { events: Arc::from([rule]) }
    }
}
