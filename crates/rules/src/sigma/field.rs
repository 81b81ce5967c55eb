//! Field names of rules, checked against the one table of fields and the one of derived fields.

use aware_core::event::field::{Path, TABLE};

use super::context::{Context, near};
use super::yaml::Place;
use crate::ir::{Derived, Field, Reach};

/// A field of a CloudTrail record. A name that no record has is refused: such a rule would never
/// match, or always.
pub(super) fn field(context: &mut Context<'_>, name: &str, place: Place) -> Option<Field> {
    if name.split('.').any(str::is_empty) {
        return context.refuse(place, format_args!("field name `{name}` has an empty part"));
    }
    if name.split('.').any(|part| part.ends_with(']')) {
        let what = format!("field name `{name}` asks for members of a list");
        return context.refuse_with(place, what, "a list matches by any member; leave `[…]` out");
    }
    let what = format!("unknown field `{name}`");
    match unknown(name) {
        None => Some(Field::dotted(name, Reach::Leaves)),
        Some(Some(near)) => context.unknown(place, what, Some(near)),
        Some(None) => context.refuse_with(place, what, "no CloudTrail record has it"),
    }
}

/// Whether no record has such a field, and the near name.
///
/// The table lists the fields that AWS documents. Below the first name records hold more than
/// that, so a name there is unknown only when it looks like a misspelt one.
fn unknown(name: &str) -> Option<Option<String>> {
    let derived = || Derived::TABLE.iter().map(|(name, ..)| *name);
    if name.split('.').next() == Some(Derived::OBJECT) {
        let is_known = derived().any(|known| known == name);
        return (!is_known).then(|| near(name, derived()).map(str::to_owned));
    }
    let Err(error) = Path::parse(name) else { return None };
    let (first, rest) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
    let firsts = || TABLE.iter().filter_map(|field| field.name.split('.').next());
    if firsts().all(|known| known != first) {
        let joined = |near: &str| rest.map_or(near.to_owned(), |rest| format!("{near}.{rest}"));
        let hint = error.hint.map(str::to_owned).or_else(|| near(first, firsts()).map(joined));
        return Some(hint);
    }
    let above = |known: &str| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let below = |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'));
    if TABLE.iter().any(|field| above(field.name) || (field.kind == "list" && below(field.name))) {
        return None;
    }
    near(name, TABLE.iter().map(|field| field.name)).map(|near| Some(near.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for known in [
            "eventName",
            "userIdentity",
            "userIdentity.sessionContext",
            "userIdentity.sessionContext.sessionIssuer",
            "userIdentity.somethingNew",
            "requestParameters.bucketPolicy.Statement.Effect",
            "resources.type",
            "resources.accountId",
            "tlsDetails",
            "aware.outcome",
        ] {
            assert_eq!(unknown(known), None, "{known}");
        }
        let hint = |name| unknown(name).unwrap();
        assert_eq!(hint("eventname").as_deref(), Some("eventName"));
        assert_eq!(hint("userIdentity.username").as_deref(), Some("userIdentity.userName"));
        assert_eq!(hint("requestParamters.a.b").as_deref(), Some("requestParameters.a.b"));
        assert_eq!(hint("aware.outcom").as_deref(), Some("aware.outcome"));
        assert_eq!(hint("aware.other"), None);
        assert_eq!(hint("CommandLine"), None);
    }
}
