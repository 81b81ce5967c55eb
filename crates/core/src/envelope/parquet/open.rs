//! Opens a Parquet file: the lines that its rows stand for, to the reader of a log.

use super::budget::TableBudget;
use super::column::ColumnReader;
use super::footer::{Footer, RowGroup};
use super::problem::{Damage, RowProblem};
use super::table::{describe_table, header_line};
use crate::envelope::opened::EnvelopeKind;
use crate::envelope::opener::BodyOpener;
use crate::source::contract::LineReader;
use crate::source::{SourceId, line_reader};

/// The column or row group that cannot be read further, and why.
struct GroupProblem {
    column: Option<String>,
    left: u64,
    problem: RowProblem,
}

/// The reader of the lines, and whose log they are.
type SourceReader<'s> = (SourceId, Box<dyn LineReader + 's>);

impl<'s> BodyOpener<'s> {
    /// Opens a Parquet file, if its columns are those of some source's lines.
    pub(in crate::envelope) fn open_parquet(&mut self, body: &[u8]) {
        let footer = match Footer::read(body) {
            Ok(footer) => footer,
            Err(problem) => return self.opened.reject_body(problem),
        };
        let header = header_line(&footer.columns);
        let Some((source, mut reader)) = line_reader(header.as_bytes(), self.lines) else {
            return self.opened.reject_body(describe_table(&footer.columns));
        };
        if !self.accepts_kind(EnvelopeKind::Records) {
            return;
        }
        let read = reader.read_line(header.as_bytes());
        self.take_line(source, read);
        let mut reader = (source, reader);
        let mut budget = TableBudget::new(self.limits, body.len(), self.left);
        self.open_groups(body, &footer, &mut reader, &mut budget);
        self.left -= budget.spent();
        self.finish_reader(reader.1.as_mut());
    }

    fn open_groups(
        &mut self,
        body: &[u8],
        footer: &Footer,
        reader: &mut SourceReader<'s>,
        budget: &mut TableBudget,
    ) {
        let rows = |groups: &[RowGroup]| {
            groups.iter().fold(0_u64, |sum, group| sum.saturating_add(group.rows))
        };
        for (at, group) in footer.groups.iter().enumerate() {
            let opened = self.open_group(body, footer, group, (&mut *reader, &mut *budget));
            let Err(GroupProblem { column, mut left, problem }) = opened else { continue };
            let number = at + 1;
            if problem.is_limit() {
                let others = footer.groups.get(number..).unwrap_or_default();
                left = left.saturating_add(rows(others));
            }
            let place = match column {
                Some(column) => format!("row group {number}: column `{column}`"),
                None => format!("row group {number}"),
            };
            self.opened
                .reject_body(format_args!("{place}: {problem}; the last {left} rows are not read"));
            if problem.is_limit() {
                return;
            }
        }
        let rows = rows(&footer.groups);
        if rows != footer.rows {
            self.opened.reject_body(format_args!(
                "Parquet file has {rows} rows where its footer says {}",
                footer.rows
            ));
        }
    }

    fn open_group(
        &mut self,
        body: &[u8],
        footer: &Footer,
        group: &RowGroup,
        ((source, reader), budget): (&mut SourceReader<'s>, &mut TableBudget),
    ) -> Result<(), GroupProblem> {
        let mut columns = open_columns(body, footer, group)?;
        let mut line = Vec::new();
        for row in 0..group.rows {
            line.clear();
            // The spaces between its values, and its end.
            let fail = |problem| GroupProblem { column: None, left: group.rows - row, problem };
            budget.charge_line(columns.len()).map_err(fail)?;
            for (column, reader) in footer.columns.iter().zip(&mut columns) {
                let fail = |problem| GroupProblem::new(&column.path, group.rows - row, problem);
                reader.write_next(&mut line, budget).map_err(fail)?;
                line.push(b' ');
            }
            line.pop();
            let read = reader.read_line(&line);
            self.take_line(*source, read);
        }
        Ok(())
    }
}

/// The readers of a row group's columns, each of which must have a value for each row.
fn open_columns<'f>(
    body: &'f [u8],
    footer: &'f Footer,
    group: &RowGroup,
) -> Result<Vec<ColumnReader<'f>>, GroupProblem> {
    let columns = footer.columns.iter().zip(&group.chunks);
    columns
        .map(|(column, chunk)| {
            let fail = |problem| GroupProblem::new(&column.path, group.rows, problem);
            let reader = ColumnReader::new(body, column, chunk).map_err(fail)?;
            if chunk.values == group.rows {
                Ok(reader)
            } else {
                Err(fail(Damage("it has not as many values as there are rows").into()))
            }
        })
        .collect()
}

impl GroupProblem {
    /// What is wrong with a column. A limit is the file's, whichever column reaches it.
    fn new(column: &str, left: u64, problem: RowProblem) -> Self {
        let column = (!problem.is_limit()).then(|| column.to_owned());
        Self { column, left, problem }
    }
}
