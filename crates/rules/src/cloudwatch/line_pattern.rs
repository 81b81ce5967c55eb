//! Patterns for space-delimited lines: `[ip, user, ..., status = 4*, bytes]`.

use super::ast::{FilterOperator, FilterPattern, FilterValue, LineField, is_plain_name_char};
use super::cursor::PatternCursor;
use super::value;
use crate::problem::RuleMistake;

/// Reads a pattern from its `[` to its `]`.
pub(super) fn read_line_pattern(cursor: &mut PatternCursor) -> Result<FilterPattern, RuleMistake> {
    cursor.next_char();
    cursor.skip_blanks();
    let mut fields = Vec::new();
    if cursor.take_text("]") {
        return Ok(FilterPattern::Fields(fields));
    }
    loop {
        cursor.skip_blanks();
        let at = cursor.position();
        let field = read_field(cursor)?;
        if let Some(name) = field_name(&field)
            && fields.iter().any(|other| field_name(other) == Some(name))
        {
            return Err(cursor.problem_at(at, format!("second field `{name}`")).with_hint(
                match name {
                    "..." => "`...` is allowed once, since it takes any number of fields",
                    _ => "each field has a name of its own",
                },
            ));
        }
        fields.push(field);
        cursor.skip_blanks();
        if cursor.take_text("]") {
            return Ok(FilterPattern::Fields(fields));
        }
        if !cursor.take_text(",") {
            return Err(cursor.missing_joint("`,` or `]`"));
        }
    }
}

fn field_name(field: &LineField) -> Option<&str> {
    match field {
        LineField::Rest => Some("..."),
        LineField::Plain(name) => name.as_deref(),
        LineField::Tested { name, .. } => Some(name),
    }
}

fn read_field(cursor: &mut PatternCursor) -> Result<LineField, RuleMistake> {
    if cursor.take_text("...") {
        return Ok(LineField::Rest);
    }
    if matches!(cursor.peek_char(), Some(',' | ']')) {
        return Ok(LineField::Plain(None));
    }
    let start = cursor.position();
    let name = cursor.take_chars_while(is_plain_name_char);
    cursor.skip_blanks();
    if !name.is_empty() && matches!(cursor.peek_char(), Some(',' | ']')) {
        return Ok(LineField::Plain(Some(name)));
    }
    cursor.rewind_to(start);
    read_tested_field(cursor)
}

/// Reads conditions that all name the same field.
fn read_tested_field(cursor: &mut PatternCursor) -> Result<LineField, RuleMistake> {
    let mut field: Option<String> = None;
    let test = cursor.read_tree(&mut |cursor: &mut PatternCursor| {
        let at = cursor.position();
        let (name, test) = read_field_condition(cursor)?;
        let first = field.get_or_insert_with(|| name.clone());
        if *first == name {
            return Ok(test);
        }
        Err(cursor
            .problem_at(at, format!("`{name}` among the conditions of `{first}`"))
            .with_hint("conditions of different fields are joined by `,`"))
    })?;
    match field {
        Some(name) => Ok(LineField::Tested { name, test }),
        None => Err(cursor.unexpected_here("a field")),
    }
}

fn read_field_condition(
    cursor: &mut PatternCursor,
) -> Result<(String, (FilterOperator, FilterValue)), RuleMistake> {
    let name = cursor.take_chars_while(is_plain_name_char);
    if name.is_empty() {
        return Err(cursor.unexpected_here("a field's name"));
    }
    cursor.skip_blanks();
    match value::read_comparison(cursor)? {
        Some(test) => Ok((name, test)),
        None => Err(cursor.missing_joint("a comparison, `,` or `]`")),
    }
}
