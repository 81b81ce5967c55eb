//! Who loses permission to publish to the topic once a change set is executed.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::Stack;

use super::stack::PreparedChangeSet;
use super::{DeployError, Deployment};

/// The parameter with the accounts that may publish.
const ACCOUNTS_PARAMETER: &str = "PublisherAccounts";
/// The template's names of the topic and its policy.
const TOPIC: &str = "SNSTopic";
const POLICY: &str = "TopicPolicy";

impl Deployment {
    /// The publishers that a change set locks out of the topic, as lines for whoever approves it.
    ///
    /// # Errors
    /// If AWS does not return the stack's current parameters.
    pub async fn locked_out_publishers(
        &self,
        prepared: &PreparedChangeSet,
    ) -> Result<Vec<String>, DeployError> {
        if prepared.creates {
            return Ok(Vec::new());
        }
        let stack = self.find_stack().await?;
        let had = stack.as_ref().map(Stack::parameters).unwrap_or_default().iter();
        let had = had.filter(|one| one.parameter_key() == Some(ACCOUNTS_PARAMETER));
        let had = parse_accounts(had.filter_map(|one| one.parameter_value()).next());
        let given = prepared.parameters.iter().find(|(name, _)| name == ACCOUNTS_PARAMETER);
        let has = parse_accounts(given.map(|(_, value)| value.as_str()));
        let added = |name: &str| {
            let is_added =
                |change: &super::PlannedChange| change.name == name && change.action == "Add";
            prepared.changes.iter().any(is_added)
        };
        Ok(lockout_lines(added(POLICY) && !added(TOPIC), &had, &has))
    }
}

fn parse_accounts(list: Option<&str>) -> BTreeSet<String> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// `closes` if an existing topic gets its policy.
fn lockout_lines(closes: bool, had: &BTreeSet<String>, has: &BTreeSet<String>) -> Vec<String> {
    let named: Vec<&str> = has.iter().map(String::as_str).collect();
    let named = match named.as_slice() {
        [] => "only from the stack's own source".to_owned(),
        some => format!("only from the stack's own source and from {}", some.join(", ")),
    };
    let gone: Vec<&str> = had.difference(has).map(String::as_str).collect();
    let hint = "hint: --parameter PublisherAccounts=ACCOUNT,… allows accounts, including this one; docs/migrating.md";
    if closes {
        let what =
            format!("{TOPIC} accepts messages {named} once this is done; it is also encrypted");
        vec![format!("{what}. Other publishers will be denied ({hint})")]
    } else if gone.is_empty() {
        Vec::new()
    } else {
        vec![format!(
            "{} will no longer be allowed to publish to {TOPIC} ({hint})",
            gone.join(", ")
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_locked_out_is_said() {
        let said = |closes, had: &str, has: &str| {
            lockout_lines(closes, &parse_accounts(Some(had)), &parse_accounts(Some(has))).join("\n")
        };
        assert_eq!(said(false, "", ""), "");
        assert_eq!(said(false, "111122223333", "111122223333, 222233334444"), "");
        let closed = said(true, "", "");
        assert!(
            closed.contains("only from the stack's own source once") && closed.contains("denied"),
            "{closed}"
        );
        let named = said(true, "", "111122223333");
        assert!(named.contains("own source and from 111122223333 once"), "{named}");
        let fewer = said(false, "111122223333,222233334444", "111122223333");
        assert!(fewer.starts_with("222233334444 will no longer be allowed"), "{fewer}");
    }
}
