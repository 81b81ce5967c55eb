//! A template as CloudFormation executes it: in long form, after its transforms.

use std::collections::BTreeMap;

use serde_json::Value;

/// How deep conditions and functions may be nested.
const MAX_DEPTH: usize = 64;

/// A processed template and its parameters' values.
#[derive(Debug)]
pub(super) struct ProcessedTemplate {
    template: Value,
    /// Parameters and pseudo parameters.
    values: BTreeMap<String, String>,
}

impl ProcessedTemplate {
    /// A template with these parameter values; missing ones take their default.
    ///
    /// # Errors
    /// If the text is not JSON.
    pub(super) fn new(
        text: &str,
        mut values: BTreeMap<String, String>,
    ) -> Result<Self, serde_json::Error> {
        let template: Value = serde_json::from_str(text)?;
        for (name, about) in members_of(template.get("Parameters")) {
            if let Some(default) = about.get("Default").and_then(scalar_text) {
                values.entry(name.clone()).or_insert(default);
            }
        }
        Ok(Self { template, values })
    }

    /// The resources that are created: name, type and resolved properties.
    pub(super) fn active_resources(&self) -> impl Iterator<Item = (&str, &str, Value)> {
        members_of(self.template.get("Resources")).filter_map(|(name, resource)| {
            let condition = resource.get("Condition").and_then(Value::as_str);
            if !condition.is_none_or(|condition| self.holds_at_depth(condition, MAX_DEPTH)) {
                return None;
            }
            let kind = resource.get("Type")?.as_str()?;
            let properties =
                resource.get("Properties").and_then(|it| self.resolve_value(it, MAX_DEPTH));
            Some((name.as_str(), kind, properties.unwrap_or_default()))
        })
    }

    /// Whether a condition of the template holds.
    pub(super) fn condition_holds(&self, condition: &str) -> bool {
        self.holds_at_depth(condition, MAX_DEPTH)
    }

    fn holds_at_depth(&self, name: &str, depth: usize) -> bool {
        let condition = self.template.get("Conditions").and_then(|all| all.get(name));
        condition.is_some_and(|condition| self.evaluate_condition(condition, depth))
    }

    fn evaluate_condition(&self, condition: &Value, depth: usize) -> bool {
        let Some((name, about)) = called_function(condition) else { return false };
        let Some(depth) = depth.checked_sub(1) else { return false };
        let list = about.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut inner = list.iter().map(|condition| self.evaluate_condition(condition, depth));
        match name {
            "Condition" => about.as_str().is_some_and(|name| self.holds_at_depth(name, depth)),
            "Fn::Not" => !inner.next().unwrap_or(false),
            "Fn::And" => inner.all(|it| it),
            "Fn::Or" => inner.any(|it| it),
            "Fn::Equals" => match list {
                [one, other] => self.resolve_value(one, depth) == self.resolve_value(other, depth),
                _ => false,
            },
            _ => false,
        }
    }

    /// A value with its functions resolved; `None` for `AWS::NoValue`. What is known only once a
    /// resource exists is replaced by the resource's name.
    fn resolve_value(&self, value: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some((name, about)) = called_function(value)
            && let Some(resolved) = self.call_function(name, about, depth)
        {
            return resolved;
        }
        Some(match value {
            Value::Array(list) => {
                list.iter().filter_map(|value| self.resolve_value(value, depth)).collect()
            }
            Value::Object(object) => {
                let resolve = |(key, value): (&String, &Value)| {
                    Some((key.clone(), self.resolve_value(value, depth)?))
                };
                Value::Object(object.iter().filter_map(resolve).collect())
            }
            plain => plain.clone(),
        })
    }

    /// What a function returns; `None` if it is not a function, or an unknown one.
    fn call_function(&self, name: &str, about: &Value, depth: usize) -> Option<Option<Value>> {
        let list = about.as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| self.resolve_value(value, depth).as_ref().and_then(scalar_text);
        Some(match (name, list) {
            ("Ref", _) if about == "AWS::NoValue" => None,
            ("Ref", _) => Some(self.parameter_or_name(about.as_str()?).into()),
            ("Fn::GetAtt", [resource, ..]) => Some(resource.clone()),
            ("Fn::GetAtt", []) => Some(before_dot(about.as_str()?).into()),
            ("Fn::If", [condition, then, otherwise]) => {
                let holds = self.holds_at_depth(condition.as_str()?, depth);
                self.resolve_value(if holds { then } else { otherwise }, depth)
            }
            ("Fn::Sub", [pattern, values]) => {
                Some(self.substitute_variables(pattern.as_str()?, Some(values), depth).into())
            }
            ("Fn::Sub", _) => Some(self.substitute_variables(about.as_str()?, None, depth).into()),
            ("Fn::Join", [between, parts]) => {
                let parts = self.resolve_value(parts, depth)?;
                let parts: Vec<String> = parts.as_array()?.iter().filter_map(scalar_text).collect();
                Some(parts.join(between.as_str()?).into())
            }
            ("Fn::Select", [at, from]) => {
                let at: usize = scalar_text(at)?.parse().ok()?;
                match self.resolve_value(from, depth)? {
                    Value::Array(list) => list.get(at).cloned(),
                    // A parameter that holds a list.
                    from => {
                        let from = scalar_text(&from)?;
                        from.split(',').nth(at).map(|part| part.trim().into())
                    }
                }
            }
            ("Fn::Split", [between, from]) => {
                let from = text(from)?;
                Some(from.split(between.as_str()?).map(Value::from).collect())
            }
            _ => return None,
        })
    }

    /// A parameter's value, or the name of a resource.
    fn parameter_or_name(&self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    fn substitute_variables(&self, pattern: &str, values: Option<&Value>, depth: usize) -> String {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            text.push_str(before);
            let own = values.and_then(|values| values.get(name));
            let own = own.and_then(|own| self.resolve_value(own, depth));
            match (name.strip_prefix('!'), own.as_ref().and_then(scalar_text)) {
                (Some(literal), _) => text.push_str(&format!("${{{literal}}}")),
                (None, Some(own)) => text.push_str(&own),
                (None, None) => text.push_str(&self.parameter_or_name(before_dot(name))),
            }
            rest = after;
        }
        text + rest
    }
}

/// The members of an object.
fn members_of(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The function that a value calls.
fn called_function(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(name, about)| (name.as_str(), about))
}

/// The resource in `Resource.Attribute`. A name with a colon (`AWS::Region`) is a parameter.
fn before_dot(name: &str) -> &str {
    name.split_once('.').map_or(name, |(resource, _)| resource)
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resolved(value: &Value) -> Value {
        let template = json!({
            "Parameters": {
                "Bucket": { "Type": "String", "Default": "" },
                "Accounts": { "Type": "CommaDelimitedList", "Default": "1, 2" },
                "Days": { "Type": "Number", "Default": 30 },
            },
            "Conditions": {
                "HasBucket": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Bucket" }, ""] }] },
                "Many": { "Fn::And": [
                    { "Condition": "HasBucket" },
                    { "Fn::Equals": [{ "Fn::Select": [1, { "Ref": "Accounts" }] }, "2"] },
                ] },
                "Either": { "Fn::Or": [{ "Condition": "Many" }, { "Condition": "Unknown" }] },
                "Circle": { "Fn::Not": [{ "Condition": "Circle" }] },
            },
            "Resources": { "Made": { "Type": "T", "Properties": { "It": value } } },
        });
        let values = BTreeMap::from(
            [("Bucket", "logs"), ("AWS::Region", "eu-west-1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let processed = ProcessedTemplate::new(&template.to_string(), values).unwrap();
        let (_, _, made) = processed.active_resources().next().unwrap();
        made.get("It").cloned().unwrap_or_default()
    }

    #[test]
    fn functions_come_to_what_they_mean() {
        for (value, wanted) in [
            (json!({ "Ref": "Bucket" }), json!("logs")),
            (json!({ "Ref": "Days" }), json!("30")),
            (json!({ "Ref": "Topic" }), json!("Topic")),
            (json!({ "Fn::GetAtt": ["Table", "Arn"] }), json!("Table")),
            (json!({ "Fn::GetAtt": "Table.Arn" }), json!("Table")),
            (
                json!({ "Fn::Sub": "sns.${AWS::Region}:${Table.Arn}/${!x}" }),
                json!("sns.eu-west-1:Table/${x}"),
            ),
            (
                json!({ "Fn::Sub": ["${A}-${Bucket}", { "A": { "Ref": "Days" } }] }),
                json!("30-logs"),
            ),
            (json!({ "Fn::Sub": "${open" }), json!("${open")),
            (json!({ "Fn::Join": ["/", ["a", { "Ref": "Bucket" }]] }), json!("a/logs")),
            (json!({ "Fn::Split": ["-", "a-b"] }), json!(["a", "b"])),
            (json!({ "Fn::If": ["HasBucket", 1, 2] }), json!(1)),
            (json!({ "Fn::If": ["Either", 1, 2] }), json!(1)),
            (json!([{ "Fn::If": ["Unknown", 1, { "Ref": "AWS::NoValue" }] }, 3]), json!([3])),
            // An unknown function stays as it is.
            (json!({ "Fn::ImportValue": "x" }), json!({ "Fn::ImportValue": "x" })),
            (json!({ "Ref": 1 }), json!({ "Ref": 1 })),
        ] {
            assert_eq!(resolved(&value), wanted, "{value}");
        }
    }

    #[test]
    fn circles_and_depths_end() {
        resolved(&json!({ "Fn::If": ["Circle", 1, 2] }));
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        resolved(&deep);
        assert!(ProcessedTemplate::new("Resources: {}", BTreeMap::new()).is_err());
    }
}
