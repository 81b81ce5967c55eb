//! Field names of rules, checked against the table of fields and the table of derived fields.
//!
//! `name[any]`, `[all]`, `[all_or_empty]`, `[none]` and `[0]` select members of a list, as in Sigma
//! Enhancement Proposal 212; `\\[` and `\\]` are brackets within the name. `name[]` is `name`.

use aware_core::near::nearest;
use aware_core::source::{self, SourceId};

use super::context::FileContext;
use crate::ir::{
    DerivedField, EventField, MemberCondition, MemberQuantifier, PathReach, PathStep, RuleExpr,
};
use crate::tree::PatternPlace;

/// A field, possibly of the members of lists.
pub(super) struct FieldTarget {
    /// The lists, outermost first.
    lists: Vec<(EventField, MemberQuantifier)>,
    /// The field: of the event, or of a member of the last list. Without a path it is the member
    /// itself.
    pub(super) field: EventField,
}

impl FieldTarget {
    /// A field on its own.
    pub(super) fn from_field(field: EventField) -> Self {
        Self { lists: Vec::new(), field }
    }

    /// Whether the field is a list's member, or is within one.
    pub(super) fn is_in_list(&self) -> bool {
        !self.lists.is_empty()
    }

    /// Whether the field is a list's member itself, which a block can describe further.
    pub(super) fn is_block(&self) -> bool {
        self.is_in_list() && self.field.path.is_empty()
    }

    /// Turns the condition on the field into one on the lists.
    pub(super) fn wrap_in_lists(self, body: RuleExpr) -> RuleExpr {
        self.lists.into_iter().rev().fold(body, |body, (field, how)| {
            RuleExpr::Each(MemberCondition { field, how, body: Box::new(body) })
        })
    }
}

/// A field of a record that is one value or any member of a list.
pub(super) fn plain_field(
    context: &mut FileContext<'_>,
    name: &str,
    place: PatternPlace,
) -> Option<EventField> {
    let target = resolve_target(context, name, place)?;
    if target.is_in_list() {
        let what = format!("field name `{name}` asks for members of a list");
        return context.refuse_with_hint(place, what, "only a selection can; leave `[…]` out");
    }
    Some(target.field)
}

/// A field of a record, or of a list's member. A name that no record has is refused:
/// such a rule would never match, or always.
pub(super) fn resolve_target(
    context: &mut FileContext<'_>,
    name: &str,
    place: PatternPlace,
) -> Option<FieldTarget> {
    if context.in_member && name == "." {
        return Some(FieldTarget::from_field(EventField::whole_event()));
    }
    let mut parts = Vec::new();
    for part in split_name(name) {
        let Some((key, selectors)) = read_selectors(part) else {
            let what = format!("field name `{name}` has a bracket without its like");
            return context.refuse_with_hint(place, what, "a bracket of the name itself is `\\[`");
        };
        if key.is_empty() {
            return context.refuse_at(place, format_args!("field name `{name}` has an empty part"));
        }
        parts.push((key, selectors));
    }
    let plain: Vec<&str> = parts.iter().map(|(key, _)| key.as_str()).collect();
    if !context.in_member {
        check_known(context, &plain.join("."), place)?;
    }
    let (mut lists, mut path) = (Vec::new(), Vec::new());
    for (key, selectors) in parts {
        path.push(PathStep::Key(key));
        for selector in selectors {
            apply_selector(context, selector, (name, place), (&mut lists, &mut path))?;
        }
    }
    Some(FieldTarget { lists, field: EventField { path, reach: PathReach::Leaves } })
}

/// Adds a selector to the path before it.
fn apply_selector(
    context: &mut FileContext<'_>,
    selector: MemberSelector,
    (name, place): (&str, PatternPlace),
    (lists, path): (&mut Vec<(EventField, MemberQuantifier)>, &mut Vec<PathStep>),
) -> Option<()> {
    let is_derived =
        matches!(path.first(), Some(PathStep::Key(first)) if first == DerivedField::OBJECT);
    match selector {
        MemberSelector::Index(_) if is_derived && !context.in_member => {
            let what = format!("`{name}` has members, and no order of them");
            return context.refuse_with_hint(place, what, "write `[any]`");
        }
        MemberSelector::Index(at) => path.push(PathStep::Index(at)),
        MemberSelector::Each(how) => {
            let path = std::mem::take(path);
            lists.push((EventField { path, reach: PathReach::Leaves }, how));
        }
        MemberSelector::Any => {
            let what = format!(
                "`{name}`: `[]` is not Sigma (hint: leave it out; a list matches by any member)"
            );
            context.add_note(place, what);
            return Some(());
        }
        MemberSelector::Unknown(text) => {
            let hint = "one of `[any]`, `[all]`, `[all_or_empty]`, `[none]` and `[0]`";
            return context.refuse_with_hint(
                place,
                format_args!("unknown selector `[{text}]`"),
                hint,
            );
        }
    }
    context.selector.get_or_insert(place);
    Some(())
}

/// The field that a reference names: of the event, even within a member, or, with a leading dot, of
/// the member. The second value says whether it is the event's.
pub(super) fn referred_field(
    context: &mut FileContext<'_>,
    name: &str,
    place: PatternPlace,
) -> Option<(EventField, bool)> {
    let in_member = std::mem::replace(&mut context.in_member, false);
    let found = match name.strip_prefix('.').filter(|_| in_member) {
        Some(rest) => {
            context.in_member = true;
            plain_field(context, if rest.is_empty() { "." } else { rest }, place)
                .map(|it| (it, false))
        }
        None => plain_field(context, name, place).map(|it| (it, true)),
    };
    context.in_member = in_member;
    found
}

/// The parts of a name between its dots, except for dots within brackets.
fn split_name(name: &str) -> Vec<&str> {
    let (mut parts, mut start, mut inside) = (Vec::new(), 0, false);
    for (at, c) in name.char_indices() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            '.' if !inside => {
                parts.push(name.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(name.get(start..).unwrap_or_default());
    parts
}

enum MemberSelector {
    Each(MemberQuantifier),
    Index(usize),
    Any,
    Unknown(String),
}

/// A part's own name, and the selectors after it; `None` for unbalanced brackets.
fn read_selectors(part: &str) -> Option<(String, Vec<MemberSelector>)> {
    let (mut key, mut selectors) = (String::new(), Vec::new());
    let mut chars = part.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => key.push(chars.next_if(|next| "[]".contains(*next)).unwrap_or(c)),
            ']' => return None,
            '[' => {
                let mut text = String::new();
                loop {
                    match chars.next()? {
                        ']' => break,
                        '[' => return None,
                        c => text.push(c),
                    }
                }
                selectors.push(parse_selector(text));
            }
            // Selectors must come last.
            _ if !selectors.is_empty() => return None,
            other => key.push(other),
        }
    }
    Some((key, selectors))
}

fn parse_selector(text: String) -> MemberSelector {
    MemberSelector::Each(match text.as_str() {
        "" => return MemberSelector::Any,
        "any" => MemberQuantifier::Any,
        "all" => MemberQuantifier::All,
        "all_or_empty" => MemberQuantifier::AllOrEmpty,
        "none" => MemberQuantifier::None,
        other => {
            let digits = other.bytes().all(|byte| byte.is_ascii_digit());
            return match other.parse() {
                Ok(at) if digits => MemberSelector::Index(at),
                _ => MemberSelector::Unknown(text),
            };
        }
    })
}

fn check_known(context: &mut FileContext<'_>, name: &str, place: PatternPlace) -> Option<()> {
    let what = format!("unknown field `{name}`");
    match unknown_field(context.source, name) {
        None => Some(()),
        Some(Some(near)) => context.refuse_unknown(place, what, Some(near)),
        Some(None) => {
            let whose = context.source.map(SourceId::display_name);
            let none = whose.map_or("no record".to_owned(), |name| format!("no {name} record"));
            context.refuse_with_hint(place, what, format_args!("{none} has it"))
        }
    }
}

/// Whether no record of a source has such a field, and the near name.
///
/// The table lists the fields that AWS documents. Below the first name records contain more than
/// that, so a name there is unknown only when it looks like a misspelt one.
fn unknown_field(source: Option<SourceId>, name: &str) -> Option<Option<String>> {
    if name.split('.').next() == Some(DerivedField::OBJECT) {
        let is_known = DerivedField::all_names(source).any(|known| known == name);
        return (!is_known)
            .then(|| nearest(name, DerivedField::all_names(source)).map(str::to_owned));
    }
    let Err(error) = source::path(source, name) else { return None };
    let (first, rest) = name.split_once('.').map_or((name, None), |(a, b)| (a, Some(b)));
    let table = source::fields(source);
    let firsts = || table.iter().filter_map(|field| field.name.split('.').next());
    if firsts().all(|known| known != first) {
        let joined = |near: &str| rest.map_or(near.to_owned(), |rest| format!("{near}.{rest}"));
        let hint = error.hint.map(str::to_owned).or_else(|| nearest(first, firsts()).map(joined));
        return Some(hint);
    }
    let above = |known: &str| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let below = |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'));
    if table.iter().any(|field| above(field.name) || (field.kind == "list" && below(field.name))) {
        return None;
    }
    nearest(name, table.iter().map(|field| field.name)).map(|near| Some(near.to_owned()))
}

#[cfg(test)]
mod tests {
    use aware_core::source::cloudtrail;

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
            assert_eq!(unknown_field(Some(cloudtrail::ID), known), None, "{known}");
        }
        let hint = |name| unknown_field(Some(cloudtrail::ID), name).unwrap();
        assert_eq!(hint("eventname").as_deref(), Some("eventName"));
        assert_eq!(hint("userIdentity.username").as_deref(), Some("userIdentity.userName"));
        assert_eq!(hint("requestParamters.a.b").as_deref(), Some("requestParameters.a.b"));
        assert_eq!(hint("aware.outcom").as_deref(), Some("aware.outcome"));
        assert_eq!(hint("aware.elsewhere"), None);
        assert_eq!(hint("CommandLine"), None);
    }
}
