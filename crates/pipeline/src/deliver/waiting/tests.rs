//! Order, memory, and messages that are set aside.

use std::time::Duration;

use aware_cases::message;
use aware_core::event::Level;
use jiff::Timestamp;

use super::*;

/// A message of `who` (`identity` or `identity/person`) in a group.
fn of(kind: MessageKind, level: Level, who: &str, group: &str, text: &str) -> Message {
    let mut message = message::system_message(text, &[], level, Timestamp::UNIX_EPOCH);
    if kind != MessageKind::System {
        let identity = who.split('/').next().unwrap_or_default();
        (message.kind, message.fingerprint) = (kind, group.to_owned().into());
        (message.identity, message.principal) = (Some(identity.into()), Some(who.into()));
    }
    message
}

fn first(level: Level, who: &str, text: &str) -> Message {
    of(MessageKind::Finding, level, who, text, text)
}

fn waiting(capacity: usize, messages: Vec<Message>) -> WaitingMessages {
    let mut waiting = WaitingMessages::new(capacity);
    messages.into_iter().for_each(|one| waiting.add_message(Arc::new(one)));
    waiting
}

fn next(waiting: &WaitingMessages) -> Option<Arc<Message>> {
    match waiting.next_delivery(Instant::now(), false) {
        NextDelivery::Message(message) => Some(message),
        NextDelivery::Until(_) | NextDelivery::Nothing => None,
    }
}

/// Delivers everything; returns the subjects in order.
fn drain(waiting: &mut WaitingMessages) -> Vec<String> {
    let mut order = Vec::new();
    while let Some(message) = next(waiting) {
        waiting.mark_settled(&message, true);
        order.push(message.subject.clone());
    }
    order
}

#[test]
fn severe_first_then_each_in_turn_then_the_oldest() {
    use Level::{High, Low, Medium};
    let mut waiting = waiting(
        100,
        vec![
            first(Medium, "a", "a1"),
            first(Medium, "a", "a2"),
            first(Medium, "a", "a3"),
            first(Medium, "role/x", "x1"),
            first(Medium, "role/x", "x2"),
            first(Medium, "role/y", "y1"),
            first(Low, "c", "c1"),
            first(High, "b", "b1"),
        ],
    );
    let order = drain(&mut waiting);
    assert_eq!(order, ["b1", "a1", "x1", "a2", "y1", "a3", "x2", "c1"]);
}

#[test]
fn the_messages_of_a_group_stay_in_order_and_are_as_urgent_as_the_most_urgent() {
    let mut waiting = waiting(
        100,
        vec![
            of(MessageKind::Finding, Level::Low, "a", "g", "first"),
            first(Level::Medium, "b", "other"),
            of(MessageKind::Update, Level::High, "a", "g", "update"),
        ],
    );
    assert_eq!(drain(&mut waiting), ["first", "update", "other"]);
}

#[test]
fn messages_about_the_program_go_first_and_not_twice_in_a_row() {
    let system = |text| of(MessageKind::System, Level::Low, "", "", text);
    let mut waiting = waiting(
        100,
        vec![
            first(Level::Critical, "a", "a1"),
            system("s1"),
            system("s2"),
            first(Level::Low, "a", "a2"),
        ],
    );
    assert_eq!(drain(&mut waiting), ["s1", "a1", "s2", "a2"]);
}

#[test]
fn a_flood_leaves_room_for_others_and_what_does_not_fit_comes_from_the_store() {
    let flood: Vec<Message> =
        (0..50).map(|n| first(Level::Medium, "a", &format!("a{n:02}"))).collect();
    let mut waiting = waiting(10, flood.clone());
    waiting.add_message(Arc::new(first(Level::Medium, "b", "b1")));
    assert_eq!((waiting.len(), waiting.has_spilled()), (10, true));
    let mut order = Vec::new();
    loop {
        if waiting.wants_more() {
            let left = flood.iter().filter(|one| !order.contains(&one.subject)).cloned();
            let spills = waiting.spill_count();
            waiting.refill_from(left.collect(), true, spills);
        }
        let Some(message) = next(&waiting) else { break };
        waiting.mark_settled(&message, true);
        order.push(message.subject.clone());
    }
    assert_eq!(order[..3], ["a00", "b1", "a01"]);
    assert_eq!(order.len(), 51);
    assert!(order[3..].is_sorted(), "{order:?}");
    assert!(!waiting.has_spilled());
}

#[test]
fn an_update_waits_for_what_of_its_group_is_in_the_store_alone() {
    let flood: Vec<Message> = (0..5).map(|n| first(Level::Medium, "a", &n.to_string())).collect();
    let mut waiting = waiting(4, flood.clone());
    let update = of(MessageKind::Update, Level::High, "a", "4", "update of 4");
    let spills = waiting.spill_count();
    waiting.add_message(Arc::new(update.clone()));
    assert_eq!(waiting.len(), 4, "its first was left to the store");
    waiting.refill_from(vec![], true, spills);
    assert!(waiting.has_spilled(), "it was left there after the store was read");
    let message = next(&waiting).unwrap();
    waiting.mark_settled(&message, true);
    let spills = waiting.spill_count();
    waiting.refill_from(vec![flood[4].clone(), update.clone()], false, spills);
    assert_eq!(waiting.len(), 4, "as many as there is room for");
    waiting.mark_settled(&next(&waiting).unwrap(), true);
    waiting.refill_from(vec![update], true, spills);
    assert!(!waiting.has_spilled());
    assert_eq!(drain(&mut waiting), ["4", "update of 4", "2", "3"]);
}

#[test]
fn a_second_copy_of_what_waits_or_has_arrived_is_left_out() {
    let message = first(Level::Low, "a", "a1");
    let mut waiting = waiting(10, vec![message.clone(), message.clone()]);
    assert_eq!(drain(&mut waiting), ["a1"]);
    waiting.add_message(Arc::new(message.clone()));
    assert_eq!(waiting.len(), 0);
    // A refused message may be resent by hand.
    let refused = first(Level::Low, "a", "a2");
    waiting.add_message(Arc::new(refused.clone()));
    waiting.mark_settled(&refused, false);
    waiting.add_message(Arc::new(refused));
    assert_eq!(waiting.len(), 1);
}

#[test]
fn what_fails_is_put_behind_and_is_suspect_once_others_arrive() {
    let (bad, good) = (first(Level::High, "a", "bad"), first(Level::Low, "b", "good"));
    let mut waiting = waiting(10, vec![bad.clone(), good.clone()]);
    let later = Instant::now() + Duration::from_secs(60);
    assert_eq!(waiting.record_failure(&bad), DeliveryFailure { times: 1, is_suspect: false });
    waiting.set_aside_until(&bad, later);
    assert_eq!(next(&waiting).unwrap().subject, "good");
    waiting.mark_settled(&good, true);
    assert_eq!(waiting.next_delivery(Instant::now(), false), NextDelivery::Until(later));
    waiting.release_all();
    assert_eq!(next(&waiting).unwrap().subject, "bad", "it may have been the destination");
    assert_eq!(waiting.record_failure(&bad), DeliveryFailure { times: 2, is_suspect: true });
    waiting.set_aside_until(&bad, later);
    waiting.release_all();
    assert_eq!(
        waiting.next_delivery(Instant::now(), false),
        NextDelivery::Until(later),
        "it was not"
    );
}

#[test]
fn a_probe_takes_what_has_not_failed() {
    let (bad, good) = (first(Level::High, "a", "bad"), first(Level::Low, "b", "good"));
    let mut waiting = waiting(10, vec![bad.clone(), good]);
    waiting.record_failure(&bad);
    let NextDelivery::Message(probe) = waiting.next_delivery(Instant::now(), true) else {
        panic!("nothing")
    };
    assert_eq!(probe.subject, "good");
}
