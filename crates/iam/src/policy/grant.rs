//! Statements from grants, and grants from statements.

use super::condition::{ConditionOperator, PolicyCondition};
use super::statement::{PatternClause, PrincipalClause, Statement, StatementEffect};
use crate::suggest::Grant;

impl From<&Grant> for Statement {
    /// Conditions with an unknown operator are kept, and never hold.
    fn from(grant: &Grant) -> Self {
        let conditions = grant.conditions.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| PolicyCondition {
                operator: ConditionOperator::parse(operator),
                key: key.clone(),
                values: values.clone(),
            })
        });
        let principals = Some(&grant.principals).filter(|keys| !keys.is_empty());
        let resources = Some(&grant.resources).filter(|resources| !resources.is_empty());
        Self {
            conditions: conditions.collect(),
            principals: principals.map(|keys| PrincipalClause::Is(keys.clone())),
            resources: resources.map(|resources| PatternClause::Is(resources.clone())),
            ..Self::new_allow(grant.actions.clone(), grant.resources.clone())
        }
    }
}

impl TryFrom<&Statement> for Grant {
    type Error = NotAGrant;

    fn try_from(statement: &Statement) -> Result<Self, NotAGrant> {
        let (
            StatementEffect::Allow,
            None,
            PatternClause::Is(actions),
            Some(PatternClause::Is(resources)),
        ) = (statement.effect, &statement.principals, &statement.actions, &statement.resources)
        else {
            return Err(NotAGrant);
        };
        let mut grant = Self {
            actions: sorted_unique(actions),
            resources: sorted_unique(resources),
            ..Self::default()
        };
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
fn sorted_unique(values: &[String]) -> Vec<String> {
    let mut values = values.to_vec();
    values.sort();
    values.dedup();
    values
}
