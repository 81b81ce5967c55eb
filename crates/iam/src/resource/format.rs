//! Matches ARN formats of the catalogue against ARNs, and fills them.

use super::place::CallPlace;

/// A format whose variables are replaced as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilledFormat {
    /// The name, with `*` for unknown parts.
    pub(super) name: String,
    /// The same for a policy, with names written so that they match only themselves.
    pub(super) pattern: String,
    /// How many variables, not counting Region and account, are known.
    pub(super) known: usize,
    /// How many variables there are.
    pub(super) variables: usize,
    /// Whether all of them are known.
    pub(super) whole: bool,
    /// The resource type.
    pub(super) kind: String,
}

/// A `*` that belongs to the format itself: `endpoint:*`.
const ANY: &str = "*";

/// The pieces of a format: text, each followed by the name of a variable; a `*` of the format
/// itself counts as a variable.
fn split_pieces(format: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = Some(format);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let variable = text.find("${");
        let star = text.find('*').filter(|at| variable.is_none_or(|variable| *at < variable));
        if let Some((before, after)) = star.and_then(|at| text.split_at_checked(at)) {
            rest = after.get(1..);
            return Some((before, Some(ANY)));
        }
        match text
            .split_once("${")
            .and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            Some((before, (variable, after))) => {
                rest = Some(after);
                Some((before, Some(variable)))
            }
            None => Some((text, None)),
        }
    })
}

/// The variables of a format, each with the text before it, without partition, Region and account.
pub(super) fn format_variables(format: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut colons = 0;
    split_pieces(format).filter_map(move |(text, variable)| {
        colons += text.matches(':').count();
        let is_name = |name: &&str| *name != ANY && at_place(name, colons).is_none();
        variable.filter(is_name).map(|name| (text, name))
    })
}

/// Whether an ARN has a format; returns how many of its letters belong to the format itself.
///
/// A variable takes as little as it can; Region and account stay within their part, and a bucket's
/// name before the slash.
pub(super) fn match_format(format: &str, arn: &str) -> Option<usize> {
    let mut rest = arn;
    let mut letters = 0;
    let mut open: Option<&str> = None;
    for (text, variable) in split_pieces(format) {
        let at = match open {
            None => rest.starts_with(text).then_some(0)?,
            Some(_) if text.is_empty() && variable.is_none() => rest.len(),
            Some(_) if variable.is_none() => rest.len().checked_sub(text.len())?,
            Some(name) => {
                let least = usize::from(!may_be_empty(name));
                rest.get(least..)?.find(text)? + least
            }
        };
        let (value, after) = rest.split_at_checked(at)?;
        let after = after.strip_prefix(text)?;
        if open.is_some_and(|name| !accepts_value(name, value)) {
            return None;
        }
        rest = after;
        letters += text.len();
        open = variable;
    }
    rest.is_empty().then_some(letters)
}

/// A part of an ARN that says where a resource is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlacePart {
    Partition,
    Region,
    Account,
}

/// The part that a variable stands for, by its name and the number of colons before it: some
/// formats have `${AccountId}` or `${AggregatorRegion}` there.
fn at_place(variable: &str, colons: usize) -> Option<PlacePart> {
    match (variable, colons) {
        ("Partition", _) => Some(PlacePart::Partition),
        ("Region", _) => Some(PlacePart::Region),
        ("Account", _) => Some(PlacePart::Account),
        (name, 3) if name.contains("Region") => Some(PlacePart::Region),
        (name, 4) if name.contains("Account") => Some(PlacePart::Account),
        _ => None,
    }
}

/// A format's own `*` may stand for a Region or account that AWS leaves out: Braket's devices have
/// neither.
fn may_be_empty(variable: &str) -> bool {
    matches!(variable, "Partition" | "Region" | "Account" | ANY)
}

fn accepts_value(variable: &str, value: &str) -> bool {
    match variable {
        "Partition" | "Region" | "Account" => !value.contains(':'),
        "BucketName" => !value.is_empty() && !value.contains(['/', ':']),
        ANY => true,
        _ => !value.is_empty(),
    }
}

/// Fills a format.
pub(super) fn fill_format(
    format: &str,
    kind: &str,
    place: &CallPlace<'_>,
    value: impl Fn(&str) -> Option<String>,
) -> FilledFormat {
    let mut filled = FilledFormat {
        name: String::with_capacity(format.len()),
        pattern: String::with_capacity(format.len()),
        known: 0,
        variables: 0,
        whole: true,
        kind: kind.to_owned(),
    };
    let mut colons = 0;
    for (text, variable) in split_pieces(format) {
        filled.push_piece(text, text);
        colons += text.matches(':').count();
        let Some(variable) = variable else { continue };
        let at_place = at_place(variable, colons);
        filled.variables += usize::from(at_place.is_none() && variable != ANY);
        let of_place = match at_place {
            Some(PlacePart::Partition) => Some(place.partition()),
            Some(PlacePart::Region) => Some(place.region),
            Some(PlacePart::Account) => Some(place.account),
            None => None,
        };
        match (of_place.filter(|value| !value.is_empty()), value(variable)) {
            (Some(value), _) => filled.push_piece(value, value),
            (None, Some(value)) => {
                filled.push_piece(&value, &escape_literal(&value));
                filled.known += 1;
            }
            (None, None) => {
                filled.push_piece("*", "*");
                filled.whole = false;
            }
        }
    }
    filled
}

impl FilledFormat {
    fn push_piece(&mut self, name: &str, pattern: &str) {
        self.name.push_str(name);
        self.pattern.push_str(pattern);
    }
}

/// A name as a policy must write it so that it matches only itself.
///
/// Source: IAM user guide, "Policy variables", `${*}`, `${?}` and `${$}`.
pub(crate) fn escape_literal(name: &str) -> String {
    if !name.contains(['*', '?']) && !name.contains("${") {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len() + 8);
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => out.push_str("${*}"),
            '?' => out.push_str("${?}"),
            '$' if letters.peek() == Some(&'{') => out.push_str("${$}"),
            other => out.push(other),
        }
    }
    out
}
