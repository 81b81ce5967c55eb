//! The action in a denial's text, and the text before and after it.

use memchr::memmem;

use crate::steps::scan;

/// The core of the grammar, common to all its spellings.
pub(super) const CORE: &str = "authorized to perform";
/// Other phrasings, each followed by the action.
pub(super) const OTHER_PHRASINGS: [&str; 12] = [
    "permission to call ",
    "permissions to call ",
    "permission to perform ",
    "permissions to perform ",
    "missing permissions for ",
    "missing permission for ",
    "required permission: ",
    "ensure you have ",
    "ensure that you have ",
    "make sure you have ",
    "make sure that you have ",
    "API: ",
];
/// How far into a sentence such a phrasing may begin, in bytes.
const MAX_BEFORE: usize = 300;

/// An action, and the text around it.
pub(super) struct ActionMatch<'t> {
    pub(super) before: &'t str,
    pub(super) action: Option<&'t str>,
    pub(super) after: &'t str,
}

/// Finds `is not authorized to perform: A`. The first one with an action counts, since a later one
/// may be part of a name that the caller chose. If none has an action (`perform: null`), the first
/// counts.
pub(super) fn find_action(text: &str) -> Option<ActionMatch<'_>> {
    let mut nameless = None;
    for at in memmem::find_iter(scan(text).as_bytes(), CORE) {
        let Some(found) = at_core(text, at) else { continue };
        if found.action.is_some() {
            return Some(found);
        }
        nameless = nameless.or(Some(found));
    }
    nameless.filter(|found| {
        !found.after.starts_with(" this operation") && !found.after.starts_with(" the required")
    })
}

/// The sentence whose [`CORE`] is at this position, if it denies something.
pub(super) fn at_core(text: &str, at: usize) -> Option<ActionMatch<'_>> {
    let before = before_negation(text.get(..at)?)?;
    let after = text.get(at + CORE.len()..)?;
    Some(match action_token(after).or_else(|| bare_operation(after)) {
        Some((action, after)) => ActionMatch { before, action: Some(action), after },
        None => ActionMatch { before, action: None, after },
    })
}

/// The text before `is not`, `are not`, `isn't`, `Not`, `is un`.
fn before_negation(before: &str) -> Option<&str> {
    if let Some(before) = before.strip_suffix("is un") {
        return Some(before.trim_end());
    }
    let before = trim_blanks(before);
    let before = ["not", "Not", "n't"].iter().find_map(|not| before.strip_suffix(not))?;
    let before = trim_blanks(before);
    let verb = [" is", " are"].iter().find_map(|verb| before.strip_suffix(verb));
    Some(verb.unwrap_or(before))
}

fn trim_blanks(before: &str) -> &str {
    let trimmed = before.trim_end();
    scan(before.get(trimmed.len()..).unwrap_or_default());
    trimmed
}

/// The action at the beginning, after punctuation and filler words.
pub(super) fn action_token(text: &str) -> Option<(&str, &str)> {
    let text = skip_fillers(text);
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '*' | '_'));
    let end = text.find(is_end).unwrap_or(text.len());
    let word = scan(text.get(..end)?).trim_end_matches(':');
    let (service, name) = word.split_once(':')?;
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_action = starts(service) && starts(name) && !name.contains(':') && service != "arn";
    is_action.then_some((word, text.get(word.len()..)?))
}

/// An operation without its service: `AssumeRole on role …`.
fn bare_operation(text: &str) -> Option<(&str, &str)> {
    let text = skip_fillers(text);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let word = scan(text.get(..end)?);
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let is_name = word.starts_with(|c: char| c.is_ascii_uppercase()) && word.len() > capitals;
    (is_name && capitals >= 2).then_some((word, text.get(end..)?))
}

/// The text after punctuation and filler words.
fn skip_fillers(whole: &str) -> &str {
    let mut text = whole;
    loop {
        text = text.trim_start_matches([':', ' ', '`', '\'', '"', '[', '(']);
        let words =
            ["the ", "action ", "action:", "operation ", "operation:", "actions:", "actions "];
        match words.iter().find_map(|word| text.strip_prefix(word)) {
            Some(rest) => text = rest,
            None => {
                scan(whole.get(..whole.len() - text.len()).unwrap_or_default());
                return text;
            }
        }
    }
}

/// Finds one of the other phrasings.
pub(super) fn find_other_form(text: &str) -> Option<ActionMatch<'_>> {
    OTHER_PHRASINGS.iter().find_map(|form| {
        let (before, after) =
            scan(text).split_once(form).filter(|(it, _)| it.len() <= MAX_BEFORE)?;
        let (action, after) = action_token(after)?;
        Some(ActionMatch { before, action: Some(action), after })
    })
}
