//! What readings count: services, ways to read data, lists that the console's credentials asked for.

use std::collections::BTreeSet;

use super::history::{ACTIONS, PrincipalHistory, action_of};
use super::signs;
use super::window::DenialWindow;

/// ` or more` if the memory is full, since it has then dropped some.
pub(super) fn or_more(actions: usize) -> &'static str {
    if actions >= ACTIONS { " or more" } else { "" }
}

pub(super) fn within_time(seconds: i64) -> String {
    match seconds {
        ..=1 => "at once".to_owned(),
        2..=119 => format!("within {seconds} seconds"),
        _ => format!("within {} minutes", seconds / 60),
    }
}

pub(super) fn count_services<'a>(actions: impl Iterator<Item = &'a str>) -> usize {
    let services: BTreeSet<&str> =
        actions.filter_map(|action| action.split_once(':').map(|(service, _)| service)).collect();
    services.len()
}

/// How many ways to read data were tried, over how many services.
pub(super) fn data_reads(window: &DenialWindow<'_>) -> (usize, usize) {
    let reads: Vec<&str> = window.actions_where(|action, _| signs::reads_data(action)).collect();
    (reads.len(), count_services(reads.iter().copied()))
}

/// How many different lists were requested with the console's credentials, if there are more than a
/// page requests. Whatever runs in a browser's place has these credentials too.
pub(super) fn listed_by_console(history: &PrincipalHistory) -> Option<usize> {
    let actions = || history.console.keys().map(|key| action_of(key));
    let known = || actions().filter(|action| signs::is_reconnaissance(action));
    let begins = known().count() >= 6 && count_services(known()) >= 4;
    let count = actions().count();
    (begins || count >= 12 && count_services(actions()) >= 6).then_some(count)
}
