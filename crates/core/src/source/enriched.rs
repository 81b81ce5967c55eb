//! Fields that every source has: what is known of the account, the address and the principal that a
//! record names.

use super::contract::{DerivedField, FieldValues, RecordParties};
use crate::enrichment::{AddressFacts, Enrichment, KnownAccount, KnownNetworks, PrincipalClass};

/// Every one of them.
pub(super) const TABLE: &[DerivedField] = &[
    DerivedField {
        name: "aware.account",
        doc: "the account's name in `[account.NAME]`",
        values: FieldValues::of_known(
            |one, known| account(one, known, |it| Some(it.name.clone())),
            has_accounts,
        ),
    },
    DerivedField {
        name: "aware.environment",
        doc: "the account's `environment`: `production`",
        values: FieldValues::of_known(
            |one, known| account(one, known, |it| it.environment.clone()),
            has_accounts,
        ),
    },
    DerivedField {
        name: "aware.owner",
        doc: "the account's `owner`",
        values: FieldValues::of_known(
            |one, known| account(one, known, |it| it.owner.clone()),
            has_accounts,
        ),
    },
    DerivedField {
        name: "aware.trusted_accounts",
        doc: "a list: the event's own account and all that the config names, partners too",
        values: FieldValues::of_known(trusted_accounts, |_| true),
    },
    DerivedField {
        name: "aware.organization",
        doc: "the `id` of `[organization]`: `o-a1b2c3d4e5`",
        values: FieldValues::of_known(
            |_, known| known.accounts.organization().map(str::to_owned).into_iter().collect(),
            |known| known.accounts.organization().is_some(),
        ),
    },
    DerivedField {
        name: "aware.network_kind",
        doc: "where the call came from: `own` (`[network] own`), `aws` (an address of AWS), `private`, \
              `internet`, `service` (no address), or `unknown`",
        values: FieldValues::of_known(
            |one, known| {
                one.address
                    .iter()
                    .map(|source| known.networks.facts_of(source).kind.as_str().to_owned())
                    .collect()
            },
            |_| true,
        ),
    },
    DerivedField {
        name: "aware.network_name",
        doc: "the name of the own network, or AWS's service and region: `EC2 eu-west-1`",
        values: FieldValues::of_known(|one, known| of_address(one, known, network_name), |_| true),
    },
    DerivedField {
        name: "aware.network_list",
        doc: "the lists of `[network.list.NAME]` that the address is on",
        values: FieldValues::of_known(
            |one, known| {
                of_address(one, known, |facts| {
                    facts.lists.iter().map(|list| list.name.clone()).collect()
                })
            },
            |known| !known.networks.lists.is_empty(),
        ),
    },
    DerivedField {
        name: "aware.country",
        doc: "the address's country by the database of `[network] country`: `DE`",
        values: FieldValues::of_known(
            |one, known| of_address(one, known, |facts| facts.record.country.into_iter().collect()),
            has_databases,
        ),
    },
    DerivedField {
        name: "aware.as_number",
        doc: "the address's autonomous system by the database of `[network] asn`: `64500`",
        values: FieldValues::of_known(
            |one, known| {
                of_address(one, known, |facts| {
                    facts.record.as_number.map(|number| number.to_string()).into_iter().collect()
                })
            },
            has_databases,
        ),
    },
    DerivedField {
        name: "aware.as_organization",
        doc: "who runs that system",
        values: FieldValues::of_known(
            |one, known| {
                of_address(one, known, |facts| facts.record.as_organization.into_iter().collect())
            },
            has_databases,
        ),
    },
    DerivedField {
        name: "aware.principal_class",
        doc: "what the principal is for, by `[principals]`: `break-glass`, `ci`, `deployer`, `human`",
        values: FieldValues::of_known(principal_classes, |known| !known.principals.is_empty()),
    },
];

fn account(
    one: &RecordParties,
    known: &Enrichment,
    read: fn(&KnownAccount) -> Option<String>,
) -> Vec<String> {
    let account = one.account.as_deref().and_then(|id| known.accounts.account(id));
    account.and_then(read).into_iter().collect()
}

fn has_accounts(known: &Enrichment) -> bool {
    known.accounts.iter().next().is_some()
}

fn has_databases(known: &Enrichment) -> bool {
    !known.networks.databases.is_empty()
}

fn trusted_accounts(one: &RecordParties, known: &Enrichment) -> Vec<String> {
    let others = known.accounts.trusted_ids().filter(|id| one.account.as_deref() != Some(id));
    one.account.as_deref().into_iter().chain(others).map(str::to_owned).collect()
}

fn of_address(
    one: &RecordParties,
    known: &Enrichment,
    read: impl Fn(AddressFacts<'_>) -> Vec<String>,
) -> Vec<String> {
    let facts =
        one.address.as_deref().map(|source| KnownNetworks::facts_of(&known.networks, source));
    facts.map(read).unwrap_or_default()
}

fn network_name(facts: AddressFacts<'_>) -> Vec<String> {
    let aws = facts.aws.map(|(service, region)| format!("{service} {region}"));
    facts.own.map(str::to_owned).or(aws).into_iter().collect()
}

fn principal_classes(one: &RecordParties, known: &Enrichment) -> Vec<String> {
    // A stranger may call a role as they like.
    let account = one.principal_account.as_deref();
    let is_own = account.is_none_or(|id| {
        one.account.as_deref() == Some(id)
            || known.accounts.account(id).is_some_and(|account| !account.is_partner)
    });
    if !is_own {
        return Vec::new();
    }
    let classes = known.principals.classes_of(&one.principal, one.arn.as_deref());
    classes.into_iter().map(PrincipalClass::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::enrichment::PrincipalClasses;
    use crate::source::{cloudtrail, source_of};

    /// Whoever assumes a role names the session, and a class is an exemption for whoever asks for it.
    #[test]
    fn sessions_have_the_class_of_their_role() {
        let principals = PrincipalClasses::new(vec![
            (PrincipalClass::Human, "role/AWSReservedSSO_*".to_owned()),
            (PrincipalClass::BreakGlass, "role/BreakGlass".to_owned()),
            (PrincipalClass::Ci, "role/*-ci".to_owned()),
        ]);
        let known = Enrichment { principals, ..Enrichment::default() };
        let class = |path: &str, role: &str, session: &str, account: &str| {
            let record = json!({"recipientAccountId": "111122223333", "userIdentity": {
                "type": "AssumedRole", "accountId": account,
                "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
                "sessionContext": {"sessionIssuer": {"type": "Role", "userName": role,
                    "arn": format!("arn:aws:iam::{account}:role/{path}{role}")}}}});
            principal_classes(&source_of(cloudtrail::ID).parties(&record), &known)
        };
        let own = "111122223333";
        let sso = "aws-reserved/sso.amazonaws.com/eu-west-1/";
        assert_eq!(class(sso, "AWSReservedSSO_Admin_0a1b", "anna@example.org", own), ["human"]);
        assert_eq!(class("", "BreakGlass", "anna@example.org", own), ["break-glass"]);
        assert_eq!(class("", "app", "a@example-ci", own), [""; 0]);
        assert_eq!(class("", "build-ci", "run-7", own), ["ci"]);
        assert_eq!(class("", "build-ci", "run-7", "999988887777"), [""; 0], "a stranger's role");
    }
}
