//! Actions that AWS checks on more resources than the one that a call names: a statement for that
//! one alone is denied again on the next.
//!
//! `data/companions.tsv` has one row each: the actions, the type of the named resource, the ARNs
//! that must be allowed as well, and a condition key that binds them to the named resource.
//!
//! Sources: Bedrock user guide, "Prerequisites for inference profiles" (the model in every Region of
//! the profile, and `bedrock:InferenceProfileArn`, so that it is allowed through the profile only);
//! Glue developer guide, "Specifying Glue resource ARNs" (all ancestors of a Data Catalog resource).

use std::collections::BTreeMap;

use aware_core::event::Arn;

use crate::resource::{self, FoundResource};
use crate::suggest::Grant;

const ROWS: &str = include_str!("../../data/companions.tsv");

struct CompanionRow {
    actions: &'static str,
    kind: &'static str,
    arns: &'static str,
    condition: &'static str,
}

fn companion_rows() -> impl Iterator<Item = CompanionRow> {
    ROWS.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        Some(CompanionRow {
            actions: parts.next()?,
            kind: parts.next()?,
            arns: parts.next()?,
            condition: parts.next()?,
        })
    })
}

impl CompanionRow {
    fn find_for(action: &str, arn: &Arn) -> Option<Self> {
        let is_of = |row: &CompanionRow| match row.actions.strip_suffix('*') {
            Some(start) => action.starts_with(start),
            None => action == row.actions,
        };
        let kind = arn.resource().split_once('/')?.0;
        companion_rows().find(|row| is_of(row) && row.kind == kind)
    }

    /// The ARNs, or `None` if a part is unknown.
    fn fill_arns(&self, arn: &Arn) -> Option<Vec<String>> {
        let (_, name) = arn.resource().split_once('/')?;
        let values = [
            ("${Partition}", Some(arn.partition())),
            ("${Region}", Some(arn.region())),
            ("${Account}", Some(arn.account())),
            ("${First}", name.split('/').next()),
            ("${Model}", resource::base_model(name)),
        ];
        let fill = |template: &str| {
            values.iter().try_fold(template.to_owned(), |text, (variable, value)| {
                if text.contains(variable) {
                    Some(text.replace(variable, (*value)?))
                } else {
                    Some(text)
                }
            })
        };
        self.arns.split(',').map(fill).collect()
    }
}

/// Whether a call on several resources is about this one, which needs the others as companions.
pub(super) fn leads_companions(action: &str, name: &str) -> bool {
    Arn::parse(name).is_some_and(|arn| CompanionRow::find_for(action, &arn).is_some())
}

/// What must be allowed besides an action on a resource, by the same policy. `None` for a name with
/// letters that have a meaning in a policy: its parts would be patterns.
pub(super) fn companion_grant(actions: &[String], found: &FoundResource) -> Option<Grant> {
    let is_plain = found.whole && !found.name.contains(['*', '?', '$']);
    let arn = Arn::parse(&found.name).filter(|_| is_plain)?;
    let row = CompanionRow::find_for(actions.first()?, &arn)?;
    let mut conditions = BTreeMap::new();
    if !row.condition.is_empty() {
        let value = BTreeMap::from([(row.condition.to_owned(), vec![found.name.clone()])]);
        conditions.insert("StringEquals".to_owned(), value);
    }
    let resources = row.fill_arns(&arn)?;
    Some(Grant { actions: actions.to_vec(), resources, conditions, ..Grant::default() })
}

/// The caution to read before using it.
pub(super) fn companion_caution(grant: &Grant) -> Option<String> {
    let is_bound =
        grant.conditions.values().any(|keys| keys.contains_key("bedrock:InferenceProfileArn"));
    is_bound.then(|| {
        "the model is allowed in every Region of the inference profile (`*`), and only through this profile"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(action: &str, arn: &str) -> Option<Grant> {
        companion_grant(&[action.to_owned()], &FoundResource::from_arn(arn, ""))
    }

    #[test]
    fn every_row_is_whole() {
        let lines = ROWS.lines().filter(|line| !line.is_empty()).count();
        assert_eq!(companion_rows().count(), lines);
        for row in companion_rows() {
            assert!(
                row.arns.split(',').all(|arn| arn.starts_with("arn:${Partition}:")),
                "{}",
                row.arns
            );
        }
    }

    #[test]
    fn models_behind_a_profile() {
        let profile =
            "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.meta.llama3-70b-v1:0";
        let said = of("bedrock:InvokeModelWithResponseStream", profile).unwrap();
        assert_eq!(said.resources, ["arn:aws:bedrock:*::foundation-model/meta.llama3-70b-v1:0"]);
        let bound = said.conditions.get("StringEquals").unwrap();
        assert_eq!(bound.get("bedrock:InferenceProfileArn").unwrap(), &[profile]);
        assert!(leads_companions("bedrock:InvokeModel", profile));
        let of_ones_own =
            "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/ab12";
        assert_eq!(of("bedrock:InvokeModel", of_ones_own), None);
        assert_eq!(of("bedrock:GetInferenceProfile", profile), None);
        let masked = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/***";
        assert_eq!(of("bedrock:InvokeModel", masked), None);
    }

    #[test]
    fn ancestors_in_the_data_catalog() {
        let said =
            of("glue:GetTable", "arn:aws:glue:eu-west-1:111122223333:table/shop/orders").unwrap();
        assert_eq!(
            said.resources,
            [
                "arn:aws:glue:eu-west-1:111122223333:catalog",
                "arn:aws:glue:eu-west-1:111122223333:database/shop"
            ]
        );
        assert!(said.conditions.is_empty());
        let star = "arn:aws:glue:eu-west-1:111122223333:table/shop*/orders";
        assert_eq!(of("glue:GetTable", star), None);
        assert_eq!(of("glue:GetJob", "arn:aws:glue:eu-west-1:111122223333:job/x"), None);
    }
}
