//! Thrift's compact protocol, in which Parquet writes its metadata.
//!
//! Source: Apache Thrift, "Thrift Compact protocol encoding".

use super::bits::{read_varint, unzigzag};
use super::problem::Damage;

/// Maximum nesting of a value that is skipped.
const MAX_NESTING: u8 = 32;

/// The types of values, by their codes.
mod kind {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const SHORT: u8 = 4;
    pub(super) const LONG: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const SET: u8 = 10;
    pub(super) const MAP: u8 = 11;
    pub(super) const STRUCT: u8 = 12;
    pub(super) const UUID: u8 = 13;
}

/// The field of a struct whose value comes next.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThriftField {
    /// Its number.
    pub(super) id: i16,
    kind: u8,
}

/// Reads values one after another.
#[derive(Debug)]
pub(super) struct ThriftReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> ThriftReader<'a> {
    /// A reader of values that begin at an offset.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next value begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Reads a struct. `take` reads the value of a field and returns true, or returns false for one
    /// that is to be skipped.
    pub(super) fn read_struct(
        &mut self,
        mut take: impl FnMut(&mut Self, ThriftField) -> Result<bool, Damage>,
    ) -> Result<(), Damage> {
        let mut last = 0;
        while let Some(field) = self.read_field(&mut last)? {
            if !take(self, field)? {
                self.skip(field.kind, 0)?;
            }
        }
        Ok(())
    }

    /// Reads the value of a field that is a struct.
    pub(super) fn read_inner(
        &mut self,
        field: ThriftField,
        take: impl FnMut(&mut Self, ThriftField) -> Result<bool, Damage>,
    ) -> Result<(), Damage> {
        if field.kind != kind::STRUCT {
            return Err(Damage("metadata has a value of another type"));
        }
        self.read_struct(take)
    }

    /// Reads the value of a field that is a list of structs, each by `take`.
    pub(super) fn read_structs(
        &mut self,
        field: ThriftField,
        mut take: impl FnMut(&mut Self) -> Result<(), Damage>,
    ) -> Result<(), Damage> {
        let (element, size) = self.read_list_header()?;
        if field.kind != kind::LIST || (size > 0 && element != kind::STRUCT) {
            return Err(Damage("metadata has a value of another type"));
        }
        (0..size).try_for_each(|_| take(self))
    }

    /// Reads the value of a field that is a number.
    pub(super) fn read_number(&mut self, field: ThriftField) -> Result<i64, Damage> {
        match field.kind {
            kind::BYTE => Ok(i64::from(self.read_byte()?.cast_signed())),
            kind::SHORT..=kind::LONG => Ok(unzigzag(self.read_varint()?)),
            _ => Err(Damage("metadata has a value of another type")),
        }
    }

    /// Reads the value of a field that is a number and not negative.
    pub(super) fn read_count(&mut self, field: ThriftField) -> Result<u64, Damage> {
        u64::try_from(self.read_number(field)?).map_err(|_| Damage("metadata has a negative count"))
    }

    /// Reads the value of a field that is true or false.
    pub(super) fn read_flag(&mut self, field: ThriftField) -> Result<bool, Damage> {
        match field.kind {
            kind::TRUE => Ok(true),
            kind::FALSE => Ok(false),
            _ => Err(Damage("metadata has a value of another type")),
        }
    }

    /// Reads the value of a field that is a text.
    pub(super) fn read_binary(&mut self, field: ThriftField) -> Result<&'a [u8], Damage> {
        if field.kind != kind::BINARY {
            return Err(Damage("metadata has a value of another type"));
        }
        let length = self.read_varint()?;
        self.take_bytes(length)
    }

    /// Reads the header of a struct's next field; `None` at the struct's end.
    fn read_field(&mut self, last: &mut i16) -> Result<Option<ThriftField>, Damage> {
        let byte = self.read_byte()?;
        if byte == 0 {
            return Ok(None);
        }
        let id = match i16::from(byte >> 4) {
            0 => i16::try_from(unzigzag(self.read_varint()?)).ok(),
            step => last.checked_add(step),
        };
        *last = id.ok_or(Damage("metadata has a field without a number"))?;
        Ok(Some(ThriftField { id: *last, kind: byte & 0x0f }))
    }

    fn skip(&mut self, kind: u8, nesting: u8) -> Result<(), Damage> {
        if nesting > MAX_NESTING {
            return Err(Damage("metadata is nested too deeply"));
        }
        match kind {
            kind::TRUE | kind::FALSE => Ok(()),
            kind::BYTE => self.take_bytes(1).map(|_| ()),
            kind::SHORT..=kind::LONG => self.read_varint().map(|_| ()),
            kind::DOUBLE => self.take_bytes(8).map(|_| ()),
            kind::UUID => self.take_bytes(16).map(|_| ()),
            kind::BINARY => {
                let length = self.read_varint()?;
                self.take_bytes(length).map(|_| ())
            }
            kind::LIST | kind::SET => {
                let (element, size) = self.read_list_header()?;
                (0..size).try_for_each(|_| self.skip_element(element, nesting + 1))
            }
            kind::MAP => self.skip_map(nesting + 1),
            kind::STRUCT => {
                let mut last = 0;
                while let Some(field) = self.read_field(&mut last)? {
                    self.skip(field.kind, nesting + 1)?;
                }
                Ok(())
            }
            _ => Err(Damage("metadata has a value of an unknown type")),
        }
    }

    fn skip_map(&mut self, nesting: u8) -> Result<(), Damage> {
        let size = self.read_varint()?;
        if size == 0 {
            return Ok(());
        }
        let kinds = self.read_byte()?;
        (0..size).try_for_each(|_| {
            self.skip_element(kinds >> 4, nesting)?;
            self.skip_element(kinds & 0x0f, nesting)
        })
    }

    /// Within a list or a map, true and false are bytes of their own. So every element has a byte at
    /// the least, and no list is longer than what is left.
    fn skip_element(&mut self, kind: u8, nesting: u8) -> Result<(), Damage> {
        let is_flag = matches!(kind, kind::TRUE | kind::FALSE);
        self.skip(if is_flag { kind::BYTE } else { kind }, nesting)
    }

    fn read_list_header(&mut self) -> Result<(u8, u64), Damage> {
        let byte = self.read_byte()?;
        let size = match byte >> 4 {
            15 => self.read_varint()?,
            size => u64::from(size),
        };
        Ok((byte & 0x0f, size))
    }

    fn read_varint(&mut self) -> Result<u64, Damage> {
        read_varint(self.bytes, &mut self.at)
    }

    fn read_byte(&mut self) -> Result<u8, Damage> {
        let byte = self.bytes.get(self.at).ok_or(Damage("metadata ends early"))?;
        self.at += 1;
        Ok(*byte)
    }

    fn take_bytes(&mut self, length: u64) -> Result<&'a [u8], Damage> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let taken = rest.get(..length).ok_or(Damage("metadata ends early"))?;
        self.at += length;
        Ok(taken)
    }
}
