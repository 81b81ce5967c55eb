//! Rejects that have not been reported yet.

use std::sync::{Arc, Mutex};

use crate::port::RejectedBodies;

/// Rejects that are not reported yet, and where bodies are kept.
#[derive(Default)]
pub(super) struct RejectTracker {
    untold: Mutex<Option<UntoldRejects>>,
    pub(super) bodies: Option<Arc<dyn RejectedBodies>>,
}

/// A count, and the latest reject as an example.
#[derive(Clone, Debug, Default)]
pub(super) struct UntoldRejects {
    pub(super) count: u64,
    pub(super) origin: String,
    pub(super) problem: String,
    pub(super) kept: Option<String>,
}

impl RejectTracker {
    pub(super) fn change_untold(&self, change: impl FnOnce(&mut UntoldRejects)) {
        if let Ok(mut untold) = self.untold.lock() {
            change(untold.get_or_insert_default());
        }
    }

    pub(super) fn has_untold(&self) -> bool {
        self.untold.lock().is_ok_and(|untold| untold.as_ref().is_some_and(|it| it.count > 0))
    }

    pub(super) fn take_untold(&self) -> Option<UntoldRejects> {
        self.untold.lock().ok()?.take().filter(|untold| untold.count > 0)
    }
}
