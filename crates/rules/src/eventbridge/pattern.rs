//! The structure of a pattern: objects lead to fields, `$or` to alternatives.
//!
//! A pattern becomes a list of branches, as in event-ruler: each branch is a set of fields that
//! must all match, and a `$or` multiplies the branches that exist when it is read.

use std::sync::Arc;

use super::json::{kind, problem_at};
use super::value::{self, FieldAlternative};
use crate::problem::RuleMistake;
use crate::tree::{PatternPlace, YamlKey, YamlNode, YamlValue};

/// Maximum number of branches that `$or` may lead to.
const MAX_BRANCHES: usize = 1_000;

/// Maximum number of fields of all branches together. EventBridge's limit on a pattern's length is
/// far lower; this one bounds the memory that a hostile pattern takes.
const MAX_FIELDS: usize = 50_000;

/// Names that are operators, or reserved as such, and cannot be fields below `$or`.
const RESERVED: [&str; 25] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "html",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Fields that must all match, in the order of their first mention.
#[derive(Clone, Debug, Default)]
pub(super) struct PatternBranch {
    pub fields: Vec<Arc<WantedField>>,
}

/// A field and the values that it may have.
#[derive(Clone, Debug)]
pub(super) struct WantedField {
    pub at: PatternPlace,
    /// The names that lead to it. A name with dots counts as several.
    pub path: Vec<String>,
    pub any_of: Vec<FieldAlternative>,
}

/// Reads a pattern.
pub(super) fn read_branches(root: &YamlNode) -> Result<Vec<PatternBranch>, RuleMistake> {
    let YamlValue::Map(members) = &root.value else {
        return Err(problem_at(
            root.place,
            format!("pattern is {}, not an object", kind(&root.value)),
        ));
    };
    let mut walk = PatternWalk { path: Vec::new(), branches: vec![PatternBranch::default()] };
    walk.walk_object(root.place, members, false)?;
    Ok(walk.branches)
}

struct PatternWalk {
    path: Vec<String>,
    branches: Vec<PatternBranch>,
}

impl PatternWalk {
    fn walk_object(
        &mut self,
        at: PatternPlace,
        members: &[(YamlKey, YamlNode)],
        in_or: bool,
    ) -> Result<(), RuleMistake> {
        if members.is_empty() {
            return Err(problem_at(at, "empty object").with_hint("leave the field out"));
        }
        members.iter().try_for_each(|(key, value)| self.walk_member(key, value, in_or))
    }

    fn walk_member(
        &mut self,
        key: &YamlKey,
        value: &YamlNode,
        in_or: bool,
    ) -> Result<(), RuleMistake> {
        if key.text == "$or" {
            return self.walk_or(value);
        }
        if in_or && RESERVED.contains(&key.text.as_str()) {
            return Err(problem_at(key.place, format!("`{}` as a field below `$or`", key.text))
                .with_hint("write operators as objects in a field's list"));
        }
        let depth = self.path.len();
        self.path.extend(key.text.split('.').map(str::to_owned));
        match &value.value {
            YamlValue::Map(members) => self.walk_object(value.place, members, in_or)?,
            YamlValue::List(nodes) => self.add_field(key, value.place, nodes)?,
            other => {
                return Err(problem_at(
                    value.place,
                    format!("`{}` is {}, not a list or an object", key.text, kind(other)),
                )
                .with_hint("values must be in a list, even a single one: `[\"a\"]`"));
            }
        }
        self.path.truncate(depth);
        Ok(())
    }

    /// Adds a field to every branch; a repeated field replaces its earlier mention.
    fn add_field(
        &mut self,
        key: &YamlKey,
        at: PatternPlace,
        nodes: &[YamlNode],
    ) -> Result<(), RuleMistake> {
        let any_of = value::read_alternatives(at, nodes)?;
        let wanted = Arc::new(WantedField { at: key.place, path: self.path.clone(), any_of });
        for branch in &mut self.branches {
            match branch.fields.iter_mut().find(|field| field.path == wanted.path) {
                Some(field) => *field = Arc::clone(&wanted),
                None => branch.fields.push(Arc::clone(&wanted)),
            }
        }
        self.check_size(key.place)
    }

    fn walk_or(&mut self, node: &YamlNode) -> Result<(), RuleMistake> {
        let YamlValue::List(nodes) = &node.value else {
            return Err(problem_at(
                node.place,
                format!("`$or` takes a list, not {}", kind(&node.value)),
            ));
        };
        if nodes.len() < 2 {
            return Err(problem_at(node.place, "`$or` takes at least two objects"));
        }
        let before = std::mem::take(&mut self.branches);
        let mut all = Vec::new();
        for node in nodes {
            let YamlValue::Map(members) = &node.value else {
                return Err(problem_at(node.place, format!("{} in `$or`", kind(&node.value)))
                    .with_hint("`$or` takes objects, each a pattern"));
            };
            self.branches.clone_from(&before);
            self.walk_object(node.place, members, true)?;
            all.append(&mut self.branches);
            if all.len() > MAX_BRANCHES {
                let what = format!("`$or` leads to over {MAX_BRANCHES} combinations");
                return Err(
                    problem_at(node.place, what).with_hint("split the pattern into several")
                );
            }
        }
        self.branches = all;
        self.check_size(node.place)
    }

    fn check_size(&self, at: PatternPlace) -> Result<(), RuleMistake> {
        let fields: usize = self.branches.iter().map(|branch| branch.fields.len()).sum();
        if fields <= MAX_FIELDS {
            return Ok(());
        }
        Err(problem_at(at, format!("pattern of over {MAX_FIELDS} fields in all its combinations")))
    }
}
