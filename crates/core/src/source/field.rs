//! Field names of a source's records, and access by name. Each source has one table of them.

use serde_json::Value;

use crate::near::{did_you_mean, nearest};

/// A field's name, split at its dots: `userIdentity.arn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    first: &'static str,
    /// Names below the listed field, for open objects.
    rest: Vec<String>,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct FieldEntry {
    /// The dotted name, as AWS writes it.
    pub name: &'static str,
    /// `string`, `time`, `bool`, `list` or `object`; an object accepts any name below it.
    pub kind: &'static str,
    /// A short description.
    pub doc: &'static str,
}

/// Defines a source's table, and a path for each of its fields.
macro_rules! fields {
    ($($constant:ident $name:literal $kind:literal $doc:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $doc, ".")]
            pub const $constant: $crate::source::field::FieldPath = $crate::source::field::FieldPath::new($name);
        )*

        /// Every field with a name of its own, in the order of AWS's documentation.
        pub const TABLE: &[$crate::source::field::FieldEntry] = &[
            $($crate::source::field::FieldEntry { name: $name, kind: $kind, doc: $doc },)*
        ];
    };
}
pub(super) use fields;

/// Defines a source's table without paths, for records that are read by names alone.
macro_rules! field_table {
    ($($name:literal $kind:literal $doc:literal;)*) => {
        /// Every field with a name of its own, in the order of AWS's documentation.
        pub(super) const TABLE: &[$crate::source::field::FieldEntry] = &[
            $($crate::source::field::FieldEntry { name: $name, kind: $kind, doc: $doc },)*
        ];
    };
}
pub(super) use field_table;

/// A name that matches no field.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown field `{name}`{}", hint.map(|near| format!(" (hint: {})", did_you_mean(near))).unwrap_or_default())]
pub struct UnknownField {
    /// The name asked for.
    pub name: String,
    /// The nearest name, if one is close enough.
    pub hint: Option<&'static str>,
}

impl FieldPath {
    /// A field that is listed in a table.
    pub(super) const fn new(name: &'static str) -> Self {
        Self { first: name, rest: Vec::new() }
    }

    /// Finds a field of a table by name; any name below an open object is accepted.
    ///
    /// # Errors
    /// [`UnknownField`] with the nearest name.
    pub fn parse_name(table: &[FieldEntry], name: &str) -> Result<Self, UnknownField> {
        let whole = table.iter().find(|field| field.name == name);
        let open = || {
            table
                .iter()
                .filter(|field| field.kind == "object")
                .find(|field| name_below(name, field.name).is_some())
        };
        let field = whole.or_else(open).ok_or_else(|| unknown_field(table, name))?;
        let rest = name_below(name, field.name).unwrap_or_default();
        let rest = rest.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Ok(Self { first: field.name, rest })
    }

    /// The value in a record; `None` when it is absent or null.
    pub fn find_in<'a>(&self, record: &'a Value) -> Option<&'a Value> {
        let names = self.first.split('.').chain(self.rest.iter().map(String::as_str));
        let mut value = record;
        for name in names {
            value = value.get(name)?;
        }
        (!value.is_null()).then_some(value)
    }

    /// The value as text; `None` when it is absent or of another type.
    pub fn text_in<'a>(&self, record: &'a Value) -> Option<&'a str> {
        self.find_in(record)?.as_str()
    }
}

fn name_below<'a>(name: &'a str, object: &str) -> Option<&'a str> {
    name.strip_prefix(object)?.strip_prefix('.')
}

fn unknown_field(table: &[FieldEntry], name: &str) -> UnknownField {
    let hint = nearest(name, table.iter().map(|field| field.name));
    UnknownField { name: name.to_owned(), hint }
}
