//! When the chain was last active.

use aware_io::compose;
use aware_pipeline::port::Store;
use aware_pipeline::source::{LAST_EVENT, LAST_MESSAGE, LAST_TICK};
use jiff::{SignedDuration, Timestamp};

use super::super::Deployment;
use super::link::{ChainLink, LinkHealth, new_link};
use super::stack_state::StackState;

/// How long each kind of activity may be absent before the chain counts as dead; `None` if its
/// absence means nothing.
///
/// Every account has events within a day; the canary alone makes one every quarter of an hour.
/// Whether there is anything to report depends on what happens.
const LASTS: [(&str, &str, Option<SignedDuration>); 3] = [
    (LAST_TICK, "last tick", Some(SignedDuration::from_mins(30))),
    (LAST_EVENT, "last event", Some(SignedDuration::from_hours(24))),
    (LAST_MESSAGE, "last message", None),
];

impl Deployment {
    /// When the source last ticked, last took events and last published messages.
    pub(super) async fn activity_links(&self, seen: &StackState) -> Vec<ChainLink> {
        let Some(table) = seen.output("Table") else { return Vec::new() };
        let store = compose::shared_table(&self.aws, table);
        let now = Timestamp::now();
        let age = seen.changed.map(|changed| now.duration_since(changed));
        let mut links = Vec::new();
        for (note, name, limit) in LASTS {
            links.push(match store.read_note(note).await {
                Err(problem) => new_link(name, LinkHealth::Unknown, problem.to_string()),
                Ok(note) => judge_activity(name, note.as_deref(), limit, age, now),
            });
        }
        links
    }
}

/// `age` is the stack's: a stack that was just created or changed has not done anything yet.
fn judge_activity(
    name: &str,
    note: Option<&str>,
    limit: Option<SignedDuration>,
    age: Option<SignedDuration>,
    now: Timestamp,
) -> ChainLink {
    let Some(note) = note else {
        let is_late = limit.zip(age).is_some_and(|(limit, age)| age > limit);
        let health = if is_late { LinkHealth::Broken } else { LinkHealth::Unknown };
        return new_link(name, health, "none yet");
    };
    let Ok(time) = note.parse::<Timestamp>() else {
        return new_link(name, LinkHealth::Unknown, note);
    };
    let ago = now.duration_since(time);
    let is_late = limit.is_some_and(|limit| ago > limit);
    let health = if is_late { LinkHealth::Broken } else { LinkHealth::Healthy };
    new_link(name, health, format!("{note}, {}", describe_age(ago)))
}

fn describe_age(ago: SignedDuration) -> String {
    match ago.as_mins() {
        minutes @ 2880.. => format!("{} days ago", minutes / 1440),
        minutes @ 120.. => format!("{} h ago", minutes / 60),
        minutes => format!("{} min ago", minutes.max(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_weeks_ago_is_a_dead_chain() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let (day, hour) =
            (Some(SignedDuration::from_hours(24)), Some(SignedDuration::from_hours(1)));
        let said = |note, limit, age| {
            let link = judge_activity("last event", note, limit, age, now);
            (link.health, link.details)
        };
        let (health, says) = said(Some("2026-11-08T12:00:00Z"), day, None);
        assert!(health == LinkHealth::Broken && says.ends_with("21 days ago"), "{says}");
        let (health, says) = said(Some("2026-11-29T11:00:00Z"), day, None);
        assert!(health == LinkHealth::Healthy && says.ends_with("60 min ago"), "{says}");
        assert_eq!(said(Some("2026-11-08T12:00:00Z"), None, None).0, LinkHealth::Healthy);
        assert_eq!(said(None, day, hour).0, LinkHealth::Unknown, "it has only just been made");
        assert_eq!(said(None, hour, day).0, LinkHealth::Broken);
        assert_eq!(said(Some("junk"), day, None).0, LinkHealth::Unknown);
    }
}
