//! Whose a place is.

/// Whose place a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceOwner {
    /// It contains no caller's name.
    Nobodys,
    /// The caller's own: the pattern with variables, and conditions for what no variable expresses.
    Own {
        /// The pattern.
        pattern: String,
        /// Operator, key, values.
        conditions: Vec<(&'static str, &'static str, String)>,
    },
    /// Someone else's.
    Others(OtherPlace),
}

/// Someone else's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherPlace {
    /// `another instance's place`.
    pub label: &'static str,
    /// The name in the path, as the log has it.
    pub name: String,
}
