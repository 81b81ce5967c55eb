//! CloudWatch Logs filter patterns: JSON, space-delimited and text forms.
//!
//! [`compile_pattern`] accepts patterns as CloudWatch does, within the same limits, and reports
//! where and why it refuses one. JSON patterns test the fields of an event; the other forms test
//! the logged line.
//!
//! Source:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>.

pub mod ast;
mod condition;
mod cursor;
mod line_pattern;
mod lower;
mod regex;
mod selector;
mod terms;
mod value;

use crate::ir::{PathStep, RuleExpr};
use crate::problem::RuleMistake;
use cursor::PatternCursor;

/// The longest pattern, in characters: the limit of the CloudWatch Logs API.
pub const MAX_LENGTH: usize = 1_024;

/// Compiles a filter pattern.
///
/// `file` names the text in problems; columns count characters.
///
/// ```
/// use aware_core::source::cloudtrail;
/// use aware_rules::{cloudwatch, oracle};
///
/// let expr = cloudwatch::compile_pattern("rule.txt", r#"{ $.errorCode = "*UnauthorizedOperation" }"#)?;
/// let record = serde_json::json!({"errorCode": "Client.UnauthorizedOperation"});
/// assert!(oracle::event_matches(&expr, cloudtrail::ID, &record, ""));
///
/// let mistake = cloudwatch::compile_pattern("rule.txt", "{ $.errorCode = }").unwrap_err();
/// assert_eq!((mistake.line, mistake.column), (1, 17));
/// # Ok::<(), aware_rules::problem::RuleMistake>(())
/// ```
///
/// # Errors
/// Whatever CloudWatch would refuse, with the line and column of the mistake.
pub fn compile_pattern(file: &str, text: &str) -> Result<RuleExpr, RuleMistake> {
    parse_pattern(file, text).map(|pattern| lower::lower_pattern(&pattern))
}

/// Parses a filter pattern; its `Display` is again a pattern.
///
/// # Errors
/// Same as [`compile_pattern`].
pub fn parse_pattern(file: &str, text: &str) -> Result<ast::FilterPattern, RuleMistake> {
    read_pattern(text).map_err(|problem| RuleMistake { file: file.to_owned(), ..problem })
}

/// Parses a selector on its own: `$.user.name`.
///
/// # Errors
/// [`RuleMistake`] with the column of the mistake.
pub(crate) fn parse_selector(text: &str) -> Result<Vec<PathStep>, RuleMistake> {
    let mut cursor = PatternCursor::new(text.trim());
    let steps = selector::read_selector(&mut cursor)?;
    match cursor.peek_char() {
        None => Ok(steps),
        Some(_) => Err(cursor.unexpected_here("the selector's end")),
    }
}

/// The readers know positions but not the file.
fn read_pattern(text: &str) -> Result<ast::FilterPattern, RuleMistake> {
    let mut cursor = PatternCursor::new(text);
    if let Some(at) = cursor.line_column_of(MAX_LENGTH) {
        let what = format!("pattern of over {MAX_LENGTH} characters");
        return Err(RuleMistake::new("", at, what).with_hint("split it into several"));
    }
    cursor.skip_blanks();
    let pattern = match cursor.peek_char() {
        Some('{') => condition::read_json_pattern(&mut cursor)?,
        Some('[') => line_pattern::read_line_pattern(&mut cursor)?,
        _ => terms::read_text_pattern(&mut cursor)?,
    };
    cursor.skip_blanks();
    match cursor.peek_char() {
        None => Ok(pattern),
        Some(_) => Err(cursor.unexpected_here("the pattern's end")),
    }
}
