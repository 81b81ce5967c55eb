//! Why a case is told again, in words.

use aware_core::open::NamedSet;

use super::cause::TellCause;
use super::status::ClosedBy;
use crate::case::Case;

/// How many new things a message names.
const NAMED: usize = 5;

/// What an update says is new; `None` for the first message. `newly` findings are in no earlier
/// message.
pub fn news_words(case: &Case, cause: &TellCause, newly: u64) -> Option<String> {
    Some(match cause {
        TellCause::First => return None,
        TellCause::LevelRose { from, retracts_cure } => {
            let rose = format!("now {}, was {}", case.level.name(), from.name());
            with_retraction(rose, *retracts_cure)
        }
        TellCause::ReadingChanged { from, retracts_cure } => {
            let turned = format!("now read as {}, was {}", case.reading.name(), from.name());
            with_retraction(turned, *retracts_cure)
        }
        TellCause::Important(things) => {
            let named: Vec<String> =
                things.iter().take(NAMED).map(|thing| thing_words(case, thing)).collect();
            let more = things.len().saturating_sub(NAMED);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            format!("new: {}{more}", named.join("; "))
        }
        TellCause::CountsDue if newly == 1 => "1 more finding since the last message".to_owned(),
        TellCause::CountsDue => format!("{newly} more findings since the last message"),
        TellCause::Reopened { retracts_cure } => {
            with_retraction("open again".to_owned(), *retracts_cure)
        }
        TellCause::Closed(by) => closed_words(by),
    })
}

fn with_retraction(news: String, retracts_cure: bool) -> String {
    if retracts_cure {
        format!("{news}; the suggested policy change is withdrawn: do not make it")
    } else {
        news
    }
}

/// Why a case is closed.
fn closed_words(by: &ClosedBy) -> String {
    match by {
        ClosedBy::Quiet => "closed: nothing more happened".to_owned(),
        ClosedBy::Cured => "closed: what was denied now works".to_owned(),
        ClosedBy::Person { name, reason, .. } => format!("closed by {name}: {reason}"),
    }
}

/// An important thing, whose keys [`super::important_things`] makes.
fn thing_words(case: &Case, thing: &str) -> String {
    let (kind, what) = thing.split_once(' ').unwrap_or((thing, ""));
    let line = case
        .notable
        .iter()
        .find(|line| line.fact.undo_key.as_deref().unwrap_or(&line.action) == what);
    let text = line.map_or(what, |line| line.fact.text.as_str());
    match kind {
        "turn" => "a denied call now works".to_owned(),
        "did" => text.to_owned(),
        "used" => format!("first use of what {text} made"),
        "undone" => format!("{text} is undone"),
        "lacks" => format!("it also lacks {what}"),
        "actor" => format!("{what} is now part of the case"),
        "account" => format!("account {what} is now part of the case"),
        "cause" => "the last change before the first denial is now known".to_owned(),
        _ => thing.to_owned(),
    }
}
