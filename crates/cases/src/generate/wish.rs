//! What policy is wanted, and from what it is made.

/// What the policy is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyBasis {
    /// What was denied.
    Denials,
    /// What succeeded.
    Activity,
    /// Both.
    Both,
}

/// What the policy is to contain.
#[derive(Clone, Copy, Debug)]
pub struct PolicyWish {
    /// What it is made from.
    pub basis: PolicyBasis,
    /// Whether to include what is otherwise withheld: sensitive actions, and the denials of a
    /// caller who looks like exploring.
    pub force: bool,
}
