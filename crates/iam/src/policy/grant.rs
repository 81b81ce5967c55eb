//! Statements from grants, and grants from statements.

use super::condition::{Condition, Operator};
use super::statement::{Clause, Effect, Principals, Statement};
use crate::suggest::Grant;

impl From<&Grant> for Statement {
    /// Conditions with an unknown operator are kept, and never hold.
    fn from(grant: &Grant) -> Self {
        let conditions = grant.conditions.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| Condition {
                operator: Operator::parse(operator),
                key: key.clone(),
                values: values.clone(),
            })
        });
        let principals = Some(&grant.principals).filter(|keys| !keys.is_empty());
        let resources = Some(&grant.resources).filter(|resources| !resources.is_empty());
        Self {
            conditions: conditions.collect(),
            principals: principals.map(|keys| Principals::Is(keys.clone())),
            resources: resources.map(|resources| Clause::Is(resources.clone())),
            ..Self::allow(grant.actions.clone(), grant.resources.clone())
        }
    }
}

impl TryFrom<&Statement> for Grant {
    type Error = NotAGrant;

    fn try_from(statement: &Statement) -> Result<Self, NotAGrant> {
        let (Effect::Allow, None, Clause::Is(actions), Some(Clause::Is(resources))) =
            (statement.effect, &statement.principals, &statement.actions, &statement.resources)
        else {
            return Err(NotAGrant);
        };
        let mut grant =
            Self { actions: sorted(actions), resources: sorted(resources), ..Self::default() };
        for condition in &statement.conditions {
            let keys = grant.conditions.entry(condition.operator.to_string()).or_default();
            keys.entry(condition.key.clone()).or_insert_with(|| condition.values.clone());
        }
        Ok(grant)
    }
}

/// A statement that is not a plain grant: it denies, has a principal, or uses a negated element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("statement is not a grant (hint: a grant has `Effect: Allow`, `Action` and `Resource`)")]
pub struct NotAGrant;

/// The values, sorted and without duplicates.
fn sorted(values: &[String]) -> Vec<String> {
    let mut values = values.to_vec();
    values.sort();
    values.dedup();
    values
}
