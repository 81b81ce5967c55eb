//! Finds AWS's sentence in pasted text: a log, a console's output, a JSON answer.
//!
//! No position in such a text belongs to AWS alone, so the result only explains; it decides nothing
//! but the answer to the person who pasted it.

use std::borrow::Cow;

use aware_core::event::after_resource_intro;
use memchr::memmem;

use super::denied::Denial;
use super::reader::{complete_denial, mark_distrusted, read_sentence};
use super::{action, extras, subject};
use crate::steps::scan;

/// Phrases that end a resource name with blanks, if they follow soon.
const REASONS: [&str; 2] = [" because ", " with an explicit deny"];
/// The longest name with blanks, in bytes.
const MAX_NAME: usize = 1_024;
/// The longest `<account number>`, in bytes.
const MAX_MARK: usize = 64;

/// Parses an error's text with other words around it. The first sentence with an action counts; in
/// a text without one, the services' own wordings are read.
pub fn parse_pasted<'t>(code: &str, text: &'t str) -> Denial<'t> {
    let said = find_sentence(text);
    let mut denial = Denial::default();
    let rest = read_sentence(said.unwrap_or(text), read_resource, &mut denial);
    if denial.action.is_none() {
        read_console_form(text, &mut denial);
    }
    denial.encoded = extras::find_encoded(said.unwrap_or(text), false);
    complete_denial(code, Cow::Borrowed(said.unwrap_or(text)), rest, &mut denial);
    mark_distrusted(
        text.get(text.find("CodeBuild is").unwrap_or(text.len())..).unwrap_or(""),
        &mut denial,
    );
    denial
}

/// From the first sentence that denies an action up to the next.
fn find_sentence(text: &str) -> Option<&str> {
    let cores = || memmem::find_iter(scan(text).as_bytes(), action::CORE);
    let first = cores()
        .find(|at| action::at_core(text, *at).is_some_and(|found| found.action.is_some()))?;
    let next = cores()
        .find(|at| *at > first)
        .map_or(text.len(), |at| principal_start(text, at).max(first));
    text.get(principal_start(text, first)..next)
}

/// Where the principal of a sentence begins.
fn principal_start(text: &str, core: usize) -> usize {
    let before = scan(subject::end_of(text.get(..core).unwrap_or_default()));
    let skipped = core - before.len();
    let at =
        before.rfind("User: ").or_else(|| before.rfind("User ")).or_else(|| before.rfind("arn:"));
    at.map_or(core.saturating_sub("is not ".len()), |at| skipped + at)
}

/// The resource after the action, and what follows it: a quoted name, a name that ends where the
/// reason begins, or one word.
fn read_resource(after: &str) -> (Option<&str>, &str) {
    let Some(named) = after_resource_intro(after) else { return (None, after) };
    if let Some((name, rest)) = read_quoted(named) {
        return (Some(name), rest);
    }
    let end = reason_position(named).unwrap_or_else(|| word_end(named));
    let (name, rest) = named.split_at_checked(end).unwrap_or((named, ""));
    (Some(without_end(name.trim())).filter(|name| !name.is_empty()), rest)
}

/// A name without the punctuation around it. Three dots stay: the name was cut off there.
fn without_end(name: &str) -> &str {
    let ends = ['.', ',', ';', ')', ']', '"', '\'', '`', '\\'];
    let mut name = name;
    while let Some(shorter) = name.strip_suffix(ends).filter(|_| !name.ends_with("...")) {
        name = shorter;
    }
    name
}

fn read_quoted(named: &str) -> Option<(&str, &str)> {
    let quote = named.chars().next().filter(|c| matches!(c, '"' | '`' | '\''))?;
    let closing = if quote == '`' { ['\'', '`'] } else { [quote, quote] };
    let inner = named.get(1..)?;
    let mut closes = scan(inner).match_indices(closing);
    let (at, _) = closes.find(|(at, _)| {
        let rest = inner.get(at + 1..).unwrap_or_default();
        rest.is_empty() || rest.starts_with([' ', '.', ',', ')', '\n', '"', '\'', '<', '}', ']'])
    })?;
    let name = inner.get(..at).filter(|name| !name.is_empty())?;
    Some((name, inner.get(at + 1..)?))
}

/// Where the reason begins, if it comes before another sentence.
fn reason_position(named: &str) -> Option<usize> {
    let ends =
        REASONS.iter().filter_map(|end| memmem::find(scan(named).as_bytes(), end.as_bytes()));
    let at = ends.min().filter(|at| *at <= MAX_NAME)?;
    let name = named.get(..at)?;
    let is_one = !name.contains([';', '\n', '{', '"']) && !name.contains(". ");
    is_one.then_some(at)
}

/// The end of a word, in which `<account number>` counts as part of the word.
fn word_end(named: &str) -> usize {
    scan(named);
    let mut open = 0_u32;
    for (at, letter) in named.char_indices() {
        match letter {
            '<' if named.get(at + 1..).is_some_and(|rest| rest.starts_with('/')) => return at,
            '<' if is_closed(named, at) => open += 1,
            '>' => open = open.saturating_sub(1),
            ' ' | '\n' | '\t' if open == 0 => return at,
            '"' | '`' => return at,
            _ => {}
        }
    }
    named.len()
}

fn is_closed(named: &str, at: usize) -> bool {
    let behind = named.as_bytes().get(at..).unwrap_or_default();
    scan(behind.get(..MAX_MARK).unwrap_or(behind)).contains(&b'>')
}

/// Reads the console's form: `User: P Action: A On resource(s): R Context: REASON`.
fn read_console_form<'t>(text: &'t str, denial: &mut Denial<'t>) {
    let Some((before, after)) = scan(text).split_once("Action: ") else { return };
    let Some((action, after)) = action::action_token(after) else { return };
    denial.action = Some(action);
    let named = before.rsplit_once("User: ").map(|(_, user)| user.trim());
    denial.principal = named.filter(|user| !user.is_empty());
    let resource = after.split_once("esource(s): ").or_else(|| after.split_once("esource: "));
    denial.resource = resource.and_then(|(_, rest)| rest.split_whitespace().next());
}
