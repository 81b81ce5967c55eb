//! Checks policy variables: where they are allowed, how they are written, and whether their key
//! exists.

use super::checks::variables as check;
use super::findings::Findings;
use super::global::{is_of_provider, key_type, lacks_tag, nearest_key};
use super::look::Look;
use super::view::{Document, Leaf};
use crate::policy::{Test, Version, short};
use aware_core::near::did_you_mean;

/// The most variables of one text to check.
const MAX_VARIABLES: usize = 50;

/// A variable as written in the text.
#[derive(Debug, PartialEq, Eq)]
enum Written<'a> {
    /// `${key}` or `${key, 'default'}`.
    Key(&'a str),
    /// `${*}`, `${?}`, `${$}`: the characters themselves.
    Character,
    Unclosed,
    Empty,
    Blank(&'a str),
    Unquoted(&'a str),
}

fn written(text: &str) -> impl Iterator<Item = Written<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once("${")?;
        let Some((inside, after)) = after.split_once('}') else {
            rest = "";
            return Some(Written::Unclosed);
        };
        rest = after;
        Some(one(inside))
    })
}

fn one(inside: &str) -> Written<'_> {
    if matches!(inside, "*" | "?" | "$") {
        return Written::Character;
    }
    if inside.trim().is_empty() {
        return Written::Empty;
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim())),
        None => (inside, None),
    };
    let is_quoted = |text: &str| text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'');
    if default.is_some_and(|text| !is_quoted(text)) {
        return Written::Unquoted(inside);
    }
    // A tag's key may contain blanks.
    let name = key.split('/').next().unwrap_or(key);
    if name.contains(' ') || key != key.trim() {
        return Written::Blank(inside);
    }
    Written::Key(key)
}

/// Whether a policy has a variable where variables are allowed.
pub(super) fn are_in(document: &Document) -> bool {
    let has = |leaf: &Leaf| written(&leaf.text).any(|it| matches!(it, Written::Key(_)));
    document.statements.iter().any(|statement| {
        let resources = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|line| &line.values);
        resources.chain(values).any(has)
    })
}

/// Reports variables in Sids.
pub(super) fn document(document: &Document, findings: &mut Findings<'_>) {
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_ref()) {
        if sid.text.contains("${") && document.kind == super::PolicyType::Resource {
            let what = "`Sid` cannot contain a policy variable";
            findings.at(&check::VARIABLE_IN_ELEMENT, sid, what);
        }
    }
}

impl Look<'_, '_> {
    /// Checks the variables in a resource or a condition's value.
    pub(super) fn variables(&mut self, leaf: &Leaf) {
        if !leaf.text.contains("${") {
            return;
        }
        if !self.has_variables() && written(&leaf.text).any(|it| matches!(it, Written::Key(_))) {
            let version = match self.document.version {
                Some(version) => format!("version {}", version.as_str()),
                None => format!("a policy without `Version`, as in {}", Version::V2008.as_str()),
            };
            let what = format!(
                "`{}` has a variable, but {version} does not support variables",
                short(&leaf.text)
            );
            return self.findings.at(&check::VARIABLE_IN_OLD_VERSION, leaf, what);
        }
        for one in written(&leaf.text).take(MAX_VARIABLES) {
            self.variable(leaf, &one);
        }
    }

    fn variable(&mut self, leaf: &Leaf, one: &Written<'_>) {
        let (check, what) = match one {
            Written::Key(key) => return self.variable_key(leaf, key),
            Written::Character => return,
            Written::Unclosed => {
                (&check::MISSING_BRACE, format!("`{}` lacks a brace", short(&leaf.text)))
            }
            Written::Empty => (&check::EMPTY_VARIABLE, "`${}` names no key".to_owned()),
            Written::Blank(inside) => {
                (&check::SPACE_IN_VARIABLE, format!("`${{{}}}` has a blank", short(inside)))
            }
            Written::Unquoted(inside) => {
                let what = format!("`${{{}}}` has a default without quotes", short(inside));
                (&check::MISSING_QUOTE, what)
            }
        };
        self.findings.at(check, leaf, what);
    }

    fn variable_key(&mut self, leaf: &Leaf, key: &str) {
        if is_of_provider(key) && key.contains(':') && !key.contains("::") {
            return;
        }
        match key_type(self.catalogue, key) {
            Some(known) if known.is_list => {
                let what = format!("`${{{key}}}` has several values");
                self.findings.at(&check::MULTI_VALUED_VARIABLE, leaf, what);
            }
            Some(_) => {}
            None => {
                let what = format!("unknown policy variable `${{{}}}`", short(key));
                let hint = self.meant_by(key);
                self.findings.hinted(&check::UNKNOWN_VARIABLE, leaf, what, hint);
            }
        }
    }

    fn meant_by(&self, key: &str) -> String {
        if lacks_tag(self.catalogue, key) {
            return format!("name the tag, as in `${{{}/team}}`", key.trim_end_matches('/'));
        }
        if let Some(near) = nearest_key(self.catalogue, key) {
            return did_you_mean(format!("${{{near}}}"));
        }
        let is_key = key.contains(':') && !key.contains("::");
        if is_key || key.contains(' ') {
            return check::UNKNOWN_VARIABLE.fix.to_owned();
        }
        "this looks like a template's placeholder: fill in the template first".to_owned()
    }

    /// Reports a variable in a value that is compared as a number, a date, an address or a boolean.
    pub(super) fn variable_for(&mut self, test: &Test, operator: &str, leaf: &Leaf) -> bool {
        let name = test.as_str();
        let takes = name.starts_with("String") || name.starts_with("Arn");
        let has = written(&leaf.text).any(|it| matches!(it, Written::Key(_)));
        if takes || !has {
            return false;
        }
        let what = format!("`{operator}` does not accept a policy variable");
        self.findings.at(&check::VARIABLE_FOR_OPERATOR, leaf, what);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_variables_are_written() {
        let all: Vec<Written<'_>> = written(
            "${aws:username}/${*}/${}/${ aws:userid}/${a:b, 'c d'}/${a:b, c}/${aws:PrincipalTag/cost center}/${x",
        )
        .collect();
        let expected = [
            Written::Key("aws:username"),
            Written::Character,
            Written::Empty,
            Written::Blank(" aws:userid"),
            Written::Key("a:b"),
            Written::Unquoted("a:b, c"),
            Written::Key("aws:PrincipalTag/cost center"),
            Written::Unclosed,
        ];
        assert_eq!(all, expected);
    }
}
