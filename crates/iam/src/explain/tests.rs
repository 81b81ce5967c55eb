//! Explanations of events and texts.
