//! Cases, worst first. A placeholder until the renderers exist.

use std::io::{self, Write};

use aware_core::text::terminal::terminal_safe;
use aware_pipeline::scan::ScanReport;

use super::{RenderOptions, ScanSummary, text};
use crate::args::ScanFormat;

pub(super) fn write_cases(
    out: &mut dyn Write,
    report: &ScanReport,
    summary: &ScanSummary,
    look: &RenderOptions,
) -> io::Result<()> {
    for case in &report.cases {
        if look.format != ScanFormat::Text {
            writeln!(out, "{}", serde_json::to_string(case)?)?;
            continue;
        }
        let who = case.actors.first().map_or("", |actor| &actor.name);
        writeln!(
            out,
            "{}  {} {}",
            case.level.as_str().to_uppercase(),
            terminal_safe(who),
            case.id
        )?;
    }
    if look.format == ScanFormat::Text && !look.quiet {
        text::write_totals(out, report, summary, look)?;
    }
    Ok(())
}
