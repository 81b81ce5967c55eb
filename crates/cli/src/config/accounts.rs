//! `aware config accounts`: an organization's accounts as tables of a config.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use aware_core::event::is_account_id;
use aware_io::enrichment::AccountConfig;
use serde::{Deserialize, Serialize};

use crate::args::ConfigAccountsArgs;
use crate::exit::CommandFailure;

/// The answer of `organizations:ListAccounts`.
#[derive(Deserialize)]
struct AccountList {
    #[serde(rename = "Accounts")]
    accounts: Vec<ListedAccount>,
    #[serde(rename = "NextToken", default)]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedAccount {
    id: String,
    #[serde(default)]
    arn: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: Option<String>,
}

/// The part of a config that they make.
#[derive(Serialize)]
struct AccountTables {
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<BTreeMap<&'static str, String>>,
    account: BTreeMap<String, AccountConfig>,
}

/// The tables, as TOML.
pub(super) fn account_tables(args: &ConfigAccountsArgs) -> Result<String, CommandFailure> {
    let place = args.file.display();
    let text = read_text(&args.file)
        .map_err(|error| CommandFailure::Usage(format!("{place}: {error}")))?;
    let wrong = |problem: String| {
        let hint = "the JSON that `aws organizations list-accounts` prints";
        CommandFailure::Usage(format!("{place}: {problem} (hint: {hint})"))
    };
    if text.trim().is_empty() {
        return Err(wrong("is empty".to_owned()));
    }
    let mut list: AccountList =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if list.next.is_some() {
        return Err(wrong("is one page of several; fetch all of them".to_owned()));
    }
    // Whoever leaves or is closed is trusted no more.
    list.accounts.retain(|one| one.status.as_deref().is_none_or(|status| status == "ACTIVE"));
    if let Some(odd) = list.accounts.iter().find(|one| !is_account_id(&one.id)) {
        return Err(wrong(format!("`{}` is not an account id", odd.id)));
    }
    list.accounts.sort_by(|a, b| a.id.cmp(&b.id));
    list.accounts.dedup_by(|a, b| a.id == b.id);
    if list.accounts.is_empty() {
        return Err(wrong("has no active account".to_owned()));
    }
    let organization = list.accounts.iter().find_map(|one| organization_of(&one.arn));
    let mut account: BTreeMap<String, AccountConfig> = BTreeMap::new();
    for one in list.accounts {
        let name = free_name(&one, &account);
        let table = AccountConfig { id: one.id, environment: None, owner: None, partner: false };
        account.insert(name, table);
    }
    let organization = organization.map(|id| BTreeMap::from([("id", id)]));
    toml::to_string(&AccountTables { organization, account })
        .map_err(|error| wrong(error.to_string()))
}

fn read_text(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// The organization in the ARN of an account: `o-a1b2c3d4e5` of
/// `arn:aws:organizations::111122223333:account/o-a1b2c3d4e5/222233334444`.
fn organization_of(arn: &str) -> Option<String> {
    arn.rsplit(':').next()?.split('/').find(|part| part.starts_with("o-")).map(str::to_owned)
}

/// The account's name in lower case, with hyphens; with the id behind it if another has that name.
fn free_name(one: &ListedAccount, taken: &BTreeMap<String, AccountConfig>) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = one.name.chars().map(letter).collect();
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    match parts.join("-") {
        name if name.is_empty() => one.id.clone(),
        name if taken.contains_key(&name) => {
            let mut longer = format!("{name}-{}", one.id);
            while taken.contains_key(&longer) {
                longer.push_str("-2");
            }
            longer
        }
        name => name,
    }
}
