//! What is known beyond the logs: whose accounts, networks and principals they name.
//!
//! The owner of the accounts says it in the config; address ranges of AWS are built in. Rules see it
//! as fields of events (`aware.environment`, `aware.network_kind`, …), people as names beside ids.

mod accounts;
mod addresses;
mod aws_ranges;
mod networks;
mod principals;
mod table;

pub use accounts::{KnownAccount, KnownAccounts};
pub use addresses::{AddressDatabase, AddressRecord};
pub use aws_ranges::{AwsRanges, RangesError};
pub use networks::{AddressFacts, AddressKind, KnownNetworks, NetworkList, is_private_address};
pub use principals::{PrincipalClass, PrincipalClasses};
pub use table::NetworkTable;

/// What is known beyond the logs.
///
/// ```
/// use aware_core::enrichment::{AddressKind, Enrichment};
///
/// let nothing = Enrichment::default();
/// assert_eq!(nothing.networks.facts_of("10.0.0.7").kind, AddressKind::Private);
/// // AWS's own ranges are always known.
/// let facts = nothing.networks.facts_of("3.5.140.7");
/// assert_eq!((facts.kind, facts.aws.unwrap().0), (AddressKind::Aws, "S3"));
/// ```
#[derive(Debug, Default)]
pub struct Enrichment {
    /// Accounts.
    pub accounts: KnownAccounts,
    /// Networks.
    pub networks: KnownNetworks,
    /// Principals.
    pub principals: PrincipalClasses,
    /// Formats of flow logs that have no header line, as AWS writes them: `${srcaddr} ${dstaddr} …`.
    pub flow_formats: Vec<String>,
}

impl Enrichment {
    /// What is known if nobody says anything.
    pub fn nothing() -> &'static Self {
        static NOTHING: std::sync::LazyLock<Enrichment> =
            std::sync::LazyLock::new(Enrichment::default);
        &NOTHING
    }
}
