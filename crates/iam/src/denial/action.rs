//! The action of a denial's text, and what stands before and after it.

use memchr::memmem;

use super::Denial;

/// The heart of the grammar, in all its spellings.
const CORE: &str = "authorized to perform";
/// Other ways to say it, each followed by the action.
const FORMS: [&str; 4] =
    ["permission to call ", "permissions to call ", "permission to perform ", "API: "];

/// An action, and the text around it.
pub(super) struct Found<'t> {
    pub(super) before: &'t str,
    pub(super) action: Option<&'t str>,
    pub(super) after: &'t str,
}

/// Finds `is not authorized to perform: A`. The first with an action counts: a later one may be
/// part of a name that the caller chose. Without an action (`perform: null`) the last counts.
pub(super) fn find(text: &str) -> Option<Found<'_>> {
    let mut nameless = None;
    for at in memmem::find_iter(text.as_bytes(), CORE) {
        let before = text.get(..at)?;
        let Some(before) = negated(before) else { continue };
        let after = text.get(at + CORE.len()..)?;
        if let Some((action, after)) = token(after) {
            return Some(Found { before, action: Some(action), after });
        }
        nameless = Some(Found { before, action: None, after });
    }
    nameless.filter(|found| !found.after.starts_with(" this operation"))
}

/// The text before `is not`, `are not`, `isn't`, `Not`.
fn negated(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let before = ["not", "Not", "n't"].iter().find_map(|not| before.strip_suffix(not))?;
    let before = before.trim_end();
    let verb = [" is", " are"].iter().find_map(|verb| before.strip_suffix(verb));
    Some(verb.unwrap_or(before))
}

/// An action at the beginning, but for punctuation and filling words.
fn token(text: &str) -> Option<(&str, &str)> {
    let mut text = text;
    loop {
        text = text.trim_start_matches([':', ' ', '`', '\'', '"', '[', '(']);
        let filled = ["the ", "action ", "action:", "operation ", "operation:", "actions:"];
        match filled.iter().find_map(|word| text.strip_prefix(word)) {
            Some(rest) => text = rest,
            None => break,
        }
    }
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '*' | '_'));
    let end = text.find(is_end).unwrap_or(text.len());
    let word = text.get(..end)?.trim_end_matches(':');
    let (service, name) = word.split_once(':')?;
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_action = starts(service) && starts(name) && !name.contains(':');
    is_action.then_some((word, text.get(word.len()..)?))
}

/// Reads the other forms, and returns what follows the action, or the whole text.
pub(super) fn form<'t>(text: &'t str, denial: &mut Denial<'t>) -> &'t str {
    for form in FORMS {
        let Some((before, after)) = text.split_once(form) else { continue };
        if let Some((action, after)) = token(after) {
            denial.action = Some(action);
            denial.principal = super::subject::principal(before);
            let (resource, rest) = super::subject::resource(after);
            denial.resource = resource;
            return rest;
        }
    }
    console(text, denial);
    text
}

/// The console's form: `User: P Action: A On resource(s): R Context: REASON`.
fn console<'t>(text: &'t str, denial: &mut Denial<'t>) {
    let Some((before, after)) = text.split_once("Action: ") else { return };
    let Some((action, after)) = token(after) else { return };
    denial.action = Some(action);
    let named = before.rsplit_once("User: ").map(|(_, user)| user.trim());
    denial.principal = named.filter(|user| !user.is_empty());
    let resource = after.split_once("esource(s): ").or_else(|| after.split_once("esource: "));
    let word = resource.and_then(|(_, rest)| rest.split_whitespace().next());
    denial.resource = word;
}
