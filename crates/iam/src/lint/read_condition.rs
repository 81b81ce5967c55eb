//! Reads a `Condition` block as far as possible.

use super::checks::shape as check;
use super::read::{Reader, leaf};
use super::tree::{Json, Node};
use super::view::{Leaf, Line};
use crate::policy::{Operator, Test, near_or_all, short};

impl Reader<'_, '_> {
    pub(super) fn conditions(&mut self, node: Node, at: &Leaf) -> Vec<Line> {
        let mut lines = Vec::new();
        let entries = self.object(node, at, &[]);
        if entries.is_empty() {
            self.findings.at(&check::EMPTY_CONDITION, at, "the condition is empty");
        }
        for (name, node) in entries {
            let path = format!("{}.{}", at.path, short(&name.text));
            let operator_name = leaf(&name.text, &path, name.offset);
            let operator = self.operator(&operator_name);
            let keys = self.object(node, &operator_name, &[]);
            if keys.is_empty() {
                let what = format!("`{}` tests no key", short(&name.text));
                self.findings.at(&check::EMPTY_CONDITION, &operator_name, what);
            }
            for (key, node) in keys {
                let path = format!("{path}.{}", short(&key.text));
                let key = leaf(&key.text, &path, key.offset);
                let values = self.values(node, &key, operator.as_ref());
                if let Some(operator) = operator.clone() {
                    let operator_name = operator_name.clone();
                    lines.push(Line { operator, operator_name, key, values });
                }
            }
        }
        lines
    }

    fn operator(&mut self, name: &Leaf) -> Option<Operator> {
        let operator = Operator::parse(&name.text);
        if operator.is_known() {
            return Some(operator);
        }
        let what = format!("unknown condition operator `{}`", short(&name.text));
        if operator.test == Test::Null {
            let what = "`NullIfExists` is not an operator";
            self.findings.at(&check::NULL_IF_EXISTS, name, what);
        } else {
            let hint = near_or_all(operator.test.as_str(), Test::NAMES);
            self.findings.hinted(&check::UNKNOWN_OPERATOR, name, what, hint);
        }
        None
    }

    fn values(&mut self, node: Node, key: &Leaf, operator: Option<&Operator>) -> Vec<Leaf> {
        let list = match node.value {
            Json::List(list) if list.is_empty() => {
                self.no_values(key, operator);
                Vec::new()
            }
            Json::List(list) => list,
            _ => vec![node],
        };
        let mut values = Vec::new();
        for node in list {
            let text = match node.value {
                Json::Text(text) | Json::Number(text) => text,
                Json::Bool(value) => value.to_string(),
                other => {
                    let what = format!("{} as a value of `{}`", other.kind(), short(&key.text));
                    let place = leaf("", &key.path, node.offset);
                    self.findings.at(&check::CONDITION_TYPE, &place, what);
                    continue;
                }
            };
            values.push(Leaf { text, path: key.path.clone(), offset: node.offset });
        }
        values
    }

    /// Reports a key without a value; what that means depends on the operator.
    fn no_values(&mut self, key: &Leaf, operator: Option<&Operator>) {
        use crate::policy::Quantifier::{ForAllValues, ForAnyValue};
        let check = match operator.map(|operator| (operator.quantifier, operator.if_exists)) {
            Some((Some(ForAllValues), _)) => &check::EMPTY_VALUES_FOR_ALL,
            Some((Some(ForAnyValue), _)) => &check::EMPTY_VALUES_FOR_ANY,
            Some((None, true)) => &check::EMPTY_VALUES_IF_EXISTS,
            _ => &check::EMPTY_VALUES,
        };
        let what = format!("`{}` has no value to compare with", short(&key.text));
        self.findings.at(check, key, what);
    }
}
