//! What is known about a denial before anything is concluded from it.

use crate::call::CallPermission;
use crate::catalogue::Catalogue;
use crate::denial::Denial;
use crate::principal::PrincipalIdentity;
use crate::resource::ResourceEvidence;
use crate::suggest::{CallerNames, RecordAccounts};

/// Everything known about one denial, whatever its source.
pub(super) struct DenialFacts<'e> {
    /// The known actions.
    pub(super) catalogue: &'e Catalogue,
    /// Whose permission is lacking.
    pub(super) identity: PrincipalIdentity,
    /// Who called, if that is another principal.
    pub(super) caller: Option<PrincipalIdentity>,
    pub(super) denial: Denial<'e>,
    pub(super) evidence: ResourceEvidence<'e>,
    /// The called service, as the log writes it: `lambda`, `monitoring`.
    pub(super) service: &'e str,
    pub(super) invoked_by: Option<&'e str>,
    pub(super) endpoint: Option<&'e str>,
    /// Whose log recorded it, and whose endpoint it went through.
    pub(super) accounts: RecordAccounts<'e>,
    /// The caller's names, after which a place of their own may be named.
    pub(super) names: CallerNames<'e>,
    /// Whether anything was refused at all.
    pub(super) denied: bool,
    /// Whether sensitive actions also get a statement.
    pub(super) forced: bool,
    /// What the call needed, each permission with its resources, if AWS does not say what was
    /// lacking.
    pub(super) permissions: Vec<CallPermission>,
    /// What else the call was about, whatever AWS says was lacking.
    pub(super) touched: Vec<CallPermission>,
}
