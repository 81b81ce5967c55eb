//! A step that contains an actor, before it is finished.

use crate::case::ContainStep;

/// A step of which each command may lack a name that could be quoted safely.
pub(super) struct Step<'s> {
    pub(super) title: String,
    pub(super) commands: Vec<Option<String>>,
    pub(super) breaks: &'s str,
    pub(super) undo: Vec<Option<String>>,
}

impl Step<'_> {
    /// A step without a command that could not be quoted safely.
    pub(super) fn finish(self) -> ContainStep {
        ContainStep {
            title: self.title,
            commands: self.commands.into_iter().flatten().collect(),
            breaks: self.breaks.to_owned(),
            undo: self.undo.into_iter().flatten().collect(),
        }
    }
}
