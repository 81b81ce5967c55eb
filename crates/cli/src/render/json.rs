//! One object: the summary, every message, and every case.

use std::io::{self, Write};

use aware_pipeline::scan::ScanReport;

use super::case_list::write_case_list;
use super::{ScanSummary, message_of};

pub(super) fn write_json(
    out: &mut dyn Write,
    report: &ScanReport,
    summary: &ScanSummary,
) -> io::Result<()> {
    write!(out, "{{\"summary\":{},\"messages\":[", summary.to_value())?;
    for (index, tally) in report.groups.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\n{}", message_of(tally).to_json())?;
    }
    write!(out, "],\n\"cases\":")?;
    write_case_list(out, &report.cases)?;
    writeln!(out, "}}")
}
