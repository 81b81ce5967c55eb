//! The colours and the width of what text is printed on.

use aware_core::text::terminal::TerminalPaint;
use textwrap::{Options, WordSplitter, WrapAlgorithm};

/// Wrapping at less than this many columns is harder to read than not wrapping.
const MIN_WIDTH: usize = 40;

/// A terminal, or a file.
#[derive(Clone, Copy, Debug)]
pub struct OutputScreen {
    /// Whether to use colours.
    pub color: bool,
    /// Its width, in columns.
    pub width: usize,
}

impl Default for OutputScreen {
    /// Not a terminal.
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

impl OutputScreen {
    /// The painter for its colours.
    pub fn to_paint(self) -> TerminalPaint {
        TerminalPaint { color: self.color }
    }

    /// Wraps a text that follows `indent` columns already printed: all lines but the first are
    /// indented by as many spaces. Words longer than a line, such as ARNs, stay whole.
    pub fn hang_text(self, text: &str, indent: usize) -> String {
        self.wrap_lines(text, indent, indent)
    }

    /// Wraps a text; all lines but the first are indented by `indent` spaces.
    ///
    /// ```
    /// use aware_io::screen::OutputScreen;
    ///
    /// let screen = OutputScreen { color: false, width: 40 };
    /// let text = screen.wrap_text("one line of text that is longer than the screen is wide", 2);
    /// assert_eq!(text, "one line of text that is longer than the\n  screen is wide");
    /// ```
    pub fn wrap_text(self, text: &str, indent: usize) -> String {
        self.wrap_lines(text, 0, indent)
    }

    fn wrap_lines(self, text: &str, before: usize, indent: usize) -> String {
        let (before, spaces) = (" ".repeat(before), " ".repeat(indent));
        let options = Options::new(self.width.max(MIN_WIDTH))
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

    fn screen(width: usize) -> OutputScreen {
        OutputScreen { width, ..OutputScreen::default() }
    }

    #[test]
    fn words_go_to_the_next_line_and_stay_whole() {
        let arn = "arn:aws:s3:::payroll-prod/2026/11/24/a-very-long-name-of-an-object.csv";
        let text = format!("reads {arn} and more");
        assert_eq!(screen(40).hang_text("one two", 4), "one two");
        assert_eq!(screen(40).hang_text(&text, 4), format!("reads\n    {arn}\n    and more"));
        assert_eq!(screen(40).wrap_text(&text, 2), format!("reads\n  {arn}\n  and more"));
        let words = "word ".repeat(40);
        let hung = format!("{:10}{}", "", screen(50).hang_text(words.trim(), 10));
        let wrapped = screen(50).wrap_text(words.trim(), 10);
        for text in [hung, wrapped] {
            assert!(text.lines().all(|line| line.len() <= 50), "{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("          word")), "{text}");
            assert_eq!(text.matches("word").count(), 40);
        }
    }
}
