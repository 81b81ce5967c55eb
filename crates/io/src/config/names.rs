//! Names in a config that refer to nothing: destinations of routes, accounts, levels.

use aware_core::event::{Level, is_account_id};
use aware_core::near::nearest;

use super::check::ConfigProblem;
use super::model::{Config, DestinationConfig};

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
    let accounts = config.route.iter().flat_map(|route| &route.accounts);
    let accounts = accounts
        .filter(|account| !is_account_id(account))
        .map(|account| problem(account, format!("`{account}` is not a 12-digit account id"), None));
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
    routes.chain(accounts).chain(mentions).collect()
}
