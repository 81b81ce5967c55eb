//! What was denied within a span of time.

use std::collections::BTreeMap;

use super::bounded::SeenSpan;
use super::history::{DeniedAction, PrincipalHistory, SLOT, action_of};

/// Slots in a window of an hour.
pub(super) const WINDOW: i64 = 6;

/// Actions that were denied to one principal within an hour, or at any time.
#[derive(Default)]
pub(super) struct DenialWindow<'h> {
    pub(super) span: SeenSpan,
    /// The actions, and when each was first denied within the window.
    pub(super) actions: BTreeMap<&'h str, (i64, &'h DeniedAction)>,
}

impl<'h> DenialWindow<'h> {
    /// Everything that is remembered.
    pub(super) fn whole_history(history: &'h PrincipalHistory) -> Self {
        let mut whole = Self::default();
        for (key, deed) in history.denied.iter() {
            whole.add_action(action_of(key), deed, deed.time_span());
        }
        whole
    }

    /// Every hour that begins with a denial and is not part of the preceding one.
    pub(super) fn split_hours(history: &'h PrincipalHistory) -> Vec<Self> {
        let mut slots: Vec<(i64, SeenSpan, &str, &DeniedAction)> = Vec::new();
        for (key, deed) in history.denied.iter() {
            let of_deed = deed.slots.iter();
            slots.extend(of_deed.map(|(slot, span)| (slot, span, action_of(key), deed)));
        }
        slots.sort_unstable_by_key(|(slot, _, action, _)| (*slot, *action));
        let (mut hours, mut end) = (Vec::new(), 0);
        let mut begun = i64::MIN;
        for (at, (slot, ..)) in slots.iter().enumerate() {
            let until = slots.partition_point(|(other, ..)| *other < slot.saturating_add(WINDOW));
            if *slot == begun || until == end {
                continue;
            }
            (begun, end) = (*slot, until);
            let mut hour = Self::default();
            for (_, span, action, deed) in slots.get(at..until).unwrap_or_default() {
                hour.add_action(action, deed, *span);
            }
            hours.push(hour);
        }
        hours
    }

    fn add_action(&mut self, action: &'h str, deed: &'h DeniedAction, span: SeenSpan) {
        self.span.merge_with(span);
        let (first, _) = self.actions.entry(action).or_insert((span.first, deed));
        *first = span.first.min(*first);
    }

    /// The actions that satisfy the predicate.
    pub(super) fn actions_where<'w>(
        &'w self,
        are: impl Fn(&str, &DeniedAction) -> bool + 'w,
    ) -> impl Iterator<Item = &'h str> + 'w {
        self.actions.iter().filter(move |(action, (_, deed))| are(action, deed)).map(|(a, _)| *a)
    }
}

const _: () = assert!(SLOT * WINDOW == 3_600);
