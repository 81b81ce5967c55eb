//! Recognises logs that are lines of text, behind the prefix of a log tool too.

use super::line::words_of_stamp;
use crate::source::contract::{LineReader, LineSettings, ReadLine};
use crate::source::{SourceId, line_reader};

/// A log of lines, and how its lines are read.
pub(super) struct TextLog<'s> {
    pub(super) source: SourceId,
    pub(super) reader: Box<dyn LineReader + 's>,
    /// How many words a log tool wrote before each line: a time, and perhaps a stream.
    pub(super) stamp: usize,
}

impl<'s> TextLog<'s> {
    /// Recognises a body by its first line, which may have the prefix of `aws logs tail` or of an
    /// export of CloudWatch Logs.
    pub(super) fn recognise(body: &[u8], settings: LineSettings<'s>) -> Option<Self> {
        // Behind a prefix first: with it, a line may be taken for one in a format that is not known.
        let first = body.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty())?;
        let stamped = words_of_stamp(first).find_map(|stamp| {
            let line = after_words(first, stamp);
            let (.., mut trial) = line_reader(line, settings)?;
            let is_read = !matches!(trial.read_line(line), ReadLine::Reject(_));
            let (source, reader) = line_reader(line, settings).filter(|_| is_read)?;
            Some(Self { source, reader, stamp })
        });
        stamped.or_else(|| {
            let (source, reader) = line_reader(body, settings)?;
            Some(Self { source, reader, stamp: 0 })
        })
    }
}

/// What follows a number of words.
pub(super) fn after_words(line: &[u8], words: usize) -> &[u8] {
    (0..words).fold(line, |line, _| {
        let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        line.get(end..).unwrap_or_default().trim_ascii_start()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_of_a_log_tool_is_no_part_of_the_line() {
        let line = "2 111122223333 eni-0a1b2c3d 10.0.0.5 10.0.1.7 40000 5432 6 1 40 1795766400 1795766460 REJECT OK";
        for (prefix, words) in [
            ("", 0),
            ("2026-11-27T08:00:00.000Z ", 1),
            ("2026-11-27T08:00:00+00:00 eni-0a1b2c3d-all ", 2),
        ] {
            let text = format!("{prefix}{line}");
            let log = TextLog::recognise(text.as_bytes(), LineSettings::nothing()).unwrap();
            assert_eq!(log.stamp, words, "{prefix}");
            assert_eq!(after_words(text.as_bytes(), log.stamp), line.as_bytes());
        }
        let other = TextLog::recognise(b"2026-11-27T08:00:00Z started", LineSettings::nothing());
        assert!(other.is_none());
    }
}
