//! The footer of a Parquet file: its columns, and where their parts are.
//!
//! Source: `parquet.thrift`, `FileMetaData`, `RowGroup` and `ColumnChunk`.

use super::problem::{Damage, FooterProblem};
use super::schema::{Column, SchemaBuilder};
use super::thrift::{ThriftField, ThriftReader};
use super::{ENCRYPTED, MAGIC};

/// The longest footer that is read, in bytes. AWS's have a few thousand.
const MAX_FOOTER: usize = 16 << 20;
/// The most parts of columns, in all row groups together. In memory, one takes more than the few
/// bytes that it may have in a footer.
const MAX_PARTS: usize = 1 << 18;
/// What follows the footer: its length, and the magic bytes.
const TAIL: usize = 8;

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Footer {
    /// Its columns, in order.
    pub(super) columns: Vec<Column>,
    /// The parts in which its rows are.
    pub(super) groups: Vec<RowGroup>,
    /// How many rows it has by its own account.
    pub(super) rows: u64,
    /// How many parts of columns its row groups have.
    parts: usize,
}

/// A part of the rows.
#[derive(Debug, Default)]
pub(super) struct RowGroup {
    /// How many rows it has by its own account.
    pub(super) rows: u64,
    /// Its part of each column, in the order of the columns.
    pub(super) chunks: Vec<ColumnChunk>,
}

/// A part of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ColumnChunk {
    /// How its pages are compressed, as a number.
    pub(super) codec: i64,
    /// How many values it has by its own account, with those that are null.
    pub(super) values: u64,
    /// Where it begins in the file.
    pub(super) from: u64,
    /// How many bytes it has.
    pub(super) bytes: u64,
}

impl Footer {
    /// Reads the footer of a file.
    pub(super) fn read(body: &[u8]) -> Result<Self, FooterProblem> {
        if body.starts_with(ENCRYPTED) {
            return Err(FooterProblem::Encrypted);
        }
        let tail = body.last_chunk::<TAIL>().filter(|tail| tail.ends_with(MAGIC));
        let Some([a, b, c, d, ..]) = tail else { return Err(FooterProblem::Cut) };
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        if length > MAX_FOOTER {
            return Err(FooterProblem::TooLong { bytes: length, limit: MAX_FOOTER });
        }
        let end = body.len() - TAIL;
        let from = end.checked_sub(length).filter(|from| *from >= MAGIC.len());
        let from = from.ok_or(Damage("footer is longer than the file"))?;
        let mut reader = ThriftReader::new(body.get(..end).unwrap_or_default(), from);
        let footer = Self::read_metadata(&mut reader)?;
        if footer.columns.is_empty() {
            return Err(Damage("it has no columns").into());
        }
        Ok(footer)
    }

    fn read_metadata(reader: &mut ThriftReader<'_>) -> Result<Self, Damage> {
        let mut footer = Self::default();
        reader.read_struct(|reader, field| {
            match field.id {
                2 => {
                    let mut schema = SchemaBuilder::default();
                    reader.read_structs(field, |reader| schema.read_element(reader))?;
                    footer.columns = schema.finish();
                }
                3 => footer.rows = reader.read_count(field)?,
                4 => footer.read_groups(reader, field)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(footer)
    }

    /// Reads the row groups. Each has a part of every column, so that there are not more of them
    /// than the footer has bytes for.
    fn read_groups(
        &mut self,
        reader: &mut ThriftReader<'_>,
        field: ThriftField,
    ) -> Result<(), Damage> {
        let (columns, groups, parts) = (self.columns.len(), &mut self.groups, &mut self.parts);
        reader.read_structs(field, |reader| {
            *parts = parts.saturating_add(columns);
            if *parts > MAX_PARTS {
                return Err(Damage("it has over 262144 parts of columns"));
            }
            let group = read_group(reader, columns)?;
            if group.chunks.is_empty() || group.chunks.len() != columns {
                return Err(Damage("a row group has not every column"));
            }
            groups.push(group);
            Ok(())
        })
    }
}

fn read_group(reader: &mut ThriftReader<'_>, columns: usize) -> Result<RowGroup, Damage> {
    let mut group = RowGroup::default();
    reader.read_struct(|reader, field| {
        match field.id {
            1 => reader.read_structs(field, |reader| {
                if group.chunks.len() == columns {
                    return Err(Damage("a row group has more columns than the schema"));
                }
                group.chunks.push(read_chunk(reader)?);
                Ok(())
            })?,
            3 => group.rows = reader.read_count(field)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(group)
}

fn read_chunk(reader: &mut ThriftReader<'_>) -> Result<ColumnChunk, Damage> {
    let mut chunk = None;
    reader.read_struct(|reader, field| {
        match field.id {
            1 => return Err(Damage("its columns are in other files")),
            3 => chunk = Some(read_chunk_metadata(reader, field)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    chunk.ok_or(Damage("a column has no metadata, or it is encrypted"))
}

fn read_chunk_metadata(
    reader: &mut ThriftReader<'_>,
    field: ThriftField,
) -> Result<ColumnChunk, Damage> {
    let mut chunk = ColumnChunk::default();
    let (mut data, mut dictionary) = (None, None);
    reader.read_inner(field, |reader, field| {
        match field.id {
            4 => chunk.codec = reader.read_number(field)?,
            5 => chunk.values = reader.read_count(field)?,
            7 => chunk.bytes = reader.read_count(field)?,
            9 => data = Some(reader.read_count(field)?),
            11 => dictionary = Some(reader.read_count(field)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let data = data.ok_or(Damage("a column begins nowhere"))?;
    // Some writers say 0 where there is no dictionary.
    chunk.from = dictionary.filter(|at| (1..data).contains(at)).unwrap_or(data);
    Ok(chunk)
}
