//! What a page of rule tests says is known.

use aware_cases::rule_tests::RuleTestPage;
use aware_core::enrichment::Enrichment;
use aware_rules::problem::RuleMistake;

use crate::config::parse_config;
use crate::enrichment::load_enrichment;

/// What the config on a page of rule tests says.
pub fn enrichment_of(page: &RuleTestPage) -> (Enrichment, Vec<RuleMistake>) {
    let Some((line, text)) = &page.config else { return Default::default() };
    let place = format!("{}:{line}", page.file);
    match parse_config(text, &place) {
        Ok(config) => load_enrichment(&config.enrichment(), &place),
        Err(error) => {
            let problem = RuleMistake::new(&page.file, (*line, 0), error);
            (Enrichment::default(), vec![problem])
        }
    }
}
