//! Patterns for space-delimited lines: `[ip, user, ..., status = 4*, bytes]`.

use super::ast::{Field, Operator, Pattern, Value, plain};
use super::cursor::Cursor;
use super::value;
use crate::problem::Problem;

/// Reads a pattern from its `[` to its `]`.
pub(super) fn read(cursor: &mut Cursor) -> Result<Pattern, Problem> {
    cursor.next();
    cursor.blanks();
    let mut fields = Vec::new();
    if cursor.take("]") {
        return Ok(Pattern::Fields(fields));
    }
    loop {
        cursor.blanks();
        let at = cursor.at();
        let field = field(cursor)?;
        if let Some(name) = name_of(&field)
            && fields.iter().any(|other| name_of(other) == Some(name))
        {
            return Err(cursor.problem(at, format!("second field `{name}`")).hint(match name {
                "..." => "`...` is allowed once, since it takes any number of fields",
                _ => "each field has a name of its own",
            }));
        }
        fields.push(field);
        cursor.blanks();
        if cursor.take("]") {
            return Ok(Pattern::Fields(fields));
        }
        if !cursor.take(",") {
            return Err(cursor.no_joint("`,` or `]`"));
        }
    }
}

fn name_of(field: &Field) -> Option<&str> {
    match field {
        Field::Rest => Some("..."),
        Field::Plain(name) => name.as_deref(),
        Field::Tested { name, .. } => Some(name),
    }
}

fn field(cursor: &mut Cursor) -> Result<Field, Problem> {
    if cursor.take("...") {
        return Ok(Field::Rest);
    }
    if matches!(cursor.peek(), Some(',' | ']')) {
        return Ok(Field::Plain(None));
    }
    let start = cursor.at();
    let name = cursor.take_while(plain);
    cursor.blanks();
    if !name.is_empty() && matches!(cursor.peek(), Some(',' | ']')) {
        return Ok(Field::Plain(Some(name)));
    }
    cursor.rewind(start);
    tested(cursor)
}

/// Reads conditions that all name the same field.
fn tested(cursor: &mut Cursor) -> Result<Field, Problem> {
    let mut field: Option<String> = None;
    let test = cursor.tree(&mut |cursor: &mut Cursor| {
        let at = cursor.at();
        let (name, test) = condition(cursor)?;
        let first = field.get_or_insert_with(|| name.clone());
        if *first == name {
            return Ok(test);
        }
        Err(cursor
            .problem(at, format!("`{name}` among the conditions of `{first}`"))
            .hint("conditions of different fields are joined by `,`"))
    })?;
    match field {
        Some(name) => Ok(Field::Tested { name, test }),
        None => Err(cursor.unexpected("a field")),
    }
}

fn condition(cursor: &mut Cursor) -> Result<(String, (Operator, Value)), Problem> {
    let name = cursor.take_while(plain);
    if name.is_empty() {
        return Err(cursor.unexpected("a field's name"));
    }
    cursor.blanks();
    match value::comparison(cursor)? {
        Some(test) => Ok((name, test)),
        None => Err(cursor.no_joint("a comparison, `,` or `]`")),
    }
}
