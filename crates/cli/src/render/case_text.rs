//! A block of text for each case.

use std::io::{self, Write};

use aware_cases::view::{CaseRow, CaseView, case_rows};
use aware_core::case::EventMark;
use aware_core::text::terminal::terminal_safe;
use aware_io::screen::OutputScreen;

/// The column where a block's rows start, and where their texts do at the earliest.
const BLOCK_INDENT: usize = 10;
const LABEL_WIDTH: usize = 10;
/// Below this width, the level has a line of its own and the rows start at the left.
const NARROW: usize = 80;
/// How many characters of an event's id are shown.
const EVENT_CHARS: usize = 8;

/// How cases look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaseScreen<'s> {
    pub(crate) screen: OutputScreen,
    /// Whether signs beyond ASCII can be shown.
    pub(crate) is_unicode: bool,
    /// What stands for the logs in commands, as the user typed it.
    pub(crate) logs: &'s str,
}

impl CaseScreen<'_> {
    fn is_narrow(self) -> bool {
        self.screen.width < NARROW
    }

    fn block_indent(self) -> usize {
        if self.is_narrow() { 2 } else { BLOCK_INDENT }
    }

    fn sign(self, mark: EventMark) -> &'static str {
        if self.is_unicode { mark.sign() } else { mark.ascii_sign() }
    }

    /// Text of one line, with nothing that moves the cursor, nor beyond ASCII if that cannot be
    /// shown.
    fn safe_line(self, text: &str) -> String {
        let text = terminal_safe(text);
        if self.is_unicode { text.into_owned() } else { in_ascii(&text) }
    }
}

/// Prints a case: its headline, then its rows.
pub(crate) fn write_case(
    out: &mut dyn Write,
    view: &CaseView,
    look: CaseScreen<'_>,
) -> io::Result<()> {
    writeln!(out, "{}", case_headline(view, look))?;
    let rows = case_rows(view, look.logs);
    let widest = rows.iter().map(|row| row.label.chars().count() + 1).max().unwrap_or_default();
    let width = widest.max(LABEL_WIDTH);
    for row in &rows {
        writeln!(out, "{}", case_row(row, width, look).trim_end())?;
    }
    writeln!(out)
}

/// `CRITICAL  m.keller made themselves administrator      case c5b1e`.
fn case_headline(view: &CaseView, look: CaseScreen<'_>) -> String {
    let (paint, width) = (look.screen.to_paint(), look.screen.width);
    let level = format!("{:<8}", view.level.as_str().to_uppercase());
    let case = format!("case {}", look.safe_line(&view.short_id));
    let indent = if look.is_narrow() { 0 } else { level.chars().count().max(8) + 2 };
    let room = OutputScreen { width: width.saturating_sub(case.len() + 2), ..look.screen };
    let text = room.hang_text(&look.safe_line(&view.headline), indent);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let level = paint.level_color(view.level, &level);
    if look.is_narrow() {
        return format!("{}  {}\n{}", level, paint.faint(&case), bold_lines(&text, look));
    }
    let used = indent + first.chars().count();
    let gap = width.saturating_sub(used + case.len()).max(2);
    let head = format!("{level}  {}{:gap$}{}", paint.bold(first), "", paint.faint(&case));
    if rest.is_empty() { head } else { format!("{head}\n{}", bold_lines(rest, look)) }
}

fn bold_lines(text: &str, look: CaseScreen<'_>) -> String {
    let lines = text.lines().map(|line| look.screen.to_paint().bold(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// A row: label, sign, text, and the event at the right.
fn case_row(row: &CaseRow, label_width: usize, look: CaseScreen<'_>) -> String {
    let (paint, indent) = (look.screen.to_paint(), look.block_indent());
    let label = format!("{:<label_width$}", look.safe_line(&row.label));
    let sign = row.mark.map(|mark| (mark, look.sign(mark)));
    let column = indent + label_width + if sign.is_some() { 2 } else { 0 };
    let event: Option<String> =
        row.event_id.as_ref().map(|id| look.safe_line(id).chars().take(EVENT_CHARS).collect());
    let text = if row.is_copied {
        look.safe_line(&row.text)
    } else {
        let room = event.as_ref().map_or(0, |id| id.chars().count() + 2);
        let screen = OutputScreen { width: look.screen.width.saturating_sub(room), ..look.screen };
        screen.hang_text(&look.safe_line(&row.text), column)
    };
    let tail = event.map(|id| event_tail(&text, &id, column, look)).unwrap_or_default();
    let sign = sign.map(|(mark, sign)| format!("{} ", paint.mark_color(mark, sign)));
    let text = if row.is_key { bold_lines(&text, look) } else { text };
    format!("{:indent$}{}{}{text}{tail}", "", paint.faint(&label), sign.unwrap_or_default())
}

/// The event's id at the right end of a text's last line.
fn event_tail(text: &str, id: &str, column: usize, look: CaseScreen<'_>) -> String {
    let used = match text.rsplit_once('\n') {
        Some((_, last)) => last.chars().count(),
        None => column + text.chars().count(),
    };
    let gap = look.screen.width.saturating_sub(used + id.chars().count()).max(2);
    format!("{:gap$}{}", "", look.screen.to_paint().faint(id))
}

/// The same in ASCII: our own signs by look-alikes, everything else by `?`.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2715}' => ascii.push('x'),
            '\u{25c6}' => ascii.push('*'),
            '\u{25cb}' => ascii.push('o'),
            '\u{2212}' | '\u{b7}' => ascii.push('-'),
            '\u{2026}' => ascii.push_str("..."),
            '\u{201c}' | '\u{201d}' => ascii.push('"'),
            c if c.is_ascii() => ascii.push(c),
            _ => ascii.push('?'),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample_cases;

    fn shown(case: &aware_cases::case::Case, width: usize, is_unicode: bool) -> String {
        let mut out = Vec::new();
        let screen = OutputScreen { color: false, width };
        let look = CaseScreen { screen, is_unicode, logs: "./AWSLogs" };
        write_case(&mut out, &CaseView::new(case), look).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn blocks_of_cases() {
        for (name, case) in sample_cases::all() {
            if name != "hostile" {
                insta::assert_snapshot!(format!("case_{name}"), shown(&case, 100, true));
            }
        }
    }

    #[test]
    fn a_narrow_terminal_and_one_without_unicode() {
        insta::assert_snapshot!("case_narrow", shown(&sample_cases::intruder(), 60, true));
        let ascii = shown(&sample_cases::intruder(), 100, false);
        assert!(ascii.is_ascii(), "{ascii}");
        assert!(ascii.contains("x 4 denied  * 2 changed  o 31 read"), "{ascii}");
        assert!(ascii.contains("13:06:49  * iam:PutUserPolicy"), "{ascii}");
    }

    #[test]
    fn lines_fit_the_screen() {
        for (_, case) in sample_cases::all() {
            for width in [60, 80, 100, 140] {
                for line in shown(&case, width, true).lines() {
                    let longest_word = line.split(' ').map(|word| word.chars().count()).max();
                    let is_copied = ["{\"", "aws ", "aware "].iter().any(|it| line.contains(it));
                    let is_long_word = longest_word.is_some_and(|word| word > width / 3);
                    let fits = line.chars().count() <= width;
                    assert!(fits || is_copied || is_long_word, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn nobody_writes_a_line_or_colour_of_their_own() {
        let case = sample_cases::hostile();
        let text = shown(&case, 100, true);
        let is_bad =
            |c: char| c.is_control() && c != '\n' || ('\u{2028}'..='\u{202e}').contains(&c);
        assert!(!text.contains(is_bad), "{text}");
        let levels = text.lines().filter(|line| line.starts_with("CRITICAL"));
        assert_eq!(levels.count(), 1, "{text}");
        let flush = text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty());
        assert_eq!(flush.count(), 1, "{text}");
    }

    #[test]
    fn colour_only_repeats() {
        for (_, case) in sample_cases::all() {
            let mut out = Vec::new();
            let screen = OutputScreen { color: true, width: 100 };
            let look = CaseScreen { screen, is_unicode: true, logs: "./AWSLogs" };
            write_case(&mut out, &CaseView::new(&case), look).unwrap();
            let mut plain = String::from_utf8(out).unwrap();
            while let Some(start) = plain.find('\u{1b}') {
                let end = plain.get(start..).unwrap().find('m').unwrap() + start;
                plain.replace_range(start..=end, "");
            }
            assert_eq!(plain, shown(&case, 100, true));
        }
    }
}
