//! Names in a config that refer to nothing: destinations of routes, accounts, windows, levels.

use aware_core::event::{Level, is_account_id};
use aware_core::near::nearest;
use aware_core::source;

use super::check::ConfigProblem;
use super::model::{Config, DestinationConfig};
use super::settings::accounts_of;
use crate::enrichment::AccountConfig;

/// Lists a problem for each such name.
pub(super) fn unknown_names(config: &Config, text: &str, name: &str) -> Vec<ConfigProblem> {
    let place = |of: &str| text.find(&format!("\"{of}\"")).or_else(|| text.find(of));
    let problem = |of: &str, what: String, near: Option<&str>| {
        ConfigProblem::at_byte(text, name, place(of).unwrap_or_default(), what, near)
    };
    let destinations: Vec<&str> = config.destination.keys().map(String::as_str).collect();
    let routed = config.route.iter().flat_map(|route| &route.to);
    let routes = routed.filter(|to| !destinations.contains(&to.as_str())).map(|to| {
        let near = nearest(to, destinations.iter().copied());
        problem(to, format!("no destination is called `{to}`"), near)
    });
    let levels: Vec<&str> = Level::ALL.into_iter().map(Level::as_str).collect();
    let mentions = config.destination.values().flat_map(|destination| match destination {
        DestinationConfig::Slack(slack) => slack.mention.keys().collect(),
        _ => Vec::new(),
    });
    let mentions = mentions.filter(|level| !levels.contains(&level.as_str())).map(|level| {
        let what = format!(
            "the keys of `mention` are levels, and `{level}` is not one of {}",
            levels.join(", ")
        );
        problem(level, what, nearest(level, levels.iter().copied()))
    });
    routes
        .chain(unknown_accounts(config, &problem))
        .chain(unknown_windows(config, &problem))
        .chain(misspelt_sources(config, &problem))
        .chain(mentions)
        .collect()
}

/// Makes the problem of a name: the name, what is wrong with it, and which one was probably meant.
type NameProblem<'a> = &'a dyn Fn(&str, String, Option<&str>) -> ConfigProblem;

/// Windows of routes that no `[mute.NAME]` defines.
fn unknown_windows(config: &Config, problem: NameProblem<'_>) -> Vec<ConfigProblem> {
    let known: Vec<&str> = config.mute.keys().map(String::as_str).collect();
    let named = config.route.iter().flat_map(|route| route.mute.iter().chain(&route.only_during));
    let unknown = named.filter(|name| !known.contains(&name.as_str()));
    let problem = |name: &String| {
        let near = nearest(name, known.iter().copied());
        problem(name, format!("no table [mute.{name}] exists"), near)
    };
    unknown.map(problem).collect()
}

/// Sources of routes that are near the name of one, but not equal. Any other name may be that of
/// another publisher.
fn misspelt_sources(config: &Config, problem: NameProblem<'_>) -> Vec<ConfigProblem> {
    let own = config.source.keys().map(String::as_str);
    let known: Vec<&str> = source::ids().map(|id| id.as_str()).chain(own).collect();
    let titles: Vec<&str> = source::ids().map(|id| id.display_name()).collect();
    let is_known =
        |name: &str| known.iter().chain(&titles).any(|known| known.eq_ignore_ascii_case(name));
    let named = config.route.iter().flat_map(|route| &route.sources);
    let unknown = named.filter(|name| !is_known(name));
    let problem = |name: &String| {
        let near = nearest(name, known.iter().copied())?;
        Some(problem(name, format!("no source is called `{name}`"), Some(near)))
    };
    unknown.filter_map(problem).collect()
}

/// Accounts, environments and owners of routes that no account has.
fn unknown_accounts(config: &Config, problem: NameProblem<'_>) -> Vec<ConfigProblem> {
    let names: Vec<&str> = config.account.keys().map(String::as_str).collect();
    let accounts = config.route.iter().flat_map(|route| &route.accounts);
    let accounts = accounts
        .filter(|account| !is_account_id(account) && !names.contains(&account.as_str()))
        .map(|account| {
            let what = format!("`{account}` is neither a 12-digit account id nor a known account");
            problem(account, what, nearest(account, names.iter().copied()))
        });
    let tags = |read: fn(&AccountConfig) -> &Option<String>| -> Vec<&str> {
        config.account.values().filter_map(|account| read(account).as_deref()).collect()
    };
    let (environments, owners) = (tags(|one| &one.environment), tags(|one| &one.owner));
    let tagged = config.route.iter().flat_map(|route| {
        let environments =
            route.environments.iter().map(|name| (name, "environment", &environments));
        environments.chain(route.owners.iter().map(|name| (name, "owner", &owners)))
    });
    let tagged = tagged.filter(|(name, _, known)| !known.contains(&name.as_str()));
    let tagged = tagged.map(|(name, kind, known)| {
        let what = format!("no account has the {kind} `{name}`");
        problem(name, what, nearest(name, known.iter().copied()))
    });
    let empty = config.route.iter().filter(|route| {
        let is_tagged = !route.environments.is_empty() || !route.owners.is_empty();
        is_tagged && accounts_of(route, &config.account).is_empty()
    });
    let empty = empty.map(|route| {
        let to = route.to.join(", ");
        let what = format!("the route to {to} matches no account: none fits all that it asks for");
        problem(
            route.environments.first().or(route.owners.first()).map_or("route", |tag| tag),
            what,
            None,
        )
    });
    accounts.chain(tagged).chain(empty).collect()
}
