//! The header of a page.
//!
//! Source: `parquet.thrift`, `PageHeader`.

use super::problem::Damage;
use super::thrift::{ThriftField, ThriftReader};

/// What a page is, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub(super) kind: PageKind,
    /// How many bytes it has, and in the file.
    pub(super) unpacked: usize,
    pub(super) packed: usize,
    /// How many values it has by its own account, with those that are null.
    pub(super) values: u64,
    /// How these are written, as a number.
    pub(super) encoding: i64,
}

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    Dictionary,
    /// Values, with their levels packed with them. How these are written, as a number.
    Data {
        level_encoding: i64,
    },
    /// Values, behind so many bytes of levels that are never packed.
    DataV2 {
        repetition: usize,
        definition: usize,
        is_packed: bool,
    },
    /// Of no use here.
    Other,
}

/// The members of a header while it is read.
#[derive(Debug, Default)]
struct HeaderParts {
    kind: i64,
    unpacked: u64,
    packed: u64,
    values: u64,
    encoding: i64,
    level_encoding: i64,
    repetition: u64,
    definition: u64,
    is_unpacked: bool,
}

impl PageHeader {
    /// Reads the header that begins at an offset, which then points behind what was read of it, also
    /// where that is damaged.
    pub(super) fn read(bytes: &[u8], at: &mut usize) -> Result<Self, Damage> {
        let mut parts = HeaderParts::default();
        let mut reader = ThriftReader::new(bytes, *at);
        let read = reader.read_struct(|reader, field| {
            match field.id {
                1 => parts.kind = reader.read_number(field)?,
                2 => parts.unpacked = reader.read_count(field)?,
                3 => parts.packed = reader.read_count(field)?,
                5 | 7 | 8 => {
                    let part = field.id;
                    reader.read_inner(field, |reader, field| parts.read(part, reader, field))?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        });
        *at = reader.position();
        read?;
        parts.finish()
    }
}

impl HeaderParts {
    /// Reads a member of the part that says what kind of page it is.
    fn read(
        &mut self,
        part: i16,
        reader: &mut ThriftReader<'_>,
        field: ThriftField,
    ) -> Result<bool, Damage> {
        match (part, field.id) {
            (_, 1) => self.values = reader.read_count(field)?,
            (5 | 7, 2) | (8, 4) => self.encoding = reader.read_number(field)?,
            (5, 3) => self.level_encoding = reader.read_number(field)?,
            (8, 5) => self.definition = reader.read_count(field)?,
            (8, 6) => self.repetition = reader.read_count(field)?,
            (8, 7) => self.is_unpacked = !reader.read_flag(field)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(self) -> Result<PageHeader, Damage> {
        let size = |bytes: u64| {
            u32::try_from(bytes)
                .map(|bytes| bytes as usize)
                .map_err(|_| Damage("page is too large"))
        };
        let kind = match self.kind {
            0 => PageKind::Data { level_encoding: self.level_encoding },
            2 => PageKind::Dictionary,
            3 => PageKind::DataV2 {
                repetition: size(self.repetition)?,
                definition: size(self.definition)?,
                is_packed: !self.is_unpacked,
            },
            _ => PageKind::Other,
        };
        let (unpacked, packed) = (size(self.unpacked)?, size(self.packed)?);
        Ok(PageHeader { kind, unpacked, packed, values: self.values, encoding: self.encoding })
    }
}
