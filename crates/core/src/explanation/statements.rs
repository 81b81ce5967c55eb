//! Statements as people and programs read them: the one place that writes them out.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::Grant;

/// How statements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementStyle {
    /// JSON without blanks, to be copied and parsed.
    Compact,
    /// JSON on one line, with blanks.
    OneLine,
    /// JSON over several lines.
    Pretty,
}

/// Writes the statements of one policy: one as it is, several as a list.
pub fn write_statements(statements: &[Grant], style: StatementStyle) -> String {
    match statements {
        [one] => write_json(one, style),
        many => write_json(many, style),
    }
}

fn write_json<T: Serialize + ?Sized>(value: &T, style: StatementStyle) -> String {
    let mut bytes = Vec::new();
    let written = match style {
        StatementStyle::Compact => value.serialize(&mut Serializer::new(&mut bytes)),
        StatementStyle::OneLine => {
            value.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced))
        }
        StatementStyle::Pretty => {
            let formatter = PrettyFormatter::new();
            value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
        }
    };
    match written {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// JSON on one line, spaced for people.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b" " } else { b", " })
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b" }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_and_several() {
        let grant = |action: &str| Grant {
            actions: vec![action.to_owned(), "a:Z".to_owned()],
            resources: vec!["*".to_owned()],
            ..Grant::default()
        };
        let (one, two) = ([grant("a:B")], [grant("a:B"), grant("a:C")]);
        let compact = r#"{"Effect":"Allow","Action":["a:B","a:Z"],"Resource":"*"}"#;
        assert_eq!(write_statements(&one, StatementStyle::Compact), compact);
        let spaced = r#"{ "Effect": "Allow", "Action": ["a:B", "a:Z"], "Resource": "*" }"#;
        assert_eq!(write_statements(&one, StatementStyle::OneLine), spaced);
        let pretty = write_statements(&two, StatementStyle::Pretty);
        assert!(pretty.starts_with("[\n  {\n    \"Effect\": \"Allow\",\n"), "{pretty}");
        let read: Vec<Grant> = serde_json::from_str(&pretty).unwrap();
        assert_eq!(read, two);
    }
}
