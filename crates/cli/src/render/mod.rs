//! The output of a scan, one file for each format. All of it is stable: see `docs/output.md`.

mod case_csv;
mod case_list;
mod case_text;
mod csv;
mod json;
mod message;
mod options;
pub(crate) mod screen;
mod summary;
mod text;

#[cfg(test)]
#[path = "../../../cases/tests/sample_cases/mod.rs"]
mod sample_cases;

use std::io::{self, Write};

use aware_core::message::Message;
use aware_pipeline::scan::ScanReport;

use crate::args::ScanFormat;

pub(crate) use case_text::{CaseScreen, write_case};
pub(crate) use message::message_of;
pub(crate) use options::RenderOptions;
pub(crate) use summary::ScanSummary;

/// Prints a report. Only text and JSON include the summary.
pub(crate) fn render_report(
    out: &mut dyn Write,
    report: &ScanReport,
    summary: &ScanSummary,
    look: &RenderOptions,
) -> io::Result<()> {
    match (look.format, look.groups) {
        (ScanFormat::Json, _) => json::write_json(out, report, summary),
        (ScanFormat::Text, false) => text::write_cases(out, report, summary, look),
        (ScanFormat::Jsonl, false) => case_list::write_case_messages(out, &report.cases),
        (ScanFormat::Ocsf, false) => case_list::write_case_findings(out, &report.cases),
        (ScanFormat::Csv, false) => case_csv::write_case_rows(out, &report.cases),
        (ScanFormat::Text, true) => text::write_groups(out, report, summary, look),
        (ScanFormat::Jsonl, true) => write_each(out, report, |message| message.to_json()),
        (ScanFormat::Ocsf, true) => write_each(out, report, |message| {
            message.finding.clone().unwrap_or_default().to_string()
        }),
        (ScanFormat::Csv, true) => csv::write_csv(out, report),
    }
}

fn write_each(
    out: &mut dyn Write,
    report: &ScanReport,
    line: impl Fn(&Message) -> String,
) -> io::Result<()> {
    for tally in &report.groups {
        writeln!(out, "{}", line(&message_of(tally)))?;
    }
    Ok(())
}
