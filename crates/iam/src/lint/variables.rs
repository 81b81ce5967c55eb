//! Checks policy variables: where they are allowed, how they are written, and whether their key
//! exists.

use aware_core::near::did_you_mean;

use super::checks::variables as check;
use super::findings::FindingCollector;
use super::global::{is_of_provider, key_type, lacks_tag, nearest_key};
use super::look::StatementChecker;
use super::view::{DocumentView, PlacedText};
use crate::policy::{ConditionTest, LanguageVersion, clip_text};

/// The most variables of one text to check.
const MAX_VARIABLES: usize = 50;

/// A variable as written in the text.
#[derive(Debug, PartialEq, Eq)]
enum WrittenVariable<'a> {
    /// `${key}` or `${key, 'default'}`.
    Key(&'a str),
    /// `${*}`, `${?}`, `${$}`: the characters themselves.
    Character,
    Unclosed,
    Empty,
    Blank(&'a str),
    Unquoted(&'a str),
}

fn find_variables(text: &str) -> impl Iterator<Item = WrittenVariable<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once("${")?;
        let Some((inside, after)) = after.split_once('}') else {
            rest = "";
            return Some(WrittenVariable::Unclosed);
        };
        rest = after;
        Some(classify_variable(inside))
    })
}

fn classify_variable(inside: &str) -> WrittenVariable<'_> {
    if matches!(inside, "*" | "?" | "$") {
        return WrittenVariable::Character;
    }
    if inside.trim().is_empty() {
        return WrittenVariable::Empty;
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => (key, Some(default.trim())),
        None => (inside, None),
    };
    let is_quoted = |text: &str| text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'');
    if default.is_some_and(|text| !is_quoted(text)) {
        return WrittenVariable::Unquoted(inside);
    }
    // A tag's key may contain blanks.
    let name = key.split('/').next().unwrap_or(key);
    if name.contains(' ') || key != key.trim() {
        return WrittenVariable::Blank(inside);
    }
    WrittenVariable::Key(key)
}

/// Whether a policy has a variable where variables are allowed.
pub(super) fn are_in(document: &DocumentView) -> bool {
    let has = |leaf: &PlacedText| {
        find_variables(&leaf.text).any(|it| matches!(it, WrittenVariable::Key(_)))
    };
    document.statements.iter().any(|statement| {
        let resources = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|line| &line.values);
        resources.chain(values).any(has)
    })
}

/// Reports variables in Sids.
pub(super) fn check_sid_variables(document: &DocumentView, findings: &mut FindingCollector<'_>) {
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_ref()) {
        if sid.text.contains("${") && document.kind == super::PolicyType::Resource {
            let what = "`Sid` cannot contain a policy variable";
            findings.report_at(&check::VARIABLE_IN_ELEMENT, sid, what);
        }
    }
}

impl StatementChecker<'_, '_> {
    /// Checks the variables in a resource or a condition's value.
    pub(super) fn check_variables(&mut self, leaf: &PlacedText) {
        if !leaf.text.contains("${") {
            return;
        }
        if !self.has_variables()
            && find_variables(&leaf.text).any(|it| matches!(it, WrittenVariable::Key(_)))
        {
            let version = match self.document.version {
                Some(version) => format!("version {}", version.as_str()),
                None => {
                    format!("a policy without `Version`, as in {}", LanguageVersion::V2008.as_str())
                }
            };
            let what = format!(
                "`{}` has a variable, but {version} does not support variables",
                clip_text(&leaf.text)
            );
            return self.findings.report_at(&check::VARIABLE_IN_OLD_VERSION, leaf, what);
        }
        for one in find_variables(&leaf.text).take(MAX_VARIABLES) {
            self.check_variable(leaf, &one);
        }
    }

    fn check_variable(&mut self, leaf: &PlacedText, one: &WrittenVariable<'_>) {
        let (check, what) = match one {
            WrittenVariable::Key(key) => return self.check_variable_key(leaf, key),
            WrittenVariable::Character => return,
            WrittenVariable::Unclosed => {
                (&check::MISSING_BRACE, format!("`{}` lacks a brace", clip_text(&leaf.text)))
            }
            WrittenVariable::Empty => (&check::EMPTY_VARIABLE, "`${}` names no key".to_owned()),
            WrittenVariable::Blank(inside) => {
                (&check::SPACE_IN_VARIABLE, format!("`${{{}}}` has a blank", clip_text(inside)))
            }
            WrittenVariable::Unquoted(inside) => {
                let what = format!("`${{{}}}` has a default without quotes", clip_text(inside));
                (&check::MISSING_QUOTE, what)
            }
        };
        self.findings.report_at(check, leaf, what);
    }

    fn check_variable_key(&mut self, leaf: &PlacedText, key: &str) {
        if is_of_provider(key) && key.contains(':') && !key.contains("::") {
            return;
        }
        match key_type(self.catalogue, key) {
            Some(known) if known.is_list => {
                let what = format!("`${{{key}}}` has several values");
                self.findings.report_at(&check::MULTI_VALUED_VARIABLE, leaf, what);
            }
            Some(_) => {}
            None => {
                let what = format!("unknown policy variable `${{{}}}`", clip_text(key));
                let hint = self.variable_hint(key);
                self.findings.report_with_hint(&check::UNKNOWN_VARIABLE, leaf, what, hint);
            }
        }
    }

    fn variable_hint(&self, key: &str) -> String {
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
    pub(super) fn check_variable_operator(
        &mut self,
        test: &ConditionTest,
        operator: &str,
        leaf: &PlacedText,
    ) -> bool {
        let name = test.as_str();
        let takes = name.starts_with("String") || name.starts_with("Arn");
        let has = find_variables(&leaf.text).any(|it| matches!(it, WrittenVariable::Key(_)));
        if takes || !has {
            return false;
        }
        let what = format!("`{operator}` does not accept a policy variable");
        self.findings.report_at(&check::VARIABLE_FOR_OPERATOR, leaf, what);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_variables_are_written() {
        let all: Vec<WrittenVariable<'_>> = find_variables(
            "${aws:username}/${*}/${}/${ aws:userid}/${a:b, 'c d'}/${a:b, c}/${aws:PrincipalTag/cost center}/${x",
        )
        .collect();
        let expected = [
            WrittenVariable::Key("aws:username"),
            WrittenVariable::Character,
            WrittenVariable::Empty,
            WrittenVariable::Blank(" aws:userid"),
            WrittenVariable::Key("a:b"),
            WrittenVariable::Unquoted("a:b, c"),
            WrittenVariable::Key("aws:PrincipalTag/cost center"),
            WrittenVariable::Unclosed,
        ];
        assert_eq!(all, expected);
    }
}
