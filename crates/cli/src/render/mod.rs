//! What a scan prints, one file for each format. All of it is stable: `docs/output.md`.

mod csv;
mod json;
pub(crate) mod screen;
mod summary;
mod text;

use std::io::{self, Write};

use aware_cases::group::Tally;
use aware_cases::message;
use aware_core::message::{Message, MessageKind};
use aware_io::screen::Screen;
use aware_pipeline::scan::Report;
use jiff::Timestamp;

use crate::args::Format;

pub(crate) use summary::Summary;

/// How a report looks. All but the format concerns text alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RenderOptions {
    pub(crate) format: Format,
    pub(crate) screen: Screen,
    /// Whether the sums are left out.
    pub(crate) quiet: bool,
}

/// Prints a report. The summary concerns text and JSON alone.
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

/// The message of a group, as of its last event, so that equal input gives equal output.
pub(crate) fn message_of(tally: &Tally) -> Message {
    let now: Timestamp = tally.last_seen;
    message::of_group(tally, MessageKind::Finding, None, now)
}
