//! The columns of a Parquet file: the leaves of the tree that its schema is.
//!
//! Source: `parquet.thrift`, `SchemaElement`, `ConvertedType` and `LogicalType`.

use super::problem::Damage;
use super::thrift::{ThriftField, ThriftReader};

/// The most columns that are read. Flow logs have fewer than a hundred.
const MAX_COLUMNS: usize = 2_000;
/// How deep the tree may be.
const MAX_DEPTH: usize = 32;
/// How much of a name is kept, in bytes.
const MAX_NAME: usize = 128;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name, after those of the groups that it is in, with dots between.
    pub(super) path: String,
    /// What its values are.
    pub(super) kind: ValueKind,
    /// The level of a value that is not null.
    pub(super) max_level: u8,
    /// Why its values are not read: `a list`.
    pub(super) unread: Option<&'static str>,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueKind {
    /// How they are stored.
    pub(super) physical: PhysicalType,
    /// What their numbers mean.
    pub(super) number: NumberKind,
}

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhysicalType {
    Boolean,
    Int32,
    Int64,
    /// A time of twelve bytes, which older writers use.
    Int96,
    Float,
    Double,
    Bytes,
    /// So many bytes each.
    Fixed(usize),
}

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberKind {
    Signed,
    Unsigned,
    /// A time since 1970, in so many parts of a second.
    Time(i64),
}

/// An element of the schema, as far as it matters.
#[derive(Clone, Copy, Debug, Default)]
struct SchemaElement<'a> {
    physical: Option<i64>,
    length: i64,
    repetition: i64,
    name: &'a [u8],
    children: u64,
    converted: Option<i64>,
    logical: Option<NumberKind>,
    scale: i64,
}

/// Gathers the columns from the elements of a schema, which come with each group before its
/// children.
#[derive(Debug, Default)]
pub(super) struct SchemaBuilder {
    groups: Vec<OpenGroup>,
    has_root: bool,
    columns: Vec<Column>,
}

/// A group whose children follow.
#[derive(Clone, Debug)]
struct OpenGroup {
    path: String,
    left: u64,
    level: u8,
    is_list: bool,
}

impl SchemaBuilder {
    /// Reads one element.
    pub(super) fn read_element(&mut self, reader: &mut ThriftReader<'_>) -> Result<(), Damage> {
        let mut element = SchemaElement::default();
        reader.read_struct(|reader, field| {
            match field.id {
                1 => element.physical = Some(reader.read_number(field)?),
                2 => element.length = reader.read_number(field)?,
                3 => element.repetition = reader.read_number(field)?,
                4 => element.name = reader.read_binary(field)?,
                5 => element.children = reader.read_count(field)?,
                6 => element.converted = Some(reader.read_number(field)?),
                7 => element.scale = reader.read_number(field)?,
                10 => element.logical = read_logical_type(reader, field)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        self.add_element(&element)
    }

    /// The columns, in order.
    pub(super) fn finish(self) -> Vec<Column> {
        self.columns
    }

    fn add_element(&mut self, element: &SchemaElement<'_>) -> Result<(), Damage> {
        if !std::mem::replace(&mut self.has_root, true) {
            let (path, left) = (String::new(), element.children);
            self.groups.push(OpenGroup { path, left, level: 0, is_list: false });
            return Ok(());
        }
        while self.groups.pop_if(|group| group.left == 0).is_some() {}
        let depth = self.groups.len();
        let parent = self.groups.last_mut().ok_or(Damage("schema has a column too many"))?;
        parent.left -= 1;
        let name = String::from_utf8_lossy(element.name.get(..MAX_NAME).unwrap_or(element.name));
        let path = match parent.path.as_str() {
            "" => name.into_owned(),
            within => format!("{within}.{name}"),
        };
        let level = parent.level + u8::from(element.repetition != 0);
        let is_list = parent.is_list || element.repetition == 2;
        let Some(physical) = element.physical else {
            if depth > MAX_DEPTH {
                return Err(Damage("schema is nested too deeply"));
            }
            self.groups.push(OpenGroup { path, left: element.children, level, is_list });
            return Ok(());
        };
        if self.columns.len() == MAX_COLUMNS {
            return Err(Damage("schema has over 2000 columns"));
        }
        let kind = element.value_kind(physical)?;
        let unread = if is_list { Some("a list") } else { element.unread() };
        self.columns.push(Column { path, kind, max_level: level, unread });
        Ok(())
    }
}

impl SchemaElement<'_> {
    fn value_kind(&self, physical: i64) -> Result<ValueKind, Damage> {
        let physical = match physical {
            0 => PhysicalType::Boolean,
            1 => PhysicalType::Int32,
            2 => PhysicalType::Int64,
            3 => PhysicalType::Int96,
            4 => PhysicalType::Float,
            5 => PhysicalType::Double,
            6 => PhysicalType::Bytes,
            7 => match usize::try_from(self.length) {
                Ok(length @ 1..) => PhysicalType::Fixed(length),
                _ => return Err(Damage("a column has values without a length")),
            },
            _ => return Err(Damage("a column has an unknown type")),
        };
        let converted = match self.converted {
            Some(9) => NumberKind::Time(1_000),
            Some(10) => NumberKind::Time(1_000_000),
            Some(11..=14) => NumberKind::Unsigned,
            _ => NumberKind::Signed,
        };
        Ok(ValueKind { physical, number: self.logical.unwrap_or(converted) })
    }

    fn unread(&self) -> Option<&'static str> {
        (self.converted == Some(5) && self.scale != 0).then_some("a decimal")
    }
}

/// What a logical type says of numbers: a union, of which integers and times matter.
fn read_logical_type(
    reader: &mut ThriftReader<'_>,
    field: ThriftField,
) -> Result<Option<NumberKind>, Damage> {
    let mut kind = None;
    reader.read_inner(field, |reader, member| {
        match member.id {
            8 => reader.read_inner(member, |reader, part| {
                let is_unit = part.id == 2;
                if is_unit {
                    kind = read_time_unit(reader, part)?;
                }
                Ok(is_unit)
            })?,
            10 => reader.read_inner(member, |reader, part| {
                let is_sign = part.id == 2;
                if is_sign && !reader.read_flag(part)? {
                    kind = Some(NumberKind::Unsigned);
                }
                Ok(is_sign)
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(kind)
}

fn read_time_unit(
    reader: &mut ThriftReader<'_>,
    field: ThriftField,
) -> Result<Option<NumberKind>, Damage> {
    let mut kind = None;
    reader.read_inner(field, |_, unit| {
        kind = match unit.id {
            1 => Some(NumberKind::Time(1_000)),
            2 => Some(NumberKind::Time(1_000_000)),
            3 => Some(NumberKind::Time(1_000_000_000)),
            _ => None,
        };
        Ok(false)
    })?;
    Ok(kind)
}
