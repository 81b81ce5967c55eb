//! CSV with one case per row, safe to open in a spreadsheet.

use std::io::{self, Write};

use aware_cases::case::Case;
use aware_cases::view::CaseView;
use aware_core::open::NamedSet;
use aware_core::text::csv;

/// The most actions and events in a cell.
const MAX_VALUES: usize = 50;

const HEADER: [&str; 24] = [
    "level",
    "case",
    "kind",
    "reading",
    "headline",
    "in_force",
    "accounts",
    "principals",
    "from",
    "first_seen",
    "last_seen",
    "denied",
    "changed",
    "read",
    "failed",
    "findings",
    "denied_actions",
    "notable",
    "signs",
    "cure_attach_to",
    "cure",
    "no_grant",
    "rules",
    "event_ids",
];

/// Prints a header and a row for each case.
pub(crate) fn write_case_rows(out: &mut dyn Write, cases: &[Case]) -> io::Result<()> {
    write!(out, "{}", csv::csv_row(&HEADER))?;
    for case in cases {
        let cells = case_cells(case);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        write!(out, "{}", csv::csv_row(&cells))?;
    }
    Ok(())
}

fn case_cells(case: &Case) -> [String; 24] {
    let view = CaseView::new(case);
    let denied =
        case.actions.iter().filter(|line| line.mark == aware_core::case::EventMark::Denied);
    let policies = &view.cure.policies;
    [
        case.level.to_string(),
        case.id.clone(),
        case.kind.name().to_owned(),
        case.reading.name().to_owned(),
        view.headline.clone(),
        view.in_force.as_ref().map(|state| state.sentence.clone()).unwrap_or_default(),
        case.accounts.join(" "),
        joined(case.actors.iter().map(|actor| actor.name.as_str()), ", "),
        view.from.clone(),
        case.first.to_string(),
        case.last.to_string(),
        case.counts.denied.to_string(),
        case.counts.changed.to_string(),
        case.counts.read.to_string(),
        case.counts.failed.to_string(),
        case.findings.to_string(),
        joined(denied.map(|line| line.action.as_str()), " "),
        joined(case.notable.iter().map(|line| line.fact.text.as_str()), "; "),
        joined(case.signs.iter().map(|sign| sign.text.as_str()), "; "),
        joined(policies.iter().map(|one| one.policy.as_str()), "; "),
        joined(policies.iter().flat_map(|one| &one.statements).map(String::as_str), "; "),
        view.cure.withheld.clone().unwrap_or_default(),
        joined(case.rules.iter().map(|(id, _)| id.as_str()), " "),
        joined(case.event_ids.iter().map(String::as_str), " "),
    ]
}

/// The first values, and how many more there are.
fn joined<'v>(values: impl Iterator<Item = &'v str>, separator: &str) -> String {
    let values: Vec<&str> = values.collect();
    let shown = values.get(..MAX_VALUES).unwrap_or(&values).join(separator);
    match values.len().saturating_sub(MAX_VALUES) {
        0 => shown,
        more => format!("{shown}{separator}(+{more})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample_cases;

    #[test]
    fn a_row_for_each_case_and_no_formula() {
        let cases: Vec<Case> = sample_cases::all().into_iter().map(|(_, case)| case).collect();
        let mut out = Vec::new();
        write_case_rows(&mut out, &cases[..6]).unwrap();
        insta::assert_snapshot!("cases_csv", String::from_utf8(out).unwrap());
        let mut out = Vec::new();
        let mut hostile = sample_cases::hostile();
        hostile.accounts = vec!["=cmd|' /C calc'!A0".to_owned()];
        write_case_rows(&mut out, &[hostile]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains(",=cmd") && !text.contains(",\"=cmd"), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}
