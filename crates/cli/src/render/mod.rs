//! The output of a scan, one file for each format. All of it is stable: see `docs/output.md`.

mod cases;
mod csv;
mod json;
mod message;
mod options;
pub(crate) mod screen;
mod summary;
mod text;

use std::io::{self, Write};

use aware_core::message::Message;
use aware_pipeline::scan::ScanReport;

use crate::args::ScanFormat;

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
