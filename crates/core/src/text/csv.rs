//! CSV (RFC 4180) that a spreadsheet does not execute.
//!
//! Source: OWASP, "CSV Injection": a cell that begins with `=`, `+`, `-` or `@` is a formula.

use super::clean_line;

/// One cell: cleaned, prevented from being a formula, quoted where needed.
pub fn csv_cell(text: &str) -> String {
    let text = clean_line(text);
    let first = text.trim_start().chars().next();
    let formula = first.is_some_and(|c| "=+-@＝＋－＠|%".contains(c));
    let text = if formula { format!("'{text}") } else { text.into_owned() };
    if text.contains(['"', ',', '\'', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// One row, including its line end.
///
/// ```
/// use aware_core::text::csv::csv_row;
///
/// assert_eq!(csv_row(&["alice", "=1+1", "a,b"]), "alice,\"'=1+1\",\"a,b\"\r\n");
/// ```
pub fn csv_row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| csv_cell(text)).collect();
    cells.join(",") + "\r\n"
}
