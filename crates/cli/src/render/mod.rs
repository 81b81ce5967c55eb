//! The output of a scan, one file for each format. All of it is stable: see `docs/output.md`.

// `scan` does not print cases yet.
#[allow(dead_code)]
mod case_csv;
#[allow(dead_code)]
mod case_list;
#[allow(dead_code)]
mod case_text;
mod cases;
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

#[allow(unused_imports)]
pub(crate) use case_csv::write_case_rows;
#[allow(unused_imports)]
pub(crate) use case_list::{
    message_of_case, write_case_findings, write_case_list, write_case_messages,
};
#[allow(unused_imports)]
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
    match look.format {
        ScanFormat::Json => json::write_json(out, report, summary),
        _ if !look.groups => cases::write_cases(out, report, summary, look),
        ScanFormat::Text => text::write_text(out, report, summary, look),
        ScanFormat::Jsonl => write_each(out, report, |message| message.to_json()),
        ScanFormat::Ocsf => write_each(out, report, |message| {
            message.finding.clone().unwrap_or_default().to_string()
        }),
        ScanFormat::Csv => csv::write_csv(out, report),
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
