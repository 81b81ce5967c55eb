//! The values of a config and their defaults, in the types of the pipelines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aware_cases::group::RepeatIntervals;
use aware_cases::tell::{StormLimits, TellingLimits};
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::route::MessageRoute;
use aware_core::source;

use super::mute::windows_named;
use super::{
    Config, ConfigError, GroupingConfig, LimitsConfig, RouteConfig, SourceConfig, StateConfig,
};
use crate::enrichment::AccountConfig;
use crate::store::sqlite::RefusedRetention;

/// How many MiB of rejected bodies are kept, unless the config sets another limit.
pub(crate) const REJECTED_MIB: u32 = 256;

/// The routes of a config. Environments, owners and names of accounts become the ids of these
/// accounts.
///
/// ```
/// use aware_io::config::{parse_config, routes_from};
///
/// let config = parse_config(
///     r#"
///     account.shop = { id = "111122223333", environment = "production", owner = "web" }
///     account.lab = { id = "222233334444", environment = "test", owner = "web" }
///     destination.web = { type = "terminal" }
///     route = [{ to = ["web"], owners = ["web"], environments = ["production"] }]
///     "#,
///     "aware.toml",
/// )?;
/// assert_eq!(routes_from(&config)[0].accounts, ["111122223333"]);
/// # Ok::<(), aware_io::config::ConfigError>(())
/// ```
pub fn routes_from(config: &Config) -> Vec<MessageRoute> {
    let route = |route: &RouteConfig| MessageRoute {
        min_level: route.min_level.map(Into::into),
        looks_like: route.looks_like.iter().map(|name| (*name).into()).collect(),
        readings: route.readings.iter().map(|name| (*name).into()).collect(),
        kinds: route.kinds.iter().map(|name| (*name).into()).collect(),
        accounts: accounts_of(route, &config.account),
        sources: route.sources.iter().map(|name| source_title(name, &config.source)).collect(),
        regions: route.regions.clone(),
        tags: route.tags.clone(),
        mute: windows_named(&route.mute, &config.mute),
        only_during: windows_named(&route.only_during, &config.mute),
        stop: route.stop,
        to: route.to.clone(),
    };
    config.route.iter().map(route).collect()
}

/// What messages call a source: the title of one of the owner's, the display name of one that is
/// built in, and otherwise the name itself.
fn source_title(name: &str, own: &BTreeMap<String, SourceConfig>) -> String {
    let of_own =
        own.get(name).map(|source| source.title.clone().unwrap_or_else(|| name.to_owned()));
    let built_in = || source::id_of(name).map(|id| id.display_name().to_owned());
    of_own.or_else(built_in).unwrap_or_else(|| name.to_owned())
}

/// The accounts of a route, by their ids; empty for all.
pub(super) fn accounts_of(
    route: &RouteConfig,
    accounts: &BTreeMap<String, AccountConfig>,
) -> Vec<String> {
    if route.environments.is_empty() && route.owners.is_empty() {
        let id_of = |name: &String| accounts.get(name).map_or(name, |account| &account.id).clone();
        return route.accounts.iter().map(id_of).collect();
    }
    let is_in = |list: &[String], value: Option<&String>| {
        list.is_empty() || value.is_some_and(|value| list.contains(value))
    };
    let is_taken = |(name, account): &(&String, &AccountConfig)| {
        let is_named = route.accounts.contains(name) || route.accounts.contains(&account.id);
        (route.accounts.is_empty() || is_named)
            && is_in(&route.environments, account.environment.as_ref())
            && is_in(&route.owners, account.owner.as_ref())
    };
    accounts.iter().filter(is_taken).map(|(_, account)| account.id.clone()).collect()
}

/// The intervals of a config.
///
/// ```
/// use aware_io::config::{intervals_from, parse_config};
///
/// let config = parse_config("[grouping]\nrepeat = \"12h\"", "aware.toml")?;
/// let intervals = intervals_from(&config.grouping);
/// assert_eq!(intervals.repeat.as_hours(), 12);
/// // The default.
/// assert_eq!(intervals.wait.as_secs(), 30);
/// # Ok::<(), aware_io::config::ConfigError>(())
/// ```
pub fn intervals_from(grouping: &GroupingConfig) -> RepeatIntervals {
    let default = RepeatIntervals::default();
    RepeatIntervals {
        wait: grouping.wait.map_or(default.wait, |span| span.0),
        interval: grouping.interval.map_or(default.interval, |span| span.0),
        repeat: grouping.repeat.map_or(default.repeat, |span| span.0),
    }
}

/// How often a case is told, and when it closes by itself.
///
/// ```
/// use aware_io::config::{case_limits_from, parse_config};
///
/// let config = parse_config("[grouping]\nquiet = \"12h\"", "aware.toml")?;
/// let limits = case_limits_from(&config.grouping);
/// assert_eq!((limits.quiet.as_hours(), limits.storm.most), (12, 30));
/// # Ok::<(), aware_io::config::ConfigError>(())
/// ```
pub fn case_limits_from(grouping: &GroupingConfig) -> TellingLimits {
    let default = TellingLimits::default();
    let most = grouping.storm.unwrap_or(default.storm.most);
    TellingLimits {
        intervals: intervals_from(grouping),
        quiet: grouping.quiet.map_or(default.quiet, |span| span.0),
        storm: StormLimits { most, ..default.storm },
        ..default
    }
}

/// The limits of a config.
pub fn limits_from(limits: &LimitsConfig) -> DecompressionLimits {
    let default = DecompressionLimits::default();
    DecompressionLimits {
        max_bytes: limits.body.map_or(default.max_bytes, |size| size.0),
        max_nested: limits.nested.map_or(default.max_nested, |size| size.0),
        max_ratio: limits.ratio.map_or(default.max_ratio, |ratio| ratio.get() as usize),
    }
}

/// How much of what destinations refused is kept.
pub(crate) fn kept_refused(state: &StateConfig) -> RefusedRetention {
    let default = RefusedRetention::default();
    RefusedRetention {
        most: state.keep_refused.unwrap_or(default.most),
        days: state.keep_refused_days.unwrap_or(default.days),
    }
}

/// The folder of the state.
pub(crate) fn state_folder(state: &StateConfig) -> Result<PathBuf, ConfigError> {
    state.folder.clone().or_else(default_folder).ok_or_else(|| {
        let problem = "no folder for the state (hint: set `state.folder`, or $HOME)";
        ConfigError::Impossible(problem.to_owned())
    })
}

fn default_folder() -> Option<PathBuf> {
    let base =
        std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    base.or_else(home).map(|base| base.join("aware"))
}
