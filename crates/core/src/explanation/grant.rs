//! A grant, and how it is written as a policy statement.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Keys and their values: `AWS` to ARNs, `aws:SourceAccount` to account ids.
type PolicyKeys = BTreeMap<String, Vec<String>>;

/// A permission to add to a policy; it serialises as one `Allow` statement and deserialises from
/// one.
///
/// Actions and resources are sorted and free of duplicates. A single value is written as a string
/// and several as a list, as in AWS's own examples.
///
/// ```
/// use aware_core::explanation::Grant;
///
/// let grant = Grant {
///     actions: vec!["logs:CreateLogGroup".to_owned()],
///     resources: vec!["arn:aws:logs:eu-west-1:111122223333:log-group:/app/*".to_owned()],
///     ..Grant::default()
/// };
/// let statement = serde_json::to_value(&grant)?;
/// assert_eq!(statement["Effect"], "Allow");
/// assert_eq!(statement["Action"], "logs:CreateLogGroup");
/// assert_eq!(serde_json::from_value::<Grant>(statement)?, grant);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The actions, `logs:CreateLogGroup`.
    pub actions: Vec<String>,
    /// The resources on which they are allowed, as ARN patterns; a trust policy's statement has
    /// none.
    pub resources: Vec<String>,
    /// The conditions: operator, then key, then accepted values.
    pub conditions: BTreeMap<String, PolicyKeys>,
    /// The principals in a resource's policy: kind (`AWS`, `Service`, `Federated`), then names. An
    /// identity's own policy has none.
    pub principals: PolicyKeys,
}

impl Grant {
    /// Sorts actions, resources and values, and removes duplicates.
    pub fn sort_and_dedup(&mut self) {
        let conditions = self.conditions.values_mut().flat_map(|keys| keys.values_mut());
        let values = conditions.chain(self.principals.values_mut());
        for list in [&mut self.actions, &mut self.resources].into_iter().chain(values) {
            list.sort();
            list.dedup();
        }
    }

    /// The same grant for another set of resources.
    pub fn with_resources(&self, resources: Vec<String>) -> Self {
        Self { resources, ..self.clone() }
    }

    /// The same grant as a statement of a resource's policy, for this principal.
    #[must_use]
    pub fn for_principal(mut self, kind: &str, name: &str) -> Self {
        self.principals = PolicyKeys::from([(kind.to_owned(), vec![name.to_owned()])]);
        self
    }
}

impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Effect", "Allow")?;
        if !self.principals.is_empty() {
            map.serialize_entry("Principal", &PolicyKeysRef(&self.principals))?;
        }
        map.serialize_entry("Action", &OneOrManyRef(&self.actions))?;
        if !self.resources.is_empty() {
            map.serialize_entry("Resource", &OneOrManyRef(&self.resources))?;
        }
        if !self.conditions.is_empty() {
            map.serialize_entry("Condition", &ConditionsRef(&self.conditions))?;
        }
        map.end()
    }
}

struct OneOrManyRef<'a>(&'a [String]);

impl Serialize for OneOrManyRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => serializer.serialize_str(one),
            many => serializer.collect_seq(many),
        }
    }
}

struct ConditionsRef<'a>(&'a BTreeMap<String, PolicyKeys>);

impl Serialize for ConditionsRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(self.0.iter().map(|(operator, keys)| (operator, PolicyKeysRef(keys))))
    }
}

struct PolicyKeysRef<'a>(&'a PolicyKeys);

impl Serialize for PolicyKeysRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, OneOrManyRef(values))))
    }
}

/// A statement as [`Grant`] writes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AllowStatement {
    effect: String,
    #[serde(default)]
    principal: BTreeMap<String, StringOrList>,
    action: StringOrList,
    #[serde(default)]
    resource: Option<StringOrList>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, StringOrList>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum StringOrList {
    One(String),
    Many(Vec<String>),
}

impl From<StringOrList> for Vec<String> {
    fn from(values: StringOrList) -> Self {
        match values {
            StringOrList::One(one) => vec![one],
            StringOrList::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for Grant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = AllowStatement::deserialize(deserializer)?;
        if written.effect != "Allow" {
            return Err(D::Error::custom(format!(
                "effect `{}` is not that of a grant",
                written.effect
            )));
        }
        let keys = |keys: BTreeMap<String, StringOrList>| {
            keys.into_iter().map(|(key, values)| (key, values.into())).collect::<PolicyKeys>()
        };
        let conditions = written.condition.into_iter();
        Ok(Self {
            actions: written.action.into(),
            resources: written.resource.map(Vec::from).unwrap_or_default(),
            conditions: conditions.map(|(operator, inner)| (operator, keys(inner))).collect(),
            principals: keys(written.principal),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_as_it_is_written() {
        let statements = [
            r#"{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-1:222233334444:jobs"}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222233334444:role/ci"},"Action":"sts:AssumeRole"}"#,
            r#"{"Effect":"Allow","Action":["a:B","a:C"],"Resource":["x","y"],"Condition":{"StringLike":{"s3:prefix":["in/","in/*"]}}}"#,
        ];
        for text in statements {
            let grant: Grant = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&grant).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_grant_is_refused() {
        for text in [
            r#"{"Effect":"Deny","Action":"a:B","Resource":"*"}"#,
            r#"{"Effect":"Allow","NotAction":"a:B","Resource":"*"}"#,
            r#""*""#,
        ] {
            assert!(serde_json::from_str::<Grant>(text).is_err(), "{text}");
        }
    }
}
