//! One object: the summary, and every message.

use std::io::{self, Write};

use aware_pipeline::scan::Report;

use super::{Summary, message_of};

pub(super) fn write(out: &mut dyn Write, report: &Report, summary: &Summary) -> io::Result<()> {
    write!(out, "{{\"summary\":{},\"messages\":[", summary.to_value())?;
    for (index, tally) in report.groups.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\n{}", message_of(tally).to_json())?;
    }
    writeln!(out, "]}}")
}
