//! Which message is sent first, and whose turn it is.

use super::{Message, MessageKind};
use crate::event::Level;

impl Message {
    /// How urgent it is: messages about this program first, then by level. A message without a
    /// level, such as a foreign version 1 message, counts as medium.
    pub fn urgency_rank(&self) -> u8 {
        match (self.kind, self.severity) {
            (MessageKind::System, _) => 6,
            (_, Some(Level::Critical)) => 5,
            (_, Some(Level::High)) => 4,
            (_, Some(Level::Medium) | None) => 3,
            (_, Some(Level::Low)) => 2,
            (_, Some(Level::Informational)) => 1,
        }
    }

    /// Whose messages are queued together, so that nobody gets ahead of others by sending many: the
    /// identity, and within it the person. The identity comes first because the names of its
    /// sessions are the caller's choice.
    pub fn sender_key(&self) -> (&str, &str) {
        let principal = self.principal.as_deref().unwrap_or_default();
        let identity = self.identity.as_deref().unwrap_or(principal);
        (identity, principal)
    }
}
