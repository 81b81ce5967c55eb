//! The sum of what succeeded, and the statements that allow it.

use std::collections::{BTreeMap, BTreeSet};

use aware_iam::suggest::{CureStatement, Grant};

pub(super) type GrantConditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;
/// Resources by condition and action.
pub(super) type GrantSum = BTreeMap<(GrantConditions, String), BTreeSet<String>>;

/// Whose policy the statements belong in: the principal's own.
const OWN: &str = "identity policy of the principal";
/// Condition keys whose values are alternatives: one call asked for one value, the next for
/// another.
const ALTERNATIVES: [&str; 3] = ["s3:prefix", "cloudwatch:namespace", "ec2:osuser"];

/// Action, resources and conditions that several calls shared.
type GrantShape = (String, Vec<String>, GrantConditions);

/// What succeeded, as statements for the principal's own policy. If an action on one resource was
/// called with different values of a key, all of them are allowed; if it was also called without
/// the key, any value is.
pub(super) fn activity_remedies(did: GrantSum) -> Vec<CureStatement> {
    let mut together: BTreeMap<GrantShape, GrantConditions> = BTreeMap::new();
    for ((mut conditions, action), resources) in did {
        let mut values = GrantConditions::new();
        for (operator, keys) in &mut conditions {
            for key in ALTERNATIVES {
                if let Some(given) = keys.remove(key) {
                    let of_operator = values.entry(operator.clone()).or_default();
                    of_operator.insert(key.to_owned(), given);
                }
            }
        }
        conditions.retain(|_, keys| !keys.is_empty());
        let shape = |resources: Vec<String>| (action.clone(), resources, conditions.clone());
        let keys: Vec<_> = match values.is_empty() {
            true => vec![shape(resources.into_iter().collect())],
            false => resources.into_iter().map(|one| shape(vec![one])).collect(),
        };
        for key in keys {
            merge_conditions(together.entry(key).or_default(), &values);
        }
    }
    let statement = |(key, values): (GrantShape, GrantConditions)| {
        let (action, resources, mut conditions) = key;
        for (operator, keys) in values {
            conditions.entry(operator).or_default().extend(keys);
        }
        let statement = Grant { actions: vec![action], resources, conditions, ..Grant::default() };
        CureStatement { statement, attach_to: OWN.to_owned(), ..CureStatement::default() }
    };
    together.into_iter().map(statement).collect()
}

fn merge_conditions(all: &mut GrantConditions, values: &GrantConditions) {
    for (operator, keys) in values {
        for (key, given) in keys {
            let of_operator = all.entry(operator.clone()).or_default();
            let known = of_operator.entry(key.clone()).or_default();
            known.extend(given.iter().cloned());
            known.sort();
            known.dedup();
        }
    }
}
