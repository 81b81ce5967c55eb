//! What policy is wanted, and from what it is made.

/// From what the policy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// From what was denied.
    Denials,
    /// From what went through.
    Activity,
    /// From both.
    Both,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// From what.
    pub basis: Basis,
    /// Also what is withheld: sensitive actions, and the denials of a caller who looks like
    /// exploring.
    pub force: bool,
}
