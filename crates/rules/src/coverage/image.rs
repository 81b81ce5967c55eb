//! ATT&CK's matrix as an image.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{CoverageList, CoverageRow, CoverageState, LoadedRule};

/// A technique's place in the image, with room for two lines.
const CELL: (usize, usize) = (204, 36);
/// The most characters of a line.
const LINE: usize = 29;
/// How many tactics stand beside each other.
const BAND: usize = 4;
/// The height above a band.
const HEAD: usize = 40;

/// ATT&CK's tactics, in its order.
const TACTICS: [&str; 12] = [
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "exfiltration",
    "impact",
];

/// ATT&CK's techniques as a matrix, a column for each tactic: an image.
pub fn coverage_image(rules: &[LoadedRule<'_>]) -> String {
    let mut columns: BTreeMap<(usize, String), Vec<CoverageRow>> = BTreeMap::new();
    for row in CoverageList::Attack.rows(rules) {
        // The older name of two tactics would show their techniques twice.
        let is_split = row.tactics.len() > 1;
        for tactic in row.tactics.iter().filter(|one| !is_split || *one != "defense-evasion") {
            let order = TACTICS.iter().position(|one| one == tactic).unwrap_or(TACTICS.len());
            columns.entry((order, tactic.clone())).or_default().push(row.clone());
        }
    }
    let columns: Vec<(String, Vec<CoverageRow>)> =
        columns.into_iter().map(|((_, tactic), rows)| (tactic, rows)).collect();
    let (mut body, mut y) = (legend(), 30);
    for band in columns.chunks(BAND) {
        for (column, (tactic, rows)) in band.iter().enumerate() {
            body.push_str(&matrix_column((8 + column * CELL.0, y), tactic, rows));
        }
        let most = band.iter().map(|(_, rows)| rows.len()).max().unwrap_or_default();
        y += HEAD + most * CELL.1;
    }
    let (all, tall) = (BAND * CELL.0 + 10, y + 8);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all} {tall}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <title>Techniques of ATT&amp;CK for IaaS that the rules detect</title>\n\
         <rect width=\"{all}\" height=\"{tall}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn legend() -> String {
    let mut legend = String::new();
    let states = CoverageState::ALL.into_iter().filter(|one| *one != CoverageState::Case);
    for (at, state) in states.enumerate() {
        let (x, (fill, _)) = (8 + at * 150, state.colors());
        let _ = writeln!(
            legend,
            "<rect x=\"{x}\" y=\"8\" width=\"12\" height=\"12\" fill=\"{fill}\"/>\
             <text x=\"{}\" y=\"18\" fill=\"#1b1f24\">{}</text>",
            x + 18,
            state.as_str()
        );
    }
    legend
}

/// A tactic with its techniques.
fn matrix_column((x, top): (usize, usize), tactic: &str, rows: &[CoverageRow]) -> String {
    let ((width, height), title) = (CELL, tactic.replace('-', " "));
    let mut column = format!(
        "<text x=\"{x}\" y=\"{}\" fill=\"#1b1f24\" font-size=\"13\" font-weight=\"bold\">{title}</text>\n",
        top + 28
    );
    for (place, row) in rows.iter().enumerate() {
        let (y, (fill, ink)) = (top + HEAD + place * height, row.state.colors());
        let (id, state, full) = (&row.id, row.state.as_str(), escape_xml(&row.name));
        let lines = wrapped(&format!("{id} {}", row.name));
        let base = if lines.len() > 1 { y + 14 } else { y + 20 };
        let texts: String = (0..)
            .zip(&lines)
            .map(|(at, line)| {
                let (left, base, line) = (x + 6, base + at * 13, escape_xml(line));
                format!("<text x=\"{left}\" y=\"{base}\" fill=\"{ink}\">{line}</text>")
            })
            .collect();
        let (wide, high) = (width - 6, height - 4);
        let _ = writeln!(
            column,
            "<g><title>{id} {full}: {state}</title><rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" \
             height=\"{high}\" rx=\"2\" fill=\"{fill}\"/>{texts}</g>"
        );
    }
    column
}

/// Two lines at most.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let is_first = lines.len() == 1;
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() || line.len() + 1 + word.len() <= LINE || !is_first {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
