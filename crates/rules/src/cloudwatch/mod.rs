//! CloudWatch Logs filter patterns: JSON, space-delimited and text forms.
//!
//! [`compile`] accepts patterns as CloudWatch does, within the same limits, and reports where and
//! why it refuses one. JSON patterns test the fields of an event; the other forms test the logged
//! line.
//!
//! Source:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>.

pub mod ast;
mod condition;
mod cursor;
mod fields;
mod lower;
mod regex;
mod selector;
mod terms;
mod value;

use crate::ir::Expr;
use crate::problem::Problem;
use cursor::Cursor;

/// The longest pattern, in characters: the limit of the CloudWatch Logs API.
pub const MAX_LENGTH: usize = 1_024;

/// Compiles a filter pattern.
///
/// `file` names the text in problems; columns count characters.
///
/// # Errors
/// Whatever CloudWatch would refuse, with the line and column of the mistake.
pub fn compile(file: &str, text: &str) -> Result<Expr, Problem> {
    parse(file, text).map(|pattern| lower::expr(&pattern))
}

/// Parses a filter pattern; its `Display` is again a pattern.
///
/// # Errors
/// Same as [`compile`].
pub fn parse(file: &str, text: &str) -> Result<ast::Pattern, Problem> {
    read(text).map_err(|problem| Problem { file: file.to_owned(), ..problem })
}

/// The readers know positions but not the file.
fn read(text: &str) -> Result<ast::Pattern, Problem> {
    let mut cursor = Cursor::new(text);
    if let Some(at) = cursor.place_of(MAX_LENGTH) {
        let what = format!("pattern of over {MAX_LENGTH} characters");
        return Err(Problem::new("", at, what).hint("split it into several"));
    }
    cursor.blanks();
    let pattern = match cursor.peek() {
        Some('{') => condition::read(&mut cursor)?,
        Some('[') => fields::read(&mut cursor)?,
        _ => terms::read(&mut cursor)?,
    };
    cursor.blanks();
    match cursor.peek() {
        None => Ok(pattern),
        Some(_) => Err(cursor.unexpected("the pattern's end")),
    }
}
