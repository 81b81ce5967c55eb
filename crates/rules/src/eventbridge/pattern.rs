//! The structure of a pattern: objects lead to fields, `$or` to alternatives.
//!
//! A pattern becomes a list of branches, as in event-ruler: each branch is a set of fields that
//! must all match, and a `$or` multiplies the branches that exist when it is read.

use std::sync::Arc;

use super::json::{kind, problem};
use super::value::{self, Alternative};
use crate::problem::Problem;
use crate::tree::{Key, Node, Place, Value};

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
pub(super) struct Branch {
    pub fields: Vec<Arc<Wanted>>,
}

/// A field and the values that it may have.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub at: Place,
    /// The names that lead to it. A name with dots counts as several.
    pub path: Vec<String>,
    pub any_of: Vec<Alternative>,
}

/// Reads a pattern.
pub(super) fn branches(root: &Node) -> Result<Vec<Branch>, Problem> {
    let Value::Map(members) = &root.value else {
        return Err(problem(
            root.place,
            format!("pattern is {}, not an object", kind(&root.value)),
        ));
    };
    let mut walk = Walk { path: Vec::new(), branches: vec![Branch::default()] };
    walk.object(root.place, members, false)?;
    Ok(walk.branches)
}

struct Walk {
    path: Vec<String>,
    branches: Vec<Branch>,
}

impl Walk {
    fn object(&mut self, at: Place, members: &[(Key, Node)], in_or: bool) -> Result<(), Problem> {
        if members.is_empty() {
            return Err(problem(at, "empty object").hint("leave the field out"));
        }
        members.iter().try_for_each(|(key, value)| self.member(key, value, in_or))
    }

    fn member(&mut self, key: &Key, value: &Node, in_or: bool) -> Result<(), Problem> {
        if key.text == "$or" {
            return self.or(value);
        }
        if in_or && RESERVED.contains(&key.text.as_str()) {
            return Err(problem(key.place, format!("`{}` as a field below `$or`", key.text))
                .hint("write operators as objects in a field's list"));
        }
        let depth = self.path.len();
        self.path.extend(key.text.split('.').map(str::to_owned));
        match &value.value {
            Value::Map(members) => self.object(value.place, members, in_or)?,
            Value::List(nodes) => self.field(key, value.place, nodes)?,
            other => {
                return Err(problem(
                    value.place,
                    format!("`{}` is {}, not a list or an object", key.text, kind(other)),
                )
                .hint("values must be in a list, even a single one: `[\"a\"]`"));
            }
        }
        self.path.truncate(depth);
        Ok(())
    }

    /// Adds a field to every branch; a repeated field replaces its earlier mention.
    fn field(&mut self, key: &Key, at: Place, nodes: &[Node]) -> Result<(), Problem> {
        let any_of = value::alternatives(at, nodes)?;
        let wanted = Arc::new(Wanted { at: key.place, path: self.path.clone(), any_of });
        for branch in &mut self.branches {
            match branch.fields.iter_mut().find(|field| field.path == wanted.path) {
                Some(field) => *field = Arc::clone(&wanted),
                None => branch.fields.push(Arc::clone(&wanted)),
            }
        }
        self.check_size(key.place)
    }

    fn or(&mut self, node: &Node) -> Result<(), Problem> {
        let Value::List(nodes) = &node.value else {
            return Err(problem(
                node.place,
                format!("`$or` takes a list, not {}", kind(&node.value)),
            ));
        };
        if nodes.len() < 2 {
            return Err(problem(node.place, "`$or` takes at least two objects"));
        }
        let before = std::mem::take(&mut self.branches);
        let mut all = Vec::new();
        for node in nodes {
            let Value::Map(members) = &node.value else {
                return Err(problem(node.place, format!("{} in `$or`", kind(&node.value)))
                    .hint("`$or` takes objects, each a pattern"));
            };
            self.branches.clone_from(&before);
            self.object(node.place, members, true)?;
            all.append(&mut self.branches);
            if all.len() > MAX_BRANCHES {
                let what = format!("`$or` leads to over {MAX_BRANCHES} combinations");
                return Err(problem(node.place, what).hint("split the pattern into several"));
            }
        }
        self.branches = all;
        self.check_size(node.place)
    }

    fn check_size(&self, at: Place) -> Result<(), Problem> {
        let fields: usize = self.branches.iter().map(|branch| branch.fields.len()).sum();
        if fields <= MAX_FIELDS {
            return Ok(());
        }
        Err(problem(at, format!("pattern of over {MAX_FIELDS} fields in all its combinations")))
    }
}
