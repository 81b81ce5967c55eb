//! CSV (RFC 4180) that a spreadsheet does not execute.
//!
//! Source: OWASP, "CSV Injection": a cell that begins with `=`, `+`, `-` or `@` is a formula.

use super::clean;

/// One cell: cleaned, prevented from being a formula, quoted where needed.
pub fn cell(text: &str) -> String {
    let text = clean(text);
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
pub fn row(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}
