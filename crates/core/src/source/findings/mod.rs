//! What other AWS services find: GuardDuty, Security Hub, IAM Access Analyzer, Inspector, Macie, Config
//! and Health. Each is a source of its own; they share how a finding is read, and whom it is about.
//!
//! They arrive as EventBridge events, GuardDuty's also as files of its export. An update of a finding
//! keeps the finding's id, so that a case tells it once.

mod access_analyzer;
mod config;
mod finding_source;
mod guardduty;
mod health;
mod inspector;
mod macie;
mod read;
mod security_hub;
mod subject;

pub use access_analyzer::ACCESS_ANALYZER;
pub use config::CONFIG;
pub use finding_source::FindingSource;
pub use guardduty::GUARDDUTY;
pub use health::HEALTH;
pub use inspector::INSPECTOR;
pub use macie::MACIE;
pub use security_hub::SECURITY_HUB;

#[cfg(test)]
mod tests;
