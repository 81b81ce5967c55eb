//! Logs that are lines of text: a whole body of them, or one in each event of a log group.

use super::opened::{EnvelopeKind, RawRecord};
use super::opener::BodyOpener;
use super::text_log::{TextLog, after_words};
use crate::source::contract::{LineReader, ReadLine};
use crate::source::{SourceId, line_reader};

impl<'s> BodyOpener<'s> {
    /// Opens a body of lines, if it is some source's log. False if it is not.
    pub(super) fn open_text_log(&mut self, body: &[u8]) -> bool {
        let Some(TextLog { source, mut reader, stamp }) = TextLog::recognise(body, self.lines)
        else {
            return false;
        };
        if !self.accepts_kind(EnvelopeKind::Records) {
            return true;
        }
        for line in body.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let read = reader.read_line(if stamp > 0 { after_words(line, stamp) } else { line });
            self.take_line(source, read);
        }
        self.finish_reader(reader.as_mut());
        true
    }

    /// Opens lines that an envelope holds, of which others may follow in the next one. False if no
    /// source's log has such lines.
    pub(super) fn open_nested_lines(&mut self, text: &[u8]) -> bool {
        if self.reader.is_none() && line_reader(text, self.lines).is_none() {
            return false;
        }
        if !self.accepts_kind(EnvelopeKind::Records) {
            return true;
        }
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            if !self.open_text_line(line) {
                self.opened.reject_record("a line of no log that is known");
            }
        }
        true
    }

    /// Opens one line that an envelope holds. The reader stays for the next one. False if no source's
    /// log has such lines.
    pub(super) fn open_text_line(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        if let Some((source, mut reader)) = self.reader.take() {
            let read = reader.read_line(line);
            let is_read = !matches!(read, ReadLine::Reject(_));
            if is_read || line_reader(line, self.lines).is_none_or(|(other, _)| other == source) {
                self.take_line(source, read);
                self.reader = Some((source, reader));
                return true;
            }
            self.finish_reader(reader.as_mut());
        }
        let Some((source, mut reader)) = line_reader(line, self.lines) else { return false };
        let read = reader.read_line(line);
        self.take_line(source, read);
        self.reader = Some((source, reader));
        true
    }

    /// Hands on what sums up the lines of envelopes: there are no more.
    pub(super) fn finish_lines(&mut self) {
        if let Some((_, mut reader)) = self.reader.take() {
            self.finish_reader(reader.as_mut());
        }
    }

    /// Hands on or counts what a line is.
    pub(super) fn take_line(&mut self, source: SourceId, read: ReadLine<'_>) {
        match read {
            ReadLine::Record(record) => self.push_of(source, record),
            ReadLine::Counted(time) => self.opened.count_line(time),
            ReadLine::Nothing => {}
            ReadLine::Reject(problem) => self.opened.reject_record(problem),
        }
    }

    /// Hands on what sums up the lines of a reader: there are no more.
    pub(super) fn finish_reader(&mut self, reader: &mut (dyn LineReader + 's)) {
        let context = self.around.to_context();
        let take = &mut self.take;
        reader.finish(&mut |source, bytes| {
            take(RawRecord { number: 0, source, bytes, context, is_sum: true });
        });
    }
}
