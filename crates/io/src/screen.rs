//! The colours and the width of what text is printed on.

use aware_core::text::terminal::Paint;
use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// Wrapping at less than this many columns is harder to read than not wrapping.
const NARROWEST: usize = 40;

/// A terminal, or a file.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Whether to use colours.
    pub color: bool,
    /// Its width, in columns.
    pub width: usize,
}

impl Default for Screen {
    /// Not a terminal.
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

impl Screen {
    /// The painter for its colours.
    pub fn paint(self) -> Paint {
        Paint { color: self.color }
    }

    /// Wraps a text that follows `indent` columns already printed: all lines but the first are
    /// indented by as many spaces. Words longer than a line, such as ARNs, stay whole.
    pub fn hang(self, text: &str, indent: usize) -> String {
        self.lines(text, indent, indent)
    }

    /// Wraps a text; all lines but the first are indented by `indent` spaces.
    pub fn wrap(self, text: &str, indent: usize) -> String {
        self.lines(text, 0, indent)
    }

    fn lines(self, text: &str, before: usize, indent: usize) -> String {
        let (before, spaces) = (" ".repeat(before), " ".repeat(indent));
        let options = Options::new(self.width.max(NARROWEST))
            .initial_indent(&before)
            .subsequent_indent(&spaces)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        let lines = textwrap::wrap(text, options).join("\n");
        lines.strip_prefix(&before).map(str::to_owned).unwrap_or(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: usize) -> Screen {
        Screen { width, ..Screen::default() }
    }

    #[test]
    fn words_go_to_the_next_line_and_stay_whole() {
        let arn = "arn:aws:s3:::payroll-prod/2026/11/24/a-very-long-name-of-an-object.csv";
        let text = format!("reads {arn} and more");
        assert_eq!(screen(40).hang("one two", 4), "one two");
        assert_eq!(screen(40).hang(&text, 4), format!("reads\n    {arn}\n    and more"));
        assert_eq!(screen(40).wrap(&text, 2), format!("reads\n  {arn}\n  and more"));
        let words = "word ".repeat(40);
        let hung = format!("{:10}{}", "", screen(50).hang(words.trim(), 10));
        let wrapped = screen(50).wrap(words.trim(), 10);
        for text in [hung, wrapped] {
            assert!(text.lines().all(|line| line.len() <= 50), "{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("          word")), "{text}");
            assert_eq!(text.matches("word").count(), 40);
        }
    }
}
