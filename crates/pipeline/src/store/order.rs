//! The order in which messages are delivered, for stores that cannot sort themselves.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use aware_core::message::Message;

/// Sorts messages that are given oldest first: the most urgent first; within a level the identities
/// take turns, within an identity the persons, and of each person the oldest comes first. Messages
/// of a group stay in order: one that waits before a more urgent one of its group is as urgent as
/// that.
///
/// ```
/// use aware_core::message::Message;
/// use aware_pipeline::store::order::fair_order;
///
/// let low = Message::read_json(br#"{"subject": "A", "fields": [], "severity": "low"}"#)?;
/// let high = Message::read_json(br#"{"subject": "B", "fields": [], "severity": "high"}"#)?;
/// assert_eq!(fair_order(vec![low.clone(), high.clone()]), [high, low]);
/// # Ok::<(), aware_core::message::MessageError>(())
/// ```
pub fn fair_order(messages: Vec<Message>) -> Vec<Message> {
    fair_order_by(messages, |message| message)
}

/// The same for values that contain messages.
pub fn fair_order_by<T>(all: Vec<T>, message: impl Fn(&T) -> &Message) -> Vec<T> {
    let messages: Vec<&Message> = all.iter().map(message).collect();
    let levels = raised_urgencies(&messages);
    let senders = messages.iter().zip(&levels).map(|(one, level)| (*level, one.sender_key()));
    let by_person = turn_numbers(senders.clone().enumerate());
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|at| (by_person.get(at).copied(), *at));
    let identities: Vec<_> = senders.map(|(level, (identity, _))| (level, identity)).collect();
    let by_identity =
        turn_numbers(order.iter().filter_map(|at| Some((*at, *identities.get(*at)?))));
    order.sort_by_key(|at| (Reverse(levels.get(*at).copied()), by_identity.get(at).copied(), *at));
    let mut slots: Vec<Option<T>> = all.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| slots.get_mut(at)?.take()).collect()
}

/// The urgency of each message, raised to that of later messages in its group.
fn raised_urgencies(messages: &[&Message]) -> Vec<u8> {
    let mut groups: HashMap<&str, u8> = HashMap::new();
    let raised = messages.iter().rev().map(|message| {
        let most = groups.entry(message.fingerprint.as_str()).or_default();
        *most = message.urgency_rank().max(*most);
        *most
    });
    let mut levels: Vec<u8> = raised.collect();
    levels.reverse();
    levels
}

/// Numbers the items of each kind.
fn turn_numbers<K: Eq + Hash>(all: impl Iterator<Item = (usize, K)>) -> HashMap<usize, usize> {
    let mut counts: HashMap<K, usize> = HashMap::new();
    let turn = |(at, kind)| {
        let count = counts.entry(kind).or_default();
        *count += 1;
        (at, *count)
    };
    all.map(turn).collect()
}

#[cfg(test)]
mod tests {
    use aware_cases::message;
    use aware_core::event::Level;
    use aware_core::message::MessageKind;

    use super::*;

    fn message(text: &str, level: Level, who: &str, group: &str) -> Message {
        let mut message = message::system_message(text, &[], level, jiff::Timestamp::UNIX_EPOCH);
        let (identity, _) = who.split_once('/').unwrap_or((who, ""));
        (message.kind, message.fingerprint) = (MessageKind::Finding, group.to_owned().into());
        (message.identity, message.principal) = (Some(identity.into()), Some(who.into()));
        message
    }

    #[test]
    fn severe_first_then_each_in_turn_then_the_oldest() {
        use Level::{High, Low, Medium};
        let all = vec![
            message("a1", Medium, "a", "1"),
            message("a2", Medium, "a", "2"),
            message("r-x1", Medium, "r/x", "3"),
            message("r-x2", Medium, "r/x", "4"),
            message("r-y1", Medium, "r/y", "5"),
            message("b1", High, "b", "6"),
            message("c1", Low, "c", "7"),
            message("c2", High, "c", "7"),
            message::system_message("s", &[], Low, jiff::Timestamp::UNIX_EPOCH),
        ];
        let order: Vec<String> = fair_order(all).into_iter().map(|one| one.subject).collect();
        assert_eq!(order, ["s", "b1", "c1", "c2", "a1", "r-x1", "a2", "r-y1", "r-x2"]);
    }
}
