//! CSV with one group per row, safe to open in a spreadsheet.

use std::io::{self, Write};

use aware_cases::group::FindingGroup;
use aware_core::explanation::{StatementStyle, write_statements};
use aware_core::text::csv;
use aware_pipeline::scan::ScanReport;

const HEADER: [&str; 25] = [
    "level",
    "count",
    "account",
    "principal",
    "principal_arn",
    "action",
    "outcome",
    "error_code",
    "why",
    "resources",
    "first_seen",
    "last_seen",
    "source_ips",
    "regions",
    "user_agents",
    "sessions",
    "event_ids",
    "fingerprint",
    "rule_id",
    "rule",
    "looks_like",
    "reading",
    "cure_attach_to",
    "cure",
    "no_grant",
];

pub(super) fn write_csv(out: &mut dyn Write, report: &ScanReport) -> io::Result<()> {
    write!(out, "{}", csv::csv_row(&HEADER))?;
    for tally in &report.groups {
        let cells = csv_row(tally);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        write!(out, "{}", csv::csv_row(&cells))?;
    }
    Ok(())
}

fn csv_row(tally: &FindingGroup) -> [String; 25] {
    let first = &tally.first;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let ids: Vec<&str> = tally.event_ids().collect();
    let (reading, cure) = (tally.reading.as_ref(), tally.cure.as_ref());
    let changes = cure.map(|cure| cure.changes.as_slice()).unwrap_or_default();
    let attach_to: Vec<&str> = changes.iter().map(|change| change.attach_to.as_str()).collect();
    let statements = changes.iter().map(|change| &change.statements);
    let statements: Vec<String> =
        statements.map(|all| write_statements(all, StatementStyle::Compact)).collect();
    [
        tally.effective_level().to_string(),
        tally.count.to_string(),
        first.account.clone(),
        first.principal.name.clone(),
        text(&first.principal.arn),
        first.action.clone(),
        first.outcome.to_string(),
        text(&first.error_code),
        text(&first.why),
        tally.resources.list_values(20),
        first.time.to_string(),
        tally.last_seen.to_string(),
        tally.sources.list_values(20),
        tally.regions.list_values(20),
        tally.agents.list_values(20),
        tally.sessions.list_values(20),
        ids.join(" "),
        tally.fingerprint.to_string(),
        first.rule.id.clone(),
        first.rule.name.clone(),
        reading.map(|reading| reading.looks_like.to_string()).unwrap_or_default(),
        reading.map(|reading| reading.sentence.clone()).unwrap_or_default(),
        attach_to.join("; "),
        statements.join("; "),
        cure.and_then(|cure| cure.withheld.clone()).unwrap_or_default(),
    ]
}
