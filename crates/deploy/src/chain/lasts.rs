//! When the chain was last active.

use jiff::{SignedDuration, Timestamp};

use super::super::Deployment;
use super::link::{Health, Link, link};
use super::seen::StackState;
use aware_io::wire;
use aware_pipeline::port::Store;
use aware_pipeline::source::{LAST_EVENT, LAST_MESSAGE, LAST_TICK};

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
    pub(super) async fn lasts(&self, seen: &StackState) -> Vec<Link> {
        let Some(table) = seen.output("Table") else { return Vec::new() };
        let store = wire::shared_table(&self.aws, table);
        let now = Timestamp::now();
        let age = seen.changed.map(|changed| now.duration_since(changed));
        let mut links = Vec::new();
        for (note, name, limit) in LASTS {
            links.push(match store.note(note).await {
                Err(problem) => link(name, Health::Unknown, problem.to_string()),
                Ok(note) => judge(name, note.as_deref(), limit, age, now),
            });
        }
        links
    }
}

/// `age` is the stack's: a stack that was just created or changed has not done anything yet.
fn judge(
    name: &str,
    note: Option<&str>,
    limit: Option<SignedDuration>,
    age: Option<SignedDuration>,
    now: Timestamp,
) -> Link {
    let Some(note) = note else {
        let is_late = limit.zip(age).is_some_and(|(limit, age)| age > limit);
        let health = if is_late { Health::Ill } else { Health::Unknown };
        return link(name, health, "none yet");
    };
    let Ok(time) = note.parse::<Timestamp>() else {
        return link(name, Health::Unknown, note);
    };
    let ago = now.duration_since(time);
    let is_late = limit.is_some_and(|limit| ago > limit);
    let health = if is_late { Health::Ill } else { Health::Well };
    link(name, health, format!("{note}, {}", words(ago)))
}

fn words(ago: SignedDuration) -> String {
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
            let link = judge("last event", note, limit, age, now);
            (link.health, link.says)
        };
        let (health, says) = said(Some("2026-11-08T12:00:00Z"), day, None);
        assert!(health == Health::Ill && says.ends_with("21 days ago"), "{says}");
        let (health, says) = said(Some("2026-11-29T11:00:00Z"), day, None);
        assert!(health == Health::Well && says.ends_with("60 min ago"), "{says}");
        assert_eq!(said(Some("2026-11-08T12:00:00Z"), None, None).0, Health::Well);
        assert_eq!(said(None, day, hour).0, Health::Unknown, "it has only just been made");
        assert_eq!(said(None, hour, day).0, Health::Ill);
        assert_eq!(said(Some("junk"), day, None).0, Health::Unknown);
    }
}
