//! Judges a document, statement by statement.

use super::budget::Budget;
use super::checks::shape::NOT_ALL_JUDGED;
use super::findings::Findings;
use super::look::Look;
use super::view::Document;
use super::{limits, redundant, variables};
use crate::catalogue::Catalogue;

pub(super) fn judge(
    catalogue: &Catalogue,
    document: &Document,
    budget: &mut Budget,
    findings: &mut Findings<'_>,
) {
    limits::document(document, findings);
    variables::document(document, findings);
    redundant::statements(document, findings);
    for statement in &document.statements {
        let expanded = budget.expand(catalogue, statement);
        let mut look = Look { catalogue, document, statement, expanded, budget, findings };
        look.all();
    }
    if budget.is_spent() {
        let what = "the policy has more patterns than are looked up";
        findings.add(&NOT_ALL_JUDGED, &document.path, document.offset, what, None);
    }
}

impl Look<'_, '_> {
    fn all(&mut self) {
        self.kind();
        let told = self.roles();
        self.actions(&told);
        self.arns();
        self.fit(&told);
        self.principals();
        self.trust();
        self.conditions();
        self.redundant();
    }
}
