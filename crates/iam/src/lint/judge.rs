//! Judges a document, statement by statement.

use super::budget::LookupBudget;
use super::checks::shape::NOT_ALL_JUDGED;
use super::findings::FindingCollector;
use super::look::StatementChecker;
use super::view::DocumentView;
use super::{limits, redundant, variables};
use crate::catalogue::Catalogue;

pub(super) fn check_policy(
    catalogue: &Catalogue,
    document: &DocumentView,
    budget: &mut LookupBudget,
    findings: &mut FindingCollector<'_>,
) {
    limits::check_document(document, findings);
    variables::check_sid_variables(document, findings);
    redundant::check_redundant_statements(document, findings);
    for statement in &document.statements {
        let expanded = budget.expand_actions(catalogue, statement);
        let mut look =
            StatementChecker { catalogue, document, statement, expanded, budget, findings };
        look.check_all();
    }
    if budget.is_spent() {
        let what = "the policy has more patterns than are looked up";
        findings.add_finding(&NOT_ALL_JUDGED, &document.path, document.offset, what, None);
    }
}

impl StatementChecker<'_, '_> {
    fn check_all(&mut self) {
        self.check_policy_type();
        let told = self.check_roles();
        self.check_actions(&told);
        self.check_arns();
        self.check_fit(&told);
        self.check_principals();
        self.check_trust();
        self.check_conditions();
        self.check_redundant();
    }
}
