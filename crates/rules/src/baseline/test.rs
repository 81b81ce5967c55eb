//! What a rule asks of the past.

/// What makes an event unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaselineKind {
    /// `first_seen`: the value was not seen for the key.
    FirstSeen,
    /// `rare`: at most so many values were ever seen for the key, this one among them.
    Rare,
    /// `burst`: there are more events of the key on this day than on any other.
    Burst,
}

impl BaselineKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::FirstSeen, Self::Rare, Self::Burst];

    /// Its name in rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstSeen => "first_seen",
            Self::Rare => "rare",
            Self::Burst => "burst",
        }
    }
}

/// A rule's condition on what was seen before, as written under `baseline`.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineTest {
    /// What makes an event unusual.
    pub kind: BaselineKind,
    /// The fields whose values together are the key: whose habit it is.
    pub key: Vec<String>,
    /// The fields whose values together are the value; empty for a burst.
    pub value: Vec<String>,
    /// For how many days a key must be known before anything about it is unusual; for `rare`, the
    /// rule.
    pub learn: u16,
    /// For how many days a value is remembered after it was last seen.
    pub forget: u16,
    /// The most values of a key that is rare.
    pub at_most: u16,
    /// The fewest events of a burst, within a day.
    pub at_least: u32,
    /// How many times more events than on any other day are a burst.
    pub times: f64,
}
