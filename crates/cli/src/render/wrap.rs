//! Lines as wide as whoever reads them has room for.

use std::io::IsTerminal;

use terminal_size::{Width, terminal_size};
use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// The width of what goes to no terminal, in columns.
pub(crate) const ELSEWHERE: usize = 100;
/// Below it, what is wrapped is harder to read than what is not.
const NARROWEST: usize = 40;

/// How wide standard output is, in columns: what `COLUMNS` says, else the terminal; 100 elsewhere.
pub(crate) fn width() -> usize {
    let stdout = std::io::stdout();
    let terminal = || stdout.is_terminal().then(terminal_size).flatten();
    columns()
        .or_else(|| terminal().map(|(Width(columns), _)| usize::from(columns)))
        .unwrap_or(ELSEWHERE)
        .max(NARROWEST)
}

fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}

/// A text in lines of `width` columns, all but the first behind `indent` spaces; the first is that much
/// shorter. Words that are longer than a line, such as ARNs, stay whole.
pub(crate) fn hang(text: &str, indent: usize, width: usize) -> String {
    let spaces = " ".repeat(indent);
    let options = Options::new(width.saturating_sub(indent).max(NARROWEST / 2))
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).join(&format!("\n{spaces}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_next_line_and_stay_whole() {
        let arn = "arn:aws:s3:::payroll-prod/2026/11/24/a-very-long-name-of-an-object.csv";
        assert_eq!(hang("one two", 4, 40), "one two");
        assert_eq!(
            hang(&format!("reads {arn} and more"), 4, 40),
            format!("reads\n    {arn}\n    and more")
        );
        let lines = hang(&"word ".repeat(40), 10, 50);
        assert!(lines.lines().all(|line| line.len() <= 50), "{lines}");
        assert!(lines.lines().skip(1).all(|line| line.starts_with("          word")), "{lines}");
    }
}
