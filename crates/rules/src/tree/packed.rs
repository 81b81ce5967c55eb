//! A tree as bytes: the rules that ship are parsed when the program is built, and read from these.
//!
//! Numbers are written seven bits at a time, the lowest first, with the eighth bit set in all bytes
//! but the last.

use super::{PatternPlace, YamlKey, YamlNode, YamlValue};

/// The documents of a file as bytes.
#[allow(dead_code)]
pub(crate) fn pack_documents(documents: &[YamlNode]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pack_all(&mut bytes, documents, pack_node);
    bytes
}

fn pack_all<T>(bytes: &mut Vec<u8>, all: &[T], pack: impl Fn(&mut Vec<u8>, &T)) {
    pack_number(bytes, all.len() as u128);
    all.iter().for_each(|one| pack(bytes, one));
}

fn pack_node(bytes: &mut Vec<u8>, node: &YamlNode) {
    pack_place(bytes, node.place);
    let is_written_there = node.written == node.place;
    bytes.push(u8::from(is_written_there) | u8::from(node.spelling.is_some()) << 1);
    if !is_written_there {
        pack_place(bytes, node.written);
    }
    node.spelling.iter().for_each(|spelling| pack_text(bytes, spelling));
    match &node.value {
        YamlValue::Null => bytes.push(0),
        YamlValue::Bool(value) => bytes.extend([1, u8::from(*value)]),
        YamlValue::Whole(number) => {
            bytes.push(2);
            bytes.extend(number.to_le_bytes());
        }
        YamlValue::Float(number) => {
            bytes.push(3);
            bytes.extend(number.to_bits().to_le_bytes());
        }
        YamlValue::Text(text) => {
            bytes.push(4);
            pack_text(bytes, text);
        }
        YamlValue::List(items) => {
            bytes.push(5);
            pack_all(bytes, items, pack_node);
        }
        YamlValue::Map(entries) => {
            bytes.push(6);
            pack_all(bytes, entries, |bytes, (key, node)| {
                pack_place(bytes, key.place);
                pack_text(bytes, &key.text);
                pack_node(bytes, node);
            });
        }
    }
}

fn pack_place(bytes: &mut Vec<u8>, (line, column): PatternPlace) {
    pack_number(bytes, u128::from(line));
    pack_number(bytes, u128::from(column));
}

fn pack_text(bytes: &mut Vec<u8>, text: &str) {
    pack_number(bytes, text.len() as u128);
    bytes.extend(text.as_bytes());
}

#[allow(clippy::cast_possible_truncation)]
fn pack_number(bytes: &mut Vec<u8>, mut number: u128) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The documents of a file; `None` if the bytes are not what [`pack_documents`] writes.
#[allow(dead_code)]
pub(crate) fn unpack_documents(bytes: &[u8]) -> Option<Vec<YamlNode>> {
    let mut reader = PackedReader { rest: bytes };
    let documents = reader.read_all(PackedReader::read_node)?;
    reader.rest.is_empty().then_some(documents)
}

struct PackedReader<'b> {
    rest: &'b [u8],
}

impl<'b> PackedReader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn take_byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn read_all<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(self.read_number()?).ok()?;
        (0..count).map(|_| read(self)).collect()
    }

    fn read_node(&mut self) -> Option<YamlNode> {
        let place = self.read_place()?;
        let marks = self.take_byte()?;
        let written = if marks & 1 == 1 { place } else { self.read_place()? };
        let spelling = if marks & 2 == 2 { Some(self.read_text()?.into()) } else { None };
        let value = match self.take_byte()? {
            0 => YamlValue::Null,
            1 => YamlValue::Bool(self.take_byte()? == 1),
            2 => YamlValue::Whole(i128::from_le_bytes(self.take(16)?.try_into().ok()?)),
            3 => {
                let bits = u64::from_le_bytes(self.take(8)?.try_into().ok()?);
                YamlValue::Float(f64::from_bits(bits))
            }
            4 => YamlValue::Text(self.read_text()?.to_owned()),
            5 => YamlValue::List(self.read_all(Self::read_node)?),
            6 => YamlValue::Map(self.read_all(|reader| {
                let place = reader.read_place()?;
                let key = YamlKey { text: reader.read_text()?.to_owned(), place };
                Some((key, reader.read_node()?))
            })?),
            _ => return None,
        };
        Some(YamlNode { value, place, written, spelling })
    }

    fn read_place(&mut self) -> Option<PatternPlace> {
        let line = u32::try_from(self.read_number()?).ok()?;
        Some((line, u32::try_from(self.read_number()?).ok()?))
    }

    fn read_text(&mut self) -> Option<&'b str> {
        let length = usize::try_from(self.read_number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn read_number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take_byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}
