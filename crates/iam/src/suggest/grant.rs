//! A grant, and how it is written as a statement.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A permission to add to a policy; it serialises as one `Allow` statement.
///
/// Actions and resources are sorted and without repeats. One value is written as a string and
/// several as a list, as AWS's own examples are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The actions, `logs:CreateLogGroup`.
    pub actions: Vec<String>,
    /// The resources they are allowed on, as patterns of ARNs.
    pub resources: Vec<String>,
    /// What must hold: operator, then key, then accepted values.
    pub conditions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Grant {
    /// Sorts actions, resources and values, and leaves out repeats.
    pub fn normalise(&mut self) {
        let values = self.conditions.values_mut().flat_map(|keys| keys.values_mut());
        for list in [&mut self.actions, &mut self.resources].into_iter().chain(values) {
            list.sort();
            list.dedup();
        }
    }
}

impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Effect", "Allow")?;
        map.serialize_entry("Action", &OneOrMany(&self.actions))?;
        map.serialize_entry("Resource", &OneOrMany(&self.resources))?;
        if !self.conditions.is_empty() {
            map.serialize_entry("Condition", &Conditions(&self.conditions))?;
        }
        map.end()
    }
}

struct OneOrMany<'a>(&'a [String]);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => serializer.serialize_str(one),
            many => serializer.collect_seq(many),
        }
    }
}

struct Conditions<'a>(&'a BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Serialize for Conditions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(operator, keys)| (operator, Keys(keys))))
    }
}

struct Keys<'a>(&'a BTreeMap<String, Vec<String>>);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, OneOrMany(values))))
    }
}
