//! Reads a `Condition` block as far as possible.

use super::checks::shape as check;
use super::reader::{PolicyReader, new_leaf};
use super::tree::{JsonNode, JsonValue};
use super::view::{ConditionLine, PlacedText};
use crate::policy::{ConditionOperator, ConditionTest, clip_text, near_or_all};

impl PolicyReader<'_, '_> {
    pub(super) fn read_conditions(
        &mut self,
        node: JsonNode,
        at: &PlacedText,
    ) -> Vec<ConditionLine> {
        let mut lines = Vec::new();
        let entries = self.read_object(node, at, &[]);
        if entries.is_empty() {
            self.findings.report_at(&check::EMPTY_CONDITION, at, "the condition is empty");
        }
        for (name, node) in entries {
            let path = format!("{}.{}", at.path, clip_text(&name.text));
            let operator_name = new_leaf(&name.text, &path, name.offset);
            let operator = self.read_operator(&operator_name);
            let keys = self.read_object(node, &operator_name, &[]);
            if keys.is_empty() {
                let what = format!("`{}` tests no key", clip_text(&name.text));
                self.findings.report_at(&check::EMPTY_CONDITION, &operator_name, what);
            }
            for (key, node) in keys {
                let path = format!("{path}.{}", clip_text(&key.text));
                let key = new_leaf(&key.text, &path, key.offset);
                let values = self.read_values(node, &key, operator.as_ref());
                if let Some(operator) = operator.clone() {
                    let operator_name = operator_name.clone();
                    lines.push(ConditionLine { operator, operator_name, key, values });
                }
            }
        }
        lines
    }

    fn read_operator(&mut self, name: &PlacedText) -> Option<ConditionOperator> {
        let operator = ConditionOperator::parse(&name.text);
        if operator.is_known() {
            return Some(operator);
        }
        let what = format!("unknown condition operator `{}`", clip_text(&name.text));
        if operator.test == ConditionTest::Null {
            let what = "`NullIfExists` is not an operator";
            self.findings.report_at(&check::NULL_IF_EXISTS, name, what);
        } else {
            let hint = near_or_all(operator.test.as_str(), ConditionTest::NAMES);
            self.findings.report_with_hint(&check::UNKNOWN_OPERATOR, name, what, hint);
        }
        None
    }

    fn read_values(
        &mut self,
        node: JsonNode,
        key: &PlacedText,
        operator: Option<&ConditionOperator>,
    ) -> Vec<PlacedText> {
        let list = match node.value {
            JsonValue::List(list) if list.is_empty() => {
                self.report_no_values(key, operator);
                Vec::new()
            }
            JsonValue::List(list) => list,
            _ => vec![node],
        };
        let mut values = Vec::new();
        for node in list {
            let text = match node.value {
                JsonValue::Text(text) | JsonValue::Number(text) => text,
                JsonValue::Bool(value) => value.to_string(),
                other => {
                    let what =
                        format!("{} as a value of `{}`", other.type_name(), clip_text(&key.text));
                    let place = new_leaf("", &key.path, node.offset);
                    self.findings.report_at(&check::CONDITION_TYPE, &place, what);
                    continue;
                }
            };
            values.push(PlacedText { text, path: key.path.clone(), offset: node.offset });
        }
        values
    }

    /// Reports a key without a value; what that means depends on the operator.
    fn report_no_values(&mut self, key: &PlacedText, operator: Option<&ConditionOperator>) {
        use crate::policy::ConditionQuantifier::{ForAllValues, ForAnyValue};
        let check = match operator.map(|operator| (operator.quantifier, operator.if_exists)) {
            Some((Some(ForAllValues), _)) => &check::EMPTY_VALUES_FOR_ALL,
            Some((Some(ForAnyValue), _)) => &check::EMPTY_VALUES_FOR_ANY,
            Some((None, true)) => &check::EMPTY_VALUES_IF_EXISTS,
            _ => &check::EMPTY_VALUES,
        };
        let what = format!("`{}` has no value to compare with", clip_text(&key.text));
        self.findings.report_at(check, key, what);
    }
}
