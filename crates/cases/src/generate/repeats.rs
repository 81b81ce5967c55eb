//! Detects repeated calls: a workload does the same thing a thousand times.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use aware_core::event::Event;
use aware_core::source::cloudtrail::fields as field;
use serde_json::Value;

/// How many different calls to remember.
const MAX_SEEN: usize = 100_000;

/// Digests of calls. Forgetting some costs time but changes nothing, since adding a call twice
/// leaves the sum the same.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenCalls {
    seen: HashSet<u64>,
}

impl SeenCalls {
    /// Whether this is the first call with this action, place, request and resources.
    pub(super) fn is_new(&mut self, event: &Event) -> bool {
        let mut hasher = DefaultHasher::new();
        event.action.hash(&mut hasher);
        event.region.hash(&mut hasher);
        event.account.hash(&mut hasher);
        event.principal.invoked_by.hash(&mut hasher);
        event.resources.iter().for_each(|resource| resource.name.hash(&mut hasher));
        if let Some(request) = field::REQUEST.find_in(&event.record) {
            hash_value(request, &mut hasher);
        }
        let digest = hasher.finish();
        if self.seen.len() >= MAX_SEEN {
            return !self.seen.contains(&digest);
        }
        self.seen.insert(digest)
    }
}

/// Hashes a value. The recursion is bounded because the record was read from JSON of bounded depth.
fn hash_value(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0_u8.hash(hasher),
        Value::Bool(value) => value.hash(hasher),
        Value::Number(number) => number.hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Array(list) => {
            list.len().hash(hasher);
            list.iter().for_each(|item| hash_value(item, hasher));
        }
        Value::Object(map) => {
            map.len().hash(hasher);
            for (key, item) in map {
                key.hash(hasher);
                hash_value(item, hasher);
            }
        }
    }
}
