//! Options of the commands about rules.

use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand};

use super::{AwsOptions, TimePeriod, help};

/// Which rules are in force.
#[derive(Clone, Debug, Default, Parser)]
pub(crate) struct RuleOptions {
    /// Load Sigma rules from this file or folder as well; can be given several times
    #[arg(long = "rules", id = "rule_paths", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Enable rules by id, `tag:NAME`, `pack:NAME` or `level:NAME`; can be given several times
    #[arg(long, value_name = "RULE")]
    pub(crate) enable: Vec<String>,
    /// Disable rules, in the same way
    #[arg(long, value_name = "RULE")]
    pub(crate) disable: Vec<String>,
    /// Use the rules, patterns and suppressions of this config, and what it says of accounts, networks
    /// and principals
    #[arg(long = "config", alias = "rules-from", value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// Options of `aware rules`.
#[derive(Debug, Parser)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

/// Subcommands of `aware rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the loaded rules: id, level, whether enabled, ATT&CK, source
    #[command(after_help = help::RULES_LIST)]
    List(RulesListArgs),
    /// Check rules and report every error with file, line and column; exit with 2 on errors
    #[command(after_help = help::RULES_CHECK)]
    Check(RulesCheckArgs),
    /// Run the tests beside the rules; exit with 1 if one fails
    Test(RulesTestArgs),
    /// Explain why a rule matches an event or not, condition by condition
    #[command(after_help = help::RULES_EXPLAIN)]
    Explain(RulesExplainArgs),
    /// Test a pattern on an event; exit with 0 for a match, 1 for none, 2 for an invalid pattern
    Match(RulesMatchArgs),
    /// Run rules on history and report matches and messages per day, by account and principal
    #[command(after_help = help::RULES_BACKTEST)]
    Backtest(RulesBacktestArgs),
    /// Play history through the daemon: messages per day by rule and principal, and the exceptions
    /// that would quieten them
    #[command(after_help = help::RULES_TUNE)]
    Tune(RulesTuneArgs),
    /// Show how far the rules cover ATT&CK, Stratus Red Team, and calls used in the wild
    #[command(after_help = help::RULES_COVERAGE)]
    Coverage(RulesCoverageArgs),
}

/// Options of `aware rules tune`.
#[derive(Debug, Parser)]
pub(crate) struct RulesTuneArgs {
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

/// Options of `aware rules coverage`.
#[derive(Debug, Parser)]
pub(crate) struct RulesCoverageArgs {
    /// Also name what no rule detects, and why
    #[arg(long)]
    pub(crate) missing: bool,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `aware rules list`.
#[derive(Debug, Parser)]
pub(crate) struct RulesListArgs {
    /// Only rules for this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Only rules with this tag, or a tag below it: `attack.t1562`, `cis`
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
    /// Print JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `aware rules check`.
#[derive(Debug, Parser)]
pub(crate) struct RulesCheckArgs {
    /// Files and folders of Sigma rules [default: the shipped rules]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Also check the rules, patterns and suppressions of this config
    #[arg(long = "config", alias = "rules-from", value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Warn about suppressions that expire within this many days
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub(crate) ending: u16,
    /// Print only errors, without notes and summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options of `aware rules test`.
#[derive(Debug, Parser)]
pub(crate) struct RulesTestArgs {
    /// Files and folders of Sigma rules with tests beside them [default: the shipped rules]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Also write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// Options of `aware rules explain`.
#[derive(Debug, Parser)]
pub(crate) struct RulesExplainArgs {
    /// A rule's id, or a file with one rule
    pub(crate) rule: String,
    /// A file with a CloudTrail record, or in any form that contains one; `-` for standard input
    pub(crate) event: String,
    #[command(flatten)]
    pub(crate) rules: RuleOptions,
}

/// Options of `aware rules match`.
#[derive(Debug, Parser)]
#[group(skip)]
#[command(group = ArgGroup::new("patterns").required(true).args(["pattern", "event_pattern"]))]
pub(crate) struct RulesMatchArgs {
    /// A CloudWatch Logs filter pattern
    #[arg(long, value_name = "PATTERN")]
    pub(crate) pattern: Option<String>,
    /// A file with an EventBridge event pattern
    #[arg(long, value_name = "FILE")]
    pub(crate) event_pattern: Option<PathBuf>,
    /// A file with an event as JSON, or with a line of text for text patterns; `-` for standard
    /// input
    pub(crate) event: String,
}

/// Options of `aware rules backtest`.
#[derive(Debug, Parser)]
pub(crate) struct RulesBacktestArgs {
    /// A file or folder of Sigma rules; for suppressions in it, shows what they would hide
    pub(crate) rules: PathBuf,
    /// Logs, as for `aware scan`
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<String>,
    /// Take placeholders, and the rules that suppressions apply to, from this config
    #[arg(long = "config", alias = "rules-from", value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) period: TimePeriod,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}
