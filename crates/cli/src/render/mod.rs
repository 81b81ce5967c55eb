//! The output of a scan, one file for each format. All of it is stable: see `docs/output.md`.

mod csv;
mod json;
mod message;
mod options;
pub(crate) mod screen;
mod summary;
mod text;

use std::io::{self, Write};

use aware_core::message::Message;
use aware_pipeline::scan::Report;

use crate::args::Format;

pub(crate) use message::message_of;
pub(crate) use options::RenderOptions;
pub(crate) use summary::Summary;

/// Prints a report. Only text and JSON include the summary.
pub(crate) fn report(
    out: &mut dyn Write,
    report: &Report,
    summary: &Summary,
    look: &RenderOptions,
) -> io::Result<()> {
    match look.format {
        Format::Text => text::write(out, report, summary, look),
        Format::Json => json::write(out, report, summary),
        Format::Jsonl => each(out, report, |message| message.to_json()),
        Format::Ocsf => {
            each(out, report, |message| message.finding.clone().unwrap_or_default().to_string())
        }
        Format::Csv => csv::write(out, report),
    }
}

fn each(out: &mut dyn Write, report: &Report, line: impl Fn(&Message) -> String) -> io::Result<()> {
    for tally in &report.groups {
        writeln!(out, "{}", line(&message_of(tally)))?;
    }
    Ok(())
}
