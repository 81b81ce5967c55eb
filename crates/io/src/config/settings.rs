//! The values of a config and their defaults, in the types of the pipelines.

use std::path::PathBuf;

use aware_cases::group::RepeatIntervals;
use aware_cases::tell::{StormLimits, TellingLimits};
use aware_core::envelope::decompress::DecompressionLimits;
use aware_core::route::MessageRoute;

use super::{ConfigError, GroupingConfig, LimitsConfig, RouteConfig, StateConfig};
use crate::store::sqlite::RefusedRetention;

/// How many MiB of rejected bodies are kept, unless the config sets another limit.
pub(crate) const REJECTED_MIB: u32 = 256;

/// The routes of a config.
pub fn routes_from(routes: &[RouteConfig]) -> Vec<MessageRoute> {
    let route = |route: &RouteConfig| MessageRoute {
        min_level: route.min_level.map(Into::into),
        looks_like: route.looks_like.iter().map(|name| (*name).into()).collect(),
        readings: route.readings.iter().map(|name| (*name).into()).collect(),
        kinds: route.kinds.iter().map(|name| (*name).into()).collect(),
        accounts: route.accounts.clone(),
        to: route.to.clone(),
    };
    routes.iter().map(route).collect()
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
