//! Which policy is wanted, and from which events.

/// Which events the policy is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyBasis {
    /// What was denied.
    Denials,
    /// What succeeded.
    Activity,
    /// Both.
    Both,
}

/// A request for a policy.
#[derive(Clone, Copy, Debug)]
pub struct PolicyWish {
    /// Which events it is made from.
    pub basis: PolicyBasis,
    /// Whether to include what is otherwise withheld: sensitive actions, and the denials of a
    /// caller who looks like exploring.
    pub force: bool,
}
