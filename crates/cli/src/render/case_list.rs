//! Cases in the formats for programs.

use std::io::{self, Write};

use aware_cases::case::Case;
use aware_cases::message::case_message;
use aware_cases::view::case_json;
use aware_core::message::{Message, MessageKind};

/// The message of a case, dated at its last event, so that equal input gives equal output.
pub(crate) fn message_of_case(case: &Case) -> Message {
    case_message(case, MessageKind::Finding, None, case.last)
}

/// The value of the key `cases` of the `json` format: a list with an object for each case.
pub(crate) fn write_case_list(out: &mut dyn Write, cases: &[Case]) -> io::Result<()> {
    write!(out, "[")?;
    for (index, case) in cases.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\n{}", case_json(case))?;
    }
    write!(out, "]")
}

/// The messages of cases, one a line.
pub(crate) fn write_case_messages(out: &mut dyn Write, cases: &[Case]) -> io::Result<()> {
    cases.iter().try_for_each(|case| writeln!(out, "{}", message_of_case(case).to_json()))
}

/// The OCSF findings of cases, one a line.
pub(crate) fn write_case_findings(out: &mut dyn Write, cases: &[Case]) -> io::Result<()> {
    let finding = |case| message_of_case(case).finding.unwrap_or_default();
    cases.iter().try_for_each(|case| writeln!(out, "{}", finding(case)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample_cases;
    use serde_json::Value;

    fn written(write: impl Fn(&mut dyn Write, &[Case]) -> io::Result<()>) -> String {
        let cases: Vec<Case> = sample_cases::all().into_iter().map(|(_, case)| case).collect();
        let mut out = Vec::new();
        write(&mut out, &cases).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_object_for_each_case() {
        let all = sample_cases::all();
        let list: Vec<Value> = serde_json::from_str(&written(write_case_list)).unwrap();
        let ids: Vec<&str> = list.iter().map(|case| case["id"].as_str().unwrap()).collect();
        let wanted: Vec<&str> = all.iter().map(|(_, case)| case.id.as_str()).collect();
        assert_eq!(ids, wanted);
        for (write, pointer) in [
            (written(write_case_messages), "/case/id"),
            (written(write_case_findings), "/finding_info/uid"),
        ] {
            let ids: Vec<String> = write
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap())
                .map(|value| value.pointer(pointer).unwrap().as_str().unwrap().to_owned())
                .collect();
            assert_eq!(ids, wanted);
        }
        let mut out = Vec::new();
        write_case_list(&mut out, &[]).unwrap();
        assert_eq!(out, b"[]");
    }
}
