//! What the config says about accounts, networks and principals.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An account, by a name of your choice: `[account.clinic-prod]`. It is yours, or that of a partner
/// whom you give access.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Its id: 12 digits.
    pub id: String,
    /// What it is for: `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Who is responsible for it: a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it is somebody else's, who has access by design: a vendor's. Default: `false`.
    #[serde(default)]
    pub partner: bool,
}

/// The organization that your accounts belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationConfig {
    /// Its id: `o-a1b2c3d4e5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What is known of networks. Paths are relative to the working folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Your networks, by a name of your choice: `office = ["203.0.113.0/24"]`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<String, Vec<String>>,
    /// Networks of hosts of your VPCs whose addresses are public, such as those of IPv6:
    /// `["2600:1f18:1234:5600::/56"]`. Flow logs take traffic between own hosts for internal, so leave
    /// out what others use, too. Private addresses need no entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Lists of networks, by a name of your choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub list: BTreeMap<String, NetworkListConfig>,
    /// A database of countries, as a MaxMind DB file (`.mmdb`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<PathBuf>,
    /// A database of autonomous systems, as a MaxMind DB file (`.mmdb`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asn: Option<PathBuf>,
    /// A copy of <https://ip-ranges.amazonaws.com/ip-ranges.json>, if it is newer than the one that
    /// is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_ranges: Option<PathBuf>,
    /// The formats of flow logs that have fields of their own, where they arrive without a header
    /// line, as in CloudWatch Logs and Firehose: `["${srcaddr} ${dstaddr} ${action} …"]`. `aws ec2
    /// describe-flow-logs --query 'FlowLogs[].LogFormat'` prints them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flow_formats: Vec<String>,
}

/// A list of networks, such as the exits of Tor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkListConfig {
    /// A file with an address or a network on each line; what follows a blank, a comma, `#` or `;`
    /// does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Addresses and networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// Of which date the list is: `2026-11-28`. Default: when the file was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// What principals are for: their names in messages or their ARNs, with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrincipalsConfig {
    /// Used in emergencies only: `user/emergency-*`. Whatever they do is reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub break_glass: Vec<String>,
    /// Build and deployment systems: `role/github-*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ci: Vec<String>,
    /// Whoever deploys, by hand or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployer: Vec<String>,
    /// People: `role/AWSReservedSSO_*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub human: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct EnrichmentConfig {
    /// Accounts.
    pub account: BTreeMap<String, AccountConfig>,
    /// The organization.
    pub organization: OrganizationConfig,
    /// Networks.
    pub network: NetworkConfig,
    /// Principals.
    pub principals: PrincipalsConfig,
}
